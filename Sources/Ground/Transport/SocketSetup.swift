import NIOCore
import NIOPosix
import RoostPlatform

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// How the sockets of the peer port are made, on both sides.
enum SocketSetup {
  /// SwiftNIO's own queue is kept short: what waits is counted and bounded by ``FramedConnection``.
  static let waterMark = ChannelOptions.Types.WriteBufferWaterMark(low: 16 << 10, high: 32 << 10)
  static let receiveAllocator = AdaptiveRecvByteBufferAllocator(minimum: 2 << 10, initial: 16 << 10, maximum: 128 << 10)

  /// Options of a connected TCP socket, whichever side made it. No Nagle: batches are made here, not in the kernel.
  /// The kernel's keep-alive closes what a vanished client leaves behind; nodes are watched by pings besides.
  static func configure(_ channel: any Channel) throws {
    guard let options = channel.syncOptions else { return }
    try options.setOption(.tcpOption(.tcp_nodelay), value: 1)
    try options.setOption(.socketOption(.so_keepalive), value: 1)
    #if os(Linux)
      try options.setOption(.tcpOption(NIOBSDSocket.Option(rawValue: TCP_KEEPIDLE)), value: 15)
      try options.setOption(.tcpOption(NIOBSDSocket.Option(rawValue: TCP_KEEPINTVL)), value: 5)
      try options.setOption(.tcpOption(NIOBSDSocket.Option(rawValue: TCP_KEEPCNT)), value: 3)
    #endif
    try options.setOption(.writeBufferWaterMark, value: waterMark)
    try options.setOption(.recvAllocator, value: receiveAllocator)
  }

  /// Connects and begins the handshake, which reports what becomes of it. `made` sees the channel first.
  static func connect(
    to address: PeerAddress, on eventLoop: any EventLoop, timeout: Duration, _ handshake: CallerHandshake,
    made: @escaping @Sendable (any Channel) -> Void
  ) {
    let bootstrap = ClientBootstrap(group: eventLoop)
      .connectTimeout(TimeAmount(timeout))
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try configure(channel)
          made(channel)
          try channel.pipeline.syncOperations.addHandler(handshake)
        }
      }
    // An address that needs no resolver is spared the resolver's thread.
    let connected =
      if let numeric = try? SocketAddress(ipAddress: address.host, port: address.port) {
        bootstrap.connect(to: numeric)
      } else {
        bootstrap.connect(host: address.host, port: address.port)
      }
    connected.whenFailure { handshake.connectFailed($0) }
  }

  static func listen(
    on address: PeerAddress, eventLoop: any EventLoop,
    accepted: @escaping @Sendable (any Channel) throws -> Void
  ) -> EventLoopFuture<any Channel> {
    let bootstrap = ServerBootstrap(group: eventLoop)
      .serverChannelOption(.backlog, value: 512)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try configure(channel)
          try accepted(channel)
        }
      }
    return if let numeric = try? SocketAddress(ipAddress: address.host, port: address.port) {
      bootstrap.bind(to: numeric)
    } else {
      bootstrap.bind(host: address.host, port: address.port)
    }
  }
}
