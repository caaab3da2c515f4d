import NIOCore
import RoostPlatform
import RoostRaft

/// The calling side of the handshake: sends a ``Hello``, waits for the ``Welcome`` and makes room for the handler of
/// the established connection. Reports exactly once, also when the channel never becomes active.
// @unchecked: touched on the channel's event loop only.
final class CallerHandshake: ChannelInboundHandler, RemovableChannelHandler, @unchecked Sendable {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer
  /// Returns what shall speak from now on; nil closes the connection.
  typealias Completion = @Sendable (Result<Welcome, TransportError>) -> FramedConnection?

  private let hello: Hello
  private let address: PeerAddress
  private let timeout: TimeAmount
  private var completion: Completion?
  private var deadline: Scheduled<Void>?
  private var received = ByteBuffer()

  init(hello: Hello, address: PeerAddress, timeout: TimeAmount, completion: @escaping Completion) {
    self.hello = hello
    self.address = address
    self.timeout = timeout
    self.completion = completion
  }

  /// The connection could not be made at all.
  func connectFailed(_ error: any Error) {
    if case ChannelError.connectTimeout = error {
      _ = report(.failure(.timedOut(address)))
    } else {
      _ = report(.failure(.cannotConnect(address, reason: systemReason(of: error))))
    }
  }

  func channelActive(context: ChannelHandlerContext) {
    let channel = context.channel
    deadline = context.eventLoop.scheduleTask(in: timeout) {
      _ = self.report(.failure(.timedOut(self.address)))
      channel.close(promise: nil)
    }
    context.writeAndFlush(wrapOutboundOut(hello.encoded()), promise: nil)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard completion != nil else { return }
    var bytes = unwrapInboundIn(data)
    received.writeBuffer(&bytes)
    let welcome: Welcome
    do throws(HandshakeRejection) {
      guard let complete = try Welcome.read(from: &received) else { return }
      welcome = complete
    } catch {
      fail(context, error == .notRoost ? .notRoost(address) : .rejected(address, error))
      return
    }
    if let rejection = welcome.rejection ?? judge(welcome) {
      fail(context, .rejected(address, rejection))
      return
    }
    guard let connection = report(.success(welcome)) else {
      context.close(promise: nil)
      return
    }
    succeed(context, with: connection)
  }

  private func judge(_ welcome: Welcome) -> HandshakeRejection? {
    if hello.cluster != 0, welcome.cluster != hello.cluster { return .otherCluster }
    if hello.target != .none, welcome.answerer != hello.target { return .otherNode }
    return nil
  }

  private func succeed(_ context: ChannelHandlerContext, with connection: FramedConnection) {
    let rest = received
    received = ByteBuffer()
    do {
      try context.pipeline.syncOperations.addHandler(connection, position: .after(self))
    } catch {
      connection.close(.failed(systemReason(of: error)))
      context.close(promise: nil)
      return
    }
    if rest.readableBytes > 0 { context.fireChannelRead(NIOAny(rest)) }
    context.pipeline.syncOperations.removeHandler(self, promise: nil)
  }

  private func fail(_ context: ChannelHandlerContext, _ error: TransportError) {
    _ = report(.failure(error))
    context.close(promise: nil)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    fail(context, .cannotConnect(address, reason: systemReason(of: error)))
  }

  func channelInactive(context: ChannelHandlerContext) {
    _ = report(.failure(.cannotConnect(address, reason: "closed by the other side")))
    context.fireChannelInactive()
  }

  private func report(_ result: Result<Welcome, TransportError>) -> FramedConnection? {
    deadline?.cancel()
    deadline = nil
    guard let completion else { return nil }
    self.completion = nil
    return completion(result)
  }
}
