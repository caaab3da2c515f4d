import NIOCore
import RoostBase
import RoostPlatform

/// A SwiftNIO event loop as a ``Loop``: what the node's transport provides in production, in its plainest form.
final class EventLoopLoop: Loop {
  private let eventLoop: any EventLoop

  init(_ eventLoop: any EventLoop) { self.eventLoop = eventLoop }

  var now: Instant { Instant(nanoseconds: Int64(NIODeadline.now().uptimeNanoseconds)) }
  var isCurrent: Bool { eventLoop.inEventLoop }

  func execute(_ work: @escaping @Sendable () -> Void) { eventLoop.execute(work) }

  func schedule(at deadline: Instant, _ work: @escaping @Sendable () -> Void) -> any LoopTimer {
    let deadline = NIODeadline.uptimeNanoseconds(UInt64(max(0, deadline.nanoseconds)))
    return Timer(scheduled: eventLoop.scheduleTask(deadline: deadline, work))
  }

  private final class Timer: LoopTimer {
    private let scheduled: Scheduled<Void>

    init(scheduled: Scheduled<Void>) { self.scheduled = scheduled }

    func cancel() { scheduled.cancel() }
  }
}
