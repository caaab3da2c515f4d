/// One client's session: settings, the open transaction, and the way of a statement from text to rows.
///
/// ```
/// parse ─▶ prepare ─▶ bind ─▶ execute … ─▶ sync
///                                  └─ error ─▶ fail ─▶ sync
/// ```
public import RoostRelational
import RoostStore

/// Used by one task at a time; only ``cancel()`` may be called from anywhere.
public final class Session: @unchecked Sendable {  // guarded by the task that serves the client
  let database: Database
  public let user: String
  public let databaseName: String

  /// Where the session stands; what ReadyForQuery says.
  public private(set) var status = TransactionStatus.idle
  var notices: [SQLNotice] = []
  var changed: [String: String] = [:]

  /// `parameters` are the settings of the start-up message; unknown ones are kept out.
  public init(database: Database, user: String, databaseName: String, parameters: [String: String]) {
    self.database = database
    self.user = user
    self.databaseName = databaseName
  }

  /// A setting as ParameterStatus reports it: server_version, client_encoding, DateStyle, TimeZone, integer_datetimes,
  /// standard_conforming_strings, …; nil when there is none of that name.
  public func parameterStatus(_ name: String) -> String? { nil }

  /// Reported settings that changed since the last call, by name.
  public func takeChangedParameters() -> [String: String] {
    defer { changed = [:] }
    return changed
  }

  /// Notices since the last call, oldest first.
  public func takeNotices() -> [SQLNotice] {
    defer { notices = [] }
    return notices
  }

  /// Makes the statement that runs fail with 57014; without one, nothing. From any thread.
  public func cancel() {}

  /// Splits and parses the text of a simple query or of a Parse message. An empty text gives one empty statement.
  public func parse(_ text: String) throws(SQLError) -> [ParsedStatement] {
    try Parser.parse(text, maximumBytes: database.options.maximumStatementBytes)
  }

  /// Analyses and plans one statement. `parameterTypes`: OIDs the client gave, 0 or missing to infer.
  public func prepare(
    _ statement: ParsedStatement, parameterTypes: [UInt32] = []
  ) async throws(SQLError) -> PreparedStatement {
    let compiled = CompiledStatement(source: statement, parameterTypes: [], columns: nil)
    return PreparedStatement(parameterTypes: [], columns: nil, compiled: compiled)
  }

  /// Binds parameters, already decoded as `parameterTypes` say, to a portal. Begins an implicit transaction when none is open.
  public func bind(_ statement: PreparedStatement, parameters: [Datum] = []) async throws(SQLError) -> Portal {
    Portal(compiled: statement.compiled, parameters: parameters)
  }

  /// Pulls at most `maxRows` rows (0 = all), in batches handed to `emit`. An error that `emit` throws ends the statement.
  public func execute(
    _ portal: Portal, maxRows: Int = 0, emit: ([[Datum]]) async throws -> Void
  ) async throws(SQLError) -> PortalOutcome {
    .empty
  }

  /// The end of an extended-protocol batch (Sync) or of a simple query: commits the implicit transaction, if there is one.
  public func sync() async throws(SQLError) {}

  /// After an error, before anything else: fails the open transaction block, or rolls the implicit transaction back.
  public func fail() async {}

  /// Forgets a portal; what it holds is released.
  public func close(_ portal: Portal) {}

  /// The connection is closed: rolls back what is open.
  public func end() async {}
}
