/// Counts the work of evaluation and looks, every millisecond or so, whether it should go on.
///
/// Evaluators, casts, functions and accumulators are synchronous: while one of them walks over 64 MiB nothing else
/// would see a time limit or a cancel. So every loop over data says how much it did with `poll(work:)`. That is a
/// subtraction; once in `unitsPerTurn` units it reads the clock and the cancellation flag and calls `onLongEvaluation`.
///
/// A `StatementContext` is the pace of its statement, so `context.statement.poll(work:)` is all a function needs.
/// Code below the evaluators takes an `EvaluationPace?`; nil, for values that are known to be small, never ends.
public class EvaluationPace: @unchecked Sendable {
  // Belongs to one statement, which runs in one task; only `cancellation` is shared, and it is atomic.

  /// Units between two looks. A unit is what it costs to handle one byte or one group of digits: 1 to 10 ns.
  public static let unitsPerTurn = 1 << 16

  public let cancellation: CancellationFlag
  /// When the statement's time is over, in the nanoseconds of `monotonicClock`; nil is never.
  public final var deadline: Int64?
  public final var monotonicClock: (@Sendable () -> Int64)?

  /// Called at every look while evaluation goes on, on the thread that evaluates. What it throws ends the evaluation
  /// and leaves through every evaluator: the hook of whoever wants to move or interrupt long work.
  public final var onLongEvaluation: (() throws(SQLError) -> Void)?

  /// Units after which evaluation fails with `exhausted`: what may be computed ahead, while a statement is planned.
  public let workLimit: Int

  @exclusivity(unchecked) @usableFromInline final var left = EvaluationPace.unitsPerTurn
  @exclusivity(unchecked) @usableFromInline final var isPinned = false
  private final var spentBefore = 0

  public init(cancellation: CancellationFlag = CancellationFlag(), workLimit: Int = .max) {
    self.cancellation = cancellation
    self.workLimit = workLimit
  }

  /// Units counted so far.
  public final var spent: Int { spentBefore + (Self.unitsPerTurn - left) }

  /// Counts `units` of work that was done or is about to be done; at most `unitsPerTurn` at a time keep the promise
  /// that a look comes every millisecond.
  ///
  /// - Throws: 57014 when the statement was cancelled or its time is over; what `onLongEvaluation` throws.
  @inlinable @inline(__always)
  public final func poll(work units: Int) throws(SQLError) {
    left &-= units
    if left < 0 { try look() }
  }

  /// Values up to here are built without asking for their memory.
  public static let ordinaryValueBytes = 256 << 10

  /// Announces `bytes` that a value is about to take, or to take more than before.
  ///
  /// - Throws: 53200 when the node has no memory for them.
  @inlinable @inline(__always)
  public final func admit(_ bytes: Int) throws(SQLError) {
    if bytes > Self.ordinaryValueBytes { try admitLarge(bytes) }
  }

  /// Asks for the memory of a large value; where nobody keeps accounts there is always enough. Nothing large is computed
  /// ahead.
  @usableFromInline
  func admitLarge(_ bytes: Int) throws(SQLError) {
    if workLimit < .max { throw Self.exhausted }
  }

  /// Calls `body` for one range of `0..<count` after the other and counts each, `cost` units an element.
  @inlinable
  public final func inBlocks(
    _ count: Int, cost: Int = 1, _ body: (Range<Int>) throws(SQLError) -> Void
  ) throws(SQLError) {
    var start = 0
    while start < count {
      let end = Swift.min(start + Self.blockSize, count)
      try poll(work: (end - start) * cost)
      try body(start..<end)
      start = end
    }
  }

  /// Calls of `onLongEvaluation` in one look, at most.
  private static let turnsTold = 16

  /// Elements that `inBlocks` hands out at a time.
  public static let blockSize = 1 << 12

  @usableFromInline @inline(never)
  final func look() throws(SQLError) {
    let turns = 1 - left / Self.unitsPerTurn
    spentBefore = spent
    left = Self.unitsPerTurn
    if spentBefore > workLimit {
      left = 0
      throw Self.exhausted
    }
    try checkInterruption()
    if isPinned { return }
    // Much work told in one piece is as good as many turns.
    for _ in 0..<Swift.min(turns, Self.turnsTold) { try onLongEvaluation?() }
  }

  /// Runs what can't begin anew, such as adding a row to an aggregate's state: it can be ended, but `onLongEvaluation`
  /// is not called.
  @inlinable
  public final func pinned<Value>(_ body: () throws(SQLError) -> Value) throws(SQLError) -> Value {
    let wasPinned = isPinned
    isPinned = true
    defer { isPinned = wasPinned }
    return try body()
  }

  /// Fails when the statement was cancelled or its time is over.
  public final func checkInterruption() throws(SQLError) {
    if let deadline, let monotonicClock, !cancellation.isCancelled, monotonicClock() > deadline {
      cancellation.cancel(.timeout)
    }
    try cancellation.check()
  }

  /// Too much to be computed ahead. Never seen by a client: the expression is left for execution.
  static let exhausted = SQLError("54001", "the expression is too costly to be evaluated ahead")
}
