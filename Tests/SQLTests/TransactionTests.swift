import RoostRelational
import RoostSQL
import RoostStore
import Testing

/// A store that lets a test act right before a commit, and fail it.
final class InterferingStore: TransactionBackend, @unchecked Sendable {  // one test's task
  let inner = MemoryBackend()
  var beforeCommit: (() async -> Void)?
  var failure: StoreError?
  var commits = 0

  func openView(_ options: TransactionOptions) async throws(StoreError) -> any ReadView {
    try await inner.openView(options)
  }

  func commit(_ request: CommitRequest, _ options: TransactionOptions) async throws(StoreError) -> Timestamp {
    commits += 1
    if let action = beforeCommit {
      beforeCommit = nil
      await action()
    }
    if let failure {
      self.failure = nil
      throw failure
    }
    return try await inner.commit(request, options)
  }
}

/// Transactions: blocks, conflicts, running again, what a failure leaves behind.
@Suite struct TransactionTests {
  @Test func blocksCommitAndRollBack() async throws {
    let session = TestSession()
    try await session.run("CREATE TABLE t (a int PRIMARY KEY)")
    #expect(try await session.tag("BEGIN") == "BEGIN")
    #expect(session.session.status == .inTransaction)
    try await session.run("INSERT INTO t VALUES (1)")
    #expect(try await session.rows("SELECT * FROM t") == ["1"])
    #expect(try await TestSession(session).rows("SELECT * FROM t") == [])
    #expect(try await session.tag("COMMIT") == "COMMIT")
    #expect(session.session.status == .idle)
    #expect(try await TestSession(session).rows("SELECT * FROM t") == ["1"])
    try await session.run("START TRANSACTION")
    try await session.run("DELETE FROM t")
    #expect(try await session.tag("ROLLBACK") == "ROLLBACK")
    #expect(try await session.rows("SELECT * FROM t") == ["1"])
  }

  @Test func failedBlocksRefuseEverythingButTheirEnd() async throws {
    let session = TestSession()
    try await session.run("CREATE TABLE t (a int PRIMARY KEY)")
    try await session.run("BEGIN")
    try await session.run("INSERT INTO t VALUES (1)")
    #expect(await session.error("SELECT nope")?.code == "42703")
    #expect(session.session.status == .failed)
    let error = await session.error("SELECT 1")
    #expect(error?.code == "25P02")
    #expect(error?.message == "current transaction is aborted, commands ignored until end of transaction block")
    #expect(try await session.tag("COMMIT") == "ROLLBACK")
    #expect(session.session.status == .idle)
    #expect(try await session.rows("SELECT * FROM t") == [])
  }

  @Test func aBatchIsOneTransaction() async throws {
    let session = TestSession()
    try await session.run("CREATE TABLE t (a int PRIMARY KEY)")
    #expect(await session.error("INSERT INTO t VALUES (1); INSERT INTO t VALUES (2); SELECT 1 / 0")?.code == "22012")
    #expect(try await session.rows("SELECT * FROM t") == [])
    try await session.run("INSERT INTO t VALUES (1); BEGIN; INSERT INTO t VALUES (2)")
    #expect(session.session.status == .inTransaction)
    try await session.run("ROLLBACK")
    #expect(try await session.rows("SELECT * FROM t") == [])
  }

