import NIOCore

/// Writes each connection once at the end of an event-loop tick, however many payloads it was given in it.
///
/// The first payload of a tick queues one piece of work behind everything that is already due; when it runs, all
/// that was handed over meanwhile leaves in one system call per connection.
// @unchecked: touched on `eventLoop` only.
final class TickFlusher: @unchecked Sendable {
  private let eventLoop: any EventLoop
  private var waiting: [FramedConnection] = []
  /// The array of the previous tick, kept for its capacity.
  private var spare: [FramedConnection] = []
  private var isScheduled = false

  init(eventLoop: any EventLoop) {
    self.eventLoop = eventLoop
  }

  func enqueue(_ connection: FramedConnection) {
    waiting.append(connection)
    guard !isScheduled else { return }
    isScheduled = true
    eventLoop.execute { self.flush() }
  }

  private func flush() {
    isScheduled = false
    var batch = spare
    swap(&batch, &waiting)
    spare = []
    for connection in batch { connection.tickEnded() }
    batch.removeAll(keepingCapacity: true)
    spare = batch
  }
}
