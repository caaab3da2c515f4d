public import NIOCore
import NIOPosix
import RoostBase
public import RoostPlatform
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
  private let acceptor: Acceptor
  /// Where clients reach it, with the port that was really taken.
  public let host: String
  public let port: Int

  private init(context: ServerContext, acceptor: Acceptor) {
    self.context = context
    self.acceptor = acceptor
    host = context.configuration.host
    port = acceptor.port
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
    await context.openGates(on: group)
    do throws(ListenError) {
      let acceptor = try Acceptor(
        host: configuration.host, port: configuration.port, backlog: 1024, untakenLimit: configuration.maximumArrivals
      ) { socket in
        if mayBeClient(socket, context) { serve(socket, context, on: group.next()) }
      }
      return PostgresServer(context: context, acceptor: acceptor)
    } catch {
      context.closeGates()
      throw PostgresServerError(host: configuration.host, port: configuration.port, cause: error)
    }
  }

  /// What somebody is told whose first bytes are no packet.
  private static let noPacket: [UInt8] = {
    var message = ByteBuffer()
    message.writeError(ProtocolViolation.startupLength.sqlError, severity: .fatal)
    return Array(message.readableBytesView)
  }()

  /// Looks at what an accepted connection has said before anything is spent on it; on the acceptor's thread. A cancel
  /// request is done with at once: it needs no place among the connections.
  private static func mayBeClient(_ socket: AcceptedSocket, _ context: ServerContext) -> Bool {
    switch socket.firstBytes {
    case .none: return true
    case .gone: return false
    case .said(let bytes):
      switch StartupPacket.beginning(bytes, longest: context.decoderLimits.startupPacket) {
      case .packet: return true
      case .cancel(let key):
        context.registry.cancel(key)
        return false
      case .garbage:
        // Of what is longer a part would be left, and the answer has to wait for it: see `PostgresConnection.linger`.
        guard bytes.count < FirstBytes.limit else { return true }
        context.counters.countRefusal()
        context.counters.countError()
        socket.answer(noPacket)
        return false
      }
    }
  }

  private static func serve(_ socket: AcceptedSocket, _ context: ServerContext, on eventLoop: any EventLoop) {
    // A loop that has ended drops this, and with it the socket, which is closed.
    eventLoop.execute {
      _ = ClientBootstrap(group: eventLoop)
        .channelInitializer { channel in
          channel.eventLoop.makeCompletedFuture { try begin(channel, context) }
        }
        .withConnectedSocket(socket.take())
    }
  }

  private static func begin(_ channel: any Channel, _ context: ServerContext) throws {
    if let options = channel.syncOptions {
      try options.setOption(.allowRemoteHalfClosure, value: true)
      try options.setOption(.writeBufferWaterMark, value: PostgresConnection.writeQueue)
    }
    let connection = PostgresConnection(server: context, executor: context.executor(for: channel.eventLoop))
    try channel.pipeline.syncOperations.addHandler(connection)
  }

  public var statistics: PostgresServerStatistics { context.counters.snapshot }

  /// Stops listening, tells every client (57P01) once its statement is done or its grace is over, and returns when the
  /// last session is rolled back and its connection closed, or after five times the grace: a statement that waits for
  /// the cluster may not be able to end before the node does.
  public func shutDown() async {
    let connections = context.registry.refuseNewConnections()
    acceptor.close()
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
