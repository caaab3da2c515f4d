import NIOCore
import RoostPlatform
import RoostPostgresWire
import Testing

@Suite("Conversations: clients that misbehave", .timeLimit(.minutes(3)))
struct HostileClientTests {
  @Test("a frame that can't be right ends this connection and no other")
  func violations() async throws {
    try await TestServer.with { server in
      let bystander = try await server.session()
      for (bytes, text) in [
        ([0xFF, 0, 0, 0, 4], "invalid frontend message type 255"),
        ([UInt8(ascii: "S"), 0, 0, 0, 3], "invalid message length"),
        ([UInt8(ascii: "S"), 0, 0, 0, 5, 0], "invalid message format"),
        ([UInt8(ascii: "Q"), 0x80, 0, 0, 0], "invalid message length"),
      ] as [([UInt8], String)] {
        let client = try await server.session()
        client.send(.raw(bytes + Array(repeating: 7, count: 10_000)))
        #expect(await client.remainingLines() == ["E FATAL 08P01 \(text)"])
      }
      #expect(await bystander.exchange(.query("SELECT 1")).contains("D 1"))
    }
  }

  @Test("messages before a broken one are still answered")
  func violationBehindWork() async throws {
    try await TestServer.with { server in
      let client = try await server.session()
      client.send(.query("SELECT 1"), .raw([0xFF]))
      let lines = await client.remainingLines()
      #expect(lines.dropFirst() == ["D 1", "C SELECT 1", "Z I", "E FATAL 08P01 invalid frontend message type 255"])
    }
  }

  @Test("a client that goes in the middle of a message leaves nothing behind")
  func truncated() async throws {
    try await TestServer.with { server in
      let client = try await server.session()
      client.send(.raw([UInt8(ascii: "Q"), 0, 0, 1, 0, 65]))
      await client.close()
      // Shutting down waits for every session; this one must be over.
      #expect(await client.next() == nil)
    }
  }

