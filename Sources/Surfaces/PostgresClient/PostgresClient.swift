public import NIOCore
import NIOPosix

/// One connection to a PostgreSQL server: for the command line, and for closed-loop load.
///
/// Requests may be sent without waiting for the answers of earlier ones; answers come in order. The callbacks run on
/// the connection's event loop, and a request made from a callback is written at once, without another hop: that is
/// what a closed loop wants. No encryption and no passwords: it is meant for loopback.
///
/// ```swift
/// let client = try await PostgresClient.connect(host: "127.0.0.1", port: 5432, group: group)
/// let results = try await client.query("SELECT 1")
/// try await client.close()
/// ```
public final class PostgresClient: Sendable {
  private let channel: any Channel
  private let handler: NIOLoopBound<ClientHandler>

  public var eventLoop: any EventLoop { channel.eventLoop }

  private init(channel: any Channel, handler: ClientHandler) {
    self.channel = channel
    self.handler = NIOLoopBound(handler, eventLoop: channel.eventLoop)
  }

  /// Connects and waits until the server is ready for queries. `timeLimit` covers both.
  public static func open(
    host: String, port: Int, user: String = "roost", database: String = "roost", applicationName: String = "roost",
    timeLimit: TimeAmount = .seconds(10), group: any EventLoopGroup
  ) -> EventLoopFuture<PostgresClient> {
    let eventLoop = group.next()
    let ready = eventLoop.makePromise(of: PostgresClient.self)
    let deadline = eventLoop.scheduleTask(in: timeLimit) {
      ready.fail(PostgresClientError.cannotConnect(host, port, .noAnswer))
    }
    ready.futureResult.whenComplete { _ in deadline.cancel() }
    ClientBootstrap(group: eventLoop)
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .connectTimeout(timeLimit)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let handler = ClientHandler(
            user: user, database: database, applicationName: applicationName, eventLoop: channel.eventLoop)
          try channel.pipeline.syncOperations.addHandler(handler)
          let client = PostgresClient(channel: channel, handler: handler)
          handler.enqueue(keepsRows: false) { reply in
            if let error = reply.error { ready.fail(error) } else { ready.succeed(client) }
          }
          ready.futureResult.whenFailure { _ in channel.close(promise: nil) }
        }
      }
      .connect(host: host, port: port)
      .whenFailure { error in
        ready.fail(PostgresClientError.cannotConnect(host, port, PostgresClientError.ConnectFailure(error)))
      }
    return ready.futureResult
  }

  public static func connect(
    host: String, port: Int, user: String = "roost", database: String = "roost", applicationName: String = "roost",
    timeLimit: TimeAmount = .seconds(10), group: any EventLoopGroup
  ) async throws -> PostgresClient {
    try await open(
      host: host, port: port, user: user, database: database, applicationName: applicationName,
      timeLimit: timeLimit, group: group
    ).get()
  }

  // MARK: Requests with callbacks

  /// Sends the text as a simple query; it may hold several statements.
  public func query(
    _ text: String, keepsRows: Bool = true, _ done: @escaping @Sendable (PostgresReply) -> Void
  ) {
    onLoop { $0.send(keepsRows: keepsRows, done) { $0.writeQuery(text) } }
  }

  /// Prepares a statement under a name, which must be free. The reply has one result with the columns.
  public func prepare(_ text: String, name: String, _ done: @escaping @Sendable (PostgresReply) -> Void) {
    onLoop { $0.send(keepsRows: true, done) { $0.writePrepare(text, name: name) } }
  }

  /// Runs a prepared statement with parameters in text format. Its columns are those that `prepare` told.
  public func execute(
    _ name: String, parameters: [String?], keepsRows: Bool = true,
    _ done: @escaping @Sendable (PostgresReply) -> Void
  ) {
    onLoop { $0.send(keepsRows: keepsRows, done) { $0.writeExecute(name, parameters: parameters) } }
  }

  /// Told of every notice; replaces the last one told.
  public func onNotice(_ notice: @escaping @Sendable (PostgresNotice) -> Void) {
    onLoop { $0.notice = notice }
  }

  // MARK: The same for async code

  public func query(_ text: String) async throws -> [PostgresResult] {
    try await reply { self.query(text, $0) }
  }

  @discardableResult
  public func prepare(_ text: String, name: String) async throws -> PostgresResult {
    try await reply { self.prepare(text, name: name, $0) }.first ?? PostgresResult()
  }

  @discardableResult
  public func execute(_ name: String, parameters: [String?]) async throws -> PostgresResult {
    try await reply { self.execute(name, parameters: parameters, $0) }.first ?? PostgresResult()
  }

  /// A setting the server reported, as `server_version`.
  public func parameter(_ name: String) async throws -> String? {
    let handler = handler
    return try await eventLoop.submit { handler.value.parameters[name] }.get()
  }

  /// Asks the server, over a second connection, to cancel what this one runs.
  public func cancel() async throws {
    let handler = handler
    let key = try await eventLoop.submit { handler.value.backendKey }.get()
    guard let key, let address = channel.remoteAddress else { return }
    let second = try await ClientBootstrap(group: eventLoop).connect(to: address).get()
    var request = ByteBuffer()
    request.writeCancelRequest(processID: key.processID, secret: key.secret)
    try await second.writeAndFlush(request)
    // The server closes when it has passed the request on.
    try await second.closeFuture.get()
  }

  /// Says goodbye and closes; requests under way fail.
  public func close() async throws {
    onLoop { $0.terminate() }
    try await channel.closeFuture.get()
  }

  // MARK: -

  private func reply(
    _ request: (@escaping @Sendable (PostgresReply) -> Void) -> Void
  ) async throws -> [PostgresResult] {
    let reply = await withCheckedContinuation { continuation in
      request { continuation.resume(returning: $0) }
    }
    if let error = reply.error { throw error }
    return reply.results
  }

  private func onLoop(_ work: @escaping @Sendable (ClientHandler) -> Void) {
    if eventLoop.inEventLoop {
      work(handler.value)
    } else {
      let handler = handler
      eventLoop.execute { work(handler.value) }
    }
  }
}
