/// Joins on equal keys: holds the right side in a hash table and looks every left row up in it.
public final class HashJoin: Operator {
  /// A pair of key expressions, brought to one type by the planner.
  public struct Key: Sendable {
    let left: Evaluator
    let right: Evaluator
    let type: SQLType

    public init(left: Evaluator, right: Evaluator, type: SQLType) {
      self.left = left
      self.right = right
      self.type = type
    }
  }

  private let left: Operator
  private let right: Operator
  private let kind: JoinKind
  private let keys: [Key]
  private let matchesNulls: Bool
  private let condition: Evaluator?
  private let context: EvaluationContext
  private var table: [DatumKey: [Int32]] = [:]
  private var inner: RowStore
  private var held = 0
  private var matched: [Bool] = []
  private var batch: [Row] = []
  private var leftPosition = 0
  private var leftIsDone = false
  private var unmatchedPosition = 0

  /// - Parameters:
  ///   - matchesNulls: null keys match each other (IS NOT DISTINCT FROM) instead of nothing.
  ///   - condition: what a pair with equal keys must satisfy besides; sees the left columns followed by the right ones.
  public init(
    _ left: Operator, _ right: Operator, _ kind: JoinKind, keys: [Key], matchesNulls: Bool = false,
    on condition: Evaluator? = nil, context: EvaluationContext
  ) {
    self.left = left
    self.right = right
    self.kind = kind
    self.keys = keys
    self.matchesNulls = matchesNulls
    self.condition = condition
    self.context = context
    inner = RowStore(context.statement.budget)
    super.init(columnCount: kind.isFilter ? left.columnCount : left.columnCount + right.columnCount)
  }

  public override func open() async throws(SQLError) {
    reset()
    let runner = SubqueryRunner(context)
    try await right.open()
    while let batch = try await right.next() {
      try await context.statement.checkpoint()
      for row in batch.rows {
        let key = try await key(row, runner, isLeft: false)
        // A row without a key has no partner; it is kept only where it must come out alone.
        if key == nil, !kind.keepsRight { continue }
        if let key {
          let size = key.estimatedSize + 16
          try context.statement.budget.take(size)
          held += size
          table[key, default: []].append(Int32(truncatingIfNeeded: inner.rows.count))
        }
        try inner.append(row)
      }
    }
    await right.close()
    if kind.keepsRight { matched = [Bool](repeating: false, count: inner.rows.count) }
    try await left.open()
  }

  private func reset() {
    inner.clear()
    context.statement.budget.release(held)
    held = 0
    table = [:]
    matched = []
    batch = []
    leftPosition = 0
    leftIsDone = false
    unmatchedPosition = 0
  }

  private func key(_ row: Row, _ runner: SubqueryRunner, isLeft: Bool) async throws(SQLError) -> DatumKey? {
    do throws(SQLError) {
      return try key(row, isLeft: isLeft)
    } catch {
      return try await runner.resume(after: error, row) { row throws(SQLError) in try key(row, isLeft: isLeft) }
    }
  }

  private func key(_ row: Row, isLeft: Bool) throws(SQLError) -> DatumKey? {
    var values: [Datum] = []
    values.reserveCapacity(keys.count)
    for key in keys {
      let value = try (isLeft ? key.left : key.right).evaluate(row, context)
      if value.isNull, !matchesNulls { return nil }
      values.append(value.keyed(key.type))
    }
    return DatumKey(values)
  }

  public override func next() async throws(SQLError) -> RowBatch? {
    var output: [Row] = []
    let runner = SubqueryRunner(context)
    while !leftIsDone, output.count < RowBatch.capacity {
      if leftPosition >= batch.count {
        guard let next = try await left.next() else {
          leftIsDone = true
          break
        }
        batch = next.rows
        leftPosition = 0
        try await context.statement.checkpoint()
      }
      let row = batch[leftPosition]
      leftPosition += 1
      try await join(row, runner, &output)
    }
    if leftIsDone, kind.keepsRight {
      let nulls = Row(repeating: .null, count: left.columnCount)
      while unmatchedPosition < inner.rows.count, output.count < RowBatch.capacity {
        if !matched[unmatchedPosition] { output.append(nulls + inner.rows[unmatchedPosition]) }
        unmatchedPosition += 1
      }
    }
    return output.isEmpty ? nil : RowBatch(output)
  }

  /// Appends what one left row gives; all its partners at once, so a batch may exceed its capacity. The excess counts
  /// against the budget while it is there.
  private func join(_ row: Row, _ runner: SubqueryRunner, _ output: inout [Row]) async throws(SQLError) {
    var isMatched = false
    if let key = try await key(row, runner, isLeft: true), let candidates = table[key] {
      for candidate in candidates {
        let pair = row + inner.rows[Int(candidate)]
        if let condition, try await !runner.isTrue(condition, pair) { continue }
        isMatched = true
        if kind.isFilter { break }
        if kind.keepsRight { matched[Int(candidate)] = true }
        output.append(pair)
        if output.count % (16 * RowBatch.capacity) == 0 { try await checkSurplus(output) }
      }
    }
    switch kind {
    case .semi: if isMatched { output.append(row) }
    case .anti: if !isMatched { output.append(row) }
    case .left, .full: if !isMatched { output.append(row + Row(repeating: .null, count: right.columnCount)) }
    case .inner, .right: break
    }
  }

  private func checkSurplus(_ output: [Row]) async throws(SQLError) {
    try await context.statement.checkpoint()
    let size = (output.first?.estimatedRowSize ?? 0) * output.count
    try context.statement.budget.take(size)
    context.statement.budget.release(size)
  }

  public override func close() async {
    reset()
    await left.close()
    await right.close()
  }
}
