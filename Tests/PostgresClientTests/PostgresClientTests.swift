import NIOCore
import NIOPosix
import RoostBase
import RoostPlatform
import RoostPostgresClient
import RoostPostgresWire
import RoostSQL
import RoostStore
import Synchronization
import Testing

@Suite("PostgreSQL client", .timeLimit(.minutes(3)))
struct PostgresClientTests {
  private func withClient(_ body: (PostgresClient, PostgresServer) async throws -> Void) async throws {
    let options = DatabaseOptions(monotonicNanoseconds: { 0 }, wallClock: { 0 })
    let server = try await PostgresServer.start(
      PostgresServerConfiguration(port: 0), database: Database(store: MemoryBackend(), options: options),
      group: MultiThreadedEventLoopGroup.singleton, makeLoop: { EventLoopLoop($0) }, randomness: { 1 })
    do {
      let client = try await PostgresClient.connect(
        host: "127.0.0.1", port: server.port, group: MultiThreadedEventLoopGroup.singleton)
      try await body(client, server)
    } catch {
      await server.shutDown()
      throw error
    }
    await server.shutDown()
  }

  @Test("rows, NULLs, tags and several results")
  func query() async throws {
    try await withClient { client, _ in
      let results = try await client.query("CREATE TABLE t (a integer); SELECT 1 AS a, NULL AS b, 'x' AS c;")
      #expect(
        results == [
          PostgresResult(tag: "CREATE TABLE"),
          PostgresResult(
            columns: [
              PostgresColumn(name: "a", typeOID: 23), PostgresColumn(name: "b", typeOID: 25),
              PostgresColumn(name: "c", typeOID: 25),
            ], rows: [["1", nil, "x"]], rowCount: 1, tag: "SELECT 1"),
        ])
      #expect(try await client.query("") == [PostgresResult()])
      #expect(try await client.parameter("client_encoding") == "UTF8")
    }
  }

  @Test("a prepared statement is run with parameters, again and again")
  func prepared() async throws {
    try await withClient { client, _ in
      let prepared = try await client.prepare("SELECT $1::integer + 1 AS n", name: "s")
      #expect(prepared.columns == [PostgresColumn(name: "n", typeOID: 23)])
      for value in 0..<20 {
        #expect(try await client.execute("s", parameters: ["\(value)"]).rows == [["\(value + 1)"]])
      }
      #expect(try await client.execute("s", parameters: [nil]).rows == [[nil]])
    }
  }

  @Test("an error carries the server's fields, and what was done before it; the connection lives")
  func errors() async throws {
    try await withClient { client, _ in
      await #expect(throws: PostgresClientError.self) { try await client.query("SELEC 1") }
      let reply = await withCheckedContinuation { continuation in
        client.query("SELECT 1 AS a; SELECT * FROM nowhere") { continuation.resume(returning: $0) }
      }
      #expect(reply.results.map(\.tag) == ["SELECT 1"])
      #expect(reply.error?.code == "42P01")
      #expect(reply.error?.position == 30)
      let results = try await client.query("SELECT 2")
      #expect(results.first?.rows == [["2"]])
    }
  }

  @Test("requests sent ahead are answered in order; rows can be counted without being kept")
  func pipelined() async throws {
    try await withClient { client, _ in
      let answers = Mutex<[String]>([])
      await withCheckedContinuation { continuation in
        for value in 0..<100 {
          client.query("SELECT \(value)", keepsRows: value % 2 == 0) { reply in
            let result = reply.results.first
            let text = result?.rows.first?.first.flatMap { $0 } ?? "\(result?.rowCount ?? 0) unread"
            answers.withLock { $0.append(text) }
            if value == 99 { continuation.resume() }
          }
        }
      }
      #expect(answers.withLock { $0 } == (0..<100).map { $0 % 2 == 0 ? "\($0)" : "1 unread" })
    }
  }

  @Test("a server that goes fails what is under way and what comes later, without recursion")
  func serverGone() async throws {
    try await withClient { client, server in
      await server.shutDown()
      let failures = Atomic(0)
      // Each failure makes the next request: fifty thousand deep would be too deep for a stack.
      @Sendable func again(_ done: @escaping @Sendable () -> Void) {
        client.query("SELECT 1") { reply in
          #expect(reply.error?.code == "57P01" || reply.error?.code == "08006")
          if failures.wrappingAdd(1, ordering: .relaxed).newValue < 50_000 { again(done) } else { done() }
        }
      }
      await withCheckedContinuation { continuation in again { continuation.resume() } }
    }
  }

  @Test("nobody listening, and a server that refuses, are errors with a code")
  func refused() async throws {
    try await withClient { _, server in
      do {
        _ = try await PostgresClient.connect(
          host: "127.0.0.1", port: server.port, database: "nowhere", group: MultiThreadedEventLoopGroup.singleton)
        Issue.record("connected to a database that isn't there")
      } catch let error as PostgresClientError {
        #expect(error.code == "3D000")
      }
      let port = server.port
      await server.shutDown()
      do {
        _ = try await PostgresClient.connect(
          host: "127.0.0.1", port: port, group: MultiThreadedEventLoopGroup.singleton)
        Issue.record("connected to nobody")
      } catch let error as PostgresClientError {
        #expect(error.code == "08001")
        #expect(error.message.contains("127.0.0.1:\(port)"))
      }
    }
  }

  @Test("a statement is cancelled over a second connection")
  func cancel() async throws {
    try await withClient { client, server in
      let values = (0..<500).map { "(\($0))" }.joined(separator: ", ")
      _ = try await client.query("CREATE TABLE t (a integer); INSERT INTO t VALUES \(values)")
      async let answer = client.query("SELECT count(*) FROM t a, t b, t c, t d")
      while server.statistics.queries < 2 { try await Task.sleep(for: .milliseconds(1)) }
      try await client.cancel()
      do {
        _ = try await answer
        Issue.record("nothing was cancelled")
      } catch let error as PostgresClientError {
        #expect(error.code == "57014")
      }
    }
  }
}

/// A SwiftNIO event loop as a ``Loop``.
private final class EventLoopLoop: Loop {
  private let eventLoop: any EventLoop

  init(_ eventLoop: any EventLoop) { self.eventLoop = eventLoop }

  var now: Instant { Instant(nanoseconds: Int64(NIODeadline.now().uptimeNanoseconds)) }
  var isCurrent: Bool { eventLoop.inEventLoop }

  func execute(_ work: @escaping @Sendable () -> Void) { eventLoop.execute(work) }

  func schedule(at deadline: Instant, _ work: @escaping @Sendable () -> Void) -> any LoopTimer {
    let deadline = NIODeadline.uptimeNanoseconds(UInt64(max(0, deadline.nanoseconds)))
    return Timer(scheduled: eventLoop.scheduleTask(deadline: deadline, work))
  }

  private final class Timer: LoopTimer {
    private let scheduled: Scheduled<Void>

    init(scheduled: Scheduled<Void>) { self.scheduled = scheduled }

    func cancel() { scheduled.cancel() }
  }
}
