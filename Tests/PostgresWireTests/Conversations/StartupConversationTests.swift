import NIOCore
import RoostPostgresWire
import Testing

@Suite("Conversations: start-up", .timeLimit(.minutes(3)))
struct StartupConversationTests {
  @Test("encryption is declined, then the session begins")
  func startup() async throws {
    try await TestServer.with { server in
      let client = try await WireClient.connect(port: server.port)
      client.send(.gssRequest)
      #expect(await client.nextByte() == UInt8(ascii: "N"))
      client.send(.tlsRequest)
      #expect(await client.nextByte() == UInt8(ascii: "N"))
      let lines = await client.exchange(.startup([("user", "ada"), ("database", "roost")]))
      #expect(lines.first == "R 0")
      #expect(lines.suffix(2) == ["K", "Z I"])
      #expect(lines.contains("S client_encoding=UTF8"))
      #expect(lines.contains("S integer_datetimes=on"))
      #expect(lines.contains("S standard_conforming_strings=on"))
      #expect(lines.contains { $0.hasPrefix("S server_version=15") })
      #expect(lines.contains { $0.hasPrefix("S TimeZone=") })
      client.send(.terminate)
      #expect(await client.next() == nil)
    }
  }

  @Test("a client of protocol 3.2 is told 3.0 and the options that aren't known")
  func negotiation() async throws {
    try await TestServer.with { server in
      let client = try await WireClient.connect(port: server.port)
      client.send(.startup(minor: 2, [("user", "roost"), ("_pq_.test", "1")]))
      guard let message = await client.next() else {
        Issue.record("the server hung up")
        return
      }
      #expect(message.type == "v")
      let start = message.body.readerIndex
      #expect(try #require(message.body.getMultipleIntegers(at: start, as: (UInt32, UInt32).self)) == (196_608, 1))
      #expect(message.body.getString(at: start + 8, length: 9) == "_pq_.test")
      #expect(await client.lines().first == "R 0")
    }
  }

  @Test(
    "what can't begin is refused with a reason and closed",
    arguments: [
      ([("user", "roost"), ("database", "nowhere")], "E FATAL 3D000 database \"nowhere\" does not exist"),
      ([("database", "roost")], "E FATAL 28000 no PostgreSQL user name specified in startup packet"),
      ([("user", "roost"), ("replication", "true")], "E FATAL 0A000 replication connections are not supported"),
      (
        [("user", "roost"), ("client_encoding", "LATIN1")],
        "E FATAL 22023 invalid value for parameter \"client_encoding\": \"LATIN1\""
      ),
    ])
  func refused(parameters: [(String, String)], line: String) async throws {
    try await TestServer.with { server in
      let client = try await WireClient.connect(port: server.port)
      client.send(.startup(parameters))
      #expect(await client.remainingLines() == [line])
    }
  }

  @Test(
    "garbage instead of a start-up is answered with a protocol violation and closed",
    arguments: [
      Array("GET / HTTP/1.1\r\n\r\n".utf8), Array(repeating: 0xFF, count: 100_000), [0, 0, 0, 0, 0, 0, 0, 0],
    ])
  func garbage(bytes: [UInt8]) async throws {
    try await TestServer.with { server in
      let client = try await WireClient.connect(port: server.port)
      client.send(.raw(bytes))
      #expect(await client.remainingLines() == ["E FATAL 08P01 invalid length of startup packet"])
      _ = try await server.session()
    }
  }

  @Test("data sent together with an encryption request is not trusted")
  func pipelinedEncryption() async throws {
    try await TestServer.with { server in
      let client = try await WireClient.connect(port: server.port)
      client.send(.tlsRequest, .startup(user: "roost"))
      #expect(
        await client.remainingLines() == ["E FATAL 08P01 received unencrypted data after encryption request"])
    }
  }

  @Test("a client that says nothing is let go")
  func silence() async throws {
    try await TestServer.with(PostgresServerConfiguration(port: 0, startupTimeLimit: .milliseconds(20))) { server in
      let client = try await WireClient.connect(port: server.port)
      client.send(.raw([0, 0]))
      #expect(await client.next() == nil)
    }
  }

  @Test("one client more than there is room for is refused, until another goes")
  func tooMany() async throws {
    try await TestServer.with(PostgresServerConfiguration(port: 0, maximumConnections: 2)) { server in
      let first = try await server.session()
      let second = try await server.session()
      let third = try await WireClient.connect(port: server.port)
      third.send(.startup(user: "roost"))
      #expect(await third.remainingLines() == ["E FATAL 53300 sorry, too many clients already"])
      #expect(server.server.statistics.sessions == 2)
      #expect(server.server.statistics.refusedConnections == 1)
      first.send(.terminate)
      #expect(await first.next() == nil)
      _ = try await server.session()
      await second.close()
    }
  }

  @Test("clients that never start keep nobody out: those for whom there is no room go")
  func halfOpen() async throws {
    try await TestServer.with(
      PostgresServerConfiguration(port: 0, maximumSockets: 40, startupTimeLimit: .seconds(600))
    ) { server in
      let bystander = try await server.session()
      var silent: [WireClient] = []
      for _ in 0..<100 { silent.append(try await WireClient.connect(port: server.port)) }
      let late = try await server.session()
      try await server.waitUntil {
        let statistics = server.server.statistics
        return statistics.refusedConnections >= 60 && statistics.openConnections <= 40
      }
      #expect(await bystander.exchange(.query("SELECT 1")).contains("D 1"))
      #expect(await late.exchange(.query("SELECT 1")).contains("D 1"))
      for client in silent { await client.close() }
    }
  }

  @Test("places for administration are left when all others are taken, and no more than those")
  func reserved() async throws {
    try await TestServer.with(
      PostgresServerConfiguration(port: 0, maximumConnections: 2, reservedConnections: 1)
    ) { server in
      _ = try await server.session()
      _ = try await server.session()
      let refusal = ["E FATAL 53300 sorry, too many clients already"]
      func lines(_ name: String) async throws -> (WireClient, [String]) {
        let client = try await WireClient.connect(port: server.port)
        client.send(.startup([("user", "roost"), ("application_name", name)]))
        return (client, await client.lines())
      }
      #expect(try await lines("psql").1 == refusal)
      let (administrator, greeting) = try await lines("roost")
      #expect(greeting.last == "Z I")
      #expect(await administrator.exchange(.query("SELECT 1")).contains("D 1"))
      #expect(try await lines("roost").1 == refusal)
    }
  }

  @Test("a port in use is a clear error")
  func portInUse() async throws {
    try await TestServer.with { server in
      do {
        _ = try await TestServer.start(PostgresServerConfiguration(port: server.port))
        Issue.record("two servers on one port")
      } catch let error as PostgresServerError {
        #expect(error.reason == .addressInUse)
        #expect(error.port == server.port)
        #expect(error.description.contains("127.0.0.1:\(server.port)"))
      }
    }
  }
}
