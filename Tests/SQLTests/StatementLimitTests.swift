import RoostRelational
import RoostSQL
import RoostStore
import Synchronization
import Testing

/// Short texts that mean very much, wide rows, and state that a session is made to keep.
@Suite("Limits of statements", .timeLimit(.minutes(5)))
struct StatementLimitTests {
  @Test func queriesInsideQueriesAreCounted() async throws {
    let session = TestSession()
    func doubled(_ times: Int) -> String {
      "WITH a0 AS (SELECT 1 x)"
        + (1...times).map { ", a\($0) AS (SELECT p.x FROM a\($0 - 1) p, a\($0 - 1) q)" }.joined()
        + " SELECT count(*) FROM a\(times)"
    }
    #expect(await session.error(doubled(29))?.code == "54001")
    #expect(try await session.rows(doubled(5)) == ["1"])
  }

  @Test func columnsAndTablesAreCounted() async throws {
    let session = TestSession()
    try await session.run("CREATE TABLE t (a int, b int, c int)")
    func ones(_ count: Int) -> String { Array(repeating: "1", count: count).joined(separator: ",") }
    #expect(try await session.run("SELECT \(ones(1_664))").last?.columns.count == 1_664)
    for text in [
      "SELECT \(ones(1_665))", "SELECT \(ones(65_536))", "VALUES (\(ones(1_665)))", "SELECT (SELECT \(ones(1_665)))",
      "SELECT \(Array(repeating: "t.*", count: 600).joined(separator: ",")) FROM t",
      "INSERT INTO t VALUES (1) RETURNING \(ones(1_665))",
      "SELECT 1 FROM t ORDER BY \((0..<1_665).map { "a + \($0)" }.joined(separator: ","))",
    ] {
      #expect(await session.error(text)?.code == "54011", "\(text.prefix(40))")
    }
    let tables = (0..<1_001).map { "t t\($0)" }.joined(separator: ", ")
    #expect(await session.error("SELECT 1 FROM \(tables)")?.code == "54001")
  }

  /// What is grouped and what is shown are compared in time that grows with their length, not with its square.
  @Test(.timeLimit(.minutes(1))) func manyGroupingExpressionsAreFoundAgain() async throws {
    let session = TestSession()
    try await session.run("CREATE TABLE t (a int PRIMARY KEY, b int); INSERT INTO t VALUES (1, 7)")
    func sums(_ range: Range<Int>) -> String { range.map { "a + \($0)" }.joined(separator: ", ") }
    // None of what is shown is grouped as a whole, but a is.
    let text = "SELECT length(concat(\(sums(1_000_000..<1_020_000)))) FROM t GROUP BY \(sums(0..<20_000)), a"
    #expect(try await session.rows(text) == ["140000"])
    #expect(try await session.rows("SELECT a + 1, (a + 2) * 2, b FROM t GROUP BY a + 2, a + 1, a") == ["2|6|7"])
    #expect(try await session.rows("SELECT sum(b) + (a + 1) FROM t GROUP BY a + 1 HAVING a + 1 > 0") == ["9"])
    #expect(try await session.rows("SELECT (a IN (SELECT 1)) AND a + 1 = 2 FROM t GROUP BY a, a + 1") == ["t"])
    #expect(await session.error("SELECT a + 2 FROM t GROUP BY a + 1")?.code == "42803")
    #expect(await session.error("SELECT 1 + b FROM t GROUP BY random(), a + 1")?.code == "42803")
  }

  @Test(.timeLimit(.minutes(1))) func namesAreCountedAndJoinedOnce() async throws {
    let session = TestSession()
    try await session.run("CREATE TABLE t (id int PRIMARY KEY, b int); INSERT INTO t VALUES (1, 2)")
    let same = await session.error("SELECT 1 FROM t JOIN t u USING (id, b, id)")
    #expect(same?.code == "42701")
    #expect(same?.message == "column name \"id\" appears more than once in USING clause")
    let many = Array(repeating: "id", count: 600_000).joined(separator: ",")
    #expect(await session.error("SELECT 1 FROM t JOIN t u USING (\(many))")?.code == "54001")
    #expect(await session.error("INSERT INTO t VALUES (1) ON CONFLICT (\(many)) DO NOTHING")?.code == "54001")
    #expect(try await session.rows("SELECT * FROM t JOIN t u USING (b)") == ["2|1|1"])
    #expect(try await session.rows("SELECT * FROM t NATURAL JOIN t u") == ["1|2"])
    #expect(await session.error("SELECT 1 FROM t JOIN t u USING (c)")?.code == "42703")
    #expect(await session.error("SELECT 1 FROM (t JOIN t v ON true) JOIN t u USING (id)")?.code == "42702")
  }

