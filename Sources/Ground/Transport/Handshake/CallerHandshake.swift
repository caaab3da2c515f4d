import NIOCore
import RoostBase
import RoostPlatform

/// The calling side of the handshake: performs what ``CallerExchange`` says and makes room for the handler of the
/// established connection. Reports exactly once, also when the channel never becomes active.
// @unchecked: touched on the channel's event loop only.
final class CallerHandshake: ChannelInboundHandler, RemovableChannelHandler, @unchecked Sendable {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer
  /// Returns what shall speak from now on; nil closes the connection.
  typealias Completion = @Sendable (Result<Established, TransportError>) -> FramedConnection?

  private var exchange: CallerExchange
  private let address: PeerAddress
  private let timeout: TimeAmount
  private var completion: Completion?
  private var deadline: Scheduled<Void>?
  private var received = ByteBuffer()

  init(
    _ exchange: CallerExchange, address: PeerAddress, timeout: TimeAmount, completion: @escaping Completion
  ) {
    self.exchange = exchange
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
    context.writeAndFlush(wrapOutboundOut(exchange.begin()), promise: nil)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard completion != nil else { return }
    var bytes = unwrapInboundIn(data)
    received.writeBuffer(&bytes)
    do throws(HandshakeRejection) {
      // Whoever turns a caller away at once sends the challenge and the verdict together.
      while true {
        switch try exchange.received(&received) {
        case .wait: return
        case .send(let bytes): context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
        case .established(let established):
          guard let connection = report(.success(established)) else {
            context.close(promise: nil)
            return
          }
          return succeed(context, with: connection)
        }
      }
    } catch {
      fail(context, error == .notRoost ? .notRoost(address) : .rejected(address, error))
    }
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

  private func report(_ result: Result<Established, TransportError>) -> FramedConnection? {
    deadline?.cancel()
    deadline = nil
    guard let completion else { return nil }
    self.completion = nil
    return completion(result)
  }
}
