import RoostPostgresWire
import Synchronization
import Testing

/// Clients that close their sending side and read on, as `printf … | nc` does, and such that only look like it.
@Suite("Conversations: half-closed clients", .timeLimit(.minutes(3)))
struct HalfClosedClientTests {
  /// Without the setting that shows the server whether somebody reads: it may come at any time.
  private func answers(_ client: WireClient) async -> [String] {
    await client.remainingLines().filter { !$0.hasPrefix("S ") }
  }

  @Test("what was sent before the end is answered, then the connection is closed")
  func answered() async throws {
    try await TestServer.with { server in
      let client = try await WireClient.connect(port: server.port)
      client.send(
        .startup(user: "roost"), .query("SELECT 1"), .parse("", "SELECT 2"), .bind(), .execute(), .sync,
        .query("CREATE TABLE t (a int PRIMARY KEY); INSERT INTO t VALUES (3)"))
      await client.closeSending()
      let lines = await answers(client)
      #expect(
        lines.filter { $0.hasPrefix("D ") || $0.hasPrefix("C ") }
          == ["D 1", "C SELECT 1", "D 2", "C SELECT 1", "C CREATE TABLE", "C INSERT 0 1"])
      #expect(lines.last == "Z I")
      try await server.waitUntil { server.server.statistics.openConnections == 0 }
      #expect(await (try server.session()).exchange(.query("SELECT * FROM t")).contains("D 3"))
    }
  }

  @Test("all rows come, however many; also before Terminate", arguments: [false, true])
  func rows(terminates: Bool) async throws {
    try await TestServer.with { server in
      let client = try await server.session()
      try await Rows.create(300, over: client)
      client.send(.query("SELECT a.*, b.* FROM wide a, wide b WHERE a.a < 30"))
      if terminates { client.send(.terminate) }
      await client.closeSending()
      let lines = await answers(client)
      #expect(lines.count { $0.hasPrefix("D ") } == 9_000)
      #expect(lines.suffix(2) == ["C SELECT 9000", "Z I"])
    }
  }

  @Test("a long statement goes on while its client reads, and can be cancelled")
  func long() async throws {
    let store = MajorityStore()
    try await TestServer.with(PostgresServerConfiguration(port: 0), store: store) { server in
      _ = try await server.session().exchange(.query("CREATE TABLE t (a int PRIMARY KEY)"))
      store.commitsWait.store(true, ordering: .relaxed)
      let (client, key) = try await WireClient.session(port: server.port)
      client.send(.query("INSERT INTO t VALUES (1)"))
      await client.closeSending()
      // Asked whether it is there, more than once, and found to be.
      for _ in 0..<3 { #expect(await client.next()?.line == "S integer_datetimes=on") }
      #expect(store.waits.load(ordering: .relaxed) == 1)
      let owner = try await WireClient.connect(port: server.port)
      owner.send(.cancel(processID: key.processID, secret: key.secret))
      let lines = await answers(client)
      #expect(lines.first?.hasPrefix("E ERROR 40003 canceling statement due to user request") == true)
      #expect(lines.last == "Z I")
    }
  }

  @Test("one that has gone after all takes its statement with it")
  func gone() async throws {
    let store = MajorityStore()
    try await TestServer.with(PostgresServerConfiguration(port: 0), store: store) { server in
      _ = try await server.session().exchange(.query("CREATE TABLE t (a int PRIMARY KEY)"))
      store.commitsWait.store(true, ordering: .relaxed)
      let client = try await server.session()
      client.send(.query("INSERT INTO t VALUES (1)"))
      await client.closeSending()
      #expect(await client.next()?.line == "S integer_datetimes=on")
      await client.close()
      try await server.waitUntil { store.waits.load(ordering: .relaxed) == 0 }
      try await server.waitUntil { server.server.statistics.openConnections == 1 }
    }
  }

  @Test("an idle session and a connection without one end at once")
  func idle() async throws {
    try await TestServer.with { server in
      let idle = try await server.session()
      await idle.closeSending()
      #expect(await idle.remainingLines() == [])
      let starting = try await WireClient.connect(port: server.port)
      starting.send(.raw([0, 0, 0]))
      await starting.closeSending()
      #expect(await starting.remainingLines() == [])
    }
  }
}
