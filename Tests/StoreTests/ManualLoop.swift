import RoostBase
import RoostPlatform

/// A loop whose time a test moves on. For one thread.
final class ManualLoop: Loop, @unchecked Sendable {
  private final class Timer: LoopTimer, @unchecked Sendable {
    let deadline: Instant
    var work: (@Sendable () -> Void)?

    init(_ deadline: Instant, _ work: @escaping @Sendable () -> Void) {
      self.deadline = deadline
      self.work = work
    }

    func cancel() { work = nil }
  }

  private(set) var now = Instant.origin
  private var ready: [@Sendable () -> Void] = []
  private var timers: [Timer] = []

  var isCurrent: Bool { true }

  func execute(_ work: @escaping @Sendable () -> Void) { ready.append(work) }

  func schedule(at deadline: Instant, _ work: @escaping @Sendable () -> Void) -> any LoopTimer {
    let timer = Timer(deadline, work)
    timers.append(timer)
    return timer
  }

  /// Work that takes a while, in the middle of a turn.
  func spend(_ time: Duration) { now = now + time }

  /// Runs what is ready, then what becomes due until `duration` from now.
  func run(for duration: Duration) {
    let end = now + duration
    while true {
      while !ready.isEmpty { ready.removeFirst()() }
      timers.removeAll { $0.work == nil }
      guard let next = timers.filter({ $0.deadline <= end }).min(by: { $0.deadline < $1.deadline }) else { break }
      now = max(now, next.deadline)
      let work = next.work
      next.work = nil
      work?()
    }
    now = max(now, end)
  }
}
