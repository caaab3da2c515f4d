import RoostBase
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
  /// The same while room is short, oldest first, with where views that were opened then stand.
  private var moments: [Moment] = []

  /// What the newest timestamp was, and where the state engine stood, at one moment.
  struct Moment {
    var at: Instant
    var timestamp: Timestamp
    var position: UInt64
  }

  /// Moments kept; a view that was opened before all of them holds everything until it is closed, or too old.
  private static let mostMoments = 128

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

  /// Takes note of a moment; positions and timestamps only grow.
  mutating func note(_ moment: Moment) {
    moments.append(moment)
    if moments.count > Retention.mostMoments { moments.removeFirst() }
  }

  /// The latest moment noted before which no view was opened that is still open; nil if there is none.
  mutating func latestMoment(oldestView position: UInt64?) -> Moment? {
    guard let position else { return moments.last }
    guard let place = moments.lastIndex(where: { $0.position <= position }) else { return nil }
    moments.removeFirst(place)
    return moments[0]
  }

  /// Views opened before this may miss versions from now on.
  func oldestView(now: Instant) -> Instant {
    Instant(nanoseconds: now.nanoseconds - (period * 9 / 10).wholeNanoseconds)
  }
}

/// Shared by a host and the views it opened: since when a view must have been opened to be whole, and where the state
/// engine must have stood then.
final class ViewHorizon: Sendable {
  private let oldest = Atomic<Int64>(.min)
  private let lowest = Atomic<UInt64>(0)

  /// By one thread at a time.
  func raise(to instant: Instant) {
    guard instant.nanoseconds > oldest.load(ordering: .relaxed) else { return }
    oldest.store(instant.nanoseconds, ordering: .sequentiallyConsistent)
  }

  /// Views that stand before `position` may miss versions. By one thread at a time.
  func raise(toPosition position: UInt64) {
    guard position > lowest.load(ordering: .relaxed) else { return }
    lowest.store(position, ordering: .sequentiallyConsistent)
  }

  /// Takes the last raise back: what would have been written was not. By one thread at a time.
  func withdraw(toPosition position: UInt64) { lowest.store(position, ordering: .sequentiallyConsistent) }

  /// Views that stand before this may miss versions.
  var position: UInt64 { lowest.load(ordering: .relaxed) }

  func excludes(position: UInt64) -> Bool { position < lowest.load(ordering: .sequentiallyConsistent) }

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
    forget(before: threshold)
  }

  /// Room is short: lets go of all old versions that no open view needs, however young they are.
  ///
  /// The threshold is the newest timestamp at a moment since which nothing was written that an open view does not see.
  /// Views of a partition in which nothing happened stand at an older timestamp, and lose nothing: what is written there
  /// later gets a timestamp above the threshold, or ``excludingViews(from:_:)`` sees to it. What is on its way now may have one
  /// that is a little older than what others have applied, so the threshold stays some seconds behind.
  func forgetUnreadVersions() {
    guard retention != nil else { return }
    let now = loop.now
    var newest = Timestamp.zero
    for replica in replicas.all {
      newest = max(newest, replica.state.timestamp)
      replica.dropOldView(now)
    }
    let wall = wallClock()
    newest = min(newest, Timestamp(milliseconds: wall - min(wall, GroupHost.timeUnderway)))
    retention?.note(.init(at: now, timestamp: newest, position: engine.position))
    guard let moment = retention?.latestMoment(oldestView: engine.oldestViewPosition) else { return }
    viewHorizon.raise(toPosition: moment.position)
    forget(before: moment.timestamp)
  }

  /// Milliseconds that a write may be on its way from its leader's clock to this node's state.
  private static let timeUnderway: UInt64 = 3000

  private func forget(before threshold: Timestamp) {
    // What a bulk commit replaces is still seen until all of it is there.
    let threshold = replicas.all.reduce(threshold) { threshold, replica in
      !replica.isUnfolding && replica.state.bulk?.committedAt == nil
        ? threshold : min(threshold, replica.state.timestamp)
    }
    sweptBefore = max(sweptBefore, threshold)
    engine.forget(before: threshold.rawValue)
  }

  /// Writes something at timestamps from `oldest` on.
  ///
  /// Some may be at or below the timestamp before which old versions are let go: the clocks of two leaders differ, or it
  /// was on its way for long. A view that is open then may miss what it replaces, so none is served any more. Views that
  /// are opened afterwards miss nothing, and while it only waits to be written, nobody does.
  func excludingViews(from oldest: Timestamp, _ write: () throws(EngineError) -> Void) throws(EngineError) {
    guard oldest <= sweptBefore else { return try write() }
    let before = viewHorizon.position
    // Before it is written: from then on tables may be merged without what it replaces.
    viewHorizon.raise(toPosition: engine.position + 1)
    do throws(EngineError) { try write() } catch {
      viewHorizon.withdraw(toPosition: before)
      throw error
    }
    // The state worker may have written meanwhile, and a view be opened in between.
    viewHorizon.raise(toPosition: engine.position)
  }
}
