import RoostRelational

/// A statement bound to its parameters, ready to run or suspended between rows.
///
/// Belongs to the session that made it and is used by one task at a time.
public final class Portal: @unchecked Sendable {  // guarded by its session's task
  /// The columns of the rows it returns; nil when it returns none.
  public let columns: [ResultColumn]?

  /// Whether the statement had better be run away from its session's loop from its beginning.
  public var isLong: Bool { compiled.isLong && !isDone }

  /// Whether to let go of it may take long: for many words, or many rows.
  public var holdsMuch: Bool {
    compiled.isLong || waiting.count >= Self.manyRows || (statement?.budget.used ?? 0) >= Session.muchBytes
  }
  private static let manyRows = 10_000

  let compiled: CompiledStatement
  let parameters: [Datum]
  /// What delivers the rows, while there may be more.
  var rows: Operator?
  /// What those rows are made with: its time limit is renewed by each Execute.
  var statement: StatementContext?
  /// Rows pulled and not sent yet.
  var waiting: ArraySlice<Row> = []
  /// The tag of a statement that has done its work before its rows are delivered.
  var tag: String?
  var hasStarted = false
  var isDone = false
  /// The transaction it was begun in: it does not outlive it.
  weak var transaction: OpenTransaction?

  init(compiled: CompiledStatement, parameters: [Datum]) {
    self.compiled = compiled
    self.parameters = parameters
    self.columns = compiled.columns
  }

  /// The work is done; these rows are left to deliver.
  func finish(_ tag: String, _ rows: [Row]) {
    self.tag = tag
    waiting = rows[...]
  }

  /// Goes on as another portal would.
  func adopt(_ other: Portal) {
    rows = other.rows
    statement = other.statement
    waiting = other.waiting
    tag = other.tag
    isDone = other.isDone
    transaction = other.transaction
  }
}