  @Test("a statement beyond the limit is refused by name, and the session goes on")
  func oversize() async throws {
    try await TestServer.with(PostgresServerConfiguration(port: 0, maximumMessageSize: 100_000)) { server in
      let client = try await server.session()
      let text = "SELECT '" + String(repeating: "x", count: 3_000_000) + "'"
      #expect(
        await client.exchange(.query(text)) == [
          "E ERROR 54000 message of 3000010 bytes exceeds the limit of 100000 bytes", "Z I",
        ])
      #expect(
        await client.exchange(.parse("", text), .bind(), .execute(), .sync) == [
          "E ERROR 54000 message of 3000013 bytes exceeds the limit of 100000 bytes", "Z I",
        ])
      #expect(await client.exchange(.query("SELECT 1")).contains("D 1"))
    }
  }

  @Test("large messages of all clients together are bounded, and the room is given back")
  func largeMessages() async throws {
    let memory = NodeMemory(limit: 10 << 20)
    try await TestServer.with(PostgresServerConfiguration(port: 0), memory: memory) { server in
      let hoarder = try await server.session()
      let other = try await server.session()
      // Announces 2 MiB and doesn't send them all. What counts is what has arrived.
      let announcement: [UInt8] = [UInt8(ascii: "F"), 0, 0x20, 0, 4]
      hoarder.send(.query(""), .raw(announcement + Array(repeating: 0, count: 1 << 20)))
      #expect(await hoarder.lines() == ["I", "Z I"])
      try await server.waitUntil { memory.messages.used >= 1 << 20 }
      #expect(memory.messages.used < 3 << 19)
      let call = ClientMessage.raw(announcement + Array(repeating: 0, count: 2 << 20))
      #expect(
        await other.exchange(call) == ["E ERROR 53200 out of memory for a message of 2097152 bytes", "Z I"])
      await hoarder.close()
      var taken = false
      while !taken { taken = await other.exchange(call).first?.hasPrefix("E ERROR 0A000") == true }
      try await server.waitUntil { memory.used == 0 }
    }
  }

  @Test("what a session keeps, and large values on their way, draw from the node's memory and come back to it")
  func keptAndLarge() async throws {
    let memory = NodeMemory(limit: 40 << 20)
    try await TestServer.with(PostgresServerConfiguration(port: 0), memory: memory) { server in
      let client = try await server.session()
      // 20 MiB in all, half of that for messages and what sessions keep.
      let long = "SELECT 1 WHERE 1 IN (\(Array(repeating: "1", count: 5_000).joined(separator: ",")))"
      var refused = false
      for number in 0..<40 where !refused {
        let lines = await client.exchange(.parse("s\(number)", long), .sync)
        refused = lines.first?.hasPrefix("E ERROR 53200 out of memory") == true
        #expect(refused || lines.first == "1")
      }
      #expect(refused)
      #expect(memory.messages.used > 5 << 20)
      #expect(await client.exchange(.query("SELECT 1")).contains("D 1"))
      let other = try await server.session()
      #expect(
        await other.exchange(.query("SELECT repeat('x', 30000000)")).first { $0.hasPrefix("E") }?
          .hasPrefix("E ERROR 53200 out of memory") == true)
      #expect(await other.exchange(.query("SELECT length(repeat('x', 3000000))")).contains("D 3000000"))
      client.send(.terminate)
      #expect(await client.next() == nil)
      try await server.waitUntil { memory.used == 0 }
    }
  }

  @Test(
    "what a statement costs is counted whatever stands before its words",
    arguments: ["/*'*/ 1", "E'\\'', 1", "$$'$$, 1", "-- \"\n 1"])
  func quotesAreNoCover(_ beginning: String) async throws {
    // 20 MiB in all, half of that for messages; 100,000 words take 12 MB.
    let memory = NodeMemory(limit: 40 << 20)
    try await TestServer.with(PostgresServerConfiguration(port: 0), memory: memory) { server in
      let client = try await server.session()
      let long = "SELECT \(beginning)" + String(repeating: ",1", count: 50_000)
      let literal = "SELECT length('\(String(repeating: "1,", count: 50_000))')"
      for message in [ClientMessage.query(long), .parse("s", long)] {
        let lines = await client.exchange(message, .sync)
        #expect(lines.first == "E ERROR 53200 out of memory for a statement of this size")
        if case .query = message { _ = await client.lines() }
      }
      #expect(await client.exchange(.query(literal)).contains("D 100000"))
      #expect(memory.messages.used == 0)
    }
  }

  @Test("results that are large, but less than a chunk, leave nothing drawn")
  func largeButShort() async throws {
    let memory = NodeMemory(limit: 40 << 20)
    try await TestServer.with(PostgresServerConfiguration(port: 0), memory: memory) { server in
      let client = try await server.session()
      for _ in 0..<20 {
        #expect(await client.exchange(.query("SELECT repeat('x', 40000)")).last == "Z I")
        #expect(memory.messages.used == 0)
      }
    }
  }

  @Test("a client that stops reading stops its rows; a cancel frees the session")
  func stopsReading() async throws {
    try await TestServer.with { server in
      let (client, key) = try await WireClient.session(port: server.port)
      try await Rows.create(500, over: client)
      try await client.setReading(false)
      // 125 million rows of 200 bytes: without a client to take them, they must not be made.
      client.send(.query("SELECT x.t, y.t FROM wide x, wide y, wide z"))
      let canceller = try await WireClient.connect(port: server.port)
      // Until the row producer has filled what the sockets hold there is nothing to see; a cancel ends it at any point.
      try await server.waitUntil { server.server.statistics.queries >= 3 }
      canceller.send(.cancel(processID: key.processID, secret: key.secret))
      #expect(await canceller.next() == nil)
      try await client.setReading(true)
      let lines = await client.lines()
      #expect(lines.suffix(2) == ["E ERROR 57014 canceling statement due to user request", "Z I"])
      #expect(lines.count < 1_000_000)
      #expect(await client.exchange(.query("SELECT 1")).contains("D 1"))
    }
  }

  @Test("a client that reads slowly gets every row")
  func readsLate() async throws {
    try await TestServer.with { server in
      let client = try await server.session()
      try await Rows.create(120, of: 1_000, over: client)
      try await client.setReading(false)
      client.send(.query("SELECT x.t FROM wide x, wide y"))
      try await server.waitUntil { server.server.statistics.queries >= 3 }
      // Meanwhile another client is served, by the same loop or its neighbour.
      for _ in 0..<4 { #expect(try await server.session().exchange(.query("SELECT 1")).contains("D 1")) }
      try await client.setReading(true)
      var rows = 0
      while let message = await client.next(), message.type != "C" {
        if message.type == "D" { rows += 1 }
      }
      #expect(rows == 14_400)
      #expect(await client.lines() == ["Z I"])
    }
  }

  @Test("a client that vanishes in the middle of its rows ends its session")
  func vanishes() async throws {
    try await TestServer.with { server in
      let client = try await server.session()
      try await Rows.create(500, over: client)
      client.send(.query("SELECT x.t, y.t FROM wide x, wide y, wide z"))
      for _ in 0..<10 { _ = await client.next() }
      await client.close()
      try await server.waitUntil { server.server.statistics.sessions == 0 }
    }
  }
}

/// A table `wide` of rows of some bytes.
enum Rows {
  static func create(_ count: Int, of size: Int = 100, over client: WireClient) async throws {
    _ = await client.exchange(.query("CREATE TABLE wide (a integer PRIMARY KEY, t text)"))
    let text = String(repeating: "x", count: size)
    let values = (0..<count).map { "(\($0), '\(text)')" }.joined(separator: ", ")
    let lines = await client.exchange(.query("INSERT INTO wide VALUES \(values)"))
    guard lines == ["C INSERT 0 \(count)", "Z I"] else {
      throw WireClient.Unexpected(line: lines.first ?? "the server hung up")
    }
  }
}
