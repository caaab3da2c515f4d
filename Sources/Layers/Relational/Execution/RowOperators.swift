/// The operators that look at one row at a time: values, filter, projection, limit, append.

extension RowBatch {
  /// Units of work (see `EvaluationPace`) after which a batch of computed rows goes on without being full, so that not a
  /// thousand values of many megabytes are held at once.
  static let workLimit = 4 * EvaluationPace.unitsPerTurn

  /// Bytes one computed row may have: two values of the greatest size.
  static let rowLimit = 2 * StringOperations.sizeLimit

  /// Fails with 54000 when the values of a row, or those of it that are computed so far, are too large together.
  static func check(_ row: Row) throws(SQLError) {
    guard row.estimatedRowSize > rowLimit + 4096 else { return }
    throw SQLError(
      "54000", "a row has more than \(rowLimit >> 20) MiB", hint: "Select fewer or shorter values at a time.")
  }
}

/// Rows computed from expressions without input: VALUES, and SELECT without FROM (one row).
public final class ValuesOperator: Operator {
  private let rows: [[Evaluator]]
  private let context: EvaluationContext
  private var position = 0
  private var passing: PassingValues

  public init(_ rows: [[Evaluator]], columnCount: Int, context: EvaluationContext) {
    self.rows = rows
    self.context = context
    passing = PassingValues(context.statement.budget)
    super.init(columnCount: columnCount)
  }

  deinit { passing.clear() }

  public override func open() async throws(SQLError) { position = 0 }

  public override func next() async throws(SQLError) -> RowBatch? {
    passing.clear()
    guard position < rows.count else { return nil }
    try await context.statement.checkpoint()
    var batch: [Row] = []
    let runner = SubqueryRunner(context)
    let limit = context.statement.spent + RowBatch.workLimit
    while position < rows.count, batch.count < RowBatch.capacity, context.statement.spent <= limit, !passing.isEnough {
      var row = Row()
      row.reserveCapacity(columnCount)
      for evaluator in rows[position] {
        row.append(try await runner.evaluate(evaluator, []))
        if context.statement.spent > limit { try RowBatch.check(row) }
      }
      try passing.add(row)
      batch.append(row)
      position += 1
    }
    return RowBatch(batch)
  }
}

/// Rows that are there already: virtual tables, EXPLAIN, SHOW.
public final class RowsOperator: Operator {
  private let rows: [Row]
  private var position = 0

  public init(_ rows: [Row], columnCount: Int) {
    self.rows = rows
    super.init(columnCount: columnCount)
  }

  public override func open() async throws(SQLError) { position = 0 }

  public override func next() async throws(SQLError) -> RowBatch? {
    guard position < rows.count else { return nil }
    let end = min(position + RowBatch.capacity, rows.count)
    defer { position = end }
    return RowBatch(Array(rows[position..<end]))
  }
}

/// Keeps the rows for which a condition is true.
public final class FilterOperator: Operator {
  private let input: Operator
  private let condition: Evaluator
  private let context: EvaluationContext

  public init(_ input: Operator, _ condition: Evaluator, context: EvaluationContext) {
    self.input = input
    self.condition = condition
    self.context = context
    super.init(columnCount: input.columnCount)
  }

  public override func open() async throws(SQLError) { try await input.open() }
  public override func close() async { await input.close() }

  public override func next() async throws(SQLError) -> RowBatch? {
    let runner = SubqueryRunner(context)
    while let batch = try await input.next() {
      try await context.statement.checkpoint()
      var kept: [Row] = []
      for row in batch.rows {
        let isKept: Bool
        do throws(SQLError) {
          isKept = try condition.isTrue(row, context)
        } catch {
          isKept = try await runner.resume(after: error, row) { row throws(SQLError) in
            try condition.isTrue(row, context)
          }
        }
        if isKept { kept.append(row) }
      }
      if !kept.isEmpty { return RowBatch(kept) }
    }
    return nil
  }
}

/// Computes new rows from expressions over the input's.
public final class ProjectOperator: Operator {
  private let input: Operator
  private let expressions: [Evaluator]
  private let context: EvaluationContext
  private var passing: PassingValues
  /// Rows of the input's last batch that are still to be computed.
  private var waiting: ArraySlice<Row> = []

