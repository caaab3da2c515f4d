import Testing

@Suite("Conversations: portals", .timeLimit(.minutes(3)))
struct PortalConversationTests {
  private func sessionWithRows(_ server: TestServer) async throws -> WireClient {
    let client = try await server.session()
    _ = await client.exchange(.query("CREATE TABLE t (a integer PRIMARY KEY)"))
    _ = await client.exchange(.query("INSERT INTO t VALUES (1), (2), (3), (4), (5)"))
    _ = await client.exchange(.parse("up", "SELECT a FROM t ORDER BY a"), .sync)
    _ = await client.exchange(.parse("down", "SELECT a FROM t ORDER BY a DESC"), .sync)
    return client
  }

  @Test("a row limit suspends a portal; the next Execute goes on")
  func suspended() async throws {
    try await TestServer.with { server in
      let client = try await sessionWithRows(server)
      let lines = await client.exchange(
        .bind(statement: "up"), .execute(rows: 2), .execute(rows: 2), .execute(rows: 2), .sync)
      #expect(
        lines == ["2", "D 1", "D 2", "s", "D 3", "D 4", "s", "D 5", "C SELECT 1", "Z I"])
    }
  }

  @Test("several portals are suspended side by side")
  func interleaved() async throws {
    try await TestServer.with { server in
      let client = try await sessionWithRows(server)
      let lines = await client.exchange(
        .bind(portal: "p", statement: "up"), .bind(portal: "q", statement: "down"),
        .execute("p", rows: 1), .execute("q", rows: 2), .execute("p", rows: 1), .closePortal("p"), .execute("q"),
        .sync)
      #expect(
        lines == ["2", "2", "D 1", "s", "D 5", "D 4", "s", "D 2", "s", "3", "D 3", "D 2", "D 1", "C SELECT 3", "Z I"])
    }
  }

  @Test("outside a block a portal ends with its batch")
  func endOfBatch() async throws {
    try await TestServer.with { server in
      let client = try await sessionWithRows(server)
      #expect(
        await client.exchange(.bind(portal: "p", statement: "up"), .execute("p", rows: 1), .sync)
          == ["2", "D 1", "s", "Z I"])
      #expect(
        await client.exchange(.execute("p"), .sync) == ["E ERROR 34000 portal \"p\" does not exist", "Z I"])
    }
  }

  @Test("inside a block a portal outlives the batch and ends with the block")
  func endOfBlock() async throws {
    try await TestServer.with { server in
      let client = try await sessionWithRows(server)
      _ = await client.exchange(.query("BEGIN"))
      #expect(
        await client.exchange(.bind(portal: "p", statement: "up"), .execute("p", rows: 2), .sync)
          == ["2", "D 1", "D 2", "s", "Z T"])
      #expect(await client.exchange(.execute("p", rows: 1), .sync) == ["D 3", "s", "Z T"])
      #expect(
        await client.exchange(.bind(portal: "p", statement: "down"), .sync)
          == ["E ERROR 42P03 cursor \"p\" already exists", "Z E"])
      _ = await client.exchange(.query("ROLLBACK"))
      #expect(
        await client.exchange(.execute("p"), .sync) == ["E ERROR 34000 portal \"p\" does not exist", "Z I"])
    }
  }

  @Test("a portal keeps its formats over several executions")
  func formats() async throws {
    try await TestServer.with { server in
      let client = try await sessionWithRows(server)
      let lines = await client.exchange(
        .bind(statement: "up", results: [1]), .execute(rows: 1), .execute(rows: 1), .sync)
      #expect(lines == ["2", "D \\x00000001", "s", "D \\x00000002", "s", "Z I"])
    }
  }
}
