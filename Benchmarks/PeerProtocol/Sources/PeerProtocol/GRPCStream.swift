import NIOCore
import NIOHPACK
import NIOHTTP2
import NIOPosix
import RoostTransport

/// One bidirectional gRPC call between two nodes: an HTTP/2 stream with a `ChannelHandler`, messages framed by gRPC's
/// five bytes. It gets what the frames have (one write a tick, the same socket options) and large windows, so that
/// updates of flow control hardly count.
enum GRPCStream {
  private static let window = 8 << 20

  static func run(_ load: Load, port: Int, isChecked: Bool) async throws {
    if load.isAsking {
      try await ask(load, port, isChecked)
    } else {
      try await answer(load, port, isChecked)
    }
  }

  private static var connection: NIOHTTP2Handler.ConnectionConfiguration {
    var configuration = NIOHTTP2Handler.ConnectionConfiguration()
    configuration.initialSettings = [
      HTTP2Setting(parameter: .maxConcurrentStreams, value: 100),
      HTTP2Setting(parameter: .maxHeaderListSize, value: 16 << 10),
      HTTP2Setting(parameter: .initialWindowSize, value: window),
      HTTP2Setting(parameter: .maxFrameSize, value: 1 << 20),
    ]
    configuration.targetWindowSize = window
    return configuration
  }

  private static var stream: NIOHTTP2Handler.StreamConfiguration {
    var configuration = NIOHTTP2Handler.StreamConfiguration()
    configuration.targetWindowSize = window
    configuration.outboundBufferSizeHighWatermark = 64 << 10
    configuration.outboundBufferSizeLowWatermark = 32 << 10
    return configuration
  }

  private static func answer(_ load: Load, _ port: Int, _ isChecked: Bool) async throws {
    _ = try await ServerBootstrap(group: load.loop.eventLoop)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelInitializer { channel in
        channel.configureHTTP2Pipeline(
          mode: .server, connectionConfiguration: connection, streamConfiguration: stream
        ) { stream in
          stream.eventLoop.makeCompletedFuture {
            try stream.pipeline.syncOperations.addHandler(MessageHandler(load, isChecked))
          }
        }.map { _ in }
      }
      .bind(host: "127.0.0.1", port: port).get()
  }

  private static func ask(_ load: Load, _ port: Int, _ isChecked: Bool) async throws {
    let multiplexer = try await ClientBootstrap(group: load.loop.eventLoop)
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .connect(host: "127.0.0.1", port: port)
      .flatMap { channel in
        channel.configureHTTP2Pipeline(
          mode: .client, connectionConfiguration: connection, streamConfiguration: stream
        ) { stream in stream.eventLoop.makeSucceededVoidFuture() }
      }
      .get()
    load.loop.execute {
      multiplexer.createStreamChannel(promise: nil) { stream in
        stream.eventLoop.makeCompletedFuture {
          try stream.pipeline.syncOperations.addHandler(MessageHandler(load, isChecked))
        }
      }
    }
  }
}

/// Messages over one stream, either side.
// @unchecked: touched on its channel's event loop only.
private final class MessageHandler: ChannelInboundHandler, @unchecked Sendable {
  typealias InboundIn = HTTP2Frame.FramePayload
  typealias OutboundOut = HTTP2Frame.FramePayload

  private let load: Load
  /// gRPC's flag and length, and the checksum if there is one.
  private let headerSize: Int
  private let isChecked: Bool
  private var context: ChannelHandlerContext?
  private var incoming = ByteBuffer()
  private var outgoing = ByteBuffer()
  private var isScheduled = false

  init(_ load: Load, _ isChecked: Bool) {
    self.load = load
    self.isChecked = isChecked
    headerSize = isChecked ? 9 : 5
  }

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }
  func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

  func channelActive(context: ChannelHandlerContext) {
    guard load.isAsking else { return }
    let headers: HPACKHeaders = [
      ":method": "POST", ":scheme": "http", ":path": "/roost.Peer/Exchange", ":authority": "peer",
      "content-type": "application/grpc", "te": "trailers",
    ]
    context.writeAndFlush(wrapOutboundOut(.headers(.init(headers: headers))), promise: nil)
    load.start { send($0) }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .headers:
      guard !load.isAsking else { return }
      let headers: HPACKHeaders = [":status": "200", "content-type": "application/grpc"]
      context.writeAndFlush(wrapOutboundOut(.headers(.init(headers: headers))), promise: nil)
    case .data(let data):
      guard case .byteBuffer(var bytes) = data.data else { return }
      if incoming.readableBytes == 0 {
        read(&bytes)
        if bytes.readableBytes > 0 { incoming.writeBuffer(&bytes) }
      } else {
        incoming.writeBuffer(&bytes)
        read(&incoming)
        if incoming.readableBytes == 0 { incoming.clear() } else { incoming.discardReadBytes() }
      }
    default: break
    }
  }

  private func read(_ bytes: inout ByteBuffer) {
    while let length = bytes.getInteger(at: bytes.readerIndex + 1, as: UInt32.self),
      bytes.readableBytes >= 5 + Int(length)
    {
      let size = 5 + Int(length)
      let message: [UInt8]? = bytes.withUnsafeReadableBytes { all in
        let source = UnsafeRawBufferPointer(rebasing: all[headerSize..<size])
        guard isChecked else { return [UInt8](source) }
        let crc = UInt32(littleEndian: all.loadUnaligned(fromByteOffset: 5, as: UInt32.self))
        return CRC32C.shared.extend(0, with: source) == crc ? [UInt8](source) : nil
      }
      guard let message else {
        context?.close(promise: nil)
        return
      }
      bytes.moveReaderIndex(forwardBy: size)
      load.arrived(message) { send($0) }
    }
  }

  private func send(_ message: [UInt8]) {
    let size = headerSize + message.count
    outgoing.writeWithUnsafeMutableBytes(minimumWritableBytes: size) { target in
      target[0] = 0
      target.storeBytes(of: UInt32(size - 5).bigEndian, toByteOffset: 1, as: UInt32.self)
      message.withUnsafeBytes { source in
        if isChecked {
          let crc = CRC32C.shared.extend(0, with: source)
          target.storeBytes(of: crc.littleEndian, toByteOffset: 5, as: UInt32.self)
        }
        UnsafeMutableRawBufferPointer(rebasing: target[headerSize..<size]).copyMemory(from: source)
      }
      return size
    }
    guard !isScheduled else { return }
    isScheduled = true
    context?.eventLoop.execute { self.flush() }
  }

  private func flush() {
    isScheduled = false
    guard let context, outgoing.readableBytes > 0 else { return }
    var batch = ByteBuffer()
    swap(&batch, &outgoing)
    context.writeAndFlush(wrapOutboundOut(.data(.init(data: .byteBuffer(batch)))), promise: nil)
    batch.clear()
    outgoing = batch
  }
}
