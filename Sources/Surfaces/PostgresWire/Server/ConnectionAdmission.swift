import RoostPlatform
import RoostRelational

/// Decides which connections the SQL port takes, and which of them make room for others.
///
///     accept ─▶ starting ──▶ session ──▶ gone
///                  │  └ refused ▶ leaving ─▶ gone
///                  └ made room for another ─▶ gone
///
/// What has no session yet may be anybody's, so it never stands in the way of one that will have: when there are too
/// many of them, the address that has most loses its oldest. Sessions are limited in number, and for each address but
/// this machine's own. Some more are kept for administration: for clients that call themselves `roost`, as the program's
/// own commands do, so that whoever has to look what is wrong gets in. They take such a place only where they would be
/// refused else.
struct ConnectionAdmission {
  struct Limits: Hashable, Sendable {
    /// Connections of any kind.
    var connections: Int
    /// Those without a session.
    var starting: Int
    var sessions: Int
    /// Sessions for administration beyond that.
    var reserved: Int
    /// Of one address that is not this machine's.
    var sessionsPerSource: Int
  }

  enum Arrival: Equatable {
    /// It may start; another connection has to go for it, if one is named.
    case admitted(insteadOf: UInt32?)
    /// Every connection has a session.
    case full
  }

  /// What administrators call their client.
  static let administrationName = "roost"

  private enum Standing {
    case starting
    case session(isReserved: Bool)
  }

  private struct Connection {
    var source: ConnectionSource
    var standing: Standing
  }

  private let limits: Limits
  private var connections: [UInt32: Connection] = [:]
  private var starting = ArrivalOrder<UInt32>()
  private var sessions = 0
  private var reservedSessions = 0
  /// Without those in reserved places.
  private var sessionsBySource: [ConnectionSource: Int] = [:]

  init(_ limits: Limits) { self.limits = limits }

  /// A connection was made. Whoever has to go for it is no longer counted as starting.
  mutating func accept(_ id: UInt32, from source: ConnectionSource) -> Arrival {
    var leaver: UInt32?
    if starting.count >= limits.starting || connections.count >= limits.connections {
      leaver = starting.oldestOfTheMany()
      guard let leaver else { return .full }
      closed(leaver)
    }
    connections[id] = Connection(source: source, standing: .starting)
    starting.insert(id, from: source)
    return .admitted(insteadOf: leaver)
  }

  /// A connection asks for its session; returns why it can't have one.
  mutating func begin(_ id: UInt32, applicationName: String?) -> SQLError? {
    guard let source = connections[id]?.source else { return ConnectionAdmission.crowded() }
    let ofSource = sessionsBySource[source, default: 0]
    if let refusal = refusal(of: source, ofSource) {
      guard applicationName == ConnectionAdmission.administrationName, reservedSessions < limits.reserved else {
        return refusal
      }
      reservedSessions += 1
      connections[id]?.standing = .session(isReserved: true)
    } else {
      sessions += 1
      sessionsBySource[source] = ofSource + 1
      connections[id]?.standing = .session(isReserved: false)
    }
    starting.remove(id)
    return nil
  }

  /// Why a client of an address that has so many sessions gets no ordinary one.
  private func refusal(of source: ConnectionSource, _ ofSource: Int) -> SQLError? {
    if sessions >= limits.sessions { return tooManySessions() }
    return source.isLoopback || ofSource < limits.sessionsPerSource ? nil : tooMany(from: source)
  }

  /// The connection is gone, and its session is over.
  mutating func closed(_ id: UInt32) {
    guard let connection = connections.removeValue(forKey: id) else { return }
    switch connection.standing {
    case .starting: starting.remove(id)
    case .session(isReserved: true): reservedSessions -= 1
    case .session(isReserved: false):
      sessions -= 1
      let left = sessionsBySource[connection.source, default: 1] - 1
      sessionsBySource[connection.source] = left > 0 ? left : nil
    }
  }

  // MARK: Refusals

  private func tooManySessions() -> SQLError {
    SQLError(
      "53300", "sorry, too many clients already",
      detail: "The node serves \(limits.sessions) sessions, and \(limits.reserved) more for administration.",
      hint: "Close sessions that are not used, pool connections, use another node, or raise limits.sql_connections. "
        + "Clients with application_name '\(ConnectionAdmission.administrationName)' have the reserved ones.")
  }

  private func tooMany(from source: ConnectionSource) -> SQLError {
    SQLError(
      "53300", "too many clients from \(source)",
      detail: "One address may have \(limits.sessionsPerSource) sessions of a node.",
      hint: "Close sessions that are not used, pool connections, or raise limits.sql_connections_per_address.")
  }

  /// For whom there is not even room to start.
  static func crowded() -> SQLError {
    SQLError(
      "53300", "sorry, too many connections", detail: "The node has no more descriptors for clients.",
      hint: "Allow the node more open files (ulimit -n), pool connections, or use another node.")
  }
}
