import RoostRelational
import Testing

/// Aggregates over the rows of one table; the expected texts are PostgreSQL 15's.
@Suite struct AggregateTests {
  /// (group, integer, numeric, double, text)
  private static let rows: [Row] = [
    row("a", 1, "1.50", 0.1, "x"), row("b", nil, "2.25", 0.2, "y"), row("a", 3, nil, 1e10, nil),
    row("b", -7, "100.125", nil, "x"), row(nil, 2_147_483_647, "0.001", -2.5, "z"), row("a", 3, "1.5", 3, "w"),
    row("b", 5, "NaN", 0.3, "y"),
  ]

  private static func row(
    _ group: String?, _ integer: Int32?, _ numeric: String?, _ double: Double?, _ text: String?
  ) -> Row {
    [
      group.map { .text($0) } ?? .null, integer.map { .integer($0) } ?? .null,
      numeric.flatMap { try? Numeric.parse($0.utf8) }.map { .numeric($0) } ?? .null,
      double.map { .double($0) } ?? .null,
      text.map { .text($0) } ?? .null,
    ]
  }

  private static let types: [SQLType] = [.text, .integer, .unconstrainedNumeric, .double, .text]

  private func call(
    _ plan: PlanBuilder, _ name: String, _ columns: [Int], distinct: Bool = false, filter: Evaluator? = nil,
    order: [SortKey] = [], extra: [Expression] = []
  ) throws -> AggregateCall {
    let (definition, arguments) = try plan.checker.aggregate(
      name, columns.map { .column($0, Self.types[$0]) } + extra)
    return AggregateCall(
      definition, arguments.map { $0.evaluator() }, types: arguments.map(\.type), distinct: distinct, filter: filter,
      order: order)
  }

  private func run(
    _ plan: PlanBuilder, grouped: Bool, rows: [Row] = rows, _ calls: [AggregateCall]
  ) async throws -> [String] {
    let root = AggregateOperator(
      plan.rows(rows, columns: 5), keys: grouped ? [plan.column(0, .text)] : [], keyTypes: grouped ? [.text] : [],
      calls,
      context: plan.context)
    return try await root.collect().map { $0.map { $0.isNull ? "." : $0.text() }.joined(separator: "|") }
  }

  @Test func groupsInTheOrderOfTheirFirstRows() async throws {
    let plan = PlanBuilder()
    let calls = [
      try call(plan, "count", []), try call(plan, "count", [1]), try call(plan, "sum", [1]), try call(plan, "avg", [1]),
      try call(plan, "min", [1]), try call(plan, "max", [4]),
    ]
    #expect(
      try await run(plan, grouped: true, calls) == [
        "a|3|3|7|2.3333333333333333|1|x", "b|3|2|-2|-1.00000000000000000000|-7|y",
        ".|1|1|2147483647|2147483647.00000000|2147483647|z",
      ])
    #expect(plan.statement.budget.used == 0)
  }

  @Test func statistics() async throws {
    let plan = PlanBuilder()
    let names = ["sum", "avg", "variance", "var_pop", "stddev", "stddev_pop"]
    let integers = try names.map { try call(plan, $0, [1]) }
    #expect(
      try await run(plan, grouped: false, integers) == [
        "2147483652|357913942.00000000|768614334972908904|640511945810757420|876706527|800319902"
      ])
    let doubles = try names.map { try call(plan, $0, [3]) }
    #expect(
      try await run(plan, grouped: false, doubles) == [
        "10000000001.099998|1666666666.8499997|1.6666666665933335e+19|1.3888888888277778e+19|4082482904.5488157|"
          + "3726779962.41766"
      ])
    let numerics = try names.map { try call(plan, $0, [2]) }
    #expect(try await run(plan, grouped: false, numerics) == ["NaN|NaN|NaN|NaN|NaN|NaN"])
    let some = Self.rows.filter { $0[0].isNull || $0[0].text() == "a" }
    #expect(
      try await run(plan, grouped: false, rows: some, Array(numerics[..<3]) + [numerics[4]]) == [
        "3.001|1.00033333333333333333|0.74900033333333333333|0.86544805351524902100"
      ])
  }

  @Test func anEmptyInputGivesOneRowWithoutGroups() async throws {
    let plan = PlanBuilder()
    let calls = [try call(plan, "count", []), try call(plan, "sum", [1]), try call(plan, "max", [4])]
    #expect(try await run(plan, grouped: false, rows: [], calls) == ["0|.|."])
    #expect(try await run(plan, grouped: true, rows: [], calls) == [])
  }

  @Test func distinctFilterAndOrder() async throws {
    let plan = PlanBuilder()
    let comma = plan.checker.string(",")
    let positive = try plan.checker.infix(">", .column(1, .integer), plan.checker.number("0")).evaluator()
    let calls = [
      try call(plan, "count", [1], distinct: true), try call(plan, "sum", [1], distinct: true, filter: positive),
      try call(plan, "string_agg", [4], extra: [comma]),
      try call(plan, "string_agg", [4], distinct: true, extra: [comma]),
      try call(
        plan, "string_agg", [4], order: [SortKey(plan.column(1), .integer, descending: true)], extra: [comma]),
      try call(plan, "count", [], filter: positive),
    ]
    #expect(try await run(plan, grouped: false, calls) == ["5|2147483656|x,y,x,z,w,y|w,x,y,z|y,z,y,w,x,x|5"])
  }

  @Test func booleansAndBits() async throws {
    let plan = PlanBuilder()
    let isOdd = try plan.checker.infix(
      "=", plan.checker.infix("&", .column(1, .integer), plan.checker.number("1")), plan.checker.number("1"))
    func boolean(_ name: String) throws -> AggregateCall {
      let (definition, arguments) = try plan.checker.aggregate(name, [isOdd])
      return AggregateCall(definition, arguments.map { $0.evaluator() }, types: [.boolean])
    }
    let calls = [
      try boolean("bool_and"), try boolean("bool_or"), try boolean("every"), try call(plan, "bit_or", [1]),
      try call(plan, "bit_and", [1]),
    ]
    #expect(try await run(plan, grouped: false, calls) == ["t|t|t|-1|1"])
  }

  @Test func sumsOverflowOrWiden() async throws {
    let plan = PlanBuilder()
    let big: [Row] = [[.bigint(.max)], [.bigint(.max)]]
    let (sum, arguments) = try plan.checker.aggregate("sum", [.column(0, .bigint)])
    #expect(sum.result == .numeric)
    let root = AggregateOperator(
      plan.rows(big, columns: 1), keys: [], keyTypes: [],
      [AggregateCall(sum, arguments.map { $0.evaluator() }, types: [.bigint])], context: plan.context)
    #expect(try await root.collect().shown == ["18446744073709551614"])
  }

  @Test func unknownAggregatesAndTypes() {
    let checker = TypeChecker(input: InputContext())
    #expect { try checker.aggregate("sum", [.column(0, .text)]) } throws: {
      ($0 as? SQLError)?.message == "function sum(text) does not exist"
    }
    #expect { try checker.aggregate("avg", [checker.string("x")]) } throws: { ($0 as? SQLError)?.code == "42725" }
  }
}
