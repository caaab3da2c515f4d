import Testing

@Suite("Conversations: extended query", .timeLimit(.minutes(3)))
struct ExtendedQueryConversationTests {
  @Test("parse, describe, bind, execute, in text")
  func textRoundTrip() async throws {
    try await TestServer.with { server in
      let client = try await server.session()
      let lines = await client.exchange(
        .parse("s", "SELECT $1::integer + 1 AS n, $2::text AS t"), .describeStatement("s"),
        .bind(statement: "s", [.text("41"), .text("hello")]), .describePortal(), .execute(), .sync)
      #expect(
        lines == [
          "1", "t 23 25", "T n:23/0 t:25/0", "2", "T n:23/0 t:25/0", "D 42|hello", "C SELECT 1", "Z I",
        ])
    }
  }

  @Test("formats are chosen per parameter and per column")
  func binary() async throws {
    try await TestServer.with { server in
      let client = try await server.session()
      _ = await client.exchange(.parse("s", "SELECT $1::integer AS a, $2::bigint AS b, $3::text AS c"), .sync)
      #expect(
        await client.exchange(
          .bind(
            statement: "s", formats: [1, 0, 1], [.bytes([0, 0, 1, 0]), .text("7"), .bytes([65])],
            results: [0, 1, 0]),
          .describePortal(), .execute(), .sync)
          == ["2", "T a:23/0 b:20/1 c:25/0", "D 256|\\x0000000000000007|A", "C SELECT 1", "Z I"])
      #expect(
        await client.exchange(
          .bind(statement: "s", [.null, .null, .text("")], results: [1]), .execute(), .sync)
          == ["2", "D NULL|NULL|", "C SELECT 1", "Z I"])
    }
  }

  @Test("a parameter's type is inferred, or taken from the client")
  func parameterTypes() async throws {
    try await TestServer.with { server in
      let client = try await server.session()
      _ = await client.exchange(.query("CREATE TABLE t (a bigint, b text)"))
      #expect(
        await client.exchange(.parse("i", "INSERT INTO t VALUES ($1, $2)"), .describeStatement("i"), .sync)
          == ["1", "t 20 25", "n", "Z I"])
      #expect(
        await client.exchange(.parse("j", "SELECT $1", types: [23]), .describeStatement("j"), .sync)
          == ["1", "t 23", "T ?column?:23/0", "Z I"])
    }
  }

  @Test("a wrong value is the batch's error; after Sync all is well")
  func errorRecovery() async throws {
    try await TestServer.with { server in
      let client = try await server.session()
      _ = await client.exchange(.query("CREATE TABLE t (a integer)"))
      let lines = await client.exchange(
        .parse("s", "INSERT INTO t VALUES ($1)"), .bind(statement: "s", [.text("1")]), .execute(),
        .bind(statement: "s", [.text("one")]), .execute(), .parse("x", "SELECT 1"), .query("SELECT 2"), .sync)
      #expect(
        lines == [
          "1", "2", "C INSERT 0 1",
          "E ERROR 22P02 invalid input syntax for type integer: \"one\"", "Z I",
        ])
      // The batch was one transaction; the named statement outlives it, the one behind the error never was.
      #expect(await client.exchange(.query("SELECT count(*) FROM t")).contains("D 0"))
      #expect(
        await client.exchange(.bind(statement: "s", [.text("5")]), .execute(), .sync)
          == ["2", "C INSERT 0 1", "Z I"])
      #expect(
        await client.exchange(.bind(statement: "x"), .sync)
          == ["E ERROR 26000 prepared statement \"x\" does not exist", "Z I"])
    }
  }

  @Test(
    "what Bind says must fit the statement",
    arguments: [
      (
        ClientMessage.bind(statement: "s", []),
        "E ERROR 08P01 bind message supplies 0 parameters, but prepared statement \"s\" requires 1"
      ),
      (
        .bind(statement: "s", formats: [0, 0], [.text("1")]),
        "E ERROR 08P01 bind message has 2 parameter formats but 1 parameters"
      ),
      (
        .bind(statement: "s", [.text("1")], results: [0, 0]),
        "E ERROR 08P01 bind message has 2 result formats but query has 1 columns"
      ),
      (.bind(statement: "s", formats: [2], [.text("1")]), "E ERROR 22023 unsupported format code: 2"),
      (
        .bind(statement: "s", formats: [1], [.bytes([0, 0, 0, 1, 0])]),
        "E ERROR 22P03 incorrect binary data format in bind parameter 1"
      ),
    ])
  func unfitting(bind: ClientMessage, line: String) async throws {
    try await TestServer.with { server in
      let client = try await server.session()
      _ = await client.exchange(.parse("s", "SELECT $1::integer"), .sync)
      #expect(await client.exchange(bind, .execute(), .sync) == [line, "Z I"])
    }
  }

  @Test("names: taken, unknown, closed, replaced")
  func names() async throws {
    try await TestServer.with { server in
      let client = try await server.session()
      #expect(await client.exchange(.parse("s", "SELECT 1"), .sync) == ["1", "Z I"])
      #expect(
        await client.exchange(.parse("s", "SELECT 2"), .sync)
          == ["E ERROR 42P05 prepared statement \"s\" already exists", "Z I"])
      #expect(await client.exchange(.closeStatement("s"), .closeStatement("never"), .sync) == ["3", "3", "Z I"])
      #expect(
        await client.exchange(.describeStatement("s"), .sync)
          == ["E ERROR 26000 prepared statement \"s\" does not exist", "Z I"])
      #expect(
        await client.exchange(.describeStatement(""), .sync)
          == ["E ERROR 26000 unnamed prepared statement does not exist", "Z I"])
      #expect(
        await client.exchange(.parse("", "SELECT 1"), .parse("", "SELECT 2"), .bind(), .execute(), .sync)
          == ["1", "1", "2", "D 2", "C SELECT 1", "Z I"])
      #expect(
        await client.exchange(.execute("p"), .sync) == ["E ERROR 34000 portal \"p\" does not exist", "Z I"])
      // A simple query takes the unnamed statement with it.
      _ = await client.exchange(.query("SELECT 3"))
      #expect(
        await client.exchange(.bind(), .sync)
          == ["E ERROR 26000 unnamed prepared statement does not exist", "Z I"])
    }
  }

  @Test("one statement per Parse; an empty one is an empty query")
  func parseBounds() async throws {
    try await TestServer.with { server in
      let client = try await server.session()
      #expect(
        await client.exchange(.parse("", "SELECT 1; SELECT 2"), .sync)
          == ["E ERROR 42601 cannot insert multiple commands into a prepared statement", "Z I"])
      #expect(
        await client.exchange(.parse("", ""), .bind(), .describePortal(), .execute(), .sync)
          == ["1", "2", "n", "I", "Z I"])
    }
  }

  @Test("Flush sends what is there without ending the batch")
  func flush() async throws {
    try await TestServer.with { server in
      let client = try await server.session()
      client.send(.parse("", "SELECT 1 AS n"), .bind(), .describePortal(), .flush)
      for line in ["1", "2", "T n:23/0"] { #expect(await client.next()?.line == line) }
      client.send(.execute(), .flush)
      for line in ["D 1", "C SELECT 1"] { #expect(await client.next()?.line == line) }
      #expect(await client.exchange(.sync) == ["Z I"])
    }
  }

  @Test("a failed block refuses rows to be described, and is told by the status byte")
  func failedBlock() async throws {
    try await TestServer.with { server in
      let client = try await server.session()
      _ = await client.exchange(.query("BEGIN"))
      _ = await client.exchange(.parse("s", "SELECT 1"), .sync)
      #expect(await client.exchange(.query("SELECT 1 / 0")).last == "Z E")
      let aborted = "current transaction is aborted, commands ignored until end of transaction block"
      #expect(await client.exchange(.describeStatement("s"), .sync) == ["E ERROR 25P02 \(aborted)", "Z E"])
      #expect(await client.exchange(.bind(statement: "s"), .execute(), .sync) == ["E ERROR 25P02 \(aborted)", "Z E"])
      #expect(
        await client.exchange(.parse("", "ROLLBACK"), .bind(), .execute(), .sync)
          == ["1", "2", "C ROLLBACK", "Z I"])
    }
  }

  @Test("batches sent one behind the other stand each for itself")
  func pipelinedBatches() async throws {
    try await TestServer.with { server in
      let client = try await server.session()
      _ = await client.exchange(.query("CREATE TABLE t (a integer PRIMARY KEY)"))
      _ = await client.exchange(.parse("i", "INSERT INTO t VALUES ($1)"), .sync)
      var messages: [ClientMessage] = []
      for value in [1, 2, 1, 3] { messages += [.bind(statement: "i", [.text("\(value)")]), .execute(), .sync] }
      client.send(messages)
      let lines = await client.lines(untilReady: 4)
      #expect(lines.filter { $0 == "C INSERT 0 1" }.count == 3)
      #expect(lines.filter { $0.hasPrefix("E ERROR 23505") }.count == 1)
      // The completion of a row that wasn't taken is never seen.
      #expect(lines.filter { $0.hasPrefix("E") || $0.hasPrefix("C") }.map { $0.prefix(1) } == ["C", "C", "E", "C"])
      #expect(
        await client.exchange(.query("SELECT a FROM t ORDER BY a")).filter { $0.hasPrefix("D") } == [
          "D 1", "D 2", "D 3",
        ])
    }
  }
}
