import RoostRelational
import Testing

@Suite struct SubqueryTests {
  /// Counts how often it is opened and delivers what `make` gives for the outer row.
  private final class Probe: Operator {
    private(set) var opened = 0
    private let make: (EvaluationContext) -> [Row]
    private let context: EvaluationContext
    private var rows: [Row] = []

    init(_ context: EvaluationContext, _ make: @escaping (EvaluationContext) -> [Row]) {
      self.context = context
      self.make = make
      super.init(columnCount: 1)
    }

    override func open() async throws(SQLError) {
      opened += 1
      rows = make(context)
    }

    override func next() async throws(SQLError) -> RowBatch? {
      defer { rows = [] }
      return rows.isEmpty ? nil : RowBatch(rows)
    }
  }

  private let plan = PlanBuilder()
  private let numbers: [Row] = [1, 2, nil, 4].map { .integers([$0]) }

  private func project(_ expression: Expression) async throws -> [String] {
    try await ProjectOperator(plan.rows(numbers, columns: 1), [expression.evaluator()], context: plan.context)
      .collect().shown
  }

  private func probe(_ rows: [Int?]) -> Probe {
    Probe(EvaluationContext(plan.statement, outer: plan.context)) { _ in rows.map { .integers([$0]) } }
  }

  /// A plan over the rows of a table whose value is less than the outer row's.
  private func lesser(_ table: [Int]) throws -> Operator {
    let inner = EvaluationContext(plan.statement, outer: plan.context)
    let condition = try plan.checker.infix("<", .column(0, .integer), .outer(level: 1, position: 0, .integer))
    return FilterOperator(
      plan.rows(table.map { .integers([$0]) }, columns: 1), condition.evaluator(), context: inner)
  }

  @Test func anUncorrelatedScalarRunsOnce() async throws {
    let source = probe([7])
    let slot = plan.context.addSubplan(source, kind: .scalar, isCorrelated: false)
    let sum = try plan.checker.infix("+", .column(0, .integer), .scalarSubquery(slot: slot, .integer))
    #expect(try await project(sum) == ["8", "9", ".", "11"])
    #expect(source.opened == 1)
    plan.context.reset()
    #expect(try await project(sum) == ["8", "9", ".", "11"])
    #expect(source.opened == 2)
  }

