/// Evaluates expressions that may contain subqueries: runs the plans evaluation asks for, then evaluates again.
///
/// The first attempt is made synchronously by the operator, row after row; only when that fails comes the row here.
public struct SubqueryRunner {
  let context: EvaluationContext

  public init(_ context: EvaluationContext) { self.context = context }

  /// Goes on after `failure`: runs the subquery that was lacking, or leaves the loop, and evaluates `body` again, as
  /// often as needed. Rethrows any failure of another kind.
  func resume<T>(
    after failure: SQLError, _ row: Row, _ body: (Row) throws(SQLError) -> T
  ) async throws(SQLError) -> T {
    var failure = failure
    var ran: [Int] = []
    while true {
      if await !context.statement.leaves(after: failure) {
        let slot = context.missingSlot
        guard slot >= 0, failure.code == Subplan.signal.code, slot < context.subplans.count else {
          forget(ran)
          throw failure
        }
        context.missingSlot = -1
        try await context.runSubplan(slot, row)
        ran.append(slot)
      }
      do throws(SQLError) {
        let value = try body(row)
        forget(ran)
        return value
      } catch {
        failure = error
      }
    }
  }

  /// Evaluates what reads a row, with its subqueries.
  public func evaluating<T>(_ row: Row, _ body: (Row) throws(SQLError) -> T) async throws(SQLError) -> T {
    do throws(SQLError) {
      return try body(row)
    } catch {
      return try await resume(after: error, row, body)
    }
  }

  /// Evaluates one expression, with its subqueries.
  public func evaluate(_ evaluator: Evaluator, _ row: Row) async throws(SQLError) -> Datum {
    do throws(SQLError) {
      return try evaluator.evaluate(row, context)
    } catch {
      return try await resume(after: error, row) { row throws(SQLError) in try evaluator.evaluate(row, context) }
    }
  }

  /// Whether a condition is true, with its subqueries.
  public func isTrue(_ evaluator: Evaluator, _ row: Row) async throws(SQLError) -> Bool {
    do throws(SQLError) {
      return try evaluator.isTrue(row, context)
    } catch {
      return try await resume(after: error, row) { row throws(SQLError) in try evaluator.isTrue(row, context) }
    }
  }

  /// Results of correlated subqueries hold for one row only.
  private func forget(_ slots: [Int]) {
    for slot in slots where context.subplans[slot].isCorrelated { context.forget(slot) }
  }
}

extension EvaluationContext {
  /// Runs the plan of a slot for `row` and stores its result.
  func runSubplan(_ slot: Int, _ row: Row) async throws(SQLError) {
    let subplan = subplans[slot]
    let outerRow = self.row
    self.row = row
    var held = 0
    do throws(SQLError) {
      let result = try await result(of: subplan, &held)
      self.row = outerRow
      store(result, slot, held: held)
    } catch {
      await subplan.plan.close()
      statement.budget.release(held)
      self.row = outerRow
      throw error
    }
  }

  private func result(of subplan: Subplan, _ held: inout Int) async throws(SQLError) -> Subplan.Result {
    let plan = subplan.plan
    try await plan.open()
    let result: Subplan.Result
    switch subplan.kind {
    case .scalar:
      var value: Datum?
      while let batch = try await plan.next() {
        if value != nil || batch.rows.count > 1 {
          throw SQLError("21000", "more than one row returned by a subquery used as an expression")
        }
        value = batch.rows.first?.first
      }
      result = .value(value ?? .null)
    case .exists: result = .exists(try await plan.next() != nil)
    case .set(let types):
      var set = SubquerySet()
      while let batch = try await plan.next() {
        for row in batch.rows {
          let bytes = set.insert(row.indices.map { $0 < types.count ? row[$0].keyed(types[$0]) : row[$0] })
          try statement.budget.take(bytes)
          held += bytes
        }
      }
      result = .set(set)
    case .rows:
      var rows: [Row] = []
      while let batch = try await plan.next() {
        let bytes = batch.estimatedSize
        try statement.budget.take(bytes)
        held += bytes
        rows += batch.rows
      }
      result = .rows(rows)
    }
    await plan.close()
    return result
  }
}

extension RowBatch {
  /// Bytes the rows are taken to occupy.
  public var estimatedSize: Int { rows.reduce(0) { $0 + $1.estimatedRowSize } }
}

extension Array where Element == Datum {
  /// Bytes the row is taken to occupy.
  @inlinable
  public var estimatedRowSize: Int {
    var total = 40
    for value in self { total += value.estimatedSize }
    return total
  }
}
