import RoostRelational
import RoostSQL

/// The prepared statements and portals of a session, by the names the client gave them; the empty name is the unnamed
/// one, which the next of its kind replaces.
struct NamedObjects {
  struct BoundPortal {
    var portal: Portal
    var encoder: RowEncoder
    /// Bytes of its parameters.
    var bytes = 0
  }

  struct NamedStatement {
    var statement: PreparedStatement
    var bytes: Int
  }

  /// Bounds what a client can make a session hold.
  static let maximumStatements = 10_000
  static let maximumStatementBytes = 64 << 20
  static let maximumPortals = 1_000
  static let maximumPortalBytes = 64 << 20

  private var statements: [String: NamedStatement] = [:]
  private var statementBytes = 0
  private var portals: [String: BoundPortal] = [:]
  private var portalBytes = 0

  /// Bytes that all of them take, estimated.
  var memory: Int { statementBytes + portalBytes }

  // MARK: Statements

  /// Call before preparing, so that nothing is prepared in vain. `bytes` is what the statement is taken to hold.
  func checkStatement(_ name: String, bytes: Int) throws(SQLError) {
    guard name.isEmpty || statements[name] == nil else {
      throw SQLError("42P05", "prepared statement \"\(name)\" already exists")
    }
    // The unnamed one replaces its predecessor: there is never more than one.
    if name.isEmpty { return }
    guard statements.count < Self.maximumStatements, statementBytes + bytes <= Self.maximumStatementBytes else {
      throw SQLError(
        "54000", "too many prepared statements in this session",
        detail:
          "A session holds \(Self.maximumStatements) statements, whose texts and plans take \(Self.maximumStatementBytes >> 20) MiB.",
        hint: "Close statements that are no longer used.")
    }
  }

  mutating func insert(_ statement: PreparedStatement, name: String, bytes: Int) {
    removeStatement(name)
    statements[name] = NamedStatement(statement: statement, bytes: bytes)
    statementBytes += bytes
  }

  mutating func removeStatement(_ name: String) {
    guard let removed = statements.removeValue(forKey: name) else { return }
    statementBytes -= removed.bytes
  }

  /// What a prepared statement is taken to hold; nothing if there is none.
  func bytes(ofStatement name: String) -> Int { statements[name]?.bytes ?? 0 }

  func statement(_ name: String) throws(SQLError) -> PreparedStatement {
    guard let found = statements[name] else {
      throw SQLError(
        "26000",
        name.isEmpty ? "unnamed prepared statement does not exist" : "prepared statement \"\(name)\" does not exist")
    }
    return found.statement
  }

  // MARK: Portals

  var hasPortals: Bool { !portals.isEmpty }

  func checkPortal(_ name: String, bytes: Int) throws(SQLError) {
    guard name.isEmpty || portals[name] == nil else {
      throw SQLError("42P03", "cursor \"\(name)\" already exists")
    }
    guard portals.count < Self.maximumPortals else {
      throw SQLError("54000", "too many open portals in this session: \(Self.maximumPortals)")
    }
    // The unnamed one replaces its predecessor.
    guard name.isEmpty || portalBytes + bytes <= Self.maximumPortalBytes else {
      throw SQLError(
        "53200", "the parameters of this session's portals take more than \(Self.maximumPortalBytes >> 20) MiB",
        hint: "Close portals that are no longer used.")
    }
  }

  /// Keeps a portal under a name that is free.
  mutating func insert(_ portal: BoundPortal, name: String) {
    portals[name] = portal
    portalBytes += portal.bytes
  }

  func portal(_ name: String) throws(SQLError) -> BoundPortal {
    guard let found = portals[name] else { throw SQLError("34000", "portal \"\(name)\" does not exist") }
    return found
  }

  /// Removes a portal, after `close`, which sees it last.
  mutating func removePortal(_ name: String, close: (Portal) -> Void) {
    guard let removed = portals.removeValue(forKey: name) else { return }
    portalBytes -= removed.bytes
    close(removed.portal)
  }

  /// Portals live as long as their transaction.
  mutating func removeAllPortals(close: (Portal) -> Void) {
    for portal in portals.values { close(portal.portal) }
    portals.removeAll(keepingCapacity: true)
    portalBytes = 0
  }

  /// Whether to let go of a portal may take long.
  func holdsMuch(portal name: String) -> Bool { portals[name]?.portal.holdsMuch ?? false }

  var portalsHoldMuch: Bool { portals.values.contains { $0.portal.holdsMuch } }
}
