import Testing

@Suite("Conversations: simple query", .timeLimit(.minutes(3)))
struct SimpleQueryConversationTests {
  @Test("columns, rows, tag, ready")
  func select() async throws {
    try await TestServer.with { server in
      let client = try await server.session()
      let lines = await client.exchange(.query("SELECT 1 AS one, 'x' AS letter, NULL::integer AS nothing, true AS yes"))
      #expect(
        lines == [
          "T one:23/0 letter:25/0 nothing:23/0 yes:16/0", "D 1|x|NULL|t", "C SELECT 1", "Z I",
        ])
    }
  }

  @Test("an empty query has an answer of its own")
  func empty() async throws {
    try await TestServer.with { server in
      let client = try await server.session()
      for text in ["", " ", ";", ";;", "-- nothing", "/* */ ;"] {
        #expect(await client.exchange(.query(text)) == ["I", "Z I"], "\(text)")
      }
    }
  }

  @Test("several statements are answered one by one, empty ones between them not at all")
  func several() async throws {
    try await TestServer.with { server in
      let client = try await server.session()
      let lines = await client.exchange(
        .query("CREATE TABLE t (a integer); INSERT INTO t VALUES (1), (2);; SELECT a FROM t ORDER BY a;"))
      #expect(
        lines == [
          "C CREATE TABLE", "C INSERT 0 2", "T a:23/0", "D 1", "D 2", "C SELECT 2", "Z I",
        ])
    }
  }

  @Test("an error ends the text and takes back what the text did")
  func errorRollsBack() async throws {
    try await TestServer.with { server in
      let client = try await server.session()
      _ = await client.exchange(.query("CREATE TABLE t (a integer)"))
      let lines = await client.exchange(.query("INSERT INTO t VALUES (1); SELECT 1 / 0; INSERT INTO t VALUES (2)"))
      #expect(lines.first == "C INSERT 0 1")
      #expect(lines.suffix(2) == ["E ERROR 22012 division by zero", "Z I"])
      #expect(await client.exchange(.query("SELECT count(*) FROM t")).contains("D 0"))
    }
  }

  @Test("an error tells its place in the text")
  func position() async throws {
    try await TestServer.with { server in
      let client = try await server.session()
      #expect(
        await client.exchange(.query("SELECT 1; SELEC 2")) == [
          "E ERROR 42601 P=11 syntax error at or near \"SELEC\"", "Z I",
        ])
      let lines = await client.exchange(.query("SELECT * FROM nowhere"))
      #expect(lines == ["E ERROR 42P01 P=15 relation \"nowhere\" does not exist", "Z I"])
    }
  }

  @Test("the status byte follows the transaction block")
  func transactionStatus() async throws {
    try await TestServer.with { server in
      let client = try await server.session()
      #expect(await client.exchange(.query("BEGIN")) == ["C BEGIN", "Z T"])
      #expect(await client.exchange(.query("SELECT 1 / 0")).suffix(2) == ["E ERROR 22012 division by zero", "Z E"])
      #expect(
        await client.exchange(.query("SELECT 1")) == [
          "E ERROR 25P02 current transaction is aborted, commands ignored until end of transaction block", "Z E",
        ])
      #expect(await client.exchange(.query("COMMIT")) == ["C ROLLBACK", "Z I"])
    }
  }

  @Test("text that isn't UTF-8 is refused and the session goes on")
  func invalidUTF8() async throws {
    try await TestServer.with { server in
      let client = try await server.session()
      let query: [UInt8] = [UInt8(ascii: "Q"), 0, 0, 0, 8, 39, 0xFF, 39, 0]
      #expect(
        await client.exchange(.raw(query)) == [
          "E ERROR 22021 invalid byte sequence for encoding \"UTF8\": 0xff", "Z I",
        ])
      #expect(await client.exchange(.query("SELECT 'é'")).contains("D \\xc3a9"))
    }
  }

  @Test("a warning comes before the completion")
  func notice() async throws {
    try await TestServer.with { server in
      let client = try await server.session()
      #expect(
        await client.exchange(.query("DROP TABLE IF EXISTS missing")) == [
          "N NOTICE 00000 table \"missing\" does not exist, skipping", "C DROP TABLE", "Z I",
        ])
      #expect(
        await client.exchange(.query("COMMIT")) == [
          "N WARNING 25P01 there is no transaction in progress", "C COMMIT", "Z I",
        ])
    }
  }

  @Test("a changed setting is reported before ready")
  func parameterStatus() async throws {
    try await TestServer.with { server in
      let client = try await server.session()
      #expect(
        await client.exchange(.query("SET application_name = 'tool'")) == [
          "C SET", "S application_name=tool", "Z I",
        ])
    }
  }

  @Test("function calls and stray COPY data")
  func sideRoads() async throws {
    try await TestServer.with { server in
      let client = try await server.session()
      #expect(
        await client.exchange(.copyDone, .functionCall) == [
          "E ERROR 0A000 function calls by protocol message are not supported", "Z I",
        ])
    }
  }

  @Test("many queries sent at once are answered in order")
  func pipelined() async throws {
    try await TestServer.with { server in
      let client = try await server.session()
      client.send((0..<500).map { .query("SELECT \($0) AS n") })
      let lines = await client.lines(untilReady: 500)
      #expect(lines.filter { $0.hasPrefix("D ") } == (0..<500).map { "D \($0)" })
    }
  }
}
