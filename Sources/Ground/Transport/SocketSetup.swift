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
  /// Begins small: most that strangers open never carries more than a greeting.
  static let receiveAllocator = AdaptiveRecvByteBufferAllocator(minimum: 2 << 10, initial: 2 << 10, maximum: 128 << 10)

  /// The kernel's keep-alive closes what a vanished client leaves behind; nodes are watched by pings besides.
  static let keepAlive = KeepAlive(idle: 15, interval: 5, attempts: 3)

  /// TCP options of the calling side; the ``Acceptor`` sets the same on the other. No Nagle: batches are made here, not in
  /// the kernel.
  private static let socketOptions: [(option: ChannelOptions.Types.SocketOption, value: SocketOptionValue)] = {
    var options: [(option: ChannelOptions.Types.SocketOption, value: SocketOptionValue)] = [
      (.tcpOption(.tcp_nodelay), 1), (.socketOption(.so_keepalive), 1),
    ]
    #if os(Linux)
      options += [
        (.tcpOption(NIOBSDSocket.Option(rawValue: TCP_KEEPIDLE)), SocketOptionValue(keepAlive.idle)),
        (.tcpOption(NIOBSDSocket.Option(rawValue: TCP_KEEPINTVL)), SocketOptionValue(keepAlive.interval)),
        (.tcpOption(NIOBSDSocket.Option(rawValue: TCP_KEEPCNT)), SocketOptionValue(keepAlive.attempts)),
      ]
    #endif
    return options
  }()

  /// What SwiftNIO has to know of a connection, whichever side made it.
  private static func configureQueues(of channel: any Channel) throws {
    guard let options = channel.syncOptions else { return }
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
          if let options = channel.syncOptions {
            for (option, value) in socketOptions { try options.setOption(option, value: value) }
          }
          try configureQueues(of: channel)
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

  /// Makes a channel of an accepted connection, which `accepted` gives its handlers. It may be called from any thread;
  /// `accepted` runs on the loop.
  static func adopt(
    _ socket: AcceptedSocket, on eventLoop: any EventLoop, accepted: @escaping @Sendable (any Channel) throws -> Void
  ) {
    // A loop that has ended drops this, and with it the socket, which is closed.
    eventLoop.execute {
      _ = ClientBootstrap(group: eventLoop)
        .channelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            try configureQueues(of: channel)
            try accepted(channel)
          }
        }
        .withConnectedSocket(socket.take())
    }
  }
}
