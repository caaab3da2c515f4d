import NIOCore
import RoostBase
import RoostPlatform
import RoostRelational
import RoostSQL

/// A client whose input has ended: it has closed its sending side and reads on, as `printf … | nc` does, or all of its
/// socket, or it is dead. All three look the same: only bytes that are sent to it tell them apart, for nobody's socket
/// answers them with a reset.
///
/// PostgreSQL answers what it has received, and notices at its next message to the client that there is none. So does
/// this, but a statement must not outlive its client by more than a moment. So while a statement is under way that writes
/// nothing, the client is sent a setting that it knows already. Every client takes such a message at any time; of one that is gone the
/// connection breaks, which ends the statement.
extension PostgresConnection {
  /// After the end of the input. Most statements end before that, and then nothing is asked.
  private static let probeDelay = Duration.milliseconds(50)
  /// A client that reads on may yet go.
  private static let probeInterval = Duration.milliseconds(150)
  private static let probedParameter = "integer_datetimes"
  /// For the last quarter of a mebibyte on a slow line.
  private static let lastWriteLimit = Duration.seconds(10)

  /// Nothing more will come: the session ends once it has handled what has arrived.
  func inputClosed() {
    switch phase {
    case .startup, .lingering: channelContext?.close(promise: nil)
    case .session:
      isInputClosed = true
      hasWritten = false
      if reader != nil { end(.clientGone) } else { probe(after: Self.probeDelay) }
    case .closed: break
    }
  }

  private func probe(after delay: Duration) {
    loop.schedule(at: loop.now + delay) { [weak self] in
      guard let self, case .session = phase, let context = channelContext else { return }
      // What was written, or waits to be, asks as well.
      if !hasWritten, context.channel.isWritable, let value = session?.parameterStatus(Self.probedParameter) {
        output.writeParameterStatus(Self.probedParameter, value)
        flush()
      }
      hasWritten = false
      probe(after: Self.probeInterval)
    }
  }

  /// Closes once the client has what was written; one that does not read is not waited for.
  func closeWhenWritten() {
    guard let context = channelContext else { return }
    flush()
    phase = .lingering
    context.writeAndFlush(wrapOutboundOut(ByteBuffer())).whenComplete { [weak self] _ in
      self?.channelContext?.close(promise: nil)
    }
    // Mostly the socket has taken all of it by now.
    guard channelContext != nil else { return }
    loop.schedule(at: loop.now + Self.lastWriteLimit) { [weak self] in self?.channelContext?.close(promise: nil) }
  }
}