  /// A name is not looked for in all columns of all tables each time it is written.
  @Test(.timeLimit(.minutes(1))) func namesAreFoundAmongManyColumns() async throws {
    let session = TestSession()
    let columns = (0..<500).map { "x\($0) int" }.joined(separator: ", ")
    try await session.run("CREATE TABLE w (\(columns)); CREATE TABLE v (c9 int, c8 int); INSERT INTO v VALUES (1, 2)")
    let tables = (0..<200).map { "w a\($0)" }.joined(separator: ", ")
    let names = Array(repeating: "c9 = 1", count: 20_000).joined(separator: " OR ")
    // The last name is wrong, so that nothing is planned.
    #expect(await session.error("SELECT count(*) FROM \(tables), v WHERE \(names) OR absent = 1")?.code == "42703")
    // The same answers before and after the table of names is made.
    let all = Array(repeating: "c9, c8", count: 10).joined(separator: ", ")
    #expect(
      try await session.rows("SELECT \(all) FROM v") == [Array(repeating: "1|2", count: 10).joined(separator: "|")])
    for count in [0, 10] {
      let before = Array(repeating: "c9, ", count: count).joined()
      #expect(await session.error("SELECT \(before)x0 FROM v, w a, w b")?.code == "42702")
      #expect(await session.error("SELECT \(before)absent FROM v, w a")?.code == "42703")
      #expect(try await session.rows("SELECT \(before)c8 FROM v GROUP BY c9, c8").count == 1)
      #expect(try await session.rows("SELECT \(before)(SELECT c9 FROM w) FROM v").count == 1)
    }
  }

  /// Rows in an order comparison mean as many comparisons as the square of their length.
  @Test func comparisonsOfRowsAreCounted() async throws {
    let session = TestSession()
    func ones(_ count: Int) -> String { Array(repeating: "1", count: count).joined(separator: ",") }
    #expect(await session.error("SELECT (\(ones(2_500))) < (\(ones(2_500)))")?.code == "54001")
    #expect(try await session.rows("SELECT (\(ones(40))) <= (\(ones(40)))") == ["t"])
  }

  @Test func wideRowsAreRefusedWhileTheyAreBuilt() async throws {
    let session = TestSession()
    try await session.run("CREATE TABLE t (a int PRIMARY KEY); INSERT INTO t VALUES (1)")
    let wide = Array(repeating: "repeat('x', 40000000)", count: 5).joined(separator: ", ")
    for text in [
      "SELECT \(wide)", "SELECT \(wide) FROM t", "VALUES (\(wide))",
      "SELECT repeat('x', 40000000 * a), \(wide) FROM t WHERE a = 1",
    ] {
      let code = await session.error(text)?.code
      #expect(code == "54000" || code == "53200", "\(text.prefix(40))")
    }
    #expect(try await session.rows("SELECT length(repeat('x', 40000000))") == ["40000000"])
  }

  @Test func runsOfOperatorCharactersAreReadOnce() async throws {
    let session = TestSession()
    #expect(try await session.rows("SELECT 1 +-+-+- 1, 2*-3, 1<-1, 5 - -+-1, 3<>-3") == ["0|-6|f|4|t"])
    // By the square of its length this would take days.
    let run = String(repeating: "+-", count: 1_000_000)
    #expect(await session.error("SELECT 1 \(run)1")?.code == "54001")
  }

  @Test func settingsAreLimited() async throws {
    let session = TestSession()
    #expect(await session.error("SET a.b = '\(String(repeating: "x", count: 5_000))'")?.code == "22023")
    #expect(await session.error("SET search_path = '\(String(repeating: "x", count: 5_000))'")?.code == "22023")
    try await session.run("SET application_name = '\(String(repeating: "x", count: 100))'")
    #expect(try await session.rows("SHOW application_name") == [String(repeating: "x", count: 63)])
    var refused = 0
    for number in 0..<400 where await session.error("SET a.b\(number) = 'x'") != nil { refused += 1 }
    #expect(refused >= 400 - 256)
    // What is there can still be changed.
    #expect(await session.error("SET a.b0 = 'y'") == nil)
  }

  @Test func statementsOfManyWordsAreKnownToBeLong() async throws {
    let session = TestSession()
    func isLong(_ text: String) async throws -> Bool {
      try await session.session.bind(try await session.session.prepare(try session.session.parse(text)[0])).isLong
    }
    let list = (0..<4_000).map(String.init).joined(separator: ",")
    #expect(try await isLong("SELECT 1 WHERE 1 IN (\(list))"))
    #expect(try await !isLong("SELECT '\(list)'"))
    try await session.run("PREPARE long AS SELECT 1 WHERE 1 IN (\(list)); PREPARE short AS SELECT 1")
    #expect(try await isLong("EXECUTE long"))
    #expect(try await !isLong("EXECUTE short"))
  }

  @Test func eachExecuteOfAPortalHasItsOwnTime() async throws {
    let clock = HandClock()
    let session = TestSession(
      Database(
        store: MemoryBackend(),
        options: DatabaseOptions(
          monotonicNanoseconds: { clock.now.load(ordering: .relaxed) }, wallClock: { 0 }))
    ).session
    func portal(_ text: String) async throws -> Portal {
      try await session.bind(try await session.prepare(try session.parse(text)[0]))
    }
    for text in ["SET statement_timeout = 1000", "BEGIN"] {
      _ = try await session.execute(try await portal(text)) { _ in }
    }
    let rows = try await portal("SELECT * FROM generate_series(1, 5000)")
    for _ in 0..<3 {
      #expect(try await session.execute(rows, maxRows: 1_000) { _ in } == .suspended)
      clock.pass(seconds: 10)
    }
    // A single Execute is ended as before.
    let error = await #expect(throws: SQLError.self) {
      _ = try await session.execute(rows) { _ in clock.pass(seconds: 10) }
    }
    #expect(error?.code == "57014")
  }

  @Test func cancellationEndsTheWaitForALeader() async throws {
    let store = HungStore()
    let session = TestSession(store: store)
    store.hangs.store(true, ordering: .relaxed)
    let error = await error(of: "SELECT 1", session, while: store)
    #expect(error?.code == "57014" && error?.message == "canceling statement due to user request")
  }

  /// The number of a row is taken before the statement changes anything: whatever became of that, the statement has not
  /// happened.
  @Test func cancellationEndsTheWaitForRowNumbers() async throws {
    let store = HungStore()
    let session = TestSession(store: store)
    try await session.run("CREATE TABLE t (a serial, b int)")
    store.commitsHang.store(true, ordering: .relaxed)
    #expect(await error(of: "INSERT INTO t (b) VALUES (1)", session, while: store)?.code == "57014")
  }

  @Test func cancellationDoesNotUndoACommit() async throws {
    let store = HungStore()
    let session = TestSession(store: store)
    try await session.run("CREATE TABLE t (a int PRIMARY KEY)")
    store.commitsHang.store(true, ordering: .relaxed)
    let error = await error(of: "INSERT INTO t VALUES (1)", session, while: store)
    #expect(error?.code == "40003")
    #expect(error?.hint == "Check whether the transaction took effect before running it again.")
    #expect(session.session.status == .idle)
  }

  /// What is dropped is dropped: the client does not wait for the removal of its rows against its will.
  @Test func cancellationEndsTheWaitForRemovals() async throws {
    let store = HungStore()
    let session = TestSession(store: store)
    try await session.run("CREATE TABLE t (a int PRIMARY KEY); INSERT INTO t VALUES (1)")
    // The drop, then what removes the rows.
    store.commitsBeforeHanging.store(1, ordering: .relaxed)
    store.commitsHang.store(true, ordering: .relaxed)
    #expect(await error(of: "DROP TABLE t", session, while: store) == nil)
    #expect(await session.error("SELECT * FROM t")?.code == "42P01")
  }

  /// Runs a statement that hangs in the store, and cancels it there.
  private func error(of text: String, _ session: TestSession, while store: HungStore) async -> SQLError? {
    let running = Task { await session.error(text) }
    while store.waits.load(ordering: .relaxed) == 0 { await Task.yield() }
    store.commitsHang.store(false, ordering: .relaxed)
    session.session.cancel()
    return await running.value
  }
}

