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
  /// Numbers the right side's keys; `chains` has each key's first and last row, `following` the next row of the same
  /// key.
  private var index = KeyIndex()
  private var chains: [(first: Int, last: Int)] = []
  private var following: [Int] = []
  private var inner: RowStore
  private var held = 0
  private var matched: [Bool] = []
  private var batch: [Row] = []
  private var leftPosition = 0
  private var leftIsDone = false
  private var unmatchedPosition = 0
  /// Pairs with equal keys that were looked at: a batch of left rows may have very many.
  private var compared = 0
  private static let pairsPerCheckpoint = 1_024

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
        if let key { try enter(key, inner.rows.count) }
        following.append(-1)
        try inner.append(row)
      }
    }
    await right.close()
    if kind.keepsRight { matched = [Bool](repeating: false, count: inner.rows.count) }
    try await left.open()
  }

  private func enter(_ key: [Datum], _ row: Int) throws(SQLError) {
    let (number, isNew) = index.number(key)
    let size = isNew ? KeyIndex.estimatedSize(key) + 16 : 8
    try context.statement.budget.take(size)
    held += size
    if isNew {
      chains.append((row, row))
    } else {
      following[chains[number].last] = row
      chains[number].last = row
    }
  }

  private func reset() {
    inner.clear()
    context.statement.budget.release(held)
    held = 0
    index = KeyIndex()
    chains = []
    following = []
    matched = []
    batch = []
    leftPosition = 0
    leftIsDone = false
    unmatchedPosition = 0
  }

  private func key(_ row: Row, _ runner: SubqueryRunner, isLeft: Bool) async throws(SQLError) -> [Datum]? {
    do throws(SQLError) {
      return try key(row, isLeft: isLeft)
    } catch {
      return try await runner.resume(after: error, row) { row throws(SQLError) in try key(row, isLeft: isLeft) }
    }
  }

  private func key(_ row: Row, isLeft: Bool) throws(SQLError) -> [Datum]? {
    var values: [Datum] = []
    values.reserveCapacity(keys.count)
    for key in keys {
      let value = try (isLeft ? key.left : key.right).evaluate(row, context)
      if value.isNull, !matchesNulls { return nil }
      values.append(value.keyed(key.type))
    }
    return values
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
    if let number = try await partners(of: row, runner) {
      var candidate = chains[number].first
      while candidate >= 0 {
        let current = candidate
        candidate = following[current]
        if kind.isFilter, condition == nil {
          isMatched = true
          break
        }
        let pair = row + inner.rows[current]
        if let condition {
          compared += 1
          if compared % Self.pairsPerCheckpoint == 0 { try await context.statement.checkpoint() }
          if try await !runner.isTrue(condition, pair) { continue }
        }
        isMatched = true
        if kind.isFilter { break }
        if kind.keepsRight { matched[current] = true }
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

  /// The number of the left row's key among the right side's.
  private func partners(of row: Row, _ runner: SubqueryRunner) async throws(SQLError) -> Int? {
    guard keys.count == 1 else {
      guard let key = try await key(row, runner, isLeft: true) else { return nil }
      return index.find(key)
    }
    let value = try await runner.evaluate(keys[0].left, row)
    return value.isNull && !matchesNulls ? nil : index.find(value.keyed(keys[0].type))
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
