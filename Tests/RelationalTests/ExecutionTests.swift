import RoostRelational
import Testing

@Suite struct ExecutionTests {
  private func numbers(_ count: Int, seed: UInt64) -> [Row] {
    var generator = SeededGenerator(seed)
    return (0..<count).map { number in
      let value = Int.random(in: -200...200, using: &generator)
      return .integers([value == 0 ? nil : value, number])
    }
  }

  @Test(arguments: [(false, nil), (true, nil), (false, true), (true, false)] as [(Bool, Bool?)])
  func sortOrdersWithNullsWhereTheyBelong(_ descending: Bool, _ nullsFirst: Bool?) async throws {
    let rows = numbers(10_000, seed: 41)
    let plan = PlanBuilder()
    let key = SortKey(plan.column(0), .integer, descending: descending, nullsFirst: nullsFirst)
    let sorted = try await SortOperator(plan.rows(rows, columns: 2), [key], context: plan.context).collect()
    let nulls = rows.filter { $0[0].isNull }
    // Rows with equal keys keep their order.
    let values = rows.filter { !$0[0].isNull }.enumerated().sorted { left, right in
      let order = left.element[0].compare(right.element[0])
      return order == 0 ? left.offset < right.offset : descending ? order > 0 : order < 0
    }.map(\.element)
    #expect(sorted.shown == ((nullsFirst ?? descending) ? nulls + values : values + nulls).shown)

    let limit = Expression.constant(.bigint(25), .bigint).evaluator()
    let offset = Expression.constant(.bigint(7), .bigint).evaluator()
    let top = TopOperator(plan.rows(rows, columns: 2), [key], limit: limit, offset: offset, context: plan.context)
    let first = try await top.collect()
    #expect(first.map { $0[0] }.map { [$0].shown } == sorted[7..<32].map { $0[0] }.map { [$0].shown })
    #expect(plan.statement.budget.used == 0)
  }

  @Test func limitAndOffset() async throws {
    let rows = (0..<600).map { Row.integers([$0]) }
    let plan = PlanBuilder()
    func count(_ value: Int64) -> Evaluator { Expression.constant(.bigint(value), .bigint).evaluator() }
    func slice(_ limit: Evaluator?, _ offset: Evaluator?) async throws -> [String] {
      try await LimitOperator(plan.rows(rows, columns: 1), limit: limit, offset: offset, context: plan.context)
        .collect().shown
    }
    #expect(try await slice(count(3), nil) == ["0", "1", "2"])
    #expect(try await slice(count(2), count(299)) == ["299", "300"])
    #expect(try await slice(nil, count(598)) == ["598", "599"])
    #expect(try await slice(count(0), nil) == [])
    #expect(try await slice(Expression.constant(.null, .bigint).evaluator(), count(599)) == ["599"])
    await #expect { try await slice(count(-1), nil) } throws: { ($0 as? SQLError)?.code == "2201W" }
    await #expect { try await slice(nil, count(-1)) } throws: { ($0 as? SQLError)?.code == "2201X" }
  }

  @Test func distinctAndSetOperations() async throws {
    let plan = PlanBuilder()
    let left: [Row] = [1, 1, 2, nil, nil, 3, 3, 3].map { .integers([$0]) }
    let right: [Row] = [1, nil, 3, 3, 4].map { .integers([$0]) }
    func input(_ rows: [Row]) -> Operator { plan.rows(rows, columns: 1) }
    let distinct = DistinctOperator(input(left), types: [.integer], context: plan.context)
    #expect(try await distinct.collect().shown == ["1", "2", ".", "3"])
    func combined(_ kind: SetOperator.Kind, _ all: Bool) async throws -> [String] {
      try await SetOperator(input(left), input(right), kind, all: all, types: [.integer], context: plan.context)
        .collect().shown
    }
    #expect(try await combined(.intersect, false) == ["1", ".", "3"])
    #expect(try await combined(.intersect, true) == ["1", ".", "3", "3"])
    #expect(try await combined(.except, false) == ["2"])
    #expect(try await combined(.except, true) == ["1", "2", ".", "3"])
    let union = DistinctOperator(AppendOperator([input(left), input(right)]), types: [.integer], context: plan.context)
    #expect(try await union.collect().shown == ["1", "2", ".", "3", "4"])
    #expect(plan.statement.budget.used == 0)
  }

  @Test func projectionAndFilter() async throws {
    let plan = PlanBuilder()
    let rows = numbers(1000, seed: 42)
    let isPositive = try plan.checker.infix(">", .column(0, .integer), plan.checker.number("0"))
    let doubled = try plan.checker.infix("*", .column(0, .integer), plan.checker.number("2"))
    let filter = FilterOperator(plan.rows(rows, columns: 2), isPositive.evaluator(), context: plan.context)
    let project = ProjectOperator(filter, [doubled.evaluator(), plan.column(1)], context: plan.context)
    let wanted = rows.compactMap { row -> String? in
      guard case .integer(let value) = row[0], value > 0 else { return nil }
      return Row.integers([Int(value) * 2, Int((try? row[1].int32) ?? 0)]).shown
    }
    #expect(try await project.collect().shown == wanted)
  }

