import RoostRelational

/// Window functions: values that each row gets from the rows around it.
///
/// The input is read into memory. Each call sorts the rows by its partition and order, walks the partitions and notes
/// each row's value; rows come out in the order of the last call, with one value per call behind their columns.
final class WindowOperator: Operator {
  private let input: Operator
  private let calls: [WindowEvaluation]
  private let width: Int
  private let context: EvaluationContext
  private var rows: [Row] = []
  private var position = 0
  private var held = 0

  init(_ input: Operator, _ node: WindowNode, context: EvaluationContext) {
    self.input = input
    self.context = context
    width = node.inputWidth
    calls = node.calls.map { WindowEvaluation($0, context) }
    super.init(columnCount: node.inputWidth + node.calls.count)
  }

  override func open() async throws(SQLError) {
    release()
    try await input.open()
    while let batch = try await input.next() {
      try await context.statement.checkpoint()
      let size = batch.estimatedSize * 2
      try context.statement.budget.take(size)
      held += size
      rows += batch.rows
    }
    await input.close()
    var values = [[Datum]](repeating: [], count: calls.count)
    var order = Array(rows.indices)
    for (number, call) in calls.enumerated() {
      try await context.statement.checkpoint()
      (values[number], order) = try await call.run(rows, held: &held)
    }
    for index in rows.indices { for value in values { rows[index].append(value[index]) } }
    rows = order.map { rows[$0] }
  }

  override func next() async throws(SQLError) -> RowBatch? {
    guard position < rows.count else { return nil }
    let end = min(position + RowBatch.capacity, rows.count)
    defer { position = end }
    return RowBatch(Array(rows[position..<end]))
  }

  override func close() async {
    release()
    await input.close()
  }

  private func release() {
    context.statement.budget.release(held)
    held = 0
    rows = []
    position = 0
  }
}
