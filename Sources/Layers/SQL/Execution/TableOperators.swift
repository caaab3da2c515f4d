import RoostRelational
import RoostStore

/// Rows of one table along an access path, filtered.
final class TableScan: Operator {
  private let source: RowSource
  private let filter: Evaluator?
  private let context: EvaluationContext
  private var passing: PassingValues

  init(_ node: ScanNode, filter: Evaluator?, transaction: Transaction, context: EvaluationContext) {
    source = RowSource(node, transaction: transaction)
    self.filter = filter
    self.context = context
    passing = PassingValues(context.statement.budget)
    super.init(columnCount: node.source.width)
  }

  deinit { passing.clear() }

  override func open() async throws(SQLError) {
    try await context.statement.evaluating { () throws(SQLError) in try source.start([], context) }
  }

  override func next() async throws(SQLError) -> RowBatch? {
    while true {
      passing.clear()
      try await context.statement.checkpoint()
      guard let rows = try await source.next() else { return nil }
      try passing.add(bytes: source.largeBytes)
      if rows.isEmpty { continue }
      guard let filter else { return RowBatch(rows) }
      var kept: [Row] = []
      for row in rows {
        let isKept: Bool
        // As `evaluating` does it, but without an asynchronous call for each row.
        do throws(SQLError) {
          isKept = try filter.isTrue(row, context)
        } catch {
          guard await context.statement.leaves(after: error) else { throw error }
          isKept = try filter.isTrue(row, context)
        }
        if isKept { kept.append(row) }
      }
      if !kept.isEmpty { return RowBatch(kept) }
    }
  }
}

/// Joins each row of its input with the rows of a table that an index finds for it.
final class TableLookupJoin: Operator {
  private let left: Operator
  private let source: RowSource
  private let isLeft: Bool
  private let rightWidth: Int
  private let filter: Evaluator?
  private let residual: Evaluator?
  private let context: EvaluationContext
  private var passing: PassingValues
  private var batch: [Row] = []
  private var position = 0
  /// Whether the row before `position` may have more partners, and whether it had any.
  private var isSearching = false
  private var isMatched = false

  init(
    _ node: LookupJoinNode, left: Operator, filter: Evaluator?, residual: Evaluator?, transaction: Transaction,
    context: EvaluationContext
  ) {
    self.left = left
    source = RowSource(
      node.source, node.path, columns: RowSource.columns(node.source, node.use), transaction: transaction)
    isLeft = node.isLeft
    rightWidth = node.source.width
    self.filter = filter
    self.residual = residual
    self.context = context
    passing = PassingValues(context.statement.budget)
    super.init(columnCount: node.leftWidth + node.source.width)
  }

  deinit { passing.clear() }

  override func open() async throws(SQLError) {
    batch = []
    position = 0
    isSearching = false
    try await left.open()
  }

  override func close() async { await left.close() }

  override func next() async throws(SQLError) -> RowBatch? {
    passing.clear()
    var output: [Row] = []
    while !isFull(output) {
      if !isSearching {
        if position >= batch.count {
          if !output.isEmpty { break }
          guard let next = try await left.next() else { break }
          batch = next.rows
          position = 0
        }
        try await context.statement.checkpoint()
        position += 1
        try await context.statement.evaluating { () throws(SQLError) in
          try source.start(batch[position - 1], context)
        }
        isSearching = true
        isMatched = false
      }
      try await join(batch[position - 1], &output)
    }
    return output.isEmpty ? nil : RowBatch(output)
  }

  private func isFull(_ output: [Row]) -> Bool {
    output.count >= RowBatch.capacity || (passing.isEnough && !output.isEmpty)
  }

  /// Appends pairs of the current left row until it has no more or the output is full.
  private func join(_ row: Row, _ output: inout [Row]) async throws(SQLError) {
    while !isFull(output) {
      guard let found = try await source.next() else {
        if isLeft, !isMatched { output.append(row + Row(repeating: .null, count: rightWidth)) }
        isSearching = false
        return
      }
      if output.isEmpty { passing.clear() }
      try passing.add(bytes: source.largeBytes)
      for candidate in found {
        let pair: Row?
        // As `evaluating` does it, but without an asynchronous call for each pair.
        do throws(SQLError) {
          pair = try joined(row, candidate)
        } catch {
          guard await context.statement.leaves(after: error) else { throw error }
          pair = try joined(row, candidate)
        }
        guard let pair else { continue }
        isMatched = true
        output.append(pair)
      }
      // Most left rows have few partners: they are counted above.
      if found.count >= RowBatch.capacity || found.isEmpty { try await context.statement.checkpoint() }
    }
  }

  /// The two rows side by side; nil when a condition does not hold.
  private func joined(_ row: Row, _ candidate: Row) throws(SQLError) -> Row? {
    if let filter, try !filter.isTrue(candidate, context) { return nil }
    let pair = row + candidate
    if let residual, try !residual.isTrue(pair, context) { return nil }
    return pair
  }
}

/// generate_series over integers.
final class SeriesOperator: Operator {
  private let arguments: [Evaluator]
  private let type: SQLType
  private let context: EvaluationContext
  private var value: Int64 = 0
  private var stop: Int64 = 0
  private var step: Int64 = 1
  private var isDone = false

  init(_ arguments: [Evaluator], type: SQLType, context: EvaluationContext) {
    self.arguments = arguments
    self.type = type
    self.context = context
    super.init(columnCount: 1)
  }

  override func open() async throws(SQLError) {
    var values: [Int64] = []
    isDone = false
    for argument in arguments {
      let datum = try await SubqueryRunner(context).evaluate(argument, [])
      if datum.isNull { isDone = true }
      values.append(datum.isNull ? 0 : try datum.int64)
    }
    (value, stop) = (values[0], values[1])
    step = values.count > 2 ? values[2] : 1
    if step == 0, !isDone { throw SQLError("22023", "step size cannot equal zero") }
  }

  override func next() async throws(SQLError) -> RowBatch? {
    try await context.statement.checkpoint()
    var rows: [Row] = []
    while !isDone, rows.count < RowBatch.capacity, step > 0 ? value <= stop : value >= stop {
      rows.append([type == .bigint ? .bigint(value) : .integer(Int32(truncatingIfNeeded: value))])
      let (sum, overflow) = value.addingReportingOverflow(step)
      value = sum
      isDone = overflow
    }
    return rows.isEmpty ? nil : RowBatch(rows)
  }
}
