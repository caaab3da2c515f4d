import RoostPostgresWire
import Testing

/// Limits in time are as short as they can be, and what is waited for is the end they bring: without them these tests
/// would run into their own limit.
@Suite("Conversations: limits in time", .timeLimit(.minutes(3)))
struct LimitConversationTests {
  private static let endless = "SELECT count(*) FROM wide a, wide b, wide c, wide d"

  @Test("a session that is left alone ends with 57P05, one in a transaction with 25P03")
  func idle() async throws {
    try await TestServer.with { server in
      let idle = try await server.session()
      _ = await idle.exchange(.query("SET idle_session_timeout = 1"))
      #expect(await idle.remainingLines() == ["E FATAL 57P05 terminating connection due to idle-session timeout"])

      let inTransaction = try await server.session()
      _ = await inTransaction.exchange(.query("SET idle_in_transaction_session_timeout = 1"))
      // Outside of a transaction it doesn't hold.
      #expect(await inTransaction.exchange(.query("SELECT 1")).contains("D 1"))
      inTransaction.send(.query("BEGIN"))
      #expect(
        await inTransaction.remainingLines().last
          == "E FATAL 25P03 terminating connection due to idle-in-transaction timeout")
      try await server.waitUntil { server.server.statistics.sessions == 0 }
    }
  }

  @Test("an idle limit doesn't end a session at work")
  func busy() async throws {
    try await TestServer.with { server in
      let client = try await server.session()
      try await Rows.create(300, over: client)
      let lines = await client.exchange(
        .query("SET idle_session_timeout = 1; SELECT count(*) FROM wide a, wide b; SET idle_session_timeout = 0"))
      #expect(lines.contains("D 90000") && lines.last == "Z I")
      #expect(await client.exchange(.query("SELECT 1")).contains("D 1"))
    }
  }

  @Test("statement_timeout ends a statement, and the next one has its whole time")
  func statement() async throws {
    try await TestServer.with { server in
      let client = try await server.session()
      try await Rows.create(500, over: client)
      let lines = await client.exchange(.query("SET statement_timeout = 20; \(Self.endless)"))
      #expect(lines.suffix(2) == ["E ERROR 57014 canceling statement due to statement timeout", "Z I"])
      _ = await client.exchange(.query("SET statement_timeout = 60000"))
      #expect(await client.exchange(.query("SELECT 1")).contains("D 1"))
    }
  }

  @Test("statement_timeout ends a statement whose client doesn't read")
  func unreadResult() async throws {
    try await TestServer.with { server in
      let client = try await server.session()
      try await Rows.create(500, over: client)
      _ = await client.exchange(.query("SET statement_timeout = 50"))
      try await client.setReading(false)
      client.send(.query("SELECT * FROM wide a, wide b, wide c"))
      try await server.waitUntil { server.server.statistics.errors == 1 }
      try await client.setReading(true)
      #expect(await client.lines().suffix(2) == ["E ERROR 57014 canceling statement due to statement timeout", "Z I"])
    }
  }

  @Test("a client that hangs up ends its statement")
  func disconnect() async throws {
    try await TestServer.with { server in
      let client = try await server.session()
      try await Rows.create(500, over: client)
      client.send(.query(Self.endless))
      try await server.waitUntil { server.server.statistics.queries >= 3 }
      await client.close()
      try await server.waitUntil { server.server.statistics.sessions == 0 }
    }
  }

  @Test("a long text is parsed, planned and answered like a short one")
  func longText() async throws {
    try await TestServer.with { server in
      let client = try await server.session()
      let values = (0..<20_000).map { "(\($0))" }.joined(separator: ",")
      let lines = await client.exchange(.query("SELECT count(*), max(v) FROM (VALUES \(values)) t (v)"))
      #expect(lines == ["T count:20/0 max:23/0", "D 20000|19999", "C SELECT 1", "Z I"])
    }
  }

  @Test("a statement of many words is computed away from its loop from the beginning")
  func longStatement() async throws {
    try await TestServer.with { server in
      let client = try await server.session()
      let list = Array(repeating: "1", count: 3_000).joined(separator: ",")
      let place = "SELECT current_setting('roost.place')"
      #expect(await client.exchange(.query("\(place) WHERE 1 IN (1, 2)")).contains("D loop"))
      #expect(await client.exchange(.query("\(place) WHERE 1 IN (\(list))")).contains("D away"))
      let extended = await client.exchange(.parse("", "\(place) WHERE 1 IN (\(list))"), .bind(), .execute(), .sync)
      #expect(extended.contains("D away"))
      _ = await client.exchange(.query("PREPARE p AS \(place) WHERE 1 IN (\(list))"))
      #expect(await client.exchange(.query("EXECUTE p")).contains("D away"))
      #expect(await client.exchange(.query(place)).contains("D loop"))
    }
  }

  @Test("rows of a statement that left its loop come all, in order")
  func rowsFromAway() async throws {
    try await TestServer.with { server in
      let client = try await server.session()
      try await Rows.create(200, over: client)
      let lines = await client.exchange(.query("SELECT a.a, b.a FROM wide a, wide b ORDER BY 1, 2"))
      #expect(lines.dropFirst().prefix(40_000) == (0..<40_000).map { "D \($0 / 200)|\($0 % 200)" }[...])
      #expect(lines.suffix(2) == ["C SELECT 40000", "Z I"])
    }
  }
}
