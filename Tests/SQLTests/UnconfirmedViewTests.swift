import RoostRelational
import RoostSQL
import RoostStore
import Synchronization
import Testing

/// A store whose node lags: who doesn't ask first is given a view from before.
private final class LaggingStore: TransactionBackend {
  private let inner = MemoryBackend()
  private let old = Mutex<(any ReadView)?>(nil)
  /// Views that were asked for, current, as they were applied here, and as somebody had them at hand.
  let asked = Atomic(0)
  let atHand = Atomic(0)
  let applied = Atomic(0)
  let commits = Atomic(0)

  /// From now on the node applies nothing more.
  func stopApplying() async throws {
    let view = try await inner.openView(TransactionOptions())
    old.withLock { $0 = view }
  }

  func openView(_ options: TransactionOptions) async throws(StoreError) -> any ReadView {
    let view = old.withLock { $0 }
    switch options.firstView {
    case .confirmed: return try await current(options)
    case .applied(let since):
      if let view, view.timestamp < since { return try await current(options) }
      applied.add(1, ordering: .relaxed)
    case .atHand: atHand.add(1, ordering: .relaxed)
    }
    if let view { return UnconfirmedView(view) }
    return UnconfirmedView(try await inner.openView(options))
  }

  private func current(_ options: TransactionOptions) async throws(StoreError) -> any ReadView {
    asked.add(1, ordering: .relaxed)
    return try await inner.openView(options)
  }

  func commit(_ request: CommitRequest, _ options: TransactionOptions) async throws(StoreError) -> Timestamp {
    commits.add(1, ordering: .relaxed)
    return try await inner.commit(request, options)
  }

  private final class UnconfirmedView: ReadView {
    private let view: any ReadView
    init(_ view: any ReadView) { self.view = view }
    var isConfirmed: Bool { false }
    var timestamp: Timestamp { view.timestamp }
    func read(_ key: Key) throws(StoreError) -> ReadAnswer<[UInt8]?> { try view.read(key) }
    func read(first keys: ArraySlice<Key>) throws(StoreError) -> ReadAnswer<[[UInt8]?]> { try view.read(first: keys) }
    func cursor(_ range: KeyRange, reverse: Bool) throws(StoreError) -> any ReadCursor {
      try view.cursor(range, reverse: reverse)
    }
  }
}

/// Changes that begin with what their node has applied, and are confirmed by their commit.
@Suite struct UnconfirmedViewTests {
  private let store = LaggingStore()

  /// A session that knows the statements' plans already, and another one whose commits the first one's node misses.
  private func sessions(_ statements: String...) async throws -> (TestSession, TestSession) {
    let session = TestSession(store: store)
    try await session.run("CREATE TABLE t (a int PRIMARY KEY, n int); INSERT INTO t VALUES (1, 10)")
    for statement in statements {
      try await session.run("BEGIN")
      _ = await session.error(statement)
      try await session.run("ROLLBACK")
    }
    // A session of its own, so that what it has committed is nothing that it must see.
    let fresh = TestSession(session)
    for statement in statements {
      try await fresh.run("BEGIN")
      _ = await fresh.error(statement)
      try await fresh.run("ROLLBACK")
    }
    try await store.stopApplying()
    return (fresh, session)
  }

  private struct Counts: Equatable {
    var asked = 0
    var applied = 0
    var atHand = 0
    var commits = 0

    static func + (one: Counts, other: Counts) -> Counts {
      Counts(
        asked: one.asked + other.asked, applied: one.applied + other.applied, atHand: one.atHand + other.atHand,
        commits: one.commits + other.commits)
    }
  }

  private func counts() -> Counts {
    Counts(
      asked: store.asked.load(ordering: .relaxed), applied: store.applied.load(ordering: .relaxed),
      atHand: store.atHand.load(ordering: .relaxed), commits: store.commits.load(ordering: .relaxed))
  }

  @Test("a change with a known plan asks nobody before its commit")
  func oneRound() async throws {
    let (session, _) = try await sessions("INSERT INTO t VALUES (2, 20)", "UPDATE t SET n = n + 1 WHERE a = 1")
    let before = counts()
    #expect(try await session.tag("INSERT INTO t VALUES (2, 20)") == "INSERT 0 1")
    #expect(counts() == before + Counts(atHand: 1, commits: 1))
    // It sees its own commits, so the old view is not good enough any more.
    #expect(try await session.tag("UPDATE t SET n = n + 1 WHERE a = 1") == "UPDATE 1")
    #expect(counts() == before + Counts(asked: 1, atHand: 1, commits: 2))
    #expect(try await session.rows("SELECT * FROM t ORDER BY a") == ["1|11", "2|20"])
  }

  @Test("a change that was never seen before is planned without a view, and asks nobody before its commit")
  func oneRoundForNewTexts() async throws {
    let (session, _) = try await sessions("SELECT n FROM t")
    let before = counts()
    #expect(try await session.tag("INSERT INTO t VALUES (2, 20)") == "INSERT 0 1")
    #expect(counts() == before + Counts(atHand: 1, commits: 1))
  }

