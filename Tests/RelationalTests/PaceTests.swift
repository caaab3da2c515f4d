import RoostRelational
import Synchronization
import Testing

final class Counter: Sendable {
  private let value = Atomic(0)
  var count: Int { value.load(ordering: .relaxed) }
  func next() -> Int { value.wrappingAdd(1, ordering: .relaxed).newValue }
}

/// A place that a statement leaves when it is asked to, without going anywhere.
final class FakePlace: StatementPlacement {
  private let away = Atomic(false)
  let departures = Counter()

  var isOnLoop: Bool { !away.load(ordering: .relaxed) }

  func leaveLoop() async {
    away.store(true, ordering: .relaxed)
    _ = departures.next()
  }
}

/// A clock that moves on by a fixed time with every look at it.
final class SteppingClock: Sendable {
  private let nanoseconds = Atomic<Int64>(0)
  private let step: Int64

  init(step: Int64) { self.step = step }

  func now() -> Int64 { nanoseconds.wrappingAdd(step, ordering: .relaxed).newValue }
}

extension StatementContext {
  /// A statement served by a session: with a clock, a place to leave, and evaluations that ask for it.
  static func served(by place: FakePlace, step: Int64 = 0) -> StatementContext {
    let statement = StatementContext()
    let clock = SteppingClock(step: step)
    statement.monotonicClock = { clock.now() }
    statement.placement = place
    statement.onLongEvaluation = { () throws(SQLError) in if place.isOnLoop { throw StatementContext.departure } }
    return statement
  }
}

/// An expression that costs a turn's work whenever it is evaluated, and counts that.
final class CostlyEvaluator: Evaluator, @unchecked Sendable {  // the counter is atomic
  let evaluations = Counter()

  override func evaluate(_ row: Row, _ context: EvaluationContext) throws(SQLError) -> Datum {
    _ = evaluations.next()
    try context.statement.poll(work: EvaluationPace.unitsPerTurn + 1)
    return row[0]
  }
}

@Suite struct PaceTests {
  private let rows = (0..<1_000).map { Row.integers([$0]) }

  @Test func statementThatComputesForLongLeavesItsLoopOnce() async throws {
    let place = FakePlace()
    // Every batch takes 100 µs: 2 ms are over after some twenty.
    let plan = PlanBuilder(.served(by: place, step: 100_000))
    let filter = Expression.constant(.boolean(true), .boolean).evaluator()
    let many = (0..<20_000).map { Row.integers([$0]) }
    let kept = try await FilterOperator(plan.rows(many, columns: 1), filter, context: plan.context).collect()
    #expect(kept.count == many.count)
    #expect(place.departures.count == 1)
  }

  @Test func shortStatementStaysOnItsLoop() async throws {
    let place = FakePlace()
    let plan = PlanBuilder(.served(by: place, step: 100_000))
    let filter = Expression.constant(.boolean(true), .boolean).evaluator()
    _ = try await FilterOperator(plan.rows(rows, columns: 1), filter, context: plan.context).collect()
    #expect(place.departures.count == 0)
  }

  @Test func longEvaluationIsRepeatedOffTheLoopAndNothingIsLostOrDoubled() async throws {
    for build in [
      { (plan: PlanBuilder, costly: Evaluator, rows: [Row]) -> Operator in
        ProjectOperator(plan.rows(rows, columns: 1), [costly], context: plan.context)
      },
      { plan, costly, rows in
        SortOperator(plan.rows(rows, columns: 1), [SortKey(costly, .integer)], context: plan.context)
      },
      { plan, costly, rows in
        HashJoin(
          plan.rows(rows, columns: 1), plan.rows(rows, columns: 1), .semi,
          keys: [HashJoin.Key(left: costly, right: plan.column(0), type: .integer)], context: plan.context)
      },
    ] {
      let place = FakePlace()
      let costly = CostlyEvaluator()
      let result = try await build(PlanBuilder(.served(by: place)), costly, rows).collect()
      #expect(result.shown == rows.shown)
      #expect(place.departures.count == 1)
      // Once more than rows: the one that was found to be long.
      #expect(costly.evaluations.count == rows.count + 1)
    }
  }

  @Test func aggregateTakesEveryRowOnceWhenItLeavesItsLoop() async throws {
    let place = FakePlace()
    let plan = PlanBuilder(.served(by: place))
    let statement = plan.statement
    let definition = AggregateDefinition("costly", [.integer], .bigint) { CostlyCount(statement) }
    let call = AggregateCall(definition, [plan.column(0)], types: [.integer])
    let operators = AggregateOperator(
      plan.rows(rows, columns: 1), keys: [], keyTypes: [], [call], context: plan.context)
    #expect(try await operators.collect().shown == ["1000"])
  }
}

/// Counts rows, and notices after having counted one that this took long.
private final class CostlyCount: Accumulator {
  private let statement: StatementContext
  private var count: Int64 = 0

  init(_ statement: StatementContext) { self.statement = statement }

  override func add(_ value: Datum) throws(SQLError) {
    count += 1
    try statement.poll(work: EvaluationPace.unitsPerTurn + 1)
  }

  override func result() -> Datum { .bigint(count) }
}
