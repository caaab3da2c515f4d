/// What expressions of one query level read besides their row: the statement, the rows of the levels around it and the
/// results of the level's subqueries (see `Expression`).
///
/// The planner makes one per query level and hands it to every operator of that level; a subquery's level has the level
/// it stands in as `outer`.
public final class EvaluationContext: @unchecked Sendable {
  // Belongs to one statement, which runs in one task.

  public let statement: StatementContext
  public let outer: EvaluationContext?
  /// The row for which this level runs a subquery at the moment.
  public internal(set) var row: Row = []
  public private(set) var subplans: [Subplan] = []
  /// The slot whose result evaluation lacked.
  var missingSlot = -1

  public init(_ statement: StatementContext, outer: EvaluationContext? = nil) {
    self.statement = statement
    self.outer = outer
  }

  /// Adds a subquery and returns its slot. `plan`'s operators use a context whose `outer` is this one.
  public func addSubplan(_ plan: Operator, kind: Subplan.Kind, isCorrelated: Bool) -> Int {
    subplans.append(Subplan(plan: plan, kind: kind, isCorrelated: isCorrelated))
    return subplans.count - 1
  }

  /// Reserves a slot for a plan that is set later with `setSubplan`.
  public func setSubplan(_ slot: Int, _ plan: Operator, kind: Subplan.Kind, isCorrelated: Bool) {
    while subplans.count <= slot {
      subplans.append(Subplan(plan: Operator(columnCount: 0), kind: .rows, isCorrelated: false))
    }
    subplans[slot] = Subplan(plan: plan, kind: kind, isCorrelated: isCorrelated)
  }

  /// Forgets all subquery results, before a plan runs again with other outer rows.
  public func reset() {
    for slot in subplans.indices { forget(slot) }
  }

  func store(_ result: Subplan.Result, _ slot: Int, held: Int) {
    subplans[slot].result = result
    subplans[slot].heldBytes = held
  }

  /// Drops a result, so that the subquery runs again when it is next needed.
  func forget(_ slot: Int) {
    statement.budget.release(subplans[slot].heldBytes)
    subplans[slot].heldBytes = 0
    subplans[slot].result = nil
  }

  @inline(never)
  func missing(_ slot: Int) -> SQLError {
    missingSlot = slot
    return Subplan.signal
  }
}

/// A subquery of one query level.
public struct Subplan {
  /// What of the subquery's rows is needed.
  public enum Kind: Sendable {
    case scalar
    case exists
    /// All rows, as a hashed set: IN. `types` are the types of its columns.
    case set(types: [SQLType])
    /// All rows in order: ANY and ALL with another comparison.
    case rows
  }

  enum Result {
    case value(Datum)
    case exists(Bool)
    case set(SubquerySet)
    case rows([Row])
  }

  let plan: Operator
  let kind: Kind
  let isCorrelated: Bool
  var result: Result?
  /// What the result has taken from the memory budget.
  var heldBytes = 0

  init(plan: Operator, kind: Kind, isCorrelated: Bool) {
    self.plan = plan
    self.kind = kind
    self.isCorrelated = isCorrelated
  }

  /// Thrown by evaluation, caught by `SubqueryRunner`; never leaves an operator.
  static let signal = SQLError("XXSUB", "a subquery was evaluated outside an operator")
}