  public init(_ input: Operator, _ expressions: [Evaluator], context: EvaluationContext) {
    self.input = input
    self.expressions = expressions
    self.context = context
    passing = PassingValues(context.statement.budget)
    super.init(columnCount: expressions.count)
  }

  deinit { passing.clear() }

  public override func open() async throws(SQLError) {
    waiting = []
    try await input.open()
  }

  public override func close() async {
    passing.clear()
    waiting = []
    await input.close()
  }

  public override func next() async throws(SQLError) -> RowBatch? {
    passing.clear()
    if waiting.isEmpty {
      guard let batch = try await input.next() else { return nil }
      waiting = batch.rows[...]
    }
    try await context.statement.checkpoint()
    var rows: [Row] = []
    rows.reserveCapacity(waiting.count)
    let runner = SubqueryRunner(context)
    let limit = context.statement.spent + RowBatch.workLimit
    // Rows that took long to compute are mostly large: they don't wait for one another.
    while context.statement.spent <= limit, !passing.isEnough, let row = waiting.popFirst() {
      do throws(SQLError) {
        rows.append(try project(row))
      } catch {
        rows.append(try await runner.resume(after: error, row, project))
      }
      try passing.add(rows[rows.count - 1])
    }
    return RowBatch(rows)
  }

  private func project(_ row: Row) throws(SQLError) -> Row {
    var result = Row()
    result.reserveCapacity(expressions.count)
    let limit = context.statement.spent + RowBatch.workLimit
    for expression in expressions {
      result.append(try expression.evaluate(row, context))
      if context.statement.spent > limit { try RowBatch.check(result) }
    }
    return result
  }
}

/// LIMIT and OFFSET; a null count is no limit.
public final class LimitOperator: Operator {
  private let input: Operator
  private let limit: Evaluator?
  private let offset: Evaluator?
  private let context: EvaluationContext
  private var toSkip: Int64 = 0
  private var toReturn = Int64.max

  /// The counts are bigint expressions without columns of the input.
  public init(_ input: Operator, limit: Evaluator?, offset: Evaluator?, context: EvaluationContext) {
    self.input = input
    self.limit = limit
    self.offset = offset
    self.context = context
    super.init(columnCount: input.columnCount)
  }

  public override func open() async throws(SQLError) {
    toSkip = try await RowCount.evaluate(offset, context, orElse: 0) {
      SQLError("2201X", "OFFSET must not be negative")
    }
    toReturn = try await RowCount.evaluate(limit, context, orElse: .max) {
      SQLError("2201W", "LIMIT must not be negative")
    }
    try await input.open()
  }

  public override func close() async { await input.close() }

  public override func next() async throws(SQLError) -> RowBatch? {
    while toReturn > 0, var batch = try await input.next() {
      if toSkip > 0 {
        let skipped = Int(min(toSkip, Int64(batch.rows.count)))
        toSkip -= Int64(skipped)
        batch.rows.removeFirst(skipped)
        if batch.rows.isEmpty { continue }
      }
      if Int64(batch.rows.count) > toReturn { batch.rows.removeLast(batch.rows.count - Int(toReturn)) }
      toReturn -= Int64(batch.rows.count)
      return batch
    }
    return nil
  }
}

/// The count of a LIMIT or OFFSET.
enum RowCount {
  static func evaluate(
    _ evaluator: Evaluator?, _ context: EvaluationContext, orElse absent: Int64, negative: () -> SQLError
  ) async throws(SQLError) -> Int64 {
    guard let evaluator else { return absent }
    let value = try await SubqueryRunner(context).evaluate(evaluator, [])
    if value.isNull { return absent }
    let count = try value.int64
    if count < 0 { throw negative() }
    return count
  }
}

/// One input after the other: UNION ALL.
public final class AppendOperator: Operator {
  private let inputs: [Operator]
  private var current = 0

  public init(_ inputs: [Operator]) {
    self.inputs = inputs
    super.init(columnCount: inputs.first?.columnCount ?? 0)
  }

  public override func open() async throws(SQLError) {
    current = 0
    try await inputs.first?.open()
  }

  public override func next() async throws(SQLError) -> RowBatch? {
    while current < inputs.count {
      if let batch = try await inputs[current].next() { return batch }
      await inputs[current].close()
      current += 1
      if current < inputs.count { try await inputs[current].open() }
    }
    return nil
  }

  public override func close() async {
    for input in inputs { await input.close() }
  }
}
