public import NIOCore
import NIOPosix
public import RoostPlatform
import RoostRaft
public import RoostSQL

/// The SQL port: listens, gives every client a ``Session`` on its own event loop, and ends them all when told to.
///
/// ```swift
/// let server = try await PostgresServer.start(
///   PostgresServerConfiguration(port: 5432), database: database, group: group,
///   makeLoop: { EventLoopAdapter($0) }, randomness: random)
/// …
/// await server.shutDown()
/// ```
public final class PostgresServer: Sendable {
  private let context: ServerContext
  private let listener: any Channel
  /// Where clients reach it, with the port that was really taken.
  public let host: String
  public let port: Int

  private init(context: ServerContext, listener: any Channel) {
    self.context = context
    self.listener = listener
    host = context.configuration.host
    port = listener.localAddress?.port ?? context.configuration.port
  }

  /// Binds the port and begins to serve.
  ///
  /// - Parameters:
  ///   - memory: what large messages and rows that clients don't read draw from.
  ///   - group: the event loops that connections are spread over. They outlive the server.
  ///   - makeLoop: wraps an event loop; called once for each.
  ///   - randomness: secrets of cancel keys; must be hard to guess in production.
  public static func start(
    _ configuration: PostgresServerConfiguration, database: Database, memory: NodeMemory = .unlimited(),
    group: any EventLoopGroup, makeLoop: @escaping @Sendable (any EventLoop) -> any Loop,
    randomness: @escaping @Sendable () -> UInt64
  ) async throws(PostgresServerError) -> PostgresServer {
    let context = ServerContext(
      configuration: configuration, database: database, memory: memory, group: group, makeLoop: makeLoop,
      randomness: randomness)
    let bootstrap = ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 1024)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.socketOption(.so_keepalive), value: 1)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelOption(.allowRemoteHalfClosure, value: true)
      .childChannelOption(.writeBufferWaterMark, value: PostgresConnection.writeQueue)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let connection = PostgresConnection(server: context, executor: context.executor(for: channel.eventLoop))
          try channel.pipeline.syncOperations.addHandler(connection)
        }
      }
    await context.openGates(on: group)
    do {
      let listener = try await bootstrap.bind(host: configuration.host, port: configuration.port).get()
      return PostgresServer(context: context, listener: listener)
    } catch {
      context.closeGates()
      throw PostgresServerError(host: configuration.host, port: configuration.port, cause: error)
    }
  }

  public var statistics: PostgresServerStatistics { context.counters.snapshot }

  /// Stops listening, tells every client (57P01) once its statement is done or its grace is over, and returns when the
  /// last session is rolled back and its connection closed, or after five times the grace: a statement that waits for
  /// the cluster may not be able to end before the node does.
  public func shutDown() async {
    let connections = context.registry.refuseNewConnections()
    try? await listener.close()
    for connection in connections { connection.shutDown() }
    let loop = context.loop
    let registry = context.registry
    let limit = loop.schedule(at: loop.now + context.configuration.shutdownGrace * 5) { registry.giveUpWaiting() }
    await registry.waitUntilEmpty()
    loop.execute { limit.cancel() }
    context.workers.close()
    context.closeGates()
  }
}
