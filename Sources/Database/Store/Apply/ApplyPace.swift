import RoostBase
import RoostPlatform

/// How many of those who wait are served at a time, if all of them are to be within a certain time.
struct ApplyPace {
  /// Until when those who waited have got their share.
  private var pacedUntil = Instant.origin

  /// Somebody waits where nobody did.
  mutating func begin(at now: Instant) { pacedUntil = now }

  /// How many of `waiting`, the oldest first, are due now: as many as keep up if always so many wait, and everybody who
  /// has waited for `delay`.
  ///
  /// - Parameter since: When the one at a place began to wait.
  mutating func takeShare(of waiting: Int, at now: Instant, delay: Duration, since: (Int) -> Instant) -> Int {
    let count = Int64(waiting)
    let whole = delay.wholeNanoseconds
    let share = count * min(now.nanoseconds - pacedUntil.nanoseconds, whole) / whole
    pacedUntil = share == count ? now : Instant(nanoseconds: pacedUntil.nanoseconds + share * whole / count)
    var due = Int(share)
    while due < waiting, since(due) + delay <= now { due += 1 }
    return due
  }
}
