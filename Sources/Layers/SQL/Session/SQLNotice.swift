/// A notice or warning for the client; it does not change what happens.
public struct SQLNotice: Sendable, Hashable {
  /// "NOTICE", "WARNING", "INFO".
  public var severity: String
  public var code: String
  public var message: String

  public init(severity: String, code: String, message: String) {
    self.severity = severity
    self.code = code
    self.message = message
  }

  static func notice(_ message: String, code: String = "00000") -> SQLNotice {
    SQLNotice(severity: "NOTICE", code: code, message: message)
  }

  static func warning(_ code: String, _ message: String) -> SQLNotice {
    SQLNotice(severity: "WARNING", code: code, message: message)
  }
}
