import NIOCore
import NIOPosix

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Runs something after an event loop has looked at its sockets.
///
/// A loop offers no such thing: work that is handed to it runs before the next poll, and so does a timer whose time
/// has come, which on a busy machine it always has. But bytes arrive only by polling. So the gate is a pipe that the
/// loop reads from: one byte written to it comes back together with whatever else has arrived meanwhile.
final class PollGate: ChannelInboundHandler, @unchecked Sendable {  // touched on its event loop only
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private var context: ChannelHandlerContext?
  private var waiting: (@Sendable () -> Void)?
  private static let byte = ByteBuffer(integer: 0 as UInt8)

  /// Opens a gate; nil when the process has no descriptors left or the platform no pipes.
  static func open(on eventLoop: any EventLoop) async -> PollGate? {
    var ends: [CInt] = [-1, -1]
    guard pipe(&ends) == 0 else { return nil }
    let gate = PollGate()
    do {
      _ = try await NIOPipeBootstrap(group: eventLoop)
        .channelInitializer { channel in
          channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(gate) }
        }
        .takingOwnershipOfDescriptors(input: ends[0], output: ends[1]).get()
      return gate
    } catch {
      // The bootstrap leaves the descriptors to the caller when it fails.
      for end in ends { closeDescriptor(end) }
      return nil
    }
  }

  /// Runs `work` after the next poll; one piece at a time. False when the gate is closed.
  func afterPoll(_ work: @escaping @Sendable () -> Void) -> Bool {
    guard let context else { return false }
    precondition(waiting == nil, "the gate is passed one at a time")
    waiting = work
    context.writeAndFlush(wrapOutboundOut(Self.byte), promise: nil)
    return true
  }

  func close() { context?.close(promise: nil) }

  func channelActive(context: ChannelHandlerContext) { self.context = context }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) { pass() }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

  func channelInactive(context: ChannelHandlerContext) {
    self.context = nil
    pass()
  }

  private func pass() {
    let work = waiting
    waiting = nil
    work?()
  }
}

/// `close`, out of the way of the gate's own.
private func closeDescriptor(_ descriptor: CInt) { _ = close(descriptor) }
