import RoostStore

/// What happened in a run, to show that its seed was worth something.
public struct ClusterTally: Sendable, Hashable {
  public var flushes: UInt64 = 0
  public var snapshots: UInt64 = 0
  public var forwarded: UInt64 = 0
  public var refused: UInt64 = 0
  public var crashes: UInt64 = 0
  public var reigns: UInt64 = 0

  public init() {}

  public mutating func add(_ other: ClusterTally) {
    flushes += other.flushes
    snapshots += other.snapshots
    forwarded += other.forwarded
    refused += other.refused
    crashes += other.crashes
    reigns += other.reigns
  }

  mutating func add(_ counters: HostCounters) {
    flushes += counters.engineFlushes
    snapshots += counters.snapshotsInstalled
    forwarded += counters.requestsForwarded
    refused += counters.refusedMessages
  }
}
