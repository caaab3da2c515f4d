import RoostPostgresWire
import Testing

@Suite("Conversations: cancel and shutdown", .timeLimit(.minutes(3)))
struct CancelAndShutdownTests {
  private static let endless = "SELECT count(*) FROM wide a, wide b, wide c, wide d"

  @Test("a cancel request ends the statement, and only with the right secret")
  func cancel() async throws {
    try await TestServer.with { server in
      let (client, key) = try await WireClient.session(port: server.port)
      try await Rows.create(500, over: client)
      client.send(.query(Self.endless))
      try await server.waitUntil { server.server.statistics.queries >= 3 }
      let stranger = try await WireClient.connect(port: server.port)
      stranger.send(.cancel(processID: key.processID, secret: key.secret ^ 1))
      #expect(await stranger.next() == nil)
      #expect(server.server.statistics.errors == 0)
      let owner = try await WireClient.connect(port: server.port)
      owner.send(.cancel(processID: key.processID, secret: key.secret))
      #expect(await owner.next() == nil)
      let lines = await client.lines()
      #expect(lines.suffix(2) == ["E ERROR 57014 canceling statement due to user request", "Z I"])
      #expect(await client.exchange(.query("SELECT 1")).contains("D 1"))
    }
  }

  @Test("a cancel request for an idle session does nothing")
  func cancelIdle() async throws {
    try await TestServer.with { server in
      let (client, key) = try await WireClient.session(port: server.port)
      let owner = try await WireClient.connect(port: server.port)
      owner.send(.cancel(processID: key.processID, secret: key.secret))
      #expect(await owner.next() == nil)
      #expect(await client.exchange(.query("SELECT 1")).suffix(3) == ["D 1", "C SELECT 1", "Z I"])
    }
  }

  @Test("shutdown tells idle clients, those in start-up and those at work, and takes no new ones")
  func shutdown() async throws {
    let server = try await TestServer.start(PostgresServerConfiguration(port: 0, shutdownGrace: .seconds(1)))
    let idle = try await server.session()
    let busy = try await server.session()
    let starting = try await WireClient.connect(port: server.port)
    try await Rows.create(500, over: busy)
    busy.send(.query(Self.endless))
    try await server.waitUntil {
      server.server.statistics.queries >= 3 && server.server.statistics.openConnections == 3
    }
    await server.server.shutDown()
    let goodbye = "E FATAL 57P01 terminating connection due to administrator command"
    #expect(await idle.remainingLines() == [goodbye])
    #expect(await starting.remainingLines() == [goodbye])
    #expect(await busy.remainingLines().last == goodbye)
    #expect(server.server.statistics.openConnections == 0)
    #expect(server.server.statistics.sessions == 0)
    await #expect(throws: (any Error).self) { _ = try await WireClient.connect(port: server.port) }
  }
}
