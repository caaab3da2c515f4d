import RoostPlatform
import RoostRelational
import Testing

/// Large values are asked for before they are built.
@Suite struct LargeValueTests {
  static let expressions = [
    "repeat('ab', 15000000)",
    "lpad('x', 30000000)",
    "cast(repeat('x', 2) as char(30000000))",
    "repeat('a', 8000000) || repeat('b', 8000000)",
    "concat(repeat('a', 8000000), repeat('b', 8000000))",
    "upper(repeat('a', 8000000))",
    "reverse(repeat('a', 8000000))",
    "translate(repeat('a', 8000000), 'a', 'b')",
    "replace(repeat('a', 4000000), 'a', 'bbbb')",
    "regexp_replace(repeat('a', 200000), 'a', repeat('b', 50), 'g')",
    "quote_literal(repeat('a', 8000000))",
    "format('%s', repeat('a', 8000000))",
    "substr(repeat('a', 12000000), 2)",
  ]

  private func value(of text: String, within memory: NodeMemory) throws -> Datum {
    let expression = try ExpressionReader.read(text)
    let statement = StatementContext(budget: MemoryBudget(account: memory.statements))
    return try expression.evaluator().evaluate([], EvaluationContext(statement))
  }

  @Test(arguments: expressions) func valueThatTheNodeHasNoMemoryForIsNotBuilt(_ text: String) throws {
    let tight = NodeMemory(limit: 40 << 20)
    let error = try #require(throws: SQLError.self) { _ = try value(of: text, within: tight) }
    #expect(error.code == "53200")
    #expect(tight.refusals > 0)
    #expect(tight.used == 0)
  }

  @Test(arguments: expressions) func valueIsBuiltAndItsMemoryGivenBack(_ text: String) throws {
    let ample = NodeMemory(limit: 1 << 30)
    let isNull = try value(of: text, within: ample).isNull
    #expect(!isNull)
    #expect(ample.used == 0)
  }

  @Test func whatOneRowBuiltIsSettledBeforeTheNext() async throws {
    let memory = NodeMemory(limit: 100 << 20)
    let statement = StatementContext(budget: MemoryBudget(account: memory.statements))
    let plan = PlanBuilder(statement)
    let length = try ExpressionReader.read("length(repeat('a', 8000000))").evaluator()
    let rows = plan.rows((0..<100).map { Row.integers([$0]) }, columns: 1)
    let lengths = try await ProjectOperator(rows, [length], context: plan.context).collect()
    #expect(lengths.count == 100)
    #expect(lengths.allSatisfy { $0.shown == "8000000" })
    #expect(memory.refusals == 0)
  }

  /// A pattern of many groups is many threads, each of which keeps places in the text.
  @Test(arguments: [
    "substring('aaa' from repeat('(a)|', 3900) || '(a)')",
    "regexp_replace('aaa', repeat('(a)|', 3900) || '(a)', 'x', 'g')",
  ])
  func threadsOfAPatternAreAskedFor(_ text: String) throws {
    let tight = NodeMemory(limit: 1 << 20)
    let error = try #require(throws: SQLError.self) { try value(of: text, within: tight) }
    #expect(error.code == "53200")
    #expect(tight.used == 0)
    // With the places of every group for every thread it would be hundreds of megabytes.
    let ample = NodeMemory(limit: 128 << 20)
    #expect(try !value(of: text, within: ample).isNull)
    #expect(ample.used == 0)
  }

  @Test func groupsBeyondTheWantedOnesChangeNothing() throws {
    let cases: [(String, String?)] = [
      ("substring('xyzab' from '(z)(a)(b)')", "z"), ("substring('xyzab' from 'y(q)?(z)')", nil),
      ("regexp_substr('xyzab', '(z)(a)(b)')", "zab"),
      ("regexp_replace('abcdefghijkl', '(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)(k)', '\\9\\1\\&')", "iaabcdefghijkl"),
    ]
    for (text, expected) in cases {
      let result = try value(of: text, within: NodeMemory(limit: 64 << 20))
      #expect(result.isNull ? expected == nil : result.text() == expected, "\(text)")
    }
  }
}
