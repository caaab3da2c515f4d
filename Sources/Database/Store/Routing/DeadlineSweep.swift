import RoostBase
import RoostPlatform

/// Looks at everybody who keeps requests waiting, every 20 ms while there is anybody: deadlines are as exact as this.
///
/// Touched on its loop only, which is what `@unchecked` relies on.
final class DeadlineSweep: @unchecked Sendable {
  private let loop: any Loop
  private var watched: [any KeepsRequestsWaiting] = []
  private var timer: (any LoopTimer)?
  private var isStopped = false
  private static let interval = Duration.milliseconds(20)

  init(loop: any Loop) { self.loop = loop }

  func stop() {
    isStopped = true
    timer?.cancel()
    // They keep this, too.
    for keeper in watched { keeper.sweepSlot.isWatched = false }
    watched = []
  }

  /// Looks at somebody from now on, for as long as a look finds that requests wait there.
  @inline(__always)
  func watch(_ keeper: any KeepsRequestsWaiting) {
    if !keeper.sweepSlot.isWatched { add(keeper) }
  }

  private func add(_ keeper: any KeepsRequestsWaiting) {
    guard !isStopped else { return }
    keeper.sweepSlot.isWatched = true
    watched.append(keeper)
    arm()
  }

  /// Nobody waits for a request any more, wherever it is.
  func forget(_ hold: RequestHold) {
    for keeper in watched { keeper.forget(hold) }
  }

  private func arm() {
    guard timer == nil, !isStopped else { return }
    timer = loop.schedule(at: loop.now + DeadlineSweep.interval) { [self] in
      timer = nil
      if !isStopped { sweep() }
    }
  }

  private func sweep() {
    let now = loop.now
    // Whoever is looked at may have others watched.
    for keeper in watched { keeper.expire(now) }
    watched.removeAll { keeper in
      keeper.sweepSlot.isWatched = keeper.hasWaiters
      return !keeper.sweepSlot.isWatched
    }
    if !watched.isEmpty { arm() }
  }
}

/// Somebody with whom requests wait.
protocol KeepsRequestsWaiting: AnyObject {
  var sweepSlot: SweepSlot { get set }
  var hasWaiters: Bool { get }
  /// Ends the wait of those whose time is over.
  func expire(_ now: Instant)
  func forget(_ hold: RequestHold)
}

/// What a ``DeadlineSweep`` keeps with those it watches, and alone changes.
struct SweepSlot {
  fileprivate(set) var isWatched = false
}