  /// Rows of values that took long to compute go on by themselves, and one that is too large is not built.
  @Test func largeComputedRowsAreFewAndBounded() async throws {
    let plan = PlanBuilder()
    let long = try ExpressionReader.read("repeat('x', 10000000)").evaluator()
    let rows = [Row](repeating: .integers([1]), count: 10)
    let project = ProjectOperator(plan.rows(rows, columns: 1), [long], context: plan.context)
    try await project.open()
    var sizes: [Int] = []
    while let batch = try await project.next() { sizes.append(batch.rows.count) }
    #expect(sizes == [Int](repeating: 1, count: 10))

    let wide = ProjectOperator(
      plan.rows([.integers([1])], columns: 1), [Evaluator](repeating: long, count: 400), context: plan.context)
    try await wide.open()
    let before = plan.statement.spent
    await #expect(throws: SQLError.self) { try await wide.next() }
    // It ended after little more than the limit.
    #expect(plan.statement.spent - before < 15 * 10_000_000 / 16)
    let values = ValuesOperator([[Evaluator](repeating: long, count: 400)], columnCount: 400, context: plan.context)
    try await values.open()
    await #expect(throws: SQLError.self) { try await values.next() }
  }

  @Test func materializedRowsAreReadOnce() async throws {
    final class Counted: Operator {
      var opened = 0
      var left = 3
      override func open() async throws(SQLError) { opened += 1 }
      override func next() async throws(SQLError) -> RowBatch? {
        left -= 1
        return left < 0 ? nil : RowBatch([.integers([left])])
      }
    }
    let plan = PlanBuilder()
    let source = Counted(columnCount: 1)
    let stored = MaterializeOperator(source, context: plan.context)
    #expect(try await stored.collect().shown == ["2", "1", "0"])
    #expect(try await stored.collect().shown == ["2", "1", "0"])
    #expect(source.opened == 1)
  }

  // MARK: Limits

  @Test func aStatementBeyondItsMemoryFails() async throws {
    let rows = (0..<2000).map { [Datum.text(String(repeating: "x", count: 100)), .integer(Int32($0))] }
    func plans(_ plan: PlanBuilder) -> [Operator] {
      let input = plan.rows(rows, columns: 2)
      let key = HashJoin.Key(left: plan.column(1), right: plan.column(1), type: .integer)
      return [
        SortOperator(input, [SortKey(plan.column(1), .integer)], context: plan.context),
        HashJoin(plan.rows([], columns: 2), input, .inner, keys: [key], context: plan.context),
        NestedLoopJoin(plan.rows([], columns: 2), input, .inner, on: nil, context: plan.context),
        AggregateOperator(input, keys: [plan.column(1)], keyTypes: [.integer], [], context: plan.context),
        DistinctOperator(input, types: [.text, .integer], context: plan.context),
        MaterializeOperator(input, context: plan.context),
        SetOperator(
          plan.rows([], columns: 2), input, .except, all: false, types: [.text, .integer], context: plan.context),
      ]
    }
    for index in plans(PlanBuilder()).indices {
      let plan = PlanBuilder(StatementContext(budget: MemoryBudget(limit: 60_000)))
      let root = plans(plan)[index]
      await #expect { try await root.collect() } throws: { ($0 as? SQLError)?.code == "53200" }
      let enough = PlanBuilder(StatementContext(budget: MemoryBudget(limit: 2_000_000)))
      _ = try await plans(enough)[index].collect()
    }
  }

  @Test(arguments: [(CancellationFlag.Reason.request, "user request"), (.timeout, "statement timeout")])
  func aCancelledStatementFails(_ reason: CancellationFlag.Reason, _ text: String) async throws {
    let flag = CancellationFlag()
    let plan = PlanBuilder(StatementContext(cancellation: flag))
    let rows = (0..<3000).map { Row.integers([$0]) }
    let join = NestedLoopJoin(
      plan.rows(rows, columns: 1), plan.rows(rows, columns: 1), .inner, on: try plan.equal(0, 1), context: plan.context)
    try await join.open()
    #expect(try await join.next() != nil)
    flag.cancel(reason)
    await #expect { try await join.next() } throws: {
      let error = $0 as? SQLError
      return error?.code == "57014" && error?.message.contains(text) == true
    }
    await join.close()
    #expect(plan.statement.budget.used == 0)
    flag.reset()
    #expect(!flag.isCancelled)
  }
}
