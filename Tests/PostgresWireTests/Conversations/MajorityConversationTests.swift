import RoostPostgresWire
import Synchronization
import Testing

/// The majority is away: nothing that a session waits for comes. It ends all the same when its time is over or nobody
/// wants it any more; otherwise these tests would run into their own limit.
@Suite("Conversations: no majority", .timeLimit(.minutes(3)))
struct MajorityConversationTests {
  private static let timedOut =
    "E ERROR 40003 canceling statement due to statement timeout while its commit waits for a majority: "
    + "the outcome is unknown"

  private func withStore(
    _ configuration: PostgresServerConfiguration = PostgresServerConfiguration(port: 0),
    _ body: (TestServer, MajorityStore) async throws -> Void
  ) async throws {
    let store = MajorityStore()
    try await TestServer.with(configuration, store: store) { server in
      _ = try await server.session().exchange(.query("CREATE TABLE t (a int PRIMARY KEY)"))
      try await body(server, store)
    }
  }

  @Test("a commit ends at the time limit, whoever asks for it")
  func timeLimit() async throws {
    try await withStore { server, store in
      let client = try await server.session()
      _ = await client.exchange(.query("SET statement_timeout = 50"))
      store.commitsWait.store(true, ordering: .relaxed)
      #expect(await client.exchange(.query("INSERT INTO t VALUES (1)")).suffix(2) == [Self.timedOut, "Z I"])
      let lines = await client.exchange(.parse("", "INSERT INTO t VALUES (2)"), .bind(), .execute(), .sync)
      #expect(lines.suffix(2) == [Self.timedOut, "Z I"])
      #expect(!lines.contains("C INSERT 0 1"))
      _ = await client.exchange(.query("BEGIN; INSERT INTO t VALUES (3)"))
      #expect(await client.exchange(.query("COMMIT")).suffix(2) == [Self.timedOut, "Z I"])
      store.commitsWait.store(false, ordering: .relaxed)
      #expect(await client.exchange(.query("INSERT INTO t VALUES (4)")).suffix(2) == ["C INSERT 0 1", "Z I"])
    }
  }

  @Test("a commit ends at a cancel request")
  func cancel() async throws {
    try await withStore { server, store in
      let (client, key) = try await WireClient.session(port: server.port)
      store.commitsWait.store(true, ordering: .relaxed)
      client.send(.parse("", "INSERT INTO t VALUES (1)"), .bind(), .execute(), .sync)
      try await server.waitUntil { store.waits.load(ordering: .relaxed) == 1 }
      let owner = try await WireClient.connect(port: server.port)
      owner.send(.cancel(processID: key.processID, secret: key.secret))
      let cancelled =
        "E ERROR 40003 canceling statement due to user request while its commit waits for a majority: "
        + "the outcome is unknown"
      #expect(await client.lines().suffix(2) == [cancelled, "Z I"])
    }
  }

  @Test("a commit ends with its client")
  func disconnect() async throws {
    try await withStore { server, store in
      let client = try await server.session()
      store.commitsWait.store(true, ordering: .relaxed)
      client.send(.query("INSERT INTO t VALUES (1)"))
      try await server.waitUntil { store.waits.load(ordering: .relaxed) == 1 }
      await client.close()
      try await server.waitUntil { store.waits.load(ordering: .relaxed) == 0 }
    }
  }

  @Test("a commit that waits for a majority does not keep the node for the grace of statements")
  func shutdown() async throws {
    let store = MajorityStore()
    let server = try await TestServer.start(
      PostgresServerConfiguration(port: 0, shutdownGrace: .seconds(600)), store: store)
    let client = try await server.session()
    _ = await client.exchange(.query("CREATE TABLE t (a int PRIMARY KEY)"))
    store.commitsWait.store(true, ordering: .relaxed)
    client.send(.query("INSERT INTO t VALUES (1)"))
    try await server.waitUntil { store.waits.load(ordering: .relaxed) == 1 }
    await server.server.shutDown()
    let goodbye = "57P01 terminating connection due to administrator command"
    #expect(
      await client.remainingLines() == [
        "E ERROR 40003 terminating connection due to administrator command while its commit waits for a majority: "
          + "the outcome is unknown",
        "Z I", "E FATAL \(goodbye)",
      ])
  }

  @Test("a read that waits for a leader has changed nothing, and says so")
  func reads() async throws {
    try await withStore { server, store in
      let client = try await server.session()
      _ = await client.exchange(.query("SET statement_timeout = 50"))
      store.viewsWait.store(true, ordering: .relaxed)
      let timedOut = ["E ERROR 57014 canceling statement due to statement timeout", "Z I"]
      #expect(await client.exchange(.query("SELECT * FROM t")).suffix(2) == timedOut)
      #expect(await client.exchange(.query("INSERT INTO t VALUES (1)")).suffix(2) == timedOut)
      #expect(
        await client.exchange(.parse("", "SELECT a FROM t"), .describeStatement(), .sync).suffix(2) == timedOut)
    }
  }
}
