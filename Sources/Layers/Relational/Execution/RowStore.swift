/// Rows an operator holds in memory, on the statement's budget.
struct RowStore {
  private(set) var rows: [Row] = []
  private var held = 0
  private let budget: MemoryBudget

  init(_ budget: MemoryBudget) { self.budget = budget }

  mutating func append(_ row: Row) throws(SQLError) {
    let size = row.estimatedRowSize
    try budget.take(size)
    held += size
    rows.append(row)
  }

  mutating func clear() {
    budget.release(held)
    held = 0
    rows = []
  }
}

/// Reads all rows of `input` into memory. The operator's owner closes it.
func drain(
  _ input: Operator, into store: inout RowStore, _ context: EvaluationContext
) async throws(SQLError) {
  while let batch = try await input.next() {
    try await context.statement.checkpoint()
    for row in batch.rows { try store.append(row) }
  }
}

/// Keeps its input's rows, so that opening it again reads them from memory: for the inner side of nested loops and
/// subqueries that don't depend on the row around them.
public final class MaterializeOperator: Operator {
  private let input: Operator
  private let context: EvaluationContext
  private var store: RowStore
  private var isFilled = false
  private var position = 0

  public init(_ input: Operator, context: EvaluationContext) {
    self.input = input
    self.context = context
    store = RowStore(context.statement.budget)
    super.init(columnCount: input.columnCount)
  }

  deinit { store.clear() }

  public override func open() async throws(SQLError) {
    position = 0
    if isFilled { return }
    store.clear()
    try await input.open()
    try await drain(input, into: &store, context)
    await input.close()
    isFilled = true
  }

  public override func next() async throws(SQLError) -> RowBatch? {
    guard position < store.rows.count else { return nil }
    let end = min(position + RowBatch.capacity, store.rows.count)
    defer { position = end }
    return RowBatch(Array(store.rows[position..<end]))
  }

  public override func close() async { await input.close() }

  /// Forgets the rows: the input is read again at the next opening.
  public func reset() {
    store.clear()
    isFilled = false
  }
}
