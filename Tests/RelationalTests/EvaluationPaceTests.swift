import RoostRelational
import Synchronization
import Testing

/// Evaluation counts its work and ends when it should.
@Suite struct EvaluationPaceTests {
  @Test func looksOnceInATurn() throws {
    let reads = Mutex(0)
    let pace = EvaluationPace()
    pace.deadline = 10
    pace.monotonicClock = {
      reads.withLock { $0 += 1 }
      return 5
    }
    for _ in 0..<EvaluationPace.unitsPerTurn * 3 { try pace.poll(work: 1) }
    #expect(reads.withLock { $0 } == 2)
    #expect(pace.spent == EvaluationPace.unitsPerTurn * 3)
    try pace.poll(work: 1 << 30)
    #expect(reads.withLock { $0 } == 3)
    #expect(pace.spent == EvaluationPace.unitsPerTurn * 3 + 1 << 30)
  }

  @Test func endsAtTheDeadlineAndOnCancel() {
    let late = EvaluationPace()
    late.deadline = 10
    late.monotonicClock = { 11 }
    #expect(
      LongValue.failure { try late.poll(work: EvaluationPace.unitsPerTurn + 1) }
        == "57014 canceling statement due to statement timeout")
    let cancelled = EvaluationPace()
    cancelled.cancellation.cancel()
    // The reason that came first counts.
    cancelled.deadline = 10
    cancelled.monotonicClock = { 11 }
    #expect(
      LongValue.failure { try cancelled.poll(work: EvaluationPace.unitsPerTurn + 1) }
        == "57014 canceling statement due to user request")
  }

  @Test func callsWhoeverMovesLongWork() {
    let pace = EvaluationPace()
    pace.onLongEvaluation = { () throws(SQLError) in throw SQLError("XX000", "moved") }
    #expect(LongValue.failure { try pace.poll(work: EvaluationPace.unitsPerTurn) } == nil)
    #expect(LongValue.failure { try pace.poll(work: 1) } == "XX000 moved")
    // Work that is told in one piece counts as many turns.
    let calls = Mutex(0)
    pace.onLongEvaluation = { () throws(SQLError) in calls.withLock { $0 += 1 } }
    try? pace.poll(work: 5 * EvaluationPace.unitsPerTurn)
    #expect(calls.withLock { $0 } == 5)
  }

  /// The state of an aggregate can't be made anew: it is ended, but not moved.
  @Test func pinnedWorkIsEndedButNotMoved() throws {
    let pace = EvaluationPace()
    pace.onLongEvaluation = { () throws(SQLError) in throw SQLError("XX000", "moved") }
    let long = EvaluationPace.unitsPerTurn + 1
    try pace.pinned { () throws(SQLError) in try pace.poll(work: long) }
    #expect(LongValue.failure { try pace.poll(work: long) } == "XX000 moved")
    pace.cancellation.cancel()
    #expect(
      LongValue.failure { try pace.pinned { () throws(SQLError) in try pace.poll(work: long) } }?.prefix(5) == "57014")
  }

  @Test func blocksCoverEverythingOnce() throws {
    let pace = EvaluationPace()
    let count = EvaluationPace.blockSize * 2 + 7
    var ranges: [Range<Int>] = []
    try pace.inBlocks(count, cost: 3) { range throws(SQLError) in ranges.append(range) }
    #expect(ranges.flatMap { Array($0) } == Array(0..<count))
    #expect(pace.spent == 3 * count)
  }

  /// What costs too much to be computed ahead is left for execution, also after something else used the limit up.
  @Test func foldingIsBounded() throws {
    let limit = EvaluationPace.unitsPerTurn
    let context = EvaluationContext(StatementContext(workLimit: limit))
    let cheap = try ExpressionReader.read("length(repeat('ab', 100))")
    guard case .constant = cheap.folded(context) else {
      Issue.record("a cheap expression was not folded")
      return
    }
    let costly = try ExpressionReader.read("length(repeat('ab', 30000000))")
    let before = context.statement.spent
    if case .constant = costly.folded(context) { Issue.record("a costly expression was folded") }
    // Nothing of it was built.
    #expect(context.statement.spent - before < 60_000_000)
    #expect(ExpressionReader.outcome("length(repeat('ab', 30000000))") == "integer|60000000")
  }

  /// Wide expressions over small values count their parts, so that a row of many looks as often as a long text.
  @Test(arguments: ["case", "and", "or", "in", "sum"])
  func wideExpressionsCount(_ kind: String) throws {
    let checker = TypeChecker(input: InputContext())
    let column = Expression.column(0, .integer)
    let equal = try (0..<500).map { try checker.infix("=", column, .constant(.integer(Int32($0 + 10)), .integer)) }
    let expression: Expression
    switch kind {
    case "case":
      expression = .caseWhen(
        equal.map { Expression.CaseBranch(condition: $0, result: column) }, otherwise: nil, .integer)
    case "and": expression = .and(equal.map { .not($0) })
    case "or": expression = .or(equal)
    case "in":
      let list = try (0..<500).map { try checker.infix("+", column, .constant(.integer(Int32($0 + 1)), .integer)) }
      guard case .call(let equality, _, _) = equal[0] else { return }
      expression = .inList(column, list, equality: equality, negated: false)
    default:
      var sum = column
      for _ in 0..<500 { sum = try checker.infix("+", sum, column) }
      expression = sum
    }
    let context = EvaluationContext(StatementContext())
    _ = try expression.evaluator().evaluate([.integer(1)], context)
    #expect(context.statement.spent >= 500)
  }
}
