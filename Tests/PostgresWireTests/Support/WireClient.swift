import NIOCore
import NIOPosix
import Synchronization

/// The client's end of a real socket: sends exactly what a test says and hands out what comes back, message by message.
final class WireClient: Sendable {
  private let channel: any Channel
  private let inbox: Inbox

  static func connect(port: Int) async throws -> WireClient {
    let inbox = Inbox()
    let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      // A busy machine must not turn into a refusal.
      .connectTimeout(.seconds(60))
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(InboxHandler(inbox: inbox))
        }
      }
      // By number: a name's resolver would wait for a thread of the pool that busy tests share.
      .connect(to: SocketAddress(ipAddress: "127.0.0.1", port: port)).get()
    return WireClient(channel: channel, inbox: inbox)
  }

  /// Connects and starts a session; returns when it is ready.
  static func session(
    port: Int, user: String = "roost", database: String = "roost"
  ) async throws -> (client: WireClient, key: (processID: UInt32, secret: UInt32)) {
    let client = try await connect(port: port)
    client.send(.startup(user: user, database: database))
    var key: (processID: UInt32, secret: UInt32) = (0, 0)
    while let message = await client.next() {
      if message.type == "K" {
        key = message.body.getMultipleIntegers(at: message.body.readerIndex, as: (UInt32, UInt32).self) ?? key
      }
      if message.type == "Z" { return (client, key) }
      if message.type == "E" { throw Unexpected(line: message.line) }
    }
    throw Unexpected(line: "the server hung up")
  }

  struct Unexpected: Error { var line: String }

  private init(channel: any Channel, inbox: Inbox) {
    self.channel = channel
    self.inbox = inbox
  }

  func send(_ messages: ClientMessage...) { send(messages) }

  func send(_ messages: [ClientMessage]) {
    channel.writeAndFlush(ByteBuffer(messages), promise: nil)
  }

  /// The next message, or nil when the server has hung up.
  func next() async -> ServerMessageText? { await inbox.next() }

  /// One byte outside of any message: the answer to an encryption request.
  func nextByte() async -> UInt8? { await inbox.nextByte() }

  /// Sends, then collects the answers up to and with `count` ReadyForQuery messages, or all if the server hangs up.
  func exchange(_ messages: ClientMessage..., ready count: Int = 1) async -> [String] {
    send(messages)
    return await lines(untilReady: count)
  }

  func lines(untilReady count: Int = 1) async -> [String] {
    var lines: [String] = []
    var ready = 0
    while ready < count, let message = await next() {
      lines.append(message.line)
      if message.type == "Z" { ready += 1 }
    }
    return lines
  }

  /// Everything until the server hangs up.
  func remainingLines() async -> [String] { await lines(untilReady: .max) }

  func setReading(_ enabled: Bool) async throws {
    try await channel.setOption(.autoRead, value: enabled).get()
    if enabled { channel.read() }
  }

  /// Closes the sending side; answers are still read.
  func closeSending() async { try? await channel.close(mode: .output) }

  func close() async { try? await channel.close() }
}

/// What has come and who waits for it.
private final class Inbox: Sendable {
  private struct State {
    var bytes = ByteBuffer()
    var closed = false
    var waiter: CheckedContinuation<Void, Never>?
  }

  private let state = Mutex(State())

  func received(_ bytes: ByteBuffer) {
    var bytes = bytes
    wake { $0.bytes.writeBuffer(&bytes) }
  }

  func closed() { wake { $0.closed = true } }

  private func wake(_ change: (inout State) -> Void) {
    let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
      change(&state)
      defer { state.waiter = nil }
      return state.waiter
    }
    waiter?.resume()
  }

  func next() async -> ServerMessageText? { await take { ServerMessageText(&$0) } }

  func nextByte() async -> UInt8? { await take { $0.readInteger() } }

  private func take<Value: Sendable>(_ read: @Sendable (inout ByteBuffer) -> Value?) async -> Value? {
    while true {
      let (value, closed) = state.withLock { state -> (Value?, Bool) in
        let value = read(&state.bytes)
        if state.bytes.readerIndex > 1 << 20 || state.bytes.readableBytes == 0 { state.bytes.discardReadBytes() }
        return (value, state.closed)
      }
      if value != nil || closed { return value }
      await withCheckedContinuation { continuation in
        let ready = state.withLock { state -> Bool in
          if state.closed { return true }
          // It may have come since.
          var peeked = state.bytes
          if read(&peeked) != nil { return true }
          state.waiter = continuation
          return false
        }
        if ready { continuation.resume() }
      }
    }
  }
}

private final class InboxHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let inbox: Inbox

  init(inbox: Inbox) { self.inbox = inbox }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) { inbox.received(unwrapInboundIn(data)) }

  func channelInactive(context: ChannelHandlerContext) { inbox.closed() }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
