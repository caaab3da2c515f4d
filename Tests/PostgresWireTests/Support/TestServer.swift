import NIOCore
import NIOPosix
import RoostPlatform
import RoostPostgresWire
import RoostSQL
import RoostStore

/// A server over a volatile store on a free port of loopback.
struct TestServer {
  let server: PostgresServer
  var port: Int { server.port }

  static func start(
    _ configuration: PostgresServerConfiguration, memory: NodeMemory = .unlimited(),
    store: any TransactionBackend = MemoryBackend()
  ) async throws -> TestServer {
    let options = DatabaseOptions(
      monotonicNanoseconds: { Int64(clamping: NIODeadline.now().uptimeNanoseconds) }, wallClock: { 0 },
      // Where the statement that asks is computed.
      nodeSetting: { name in
        guard name == "roost.place" else { return nil }
        return MultiThreadedEventLoopGroup.currentEventLoop == nil ? "away" : "loop"
      }, memory: memory)
    let server = try await PostgresServer.start(
      configuration, database: Database(store: store, options: options), memory: memory,
      group: MultiThreadedEventLoopGroup.singleton, makeLoop: { EventLoopLoop($0) },
      randomness: { 0x1234_5678_9ABC_DEF0 })
    return TestServer(server: server)
  }

  /// A session that is ready.
  func session() async throws -> WireClient { try await WireClient.session(port: port).client }

  /// Runs a test against a server of its own and shuts it down.
  static func with(_ body: (TestServer) async throws -> Void) async throws {
    try await with(PostgresServerConfiguration(port: 0), body)
  }

  static func with(
    _ configuration: PostgresServerConfiguration, memory: NodeMemory = .unlimited(),
    store: any TransactionBackend = MemoryBackend(), _ body: (TestServer) async throws -> Void
  ) async throws {
    let server = try await start(configuration, memory: memory, store: store)
    do {
      try await body(server)
    } catch {
      await server.server.shutDown()
      throw error
    }
    await server.server.shutDown()
  }
}

extension TestServer {
  /// Waits for a state of the server that nothing announces. The suite's time limit is the deadline.
  func waitUntil(_ condition: @Sendable () -> Bool) async throws {
    while !condition() {
      try Task.checkCancellation()
      try await Task.sleep(for: .milliseconds(1))
    }
  }
}
