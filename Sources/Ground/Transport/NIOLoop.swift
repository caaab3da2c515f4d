public import NIOCore
public import RoostBase
public import RoostPlatform

/// A SwiftNIO event loop as the node's ``Loop``: production's serial executor and clock.
///
/// Timers live in a heap of this object's own and only the earliest is known to SwiftNIO, so that setting and
/// cancelling one costs O(log n) and no allocation inside SwiftNIO: timeouts that rarely fire are cheap.
// @unchecked: `timers`, `armed…` and the timers themselves are touched on `eventLoop` only.
public final class NIOLoop: Loop, @unchecked Sendable {
  public let eventLoop: any EventLoop

  private var timers = TimerHeap()
  private var nextSequence: UInt64 = 0
  private var armed: NIOScheduledCallback?
  private var armedDeadline = Instant.distantFuture

  public init(_ eventLoop: any EventLoop) {
    self.eventLoop = eventLoop
  }

  /// `CLOCK_MONOTONIC`, which all loops of a process share.
  public var now: Instant {
    Instant(nanoseconds: Int64(truncatingIfNeeded: NIODeadline.now().uptimeNanoseconds))
  }

  public var isCurrent: Bool { eventLoop.inEventLoop }

  public func execute(_ work: @escaping @Sendable () -> Void) {
    eventLoop.execute(work)
  }

  @discardableResult
  public func schedule(at deadline: Instant, _ work: @escaping @Sendable () -> Void) -> any LoopTimer {
    let timer = HeapTimer(loop: self, deadline: deadline, work: work)
    if eventLoop.inEventLoop {
      insert(timer)
    } else {
      eventLoop.execute { self.insert(timer) }
    }
    return timer
  }

  private func insert(_ timer: HeapTimer) {
    // Cancelled before it got here from another thread.
    guard timer.isPending else { return }
    timer.sequence = nextSequence
    nextSequence += 1
    timers.insert(timer)
    arm()
  }

  fileprivate func cancel(_ timer: HeapTimer) {
    guard eventLoop.inEventLoop else {
      eventLoop.execute { self.cancel(timer) }
      return
    }
    _ = timer.takeWork()
    // SwiftNIO's callback stays armed: waking once for nothing is cheaper than re-arming at every cancellation.
    timers.remove(timer)
  }

  private func arm() {
    guard let first = timers.first, first.deadline < armedDeadline else { return }
    armed?.cancel()
    armed = nil
    let deadline = NIODeadline.uptimeNanoseconds(UInt64(max(0, first.deadline.nanoseconds)))
    // Fails only if the event loop has shut down: then nothing runs any more.
    armed = try? eventLoop.scheduleCallback(at: deadline, handler: self)
    armedDeadline = first.deadline
  }
}

extension NIOLoop: NIOScheduledCallbackHandler {
  public func handleScheduledCallback(eventLoop: some EventLoop) {
    armed = nil
    armedDeadline = .distantFuture
    let now = self.now
    // Timers set by the work below wait for the next round, so that one that re-arms itself in the past cannot
    // keep the loop from its sockets.
    let bound = nextSequence
    while let first = timers.first, first.deadline <= now, first.sequence < bound {
      timers.remove(first)
      first.takeWork()?()
    }
    arm()
  }
}

/// One timer of a ``NIOLoop``; knows its place in the heap.
// @unchecked: after its creation it is touched on its loop only.
final class HeapTimer: LoopTimer, @unchecked Sendable {
  let deadline: Instant
  fileprivate(set) var sequence: UInt64 = 0
  /// Index in the heap, -1 outside of it.
  fileprivate(set) var position = -1
  private unowned let loop: NIOLoop
  private var work: (@Sendable () -> Void)?

  fileprivate init(loop: NIOLoop, deadline: Instant, work: @escaping @Sendable () -> Void) {
    self.loop = loop
    self.deadline = deadline
    self.work = work
  }

  var isPending: Bool { work != nil }

  func cancel() { loop.cancel(self) }

  fileprivate func takeWork() -> (@Sendable () -> Void)? {
    defer { work = nil }
    return work
  }

  /// By deadline, then in the order of setting.
  fileprivate func precedes(_ other: HeapTimer) -> Bool {
    deadline == other.deadline ? sequence < other.sequence : deadline < other.deadline
  }
}

/// A binary min-heap whose members know their index, so that any of them is removed in O(log n).
private struct TimerHeap {
  private var members: [HeapTimer] = []

  var first: HeapTimer? { members.first }

  mutating func insert(_ timer: HeapTimer) {
    timer.position = members.count
    members.append(timer)
    siftUp(from: timer.position)
  }

  mutating func remove(_ timer: HeapTimer) {
    let hole = timer.position
    guard hole >= 0 else { return }
    timer.position = -1
    let last = members.removeLast()
    guard last !== timer else { return }
    members[hole] = last
    last.position = hole
    siftUp(from: hole)
    siftDown(from: last.position)
  }

  private mutating func siftUp(from start: Int) {
    var index = start
    while index > 0 {
      let parent = (index - 1) / 2
      guard members[index].precedes(members[parent]) else { return }
      exchange(index, parent)
      index = parent
    }
  }

  private mutating func siftDown(from start: Int) {
    var index = start
    while true {
      var least = index
      for child in [2 * index + 1, 2 * index + 2]
      where child < members.count && members[child].precedes(members[least]) {
        least = child
      }
      guard least != index else { return }
      exchange(index, least)
      index = least
    }
  }

  private mutating func exchange(_ left: Int, _ right: Int) {
    members.swapAt(left, right)
    members[left].position = left
    members[right].position = right
  }
}
