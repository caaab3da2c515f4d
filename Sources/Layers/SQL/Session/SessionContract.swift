// CONTRACT between the SQL layer (implements) and the PostgreSQL wire surface (uses). The SQL owner turns this into the real
// types in files of their own, keeping these names and shapes.
import RoostRelational
import RoostStore

public struct ResultColumn: Sendable, Hashable {
  public var name: String
  public var type: SQLType
  public var tableOID: UInt32   // 0 when computed
  public var columnNumber: Int16
}

public enum TransactionStatus: UInt8, Sendable { case idle, inTransaction, failed }

/// A notice or warning for the client.
public struct SQLNotice: Sendable { public var severity: String; public var code: String; public var message: String }

/*
/// Shared by all sessions of a node: store, catalogue cache, limits.
public final class Database: Sendable { public init(store: any TransactionBackend, options: DatabaseOptions) }

/// One client's session. Used by one task at a time; `cancel()` may be called from anywhere.
public final class Session: @unchecked Sendable {
  public init(database: Database, user: String, databaseName: String, parameters: [String: String])
  public var status: TransactionStatus { get }
  public func parameterStatus(_ name: String) -> String?            // server_version, client_encoding, DateStyle, TimeZone, integer_datetimes, standard_conforming_strings, …
  public var changedParameters: [String: String]  // since last drained: for ParameterStatus messages (takeChangedParameters())
  public func takeNotices() -> [SQLNotice]
  public func cancel()                                              // the statement that runs fails with 57014

  /// Splits and parses a simple query's text. Throws SQLError 42601.
  public func parse(_ text: String) throws(SQLError) -> [ParsedStatement]
  /// Analyses one statement. `parameterTypes`: OIDs given by the client (0 = infer).
  public func prepare(_ statement: ParsedStatement, parameterTypes: [UInt32]) async throws(SQLError) -> PreparedStatement
  /// Binds parameters (already decoded by the surface) to a portal. Begins an implicit transaction when none is open.
  public func bind(_ statement: PreparedStatement, parameters: [Datum]) async throws(SQLError) -> Portal
  /// Pulls at most `maxRows` rows (0 = all, in batches handed to `emit`); returns how it ended.
  public func execute(_ portal: Portal, maxRows: Int, emit: (borrowing [[Datum]]) async throws -> Void) async throws(SQLError) -> PortalOutcome
  /// End of an extended-protocol batch (Sync) or of a simple query: commits the implicit transaction.  A simple query with several statements is one implicit transaction.
  public func sync() async throws(SQLError)
  /// After an error: fails the open transaction block or rolls the implicit one back.
  public func fail() async
  public func close(_ portal: Portal)
  public func end() async                                           // connection closed: roll back
}
public enum PortalOutcome { case suspended; case completed(tag: String); case empty }   // tag: "INSERT 0 1", "SELECT 5", …
public struct PreparedStatement: Sendable { parameterTypes: [SQLType]; columns: [ResultColumn]? (nil: returns no rows) }
public final class Portal { columns: [ResultColumn]? }
*/
