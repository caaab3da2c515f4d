import RoostBase
import RoostPlatform

/// How many snapshots a node streams at once and how fast, over all groups and peers, so that what brings followers up
/// to date leaves room for what everybody waits for.
///
/// A target for which there is no room waits without a frozen view: what it gets is the state at its turn.
struct SnapshotThrottle {
  let maximumStreams: Int
  private let bytesPerSecond: Int
  private var waiting: [SnapshotTarget] = []
  /// When what was sent so far is paid for.
  private(set) var nextSend = Instant.origin

  init(maximumStreams: Int, bytesPerSecond: Int) {
    self.maximumStreams = max(1, maximumStreams)
    self.bytesPerSecond = max(1, bytesPerSecond)
  }

  /// One chunk may go whenever all earlier ones are paid for.
  func maySend(_ now: Instant) -> Bool { nextSend <= now }

  mutating func sent(_ bytes: Int, _ now: Instant) {
    nextSend = max(nextSend, now) + .nanoseconds(Int64(bytes) * 1_000_000_000 / Int64(bytesPerSecond))
  }

  mutating func wait(_ target: SnapshotTarget) {
    if !waiting.contains(target) { waiting.append(target) }
  }

  /// The one that has waited longest.
  mutating func next() -> SnapshotTarget? { waiting.isEmpty ? nil : waiting.removeFirst() }

  mutating func remove(_ node: NodeID) -> [SnapshotTarget] {
    let removed = waiting.filter { $0.node == node }
    waiting.removeAll { $0.node == node }
    return removed
  }
}