/// A clock that stands unless it is moved.
private final class HandClock: Sendable {
  let now = Atomic<Int64>(1)
  func pass(seconds: Int64) { now.wrappingAdd(seconds * 1_000_000_000, ordering: .relaxed) }
}

/// A store without a majority: its answers do not come before whoever waits for them is interrupted.
private final class HungStore: TransactionBackend {
  /// Views.
  let hangs = Atomic(false)
  let commitsHang = Atomic(false)
  let commitsBeforeHanging = Atomic(0)
  /// Waits begun.
  let waits = Atomic(0)
  private let inner = MemoryBackend()

  func openView(_ options: TransactionOptions) async throws(StoreError) -> any ReadView {
    guard hangs.load(ordering: .relaxed) else { return try await inner.openView(options) }
    await wait(options)
    throw .cancelled
  }

  func commit(_ request: CommitRequest, _ options: TransactionOptions) async throws(StoreError) -> Timestamp {
    guard commitsHang.load(ordering: .relaxed),
      commitsBeforeHanging.wrappingSubtract(1, ordering: .relaxed).newValue < 0
    else { return try await inner.commit(request, options) }
    await wait(options)
    throw .unknownOutcome
  }

  private func wait(_ options: TransactionOptions) async {
    let (woken, wake) = AsyncStream.makeStream(of: Void.self)
    options.interruption?.onCancel { wake.finish() }
    waits.wrappingAdd(1, ordering: .relaxed)
    for await _ in woken {}
    options.interruption?.onCancel(nil)
  }
}
