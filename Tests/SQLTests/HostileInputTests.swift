import Foundation
import RoostRelational
import RoostSQL
import Testing

/// Runs the jobs of tasks on one thread with a small stack.
final class SmallStackExecutor: TaskExecutor, @unchecked Sendable {
  private let lock = NSCondition()
  private var jobs: [UnownedJob] = []

  init() {
    let thread = Thread { [self] in
      while true {
        lock.lock()
        while jobs.isEmpty { lock.wait() }
        let job = jobs.removeFirst()
        lock.unlock()
        job.runSynchronously(on: asUnownedTaskExecutor())
      }
    }
    thread.stackSize = 512 << 10
    thread.start()
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    lock.lock()
    jobs.append(job)
    lock.signal()
    lock.unlock()
  }
}

/// Input made to exhaust: depth, length, breadth and nonsense end in errors, on the smallest stack sessions run on.
@Suite struct HostileInputTests {
  static func onSmallStack<Result: Sendable>(_ body: @escaping @Sendable () async -> Result) async -> Result {
    await Task(executorPreference: SmallStackExecutor()) { await body() }.value
  }

  /// Runs a query on a small stack: its rows, or the code of its error.
  static func run(_ text: String) async -> [String] {
    await onSmallStack {
      let session = TestSession()
      do throws(SQLError) { return try await session.rows(text) } catch { return [error.code] }
    }
  }

  static func times(_ count: Int, _ text: String) -> String { String(repeating: text, count: count) }

  @Test func longChainsRun() async {
    #expect(await Self.run("SELECT 1 WHERE 1 = 2" + Self.times(100_000, " OR 1 = 2") + " OR true") == ["1"])
    #expect(await Self.run("SELECT 1 WHERE true" + Self.times(100_000, " AND 1 = 1")) == ["1"])
    #expect(await Self.run("SELECT length('a'" + Self.times(99_999, " || 'a'") + ")") == ["100000"])
    #expect(await Self.run("SELECT 5 IN (1" + Self.times(100_000, ", 2") + ")") == ["f"])
    #expect(await Self.run("SELECT 1" + Self.times(150, " + 1")) == ["151"])
  }

  @Test func deepNestingIsRefusedOrRuns() async {
    for count in [10, 50, 100, 300, 1_000, 100_000] {
      for (open, close) in [
        ("(", ")"), ("-(", ")"), ("NOT NOT (", ")"), ("abs(", ")"), ("(SELECT ", ")"), ("CASE WHEN true THEN ", " END"),
        ("coalesce(1, ", ")"),
      ] {
        let core = open.hasPrefix("NOT") ? "true" : "1"
        let result = await Self.run("SELECT " + Self.times(count, open) + core + Self.times(count, close))
        #expect(result == ["54001"] || ["1", "-1", "t"].contains(result.first), "\(count) × \(open)")
        if count == 100_000 { #expect(result == ["54001"]) }
      }
    }
  }

  @Test func longSumsAreRefusedOrRun() async {
    for count in [500, 900, 5_000, 100_000] {
      let result = await Self.run("SELECT 1" + Self.times(count, " + 1"))
      #expect(result == ["54001"] || result == ["\(count + 1)"])
    }
  }

  @Test func deepQueriesAreRefusedOrRun() async {
    for count in [5, 20, 100, 1_000, 20_000] {
      let derived = Self.times(count, "SELECT * FROM (") + "SELECT 1" + (0..<count).map { ") t\($0)" }.joined()
      let result = await Self.run(derived)
      #expect(result == ["54001"] || result == ["1"])
      let union = "SELECT 1" + Self.times(count, " UNION SELECT 1")
      let unionResult = await Self.run(union)
      #expect(unionResult == ["54001"] || unionResult == ["1"])
      let mixed = await Self.run("SELECT 1" + Self.times(count, " UNION SELECT 2 EXCEPT SELECT 2"))
      #expect(mixed == ["54001"] || mixed == ["1"])
    }
  }

  @Test func manyColumnsAndRowsAreBounded() async {
    let columns = (0..<1_601).map { "c\($0) int" }.joined(separator: ", ")
    #expect(await Self.run("CREATE TABLE t (\(columns))") == ["54011"])
    #expect(await Self.run("SELECT count(*) FROM (VALUES (1)\(Self.times(50_000, ", (1)"))) t") == ["50001"])
  }

  @Test func tooManyExpressionsAreRefused() async {
    let session = TestSession()
    _ = await session.error("CREATE TABLE t (a int, b int)")
    let error = await session.error("INSERT INTO t VALUES (1, 1)" + Self.times(260_000, ", (1, 1)"))
    #expect(error?.code == "54001")
    #expect(error?.message == "statement too complex")
  }

  /// Token soup through the whole path: errors are fine, traps are not.
  @Test func survivesTokenSoup() async throws {
    let session = TestSession()
    try await session.run("CREATE TABLE t (a int PRIMARY KEY, b text); INSERT INTO t VALUES (1, 'x'), (2, NULL)")
    let words = [
      "SELECT", "SELECT", "a", "b", "*", "FROM t", "FROM t", "WHERE", "(", ")", ",", "1", "'x'", "AND", "OR", "NOT",
      "IN",
      "=", "<", "JOIN t u ON", "AS c", "CASE WHEN", "THEN", "END", "::int", "UNION", "VALUES (1)", "count(*)", "sum(a)",
      "GROUP BY", "ORDER BY", "LIMIT 1", "EXISTS", "(SELECT a FROM t)", "(SELECT 1)", "NULL", "-", "||", "IS NULL",
      "BETWEEN", "LIKE", "DISTINCT", "HAVING", "UPDATE t SET a =", "DELETE FROM t WHERE", "INSERT INTO t", "OVER ()",
    ]
    var state: UInt64 = 7
    var succeeded = 0
    for _ in 0..<4_000 {
      var text = "SELECT"
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      for _ in 0..<(1 + Int(state >> 60)) {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        text += " " + words[Int(state >> 33) % words.count]
      }
      if await session.error(text) == nil { succeeded += 1 }
    }
    #expect(succeeded > 20)
  }
}