  @Test("definitions that were changed on another node count, whatever this one knows")
  func definitionsElsewhere() async throws {
    let (session, other) = (TestSession(store: store), TestSession(store: store))
    try await other.run("CREATE TABLE t (a int PRIMARY KEY, n int)")
    #expect(try await session.rows("SELECT n FROM t") == [])
    try await other.run("ALTER TABLE t ADD COLUMN m int DEFAULT 5; CREATE TABLE u (a int)")
    // By the old definitions there is a plan for the first one, and none for the others.
    #expect(try await session.tag("INSERT INTO t VALUES (1, 10)") == "INSERT 0 1")
    #expect(try await session.rows("SELECT a, n, m FROM t") == ["1|10|5"])
    try await other.run("ALTER TABLE t ADD COLUMN k int")
    #expect(try await session.tag("INSERT INTO t VALUES (2, 20, 6, 7)") == "INSERT 0 1")
    try await other.run("CREATE TABLE w (a int)")
    #expect(try await session.tag("INSERT INTO w VALUES (1)") == "INSERT 0 1")
    #expect(await session.error("INSERT INTO x VALUES (1)")?.code == "42P01")
    try await other.run("ALTER TABLE t DROP COLUMN n")
    #expect(await session.error("UPDATE t SET n = 1")?.code == "42703")
    #expect(await session.error("INSERT INTO t VALUES (3, 30, 8, 9)")?.code == "42601")
  }

  @Test("a simple query shows the columns that its table has, whatever plan was kept for its text")
  func columnsElsewhere() async throws {
    let (session, other) = (TestSession(store: store), TestSession(store: store))
    try await other.run("CREATE TABLE t (a int PRIMARY KEY, n int); INSERT INTO t VALUES (1, 10)")
    let before = try await session.run("SELECT * FROM t")[0]
    #expect(before.columns == ["a", "n"] && before.rows == ["1|10"])
    try await other.run("ALTER TABLE t ADD COLUMN m int DEFAULT 5")
    let after = try await session.run("SELECT * FROM t")[0]
    #expect(after.columns == ["a", "n", "m"] && after.rows == ["1|10|5"])
    try await other.run("ALTER TABLE t RENAME COLUMN n TO k")
    #expect(try await session.run("SELECT * FROM t")[0].columns == ["a", "k", "m"])
    #expect(try await session.run("UPDATE t SET a = 2 RETURNING *")[0].columns == ["a", "k", "m"])
  }

  @Test("what an old view refuses or does not find is tried again on a new one")
  func oldViews() async throws {
    let (session, other) = try await sessions(
      "INSERT INTO t VALUES (1, 11)", "UPDATE t SET n = 5 WHERE a = 7", "DELETE FROM t WHERE a = 8")
    try await other.run("DELETE FROM t; INSERT INTO t VALUES (7, 70), (8, 80)")
    #expect(try await session.tag("INSERT INTO t VALUES (1, 11)") == "INSERT 0 1")
    let second = TestSession(session)
    for statement in ["UPDATE t SET n = 5 WHERE a = 7", "DELETE FROM t WHERE a = 8"] {
      try await second.run("BEGIN")
      try await second.run(statement)
      try await second.run("ROLLBACK")
    }
    #expect(try await second.tag("UPDATE t SET n = 5 WHERE a = 7") == "UPDATE 1")
    #expect(try await second.tag("DELETE FROM t WHERE a = 8") == "DELETE 1")
    #expect(try await other.rows("SELECT * FROM t ORDER BY a") == ["1|11", "7|5"])
  }

  @Test("what a current view refuses or does not find stays so, after one question")
  func currentViews() async throws {
    let (session, _) = try await sessions("INSERT INTO t VALUES (1, 11)", "UPDATE t SET n = 5 WHERE a = 7")
    let before = counts()
    #expect(await session.error("INSERT INTO t VALUES (1, 11)")?.code == "23505")
    #expect(try await session.tag("UPDATE t SET n = 5 WHERE a = 7") == "UPDATE 0")
    #expect(counts() == before + Counts(asked: 2, applied: 1, atHand: 1))
  }

  @Test("a change that relied on what has changed is run again by itself")
  func conflicts() async throws {
    let (session, other) = try await sessions("UPDATE t SET n = n + 1 WHERE a = 1")
    try await other.run("UPDATE t SET n = 100 WHERE a = 1")
    #expect(try await session.tag("UPDATE t SET n = n + 1 WHERE a = 1") == "UPDATE 1")
    #expect(try await session.rows("SELECT n FROM t") == ["101"])
    // The next ones ask first.
    let before = counts()
    try await session.run("UPDATE t SET n = n + 1 WHERE a = 1")
    #expect(counts() == before + Counts(asked: 1, commits: 1))
  }

