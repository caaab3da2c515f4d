import NIOCore
import RoostPlatform
import RoostRelational

/// The session's side of writing: into ``output`` freely, to the socket in chunks, and never faster than the client
/// reads.
extension PostgresConnection {
  /// Bytes a session may send before other connections of its loop get their turn.
  private static let bytesPerTurn = 1 << 20

  /// Sends what is there; waits while the client has more than enough unread. Throws when the client is gone or the
  /// statement was cancelled meanwhile.
  func deliver() async throws(SQLError) {
    deliveredBytes += output.readableBytes
    flush()
    guard let context = channelContext else { throw .connectionLost }
    if let pendingCancel { throw pendingCancel.error }
    if !context.channel.isWritable {
      deliveredBytes = 0
      if let error = await withCheckedContinuation({ writer = $0 }) { throw error }
    } else if deliveredBytes >= Self.bytesPerTurn {
      await giveWay()
    }
  }

  /// Lets the other sessions of the loop run; the executor sees to the sockets.
  func giveWay() async {
    deliveredBytes = 0
    handledMessages = 0
    if flushIsDue { flush() }
    await Task.yield()
  }

  func wakeWriter(_ error: SQLError?) {
    guard let waiting = writer else { return }
    writer = nil
    waiting.resume(returning: error)
  }

  func flush() {
    flushIsDue = false
    guard output.readableBytes > 0 else { return }
    guard let context = channelContext else {
      output.clear()
      return
    }
    context.writeAndFlush(wrapOutboundOut(output), promise: nil)
    hasWritten = true
    // Keeps the storage when the socket took everything, as it mostly does; a big one isn't worth keeping.
    if output.capacity > 2 * Self.chunk {
      output = ByteBuffer()
    } else {
      output.clear(minimumCapacity: 1024)
    }
  }

  func flushWithThisTick() {
    if flushIsScheduled { return }
    flushIsScheduled = true
    loop.execute {
      self.flushIsScheduled = false
      if self.flushIsDue { self.flush() }
    }
  }
}
