/// Sorts all rows of its input in memory; rows with equal keys keep their order.
///
/// What is sorted are small items, a prefix of the first key and the row's number, by ``ChunkedSort``.
public final class SortOperator: Operator {
  private let input: Operator
  private let keys: [SortKey]
  private let context: EvaluationContext
  private var rows: [Row] = []
  /// The keys' values, row after row.
  private var values: [Datum] = []
  private var order: [Item] = []
  private var position = 0
  private var held = 0

  private struct Item {
    var prefix: UInt64
    var row: Int
  }

  public init(_ input: Operator, _ keys: [SortKey], context: EvaluationContext) {
    self.input = input
    self.keys = keys
    self.context = context
    super.init(columnCount: input.columnCount)
  }

  public override func open() async throws(SQLError) {
    release()
    try await input.open()
    try await read()
    await input.close()
    try await sort()
    values = []
  }

  private func read() async throws(SQLError) {
    let runner = SubqueryRunner(context)
    while let batch = try await input.next() {
      try await context.statement.checkpoint()
      var size = 0
      for row in batch.rows {
        let entry = try await runner.sortEntry(row, keys)
        let prefix = keys.isEmpty ? 0 : SortPrefix.of(entry.keys[0], keys[0])
        order.append(Item(prefix: prefix, row: rows.count))
        rows.append(row)
        values += entry.keys
        size += entry.estimatedSize
      }
      try context.statement.budget.take(size)
      held += size
    }
  }

  private func sort() async throws(SQLError) {
    let (keys, values, statement) = (keys, values, context.statement)
    order = try await ChunkedSort.sorted(order, statement) { (left, right) throws(SQLError) in
      if left.prefix != right.prefix { return left.prefix < right.prefix }
      for index in keys.indices {
        let order = try keys[index].compare(
          values[left.row * keys.count + index], values[right.row * keys.count + index], statement)
        if order != 0 { return order < 0 }
      }
      return left.row < right.row
    }
  }

  public override func next() async throws(SQLError) -> RowBatch? {
    guard position < order.count else { return nil }
    let end = min(position + RowBatch.capacity, order.count)
    defer { position = end }
    return RowBatch(order[position..<end].map { rows[$0.row] })
  }

  public override func close() async {
    release()
    await input.close()
  }

  private func release() {
    context.statement.budget.release(held)
    held = 0
    rows = []
    values = []
    order = []
    position = 0
  }
}