  @Test func warnsAboutMisplacedControl() async throws {
    let session = TestSession()
    try await session.run("COMMIT")
    #expect(session.session.takeNotices().map(\.code) == ["25P01"])
    try await session.run("BEGIN")
    try await session.run("BEGIN")
    #expect(
      session.session.takeNotices() == [
        SQLNotice(severity: "WARNING", code: "25001", message: "there is already a transaction in progress")
      ])
    try await session.run("ROLLBACK")
    #expect(await session.error("SAVEPOINT a")?.code == "0A000")
  }

  /// Two sessions over a store that interferes with commits.
  private func pair() async throws -> (InterferingStore, TestSession, TestSession) {
    let store = InterferingStore()
    let first = TestSession(store: store)
    try await first.run("CREATE TABLE t (a int PRIMARY KEY, n int); INSERT INTO t VALUES (1, 0)")
    return (store, first, TestSession(first))
  }

  @Test func implicitTransactionsRunAgainAfterAConflict() async throws {
    let (store, first, second) = try await pair()
    store.beforeCommit = { _ = try? await second.run("UPDATE t SET n = n + 10") }
    #expect(try await first.tag("UPDATE t SET n = n + 1") == "UPDATE 1")
    #expect(try await first.rows("SELECT n FROM t") == ["11"])
  }

  @Test("a tag that comes out otherwise is a conflict, but for the last one, which is told after the commit")
  func otherTags() async throws {
    let (store, first, second) = try await pair()
    store.beforeCommit = { _ = try? await second.run("DELETE FROM t") }
    #expect(await first.error("UPDATE t SET n = n + 1; SET application_name = 'x'")?.code == "40001")
    try await second.run("INSERT INTO t VALUES (1, 0)")
    store.beforeCommit = { _ = try? await second.run("DELETE FROM t") }
    #expect(try await first.tag("UPDATE t SET n = n + 1") == "UPDATE 0")
  }

  @Test func rowsThatWereSentForbidRunningAgain() async throws {
    let (store, first, second) = try await pair()
    store.beforeCommit = { _ = try? await second.run("UPDATE t SET n = 5") }
    #expect(await first.error("UPDATE t SET n = n + 1 RETURNING n")?.code == "40001")
    #expect(try await first.rows("SELECT n FROM t") == ["5"])
  }

  @Test func blocksReportTheConflict() async throws {
    let (_, first, second) = try await pair()
    try await first.run("BEGIN")
    #expect(try await first.rows("SELECT n FROM t") == ["0"])
    try await second.run("UPDATE t SET n = 7")
    try await first.run("UPDATE t SET n = 8")
    let error = await first.error("COMMIT")
    #expect(error?.code == "40001")
    #expect(error?.hint == "The transaction might succeed if retried.")
    #expect(first.session.status == .idle)
    #expect(try await first.rows("SELECT n FROM t") == ["7"])
  }

  /// What hundreds of finished index lookups have read is still checked at commit.
  @Test func manyLookupsAreValidated() async throws {
    let (_, first, second) = try await pair()
    try await first.run(
      """
      CREATE TABLE o (id int PRIMARY KEY, p int);
      CREATE INDEX ON o (p);
      INSERT INTO o SELECT x, x FROM generate_series(1, 300) x;
      """)
    let lookups = "SELECT sum((SELECT count(*) FROM o WHERE p = x)) FROM generate_series(1, 300) x"
    for (change, isConflict) in [
      ("INSERT INTO o VALUES (1000, 17)", true), ("INSERT INTO o VALUES (1001, 1001)", false),
    ] {
      try await first.run("BEGIN")
      _ = try await first.rows(lookups)
      try await second.run(change)
      try await first.run("INSERT INTO t VALUES (\(isConflict ? 5 : 6), 5)")
      #expect(await first.error("COMMIT")?.code == (isConflict ? "40001" : nil))
    }
  }

  @Test func conflictsGiveUpInTheEnd() async throws {
    let (store, first, second) = try await pair()
    func interfere() {
      store.beforeCommit = {
        _ = try? await second.run("UPDATE t SET n = n + 1")
        interfere()
      }
    }
    interfere()
    store.commits = 0
    #expect(await first.error("UPDATE t SET n = 100")?.code == "40001")
    #expect(store.commits >= 10)
    store.beforeCommit = nil
  }

  @Test func definitionsConflictWithChanges() async throws {
    let (store, first, second) = try await pair()
    store.beforeCommit = { _ = try? await second.run("ALTER TABLE t ADD COLUMN extra int DEFAULT 3") }
    #expect(try await first.tag("INSERT INTO t VALUES (2, 2)") == "INSERT 0 1")
    #expect(try await first.rows("SELECT * FROM t ORDER BY 1") == ["1|0|3", "2|2|3"])
  }

  @Test(arguments: [
    (
      StoreError.noQuorum(group: 2, missing: ["node2", "node3"]), "57P03",
      "partition 2 has no leader that reaches a quorum"
    ),
    (.unknownOutcome, "40003", "the connection to the leader was lost during commit: the outcome is unknown"),
    (.timedOut, "57P03", "the time limit passed before the request was accepted"),
    (.notServing, "57P03", "the node is starting or shutting down; use another one"),
    (.overloaded(.proposals), "57P03", "the node can't serve the request now: too much is waiting to be replicated"),
    (.leaderChanged, "57P03", "this node does not lead the partition, or not any more; nothing was done, try again"),
    (
      .tooLarge(what: "a transaction", size: 40, limit: 32), "54000",
      "a transaction of 40 bytes is over the limit of 32 bytes"
    ),
  ])
  func storeFailuresAreTold(_ failure: StoreError, _ code: String, _ message: String) async throws {
    let (store, first, _) = try await pair()
    store.failure = failure
    let error = await first.error("UPDATE t SET n = 1")
    #expect(error?.code == code)
    #expect(error?.message == message)
    if case .noQuorum = failure { #expect(error?.detail == "Nodes that do not answer: node2, node3.") }
    #expect(try await first.rows("SELECT n FROM t") == ["0"])
  }

  @Test func staleReadsCantWrite() async throws {
    let (_, first, _) = try await pair()
    try await first.run("SET roost.read_level = stale")
    #expect(try await first.rows("SELECT n FROM t") == ["0"])
    for text in ["UPDATE t SET n = 1", "CREATE TABLE x (a int)", "DELETE FROM t", "INSERT INTO t VALUES (3, 3)"] {
      #expect(await first.error(text)?.code == "25006")
    }
    try await first.run("SET roost.read_level = linearizable")
    try await first.run("BEGIN READ ONLY")
    let error = await first.error("INSERT INTO t VALUES (3, 3)")
    #expect(error?.code == "25006")
    #expect(error?.message == "cannot execute INSERT in a read-only transaction")
    try await first.run("ROLLBACK")
  }

  @Test func cancellationEndsTheStatement() async throws {
    let session = TestSession()
    let running = session.session
    let prepared = try await running.prepare(running.parse("SELECT x FROM generate_series(1, 1000000) x")[0])
    let portal = try await running.bind(prepared)
    await #expect(throws: SQLError.self) {
      _ = try await running.execute(portal) { _ in running.cancel() }
    }
    await running.fail()
    #expect(try await session.rows("SELECT 1") == ["1"])
  }

  @Test func timeoutEndsTheStatement() async throws {
    let store = MemoryBackend()
    final class Clock: @unchecked Sendable { var now: Int64 = 0 }  // one test's task
    let clock = Clock()
    let database = Database(
      store: store,
      options: DatabaseOptions(
        monotonicNanoseconds: {
          clock.now += 1_000_000
          return clock.now
        }, wallClock: { 0 }))
    let session = Session(database: database, user: "u", databaseName: "d", parameters: [:])
    func run(_ text: String) async throws(SQLError) {
      for statement in try session.parse(text) {
        let portal = try await session.bind(try await session.prepare(statement))
        _ = try await session.execute(portal) { _ in }
      }
      try await session.sync()
    }
    try await run("CREATE TABLE t (a int); INSERT INTO t SELECT x FROM generate_series(1, 5000) x")
    try await run("SET statement_timeout = 2")
    do throws(SQLError) {
      try await run("SELECT count(*) FROM t a, t b WHERE a.a = -b.a")
      Issue.record("the statement was not cancelled")
    } catch {
      #expect(error.code == "57014")
      #expect(error.message == "canceling statement due to statement timeout")
      await session.fail()
    }
  }
}
