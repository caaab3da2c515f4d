/// An error with a SQLSTATE, as PostgreSQL reports it.
public struct SQLError: Error, Sendable, CustomStringConvertible {
  /// Five characters (PostgreSQL documentation, appendix A).
  public var code: String
  public var message: String
  public var detail: String?
  public var hint: String?
  /// One-based character offset into the statement's text.
  public var position: Int?
  public var constraint: String?
  public var table: String?
  public var column: String?

  public init(
    _ code: String, _ message: String, detail: String? = nil, hint: String? = nil, position: Int? = nil,
    constraint: String? = nil, table: String? = nil, column: String? = nil
  ) {
    self.code = code
    self.message = message
    self.detail = detail
    self.hint = hint
    self.position = position
    self.constraint = constraint
    self.table = table
    self.column = column
  }

  public var description: String { "\(code): \(message)" }
}
