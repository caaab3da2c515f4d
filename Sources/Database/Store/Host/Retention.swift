import RoostPlatform
import RoostRaft
import RoostStorage
import Synchronization

/// Which versions of keys need not be kept any more, and which views need them still.
///
/// A version that a newer one replaced is kept for the retention period, for whoever began to read before. What is
/// dropped lies below a threshold that two clocks agree on: what was the newest timestamp a retention period ago by this
/// node's monotonic clock, and wall time less the period. So a wall clock that jumps drops nothing early. Views are good
/// for nine tenths of the period; the rest is for clocks of different nodes that differ.
struct Retention {
  let period: Duration
  /// What was the newest timestamp when; oldest first, at least a twentieth of the period apart.
  private var samples: [(at: Instant, timestamp: Timestamp)] = []

  init(period: Duration) { self.period = period }

  /// Takes note of the newest timestamp of all groups.
  mutating func sample(_ newest: Timestamp, at now: Instant) {
    if let last = samples.last, last.at + period / 20 > now { return }
    samples.append((now, newest))
  }

  /// No read below this is served any more; nil if nothing is that old.
  mutating func threshold(now: Instant, wallMilliseconds: UInt64) -> Timestamp? {
    var found: Timestamp?
    while let first = samples.first, first.at + period <= now {
      found = first.timestamp
      samples.removeFirst()
    }
    guard let found else { return nil }
    let milliseconds = UInt64(period.wholeNanoseconds / 1_000_000)
    guard wallMilliseconds > milliseconds else { return nil }
    return min(found, Timestamp(milliseconds: wallMilliseconds - milliseconds))
  }

  /// Views opened before this may miss versions from now on.
  func oldestView(now: Instant) -> Instant {
    Instant(nanoseconds: now.nanoseconds - (period * 9 / 10).wholeNanoseconds)
  }
}

/// Shared by a host and the views it opened: since when a view must have been opened to be whole.
final class ViewHorizon: Sendable {
  private let oldest = Atomic<Int64>(.min)

  func raise(to instant: Instant) { oldest.store(instant.nanoseconds, ordering: .sequentiallyConsistent) }

  func excludes(_ openedAt: Instant) -> Bool { openedAt.nanoseconds < oldest.load(ordering: .sequentiallyConsistent) }
}

extension GroupHost {
  /// Lets the state engine drop what nobody reads any more; called when it was flushed, since garbage comes from writes.
  func forgetOldVersions() {
    guard retention != nil else { return }
    let now = loop.now
    var newest = Timestamp.zero
    for replica in replicas.all { newest = max(newest, replica.state.timestamp) }
    retention?.sample(newest, at: now)
    guard let threshold = retention?.threshold(now: now, wallMilliseconds: wallClock()) else { return }
    // The views first: one that is still good when it begins to read is served by files that nothing is taken from.
    if let oldest = retention?.oldestView(now: now) { viewHorizon.raise(to: oldest) }
    engine.forget(before: threshold.rawValue)
  }
}
