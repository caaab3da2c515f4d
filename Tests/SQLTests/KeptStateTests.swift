import RoostPlatform
import RoostRelational
import RoostSQL
import RoostStore
import Testing

/// State that a session is made to keep: what it takes of the node's memory, and that it comes back.
@Suite("Kept state of sessions", .timeLimit(.minutes(5)))
struct KeptStateTests {
  private func session(_ memory: NodeMemory) -> TestSession {
    TestSession(
      Database(
        store: MemoryBackend(),
        options: DatabaseOptions(monotonicNanoseconds: { 0 }, wallClock: { 0 }, memory: memory)))
  }

  /// Of twice as many tokens.
  private func list(_ count: Int) -> String { Array(repeating: "1", count: count).joined(separator: ",") }

  @Test func preparedStatementsAreLimitedInBytes() async throws {
    let memory = NodeMemory.unlimited()
    let session = session(memory)
    // Each is taken to hold 10 MB.
    let body = "SELECT 1 WHERE 1 IN (\(list(40_000)))"
    for number in 0..<6 { try await session.run("PREPARE p\(number) AS \(body)") }
    #expect(await session.error("PREPARE p6 AS \(body)")?.code == "54000")
    #expect(memory.messages.used > 50 << 20)
    // What failed is not counted, and what is given back makes room.
    try await session.run("DEALLOCATE p0; PREPARE p6 AS \(body)")
    #expect(try await session.rows("EXECUTE p6") == ["1"])
    try await session.run("DEALLOCATE ALL")
    #expect(memory.messages.used == 0)
  }

  @Test func preparedStatementsDrawFromTheNode() async throws {
    // 10 MiB for what sessions keep.
    let memory = NodeMemory(limit: 40 << 20)
    let session = session(memory)
    let body = "SELECT 1 WHERE 1 IN (\(list(30_000)))"
    try await session.run("PREPARE p0 AS \(body)")
    #expect(await session.error("PREPARE p1 AS \(body)")?.code == "53200")
    await session.session.end()
    #expect(memory.messages.used == 0)
  }

  @Test func manyPreparedStatementsInOneTextCountOnceEach() async throws {
    let session = session(.unlimited())
    // Were the whole text counted for each, it would be seven hundred MB.
    try await session.run(
      (0..<500).map { "PREPARE p\($0) AS SELECT a FROM (VALUES (\($0))) t (a)" }.joined(separator: ";"))
    #expect(try await session.rows("EXECUTE p499") == ["499"])
  }

  /// Without Sync everything is one transaction, whose statements are kept to be run again.
  @Test func whatATransactionRemembersIsLimitedInBytes() async throws {
    let memory = NodeMemory.unlimited()
    let session = session(memory)
    try await session.run("CREATE TABLE t (id int PRIMARY KEY, a text)")
    let prepared = try await session.session.prepare(try session.session.parse("DELETE FROM t WHERE a = $1")[0])
    let text = String(repeating: "x", count: 200_000)
    var most = 0
    for _ in 0..<100 {
      let portal = try await session.session.bind(prepared, parameters: [.text(text)])
      _ = try await session.session.execute(portal) { _ in }
      most = max(most, memory.messages.used)
    }
    #expect(most > 10 << 20 && most <= 17 << 20)
    // The transaction is not run again by itself, so it keeps nothing.
    #expect(memory.messages.used == 0)
    try await session.session.sync()
    for _ in 0..<20 {
      let portal = try await session.session.bind(prepared, parameters: [.text(text)])
      _ = try await session.session.execute(portal) { _ in }
    }
    #expect(memory.messages.used > 0)
    try await session.session.sync()
    #expect(memory.messages.used == 0)
  }

  @Test func plansAreLimitedInBytesAndGivenUpWithTheSession() async throws {
    let memory = NodeMemory.unlimited()
    let session = session(memory)
    for number in 0..<60 { #expect(try await session.rows("SELECT 1 WHERE \(number) IN (\(list(900)))").count <= 1) }
    // A plan is taken to hold 230 KB, and what was parsed half of that.
    #expect(memory.plans.used > 1 << 20 && memory.plans.used <= 4 << 20 + MemoryAccount.grain)
    await session.session.end()
    #expect(memory.plans.used == 0)
  }

  @Test func withoutRoomForPlansStatementsRun() async throws {
    let memory = NodeMemory(limit: 2 << 20)
    let session = session(memory)
    for number in 0..<20 { #expect(try await session.rows("SELECT 1 WHERE \(number) IN (\(list(900)))").count <= 1) }
    #expect(memory.plans.used == 0)
  }
}
