/// What a server answered to one request: the results of its statements, up to the first error.
public struct PostgresReply: Sendable, Equatable {
  public var results: [PostgresResult]
  public var error: PostgresClientError?

  public init(results: [PostgresResult] = [], error: PostgresClientError? = nil) {
    self.results = results
    self.error = error
  }
}

/// The result of one statement. Values are in PostgreSQL's text format; nil is NULL.
public struct PostgresResult: Sendable, Equatable {
  public var columns: [PostgresColumn]
  public var rows: [[String?]]
  /// How many rows came, also where they were not kept.
  public var rowCount: Int
  /// "INSERT 0 1", "SELECT 5"; empty for an empty statement.
  public var tag: String

  public init(columns: [PostgresColumn] = [], rows: [[String?]] = [], rowCount: Int = 0, tag: String = "") {
    self.columns = columns
    self.rows = rows
    self.rowCount = rowCount
    self.tag = tag
  }
}

public struct PostgresColumn: Sendable, Hashable {
  public var name: String
  /// `pg_type.oid`
  public var typeOID: UInt32

  public init(name: String, typeOID: UInt32) {
    self.name = name
    self.typeOID = typeOID
  }
}

/// A failed statement or connection, with the server's fields or this side's reason.
public struct PostgresClientError: Error, Sendable, Hashable, CustomStringConvertible {
  /// SQLSTATE; class 08 when the connection itself failed.
  public var code: String
  /// ERROR, FATAL or PANIC.
  public var severity: String
  public var message: String
  public var detail: String?
  public var hint: String?
  /// One-based character offset into the statement's text.
  public var position: Int?
  /// Why there is no connection, where none was made.
  public var connectFailure: ConnectFailure?

  /// Why a connection could not be made.
  public enum ConnectFailure: Sendable, Hashable {
    /// Nothing listens there.
    case refused
    case unknownHost
    /// Nothing was answered in time.
    case noAnswer
    /// In the system's words.
    case unreachable(String)
  }

  public init(
    code: String, severity: String = "ERROR", message: String, detail: String? = nil, hint: String? = nil,
    position: Int? = nil
  ) {
    self.code = code
    self.severity = severity
    self.message = message
    self.detail = detail
    self.hint = hint
    self.position = position
  }

  /// 08006: the connection is gone, and whether the last statement was done is not known.
  static func connectionLost(_ reason: String) -> PostgresClientError {
    PostgresClientError(code: "08006", severity: "FATAL", message: reason)
  }

  /// 08001: no connection was made, so nothing was done.
  static func cannotConnect(_ host: String, _ port: Int, _ failure: ConnectFailure) -> PostgresClientError {
    let text =
      switch failure {
      case .refused: "nothing listens on \(host):\(port)"
      case .unknownHost: "the host \(host) is not known"
      case .noAnswer: "\(host):\(port) does not answer"
      case .unreachable(let reason): "cannot reach \(host):\(port): \(reason)"
      }
    var error = PostgresClientError(code: "08001", severity: "FATAL", message: text)
    error.connectFailure = failure
    return error
  }

  /// 08P01: the other side doesn't speak the protocol.
  static func protocolViolation(_ reason: String) -> PostgresClientError {
    PostgresClientError(code: "08P01", severity: "FATAL", message: reason)
  }

  public var description: String {
    var text = "\(severity) \(code): \(message)"
    if let detail { text += "\nDETAIL: \(detail)" }
    if let hint { text += "\nHINT: \(hint)" }
    return text
  }
}

/// A notice or warning that came beside a reply.
public struct PostgresNotice: Sendable, Hashable {
  public var severity: String
  public var code: String
  public var message: String
}
