import NIOCore
import RoostBase
import RoostPlatform

/// The answering side of the handshake: performs what ``AnswererExchange`` says, and asks the network whether a caller
/// may stay.
// @unchecked: touched on the channel's event loop only.
final class AnswererHandshake: ChannelInboundHandler, RemovableChannelHandler, @unchecked Sendable {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private weak var network: TCPPeerNetwork?
  private let serial: UInt64
  private var exchange: AnswererExchange
  private var deadline: (any LoopTimer)?
  private var received = ByteBuffer()
  private var context: ChannelHandlerContext?

  /// `serial` orders the handshakes under way by age.
  init(network: TCPPeerNetwork, serial: UInt64) {
    self.network = network
    self.serial = serial
    exchange = AnswererExchange(network.authentication)
  }

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    guard let network else { return }
    deadline = network.nioLoop.schedule(at: network.nioLoop.now + network.configuration.handshakeTimeout) {
      self.turnAway(.tooSlow)
    }
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    self.context = nil
    settle()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var bytes = unwrapInboundIn(data)
    received.writeBuffer(&bytes)
    guard let network, deadline != nil else { return }
    do throws(HandshakeRejection) {
      switch try exchange.received(&received) {
      case .wait: break
      case .send(let bytes): context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
      case .judge(let hello, let security):
        establish(try network.admit(hello, security, remote: context.channel.remoteText), context, network)
      }
    } catch {
      turnAway(error)
    }
  }

  private func establish(_ connection: FramedConnection, _ context: ChannelHandlerContext, _ network: TCPPeerNetwork) {
    settle()
    answer(context, nil)
    let rest = received
    received = ByteBuffer()
    do {
      try context.pipeline.syncOperations.addHandler(connection, position: .after(self))
    } catch {
      context.close(promise: nil)
      return
    }
    network.established(connection)
    if rest.readableBytes > 0 { context.fireChannelRead(NIOAny(rest)) }
    context.pipeline.syncOperations.removeHandler(self, promise: nil)
  }

  /// Says why, to those who would understand, and closes.
  func turnAway(_ rejection: HandshakeRejection) {
    guard deadline != nil, let context else { return }
    settle()
    network?.report(rejection, of: context.remoteAddress)
    answer(context, rejection)
    context.close(promise: nil)
  }

  private func answer(_ context: ChannelHandlerContext, _ rejection: HandshakeRejection?) {
    guard let network,
      let bytes = exchange.answer(rejection, cluster: network.clusterID, node: network.node)
    else { return }
    context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }

  private func settle() {
    deadline?.cancel()
    deadline = nil
    network?.handshakeSettled(serial)
  }
}

extension Channel {
  /// Where the connection comes from.
  var source: ConnectionSource { remoteAddress?.ipAddress.map(ConnectionSource.init) ?? .unknown }

  /// The remote address as an operator writes it.
  var remoteText: String { (remoteAddress?.peerAddress).text }
}

extension SocketAddress {
  /// Nil for other families than the internet's.
  var peerAddress: PeerAddress? { ipAddress.map { PeerAddress(host: $0, port: port ?? 0) } }
}

extension PeerAddress? {
  /// As an operator writes it.
  var text: String { self?.description ?? "unknown" }
}
