import RoostRelational

/// What a statement does when it is executed.
enum StatementPlan {
  case query(PlanLevel)
  /// The hot path: at most one row by its key, without any operator.
  case point(PointQuery)
  case change(ChangePlan)
  case explain([String])
  case show(String)
  /// EXECUTE: another statement with these arguments.
  case execute(CompiledStatement, [Evaluator])
  /// Everything that is not planned: definitions, settings, transactions.
  case utility(SyntaxStatement)
}

/// What writes rows of one table.
enum ChangePlan {
  case insert(InsertPlan)
  case update(UpdatePlan)
  case delete(DeletePlan)

  /// Whether the rows that it writes are in its text, and take no other's place: then it reads little more than that their keys
  /// are free.
  var bringsItsRows: Bool {
    guard case .insert(let plan) = self, case .rows = plan.source else { return false }
    return plan.conflict?.update == nil
  }

  /// Whether the client is given rows that it made.
  var returnsRows: Bool {
    switch self {
    case .insert(let plan): plan.returning != nil
    case .update(let plan): plan.returning != nil
    case .delete(let plan): plan.returning != nil
    }
  }
}

/// `SELECT … WHERE key = …`.
final class PointQuery {
  let scan: ScanNode
  let filter: Evaluator?
  let targets: [Evaluator]

  init(scan: ScanNode, targets: [Expression]) {
    self.scan = scan
    filter = scan.filter?.evaluator()
    self.targets = targets.map { $0.evaluator() }
  }
}

/// Expressions over rows that a change has made, for RETURNING.
struct ReturningPlan {
  var expressions: [Evaluator]
  /// Holds the subqueries of the expressions.
  var level: PlanLevel
}

/// Check constraints as expressions over the table's row.
typealias BoundCheck = (name: String, condition: Evaluator)

final class InsertPlan {
  /// A row to be: values for all columns, and the columns whose counters give them.
  struct Template {
    var values: [Evaluator]
    var sequences: [Int]
  }

  enum Source {
    case rows([Template])
    /// Rows of a query, already converted, in full width.
    case query(PlanLevel, sequences: [Int])
  }

  struct Conflict {
    /// nil: any unique key.
    var index: IndexDescriptor?
    /// nil: DO NOTHING. Over the existing row followed by the proposed one.
    var update: (assignments: [(column: Int, value: Evaluator)], filter: Evaluator?)?
  }

  let table: TableDescriptor
  let source: Source
  let checks: [BoundCheck]
  let conflict: Conflict?
  let returning: ReturningPlan?

  init(
    table: TableDescriptor, source: Source, checks: [BoundCheck], conflict: Conflict?, returning: ReturningPlan?
  ) {
    self.table = table
    self.source = source
    self.checks = checks
    self.conflict = conflict
    self.returning = returning
  }
}

final class UpdatePlan {
  let table: TableDescriptor
  /// Delivers the target's row, its locator, the other tables' columns, and behind them the new values.
  let query: PlanLevel
  let inputWidth: Int
  /// The columns that get the new values, in their order.
  let columns: [Int]
  let checks: [BoundCheck]
  let returning: ReturningPlan?

  init(
    table: TableDescriptor, query: PlanLevel, inputWidth: Int, columns: [Int], checks: [BoundCheck],
    returning: ReturningPlan?
  ) {
    self.table = table
    self.query = query
    self.inputWidth = inputWidth
    self.columns = columns
    self.checks = checks
    self.returning = returning
  }
}

final class DeletePlan {
  let table: TableDescriptor
  /// Delivers the target's row, its locator, and the other tables' columns.
  let query: PlanLevel
  let returning: ReturningPlan?

  init(table: TableDescriptor, query: PlanLevel, returning: ReturningPlan?) {
    self.table = table
    self.query = query
    self.returning = returning
  }
}