  @Test("an INSERT that may change a row sees what the session has committed; one that leaves it alone need not")
  func upserts() async throws {
    let (session, _) = try await sessions("INSERT INTO t VALUES (2, 20)")
    try await session.run("INSERT INTO t VALUES (2, 20)")
    let before = counts()
    #expect(try await session.tag("INSERT INTO t VALUES (1, 0) ON CONFLICT DO NOTHING") == "INSERT 0 0")
    #expect(counts() == before + Counts(asked: 1, atHand: 1))
    try await session.run("INSERT INTO t VALUES (2, 5) ON CONFLICT (a) DO UPDATE SET n = t.n + 1")
    #expect(counts().atHand == before.atHand + 1)
    #expect(try await session.rows("SELECT n FROM t WHERE a = 2") == ["21"])
  }

  @Test("after an INSERT whose view at hand was too old, the next ones see what the session has committed")
  func ownCommits() async throws {
    let (session, _) = try await sessions("INSERT INTO t VALUES (2, 20)", "DELETE FROM t WHERE a = 2")
    try await session.run("INSERT INTO t VALUES (2, 20)")
    try await session.run("DELETE FROM t WHERE a = 2")
    var before = counts()
    // The view at hand has not seen the row come or go: nothing was read that has changed but the version of its key.
    #expect(try await session.tag("INSERT INTO t VALUES (2, 21)") == "INSERT 0 1")
    #expect(counts() == before + Counts(asked: 1, atHand: 1, commits: 2))
    before = counts()
    #expect(await session.error("INSERT INTO t VALUES (2, 22)")?.code == "23505")
    #expect(counts() == before + Counts(asked: 1))
    for number in 3..<20 { try await session.run("INSERT INTO t VALUES (\(number), 0)") }
    #expect(counts().atHand == before.atHand + 2)
  }

  @Test("a change that finds more the second time tells what it did then")
  func otherTags() async throws {
    let (session, other) = try await sessions("UPDATE t SET n = 0 WHERE n > 0")
    try await other.run("INSERT INTO t VALUES (2, 20), (3, 30)")
    #expect(try await session.tag("UPDATE t SET n = 0 WHERE n > 0") == "UPDATE 3")
  }

  @Test("what others have changed elsewhere does not make a violation or a miss be run again")
  func changesElsewhere() async throws {
    let (session, other) = try await sessions("INSERT INTO t VALUES (1, 11)", "UPDATE t SET n = 5 WHERE a = 7")
    try await other.run("INSERT INTO t VALUES (50, 50)")
    let before = counts()
    #expect(await session.error("INSERT INTO t VALUES (1, 11)")?.code == "23505")
    #expect(try await session.tag("UPDATE t SET n = 5 WHERE a = 7") == "UPDATE 0")
    #expect(counts() == before + Counts(asked: 2, applied: 1, atHand: 1))
  }

  @Test("changes that return rows, blocks and batches ask first")
  func notAlone() async throws {
    let (session, other) = try await sessions("INSERT INTO t VALUES (3, 30)", "UPDATE t SET n = n + 1 RETURNING n")
    try await other.run("UPDATE t SET n = 11 WHERE a = 1")
    let before = counts()
    #expect(try await session.rows("UPDATE t SET n = n + 1 RETURNING n") == ["12"])
    let outcomes = try await session.run("INSERT INTO t VALUES (3, 30); SELECT n FROM t ORDER BY a")
    #expect(outcomes.map(\.rows) == [[], ["12", "30"]])
    let third = TestSession(session)
    try await third.run("INSERT INTO t VALUES (4, 40); BEGIN; INSERT INTO t VALUES (5, 50); ROLLBACK")
    #expect(try await other.rows("SELECT count(*) FROM t") == ["2"])
    #expect(counts().applied == before.applied && counts().atHand == before.atHand)
  }

  @Test("a session that goes on where only the commit would have confirmed its view is run again first")
  func goingOn() async throws {
    let (session, other) = try await sessions("INSERT INTO t VALUES (3, 30)")
    try await other.run("DELETE FROM t; INSERT INTO t VALUES (7, 70)")
    // A server that was wrong about what follows.
    session.session.commitComesNext = true
    let insert = try await session.session.prepare(session.session.parse("INSERT INTO t VALUES (3, 30)")[0])
    _ = try await session.session.execute(try await session.session.bind(insert)) { _ in }
    let select = try await session.session.prepare(session.session.parse("SELECT a FROM t ORDER BY a")[0])
    var rows: [String] = []
    _ = try await session.session.execute(try await session.session.bind(select)) { rows += $0.map(TestSession.text) }
    try await session.session.sync()
    #expect(rows == ["3", "7"])
  }

  @Test("what SET LOCAL hides comes back when a transaction is run again")
  func localSettings() async throws {
    let (session, other) = try await sessions("UPDATE t SET n = n + 1 WHERE a = 1")
    try await other.run("UPDATE t SET n = 100 WHERE a = 1")
    let before = try await session.rows("SHOW statement_timeout")
    try await session.run("SET LOCAL statement_timeout = 5000; UPDATE t SET n = n + 1 WHERE a = 1")
    #expect(try await session.rows("SHOW statement_timeout") == before)
    #expect(try await session.rows("SELECT n FROM t") == ["101"])
  }
}
