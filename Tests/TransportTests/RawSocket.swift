import NIOCore
import NIOPosix
import RoostBase
import RoostPlatform

@testable import RoostTransport

/// A bare TCP connection, for sending what no honest peer sends.
final class RawSocket: Sendable {
  struct State: Sendable {
    var received: [UInt8] = []
    var isClosed = false
  }

  let channel: any Channel
  let state: Observed<State>

  private init(channel: any Channel, state: Observed<State>) {
    self.channel = channel
    self.state = state
  }

  static func connect(to address: PeerAddress) async throws -> RawSocket {
    let state = Observed(State())
    let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      // A busy machine must not turn into a refusal.
      .connectTimeout(.seconds(60))
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(Collector(state))
        }
      }
      // By number: a name's resolver would wait for a thread of the pool that busy tests share.
      .connect(to: SocketAddress(ipAddress: address.host, port: address.port)).get()
    return RawSocket(channel: channel, state: state)
  }

  /// Connects and completes the handshake.
  static func connect(to node: TestNode, as role: Hello.Role, caller: NodeID = NodeID(9)) async throws -> RawSocket {
    let socket = try await connect(to: node.address)
    socket.send(hello(to: node, as: role, caller: caller))
    try await socket.state.wait("welcome") { $0.received.count >= Hello.size }
    return socket
  }

  static func hello(to node: TestNode, as role: Hello.Role, caller: NodeID = NodeID(9)) -> ByteBuffer {
    Hello(role: role, cluster: TestNode.cluster, caller: caller, target: node.id).encoded()
  }

  func send(_ bytes: ByteBuffer) { channel.writeAndFlush(bytes, promise: nil) }
  func send(_ bytes: [UInt8]) { send(ByteBuffer(bytes: bytes)) }
  func close() { channel.close(promise: nil) }

  var welcome: Welcome? {
    var bytes = ByteBuffer(bytes: state.value.received)
    return try? Welcome.read(from: &bytes)
  }

  private final class Collector: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer
    let state: Observed<State>

    init(_ state: Observed<State>) { self.state = state }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      let bytes = unwrapInboundIn(data)
      state.change { $0.received += bytes.readableBytesView }
    }

    func channelInactive(context: ChannelHandlerContext) {
      state.change { $0.isClosed = true }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
      context.close(promise: nil)
    }
  }
}

/// A listener that greets like a node and then reads nothing, or reads and never answers.
final class DeafNode: Sendable {
  let channel: any Channel
  let address: PeerAddress
  let node: NodeID

  static func start(_ node: UInt64, reads: Bool) async throws -> DeafNode {
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(Greeter(NodeID(node), reads: reads))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    return DeafNode(channel: channel, node: NodeID(node))
  }

  private init(channel: any Channel, node: NodeID) {
    self.channel = channel
    self.node = node
    address = PeerAddress(host: "127.0.0.1", port: channel.localAddress?.port ?? 0)
  }

  private final class Greeter: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer
    let node: NodeID
    let reads: Bool

    init(_ node: NodeID, reads: Bool) {
      self.node = node
      self.reads = reads
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      var bytes = unwrapInboundIn(data)
      guard bytes.readableBytes == Hello.size, (try? Hello.read(from: &bytes)) != nil else { return }
      let welcome = Welcome(rejection: nil, cluster: TestNode.cluster, answerer: node)
      context.writeAndFlush(wrapOutboundOut(welcome.encoded()), promise: nil)
      if !reads { context.channel.setOption(.autoRead, value: false).whenComplete { _ in } }
    }
  }
}

/// A listener that demands a secret and turns everybody away at once: the challenge and the verdict leave together.
final class HastyNode: Sendable {
  let channel: any Channel
  var address: PeerAddress { PeerAddress(host: "127.0.0.1", port: channel.localAddress?.port ?? 0) }

  private init(_ channel: any Channel) { self.channel = channel }

  static func start(_ secret: JoinSecret, _ rejection: HandshakeRejection) async throws -> HastyNode {
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(Refuser(secret, rejection))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    return HastyNode(channel)
  }

  private final class Refuser: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer
    private var exchange: AnswererExchange
    private let rejection: HandshakeRejection
    private var received = ByteBuffer()

    init(_ secret: JoinSecret, _ rejection: HandshakeRejection) {
      exchange = AnswererExchange(.secret(secret))
      self.rejection = rejection
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      var bytes = unwrapInboundIn(data)
      received.writeBuffer(&bytes)
      guard case .send(var answer)? = try? exchange.received(&received),
        var verdict = exchange.answer(rejection, cluster: TestNode.cluster, node: NodeID(1))
      else { return }
      answer.writeBuffer(&verdict)
      context.writeAndFlush(wrapOutboundOut(answer), promise: nil)
      context.close(promise: nil)
    }
  }
}