  @Test func aScalarOfNoRowIsNullAndOfTwoAnError() async throws {
    let none = plan.context.addSubplan(probe([]), kind: .scalar, isCorrelated: false)
    #expect(try await project(.scalarSubquery(slot: none, .integer)) == [".", ".", ".", "."])
    let two = plan.context.addSubplan(probe([1, 2]), kind: .scalar, isCorrelated: false)
    await #expect { try await project(.scalarSubquery(slot: two, .integer)) } throws: {
      ($0 as? SQLError)?.code == "21000"
    }
  }

  @Test func aSubqueryInAnUntakenBranchNeverRuns() async throws {
    let source = probe([1, 2])
    let slot = plan.context.addSubplan(source, kind: .scalar, isCorrelated: false)
    let choice = try plan.checker.caseWhen(
      [(plan.checker.boolean(false), .scalarSubquery(slot: slot, .integer))], otherwise: .column(0, .integer))
    #expect(try await project(choice) == ["1", "2", ".", "4"])
    #expect(source.opened == 0)
  }

  @Test func correlatedPlansSeeTheOuterRow() async throws {
    let exists = plan.context.addSubplan(try lesser([2, 3]), kind: .exists, isCorrelated: true)
    #expect(try await project(.exists(slot: exists)) == ["f", "f", "f", "t"])
    let scalar = plan.context.addSubplan(
      LimitOperator(
        try lesser([1, 3]), limit: Expression.constant(.bigint(1), .bigint).evaluator(), offset: nil,
        context: plan.context), kind: .scalar, isCorrelated: true)
    #expect(try await project(.scalarSubquery(slot: scalar, .integer)) == [".", "1", ".", "1"])
  }

  @Test func twoLevelsOut() async throws {
    // SELECT (SELECT (SELECT outermost + middle)) with the middle row's value 10.
    let middle = EvaluationContext(plan.statement, outer: plan.context)
    let innermost = EvaluationContext(plan.statement, outer: middle)
    let sum = try plan.checker.infix(
      "+", .outer(level: 2, position: 0, .integer), .outer(level: 1, position: 0, .integer))
    let inner = ValuesOperator([[sum.evaluator()]], columnCount: 1, context: innermost)
    let innerSlot = middle.addSubplan(inner, kind: .scalar, isCorrelated: true)
    let outerPlan = ProjectOperator(
      plan.rows([.integers([10])], columns: 1),
      [Expression.scalarSubquery(slot: innerSlot, .integer).evaluator()], context: middle)
    let slot = plan.context.addSubplan(outerPlan, kind: .scalar, isCorrelated: true)
    #expect(try await project(.scalarSubquery(slot: slot, .integer)) == ["11", "12", ".", "14"])
  }

  @Test(
    arguments: [
      ([1, 4], ["t", "f", ".", "t"], ["f", "t", ".", "f"]), ([], ["f", "f", "f", "f"], ["t", "t", "t", "t"]),
      ([2, nil], [".", "t", ".", "."], [".", "f", ".", "."]),
    ] as [([Int?], [String], [String])])
  func inHasThreeValues(_ rows: [Int?], _ isIn: [String], _ isNotIn: [String]) async throws {
    let slot = plan.context.addSubplan(probe(rows), kind: .set(types: [.integer]), isCorrelated: false)
    #expect(try await project(.inSubquery([.column(0, .integer)], slot: slot, negated: false)) == isIn)
    #expect(try await project(.inSubquery([.column(0, .integer)], slot: slot, negated: true)) == isNotIn)
  }

  @Test func quantifiedComparisons() async throws {
    func outcome(_ symbol: String, _ rows: [Int?], all: Bool) async throws -> [String] {
      let slot = plan.context.addSubplan(probe(rows), kind: .rows, isCorrelated: false)
      let expression = try plan.checker.quantified(
        .column(0, .integer), symbol, slot: slot, columnType: .integer, all: all)
      return try await project(expression)
    }
    #expect(try await outcome(">", [1, 3], all: false) == ["f", "t", ".", "t"])
    #expect(try await outcome(">", [1, 3], all: true) == ["f", "f", ".", "t"])
    #expect(try await outcome(">", [], all: true) == ["t", "t", "t", "t"])
    #expect(try await outcome(">", [], all: false) == ["f", "f", "f", "f"])
    #expect(try await outcome("<", [3, nil], all: true) == [".", ".", ".", "f"])
  }

  @Test func subqueriesInEveryOperator() async throws {
    let slot = plan.context.addSubplan(try lesser([1, 3]), kind: .exists, isCorrelated: true)
    let exists = Expression.exists(slot: slot)
    let filter = FilterOperator(plan.rows(numbers, columns: 1), exists.evaluator(), context: plan.context)
    #expect(try await filter.collect().shown == ["2", "4"])
    let sort = SortOperator(
      plan.rows(numbers, columns: 1), [SortKey(exists.evaluator(), .boolean, descending: true)], context: plan.context)
    #expect(try await sort.collect().shown == ["2", "4", "1", "."])
    let groups = AggregateOperator(
      plan.rows(numbers, columns: 1), keys: [exists.evaluator()], keyTypes: [.boolean],
      [AggregateCall(try plan.checker.aggregate("count", []).definition, [], types: [])], context: plan.context)
    #expect(try await groups.collect().shown == ["f 2", "t 2"])
    let key = HashJoin.Key(left: exists.evaluator(), right: exists.evaluator(), type: .boolean)
    let join = HashJoin(
      plan.rows(numbers, columns: 1), plan.rows([.integers([4])], columns: 1), .inner, keys: [key],
      context: plan.context)
    #expect(try await join.collect().shown == ["2 4", "4 4"])
    #expect(plan.statement.budget.used == 0)
  }

  @Test func failuresInsideAreReportedAndReleased() async throws {
    let inner = EvaluationContext(plan.statement, outer: plan.context)
    let division = try plan.checker.infix("/", plan.checker.number("1"), .outer(level: 1, position: 0, .integer))
    let zeros = plan.rows([.integers([0])], columns: 1)
    let body = ValuesOperator([[division.evaluator()]], columnCount: 1, context: inner)
    let slot = plan.context.addSubplan(body, kind: .set(types: [.integer]), isCorrelated: true)
    let project = ProjectOperator(
      zeros, [Expression.inSubquery([.column(0, .integer)], slot: slot, negated: false).evaluator()],
      context: plan.context)
    await #expect { try await project.collect() } throws: { ($0 as? SQLError)?.code == "22012" }
    #expect(plan.statement.budget.used == 0)
  }
}
