/// An error with a SQLSTATE, as PostgreSQL reports it.
///
/// One pointer wide: every call that can throw keeps room for its error on the stack, and recursive work over deeply
/// nested statements has little of it.
public struct SQLError: Error, Sendable, CustomStringConvertible {
  private final class Fields: Sendable {
    let code: String
    let message: String
    let detail: String?
    let hint: String?
    let position: Int?
    let constraint: String?
    let table: String?
    let column: String?

    init(
      _ code: String, _ message: String, _ detail: String?, _ hint: String?, _ position: Int?, _ constraint: String?,
      _ table: String?, _ column: String?
    ) {
      self.code = code
      self.message = SQLError.bounded(message)
      self.detail = detail.map(SQLError.bounded)
      self.hint = hint
      self.position = position
      self.constraint = constraint
      self.table = table
      self.column = column
    }
  }

  private var fields: Fields

  /// Longest text of an error in bytes: messages quote values, and those may have many megabytes.
  private static let longestText = 4096

  private static func bounded(_ text: String) -> String {
    if text.utf8.count <= longestText { return text }
    return StringLength.cutBytes(text, longestText) + "…"
  }

  public init(
    _ code: String, _ message: String, detail: String? = nil, hint: String? = nil, position: Int? = nil,
    constraint: String? = nil, table: String? = nil, column: String? = nil
  ) {
    fields = Fields(code, message, detail, hint, position, constraint, table, column)
  }

  /// Five characters (PostgreSQL documentation, appendix A).
  public var code: String {
    get { fields.code }
    set { fields = Fields(newValue, message, detail, hint, position, constraint, table, column) }
  }
  public var message: String {
    get { fields.message }
    set { fields = Fields(code, newValue, detail, hint, position, constraint, table, column) }
  }
  public var detail: String? {
    get { fields.detail }
    set { fields = Fields(code, message, newValue, hint, position, constraint, table, column) }
  }
  public var hint: String? {
    get { fields.hint }
    set { fields = Fields(code, message, detail, newValue, position, constraint, table, column) }
  }
  /// One-based character offset into the statement's text.
  public var position: Int? {
    get { fields.position }
    set { fields = Fields(code, message, detail, hint, newValue, constraint, table, column) }
  }
  public var constraint: String? {
    get { fields.constraint }
    set { fields = Fields(code, message, detail, hint, position, newValue, table, column) }
  }
  public var table: String? {
    get { fields.table }
    set { fields = Fields(code, message, detail, hint, position, constraint, newValue, column) }
  }
  public var column: String? {
    get { fields.column }
    set { fields = Fields(code, message, detail, hint, position, constraint, table, newValue) }
  }

  public var description: String { "\(code): \(message)" }
}
