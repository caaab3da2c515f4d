/// Which rows a join delivers.
public enum JoinKind: Sendable {
  /// Pairs that satisfy the condition (a cross join has none).
  case inner
  /// Also left rows without a partner, with nulls on the right; right and full likewise.
  case left
  case right
  case full
  /// Left rows with (semi) or without (anti) a partner, each once; only the left columns.
  case semi
  case anti

  var keepsLeft: Bool { self == .left || self == .full }
  var keepsRight: Bool { self == .right || self == .full }
  /// Whether only the left side's columns come out.
  var isFilter: Bool { self == .semi || self == .anti }
}

/// Compares every left row with every right row. The right side is held in memory.
public final class NestedLoopJoin: Operator {
  private let left: Operator
  private let right: Operator
  private let kind: JoinKind
  private let condition: Evaluator?
  private let context: EvaluationContext
  private var inner: RowStore
  private var matched: [Bool] = []
  private var batch: [Row] = []
  private var leftPosition = 0
  private var rightPosition = 0
  private var leftMatched = false
  private var leftIsDone = false
  private var unmatchedPosition = 0

  /// `condition` sees the left columns followed by the right ones.
  public init(
    _ left: Operator, _ right: Operator, _ kind: JoinKind, on condition: Evaluator?, context: EvaluationContext
  ) {
    self.left = left
    self.right = right
    self.kind = kind
    self.condition = condition
    self.context = context
    inner = RowStore(context.statement.budget)
    super.init(columnCount: kind.isFilter ? left.columnCount : left.columnCount + right.columnCount)
  }

  public override func open() async throws(SQLError) {
    reset()
    try await right.open()
    try await drain(right, into: &inner, context)
    await right.close()
    if kind.keepsRight { matched = [Bool](repeating: false, count: inner.rows.count) }
    try await left.open()
  }

  private func reset() {
    inner.clear()
    matched = []
    batch = []
    leftPosition = 0
    rightPosition = 0
    leftMatched = false
    leftIsDone = false
    unmatchedPosition = 0
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
        rightPosition = 0
        leftMatched = false
      }
      try await context.statement.checkpoint()
      try await joinSome(&output, runner)
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

  /// Pairs the current left row with right rows until the batch is full, the row is done or a turn's work is over.
  private func joinSome(_ output: inout [Row], _ runner: SubqueryRunner) async throws(SQLError) {
    let leftRow = batch[leftPosition]
    let turn = min(inner.rows.count, rightPosition + 16 * RowBatch.capacity)
    while rightPosition < turn {
      if output.count >= RowBatch.capacity { return }
      let pair = leftRow + inner.rows[rightPosition]
      rightPosition += 1
      if let condition, try await !runner.isTrue(condition, pair) { continue }
      leftMatched = true
      if kind.isFilter {
        rightPosition = inner.rows.count
        break
      }
      if kind.keepsRight { matched[rightPosition - 1] = true }
      output.append(pair)
    }
    guard rightPosition >= inner.rows.count else { return }
    if kind == .semi ? leftMatched : kind == .anti ? !leftMatched : false { output.append(leftRow) }
    if kind.keepsLeft, !leftMatched { output.append(leftRow + Row(repeating: .null, count: right.columnCount)) }
    leftPosition += 1
    rightPosition = 0
    leftMatched = false
  }

  public override func close() async {
    reset()
    await left.close()
    await right.close()
  }
}
