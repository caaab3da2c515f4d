import Synchronization

/// Up to where old versions may be dropped: of each key, every version that another one at or before the threshold
/// overwrote. Reads at the threshold or later see no difference; earlier ones must not be served any more.
///
/// The threshold only grows. Which versions are really gone, and when, is the engine's choice.
final class SweepThreshold: Sendable {
  private let value = Atomic<UInt64>(0)

  var timestamp: UInt64 { value.load(ordering: .acquiring) }

  /// Returns whether it has grown.
  @discardableResult
  func raise(to timestamp: UInt64) -> Bool {
    var current = value.load(ordering: .relaxed)
    while current < timestamp {
      let (exchanged, original) = value.compareExchange(
        expected: current, desired: timestamp, ordering: .acquiringAndReleasing)
      if exchanged { return true }
      current = original
    }
    return false
  }
}

/// Tells, pair by pair in key order, which versions can go. Versions of one key lie together, newest first, so the
/// first one at or before the threshold is the one that all later reads see, and what follows it of the same key is
/// seen by nobody.
///
/// A compaction may show it a part of a key's versions only. It drops what it has seen overwritten, which is right
/// whatever it was not shown. A tombstone hides versions that may lie elsewhere, so it goes only where all versions
/// are shown (`seesEverything`).
struct VersionSweep {
  let threshold: UInt64
  let seesEverything: Bool
  private var stem: [UInt8] = []
  /// Whether a version of the key `stem` at or before the threshold was passed.
  private var isOverwritten = false

  init(threshold: UInt64, seesEverything: Bool) {
    self.threshold = threshold
    self.seesEverything = seesEverything
  }

  /// Whether the pair can go.
  mutating func drops(_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Bool {
    guard key.first == KeySpace.replicated, let timestamp = VersionKey.timestamp(of: key) else { return false }
    let head = UnsafeRawBufferPointer(rebasing: key.dropLast(VersionKey.timestampBytes))
    let isSameKey = head.count == stem.count && stem.withUnsafeBytes { ByteOrder.compare($0, head) == 0 }
    if !isSameKey {
      stem.removeAll(keepingCapacity: true)
      stem.append(contentsOf: head)
      isOverwritten = false
    }
    guard timestamp <= threshold else { return false }
    if isOverwritten { return true }
    isOverwritten = true
    return seesEverything && VersionValue.decode(value) == .tombstone
  }
}
