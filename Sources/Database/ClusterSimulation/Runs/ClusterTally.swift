import RoostStore

/// What happened in a run, to show that its seed was worth something.
public struct ClusterTally: Sendable, Hashable, Codable {
  /// Flushes of state engines.
  public var flushes: UInt64 = 0
  /// Snapshots installed.
  public var snapshots: UInt64 = 0
  /// Requests forwarded to a leader.
  public var forwarded: UInt64 = 0
  /// Messages that a core refused.
  public var refused: UInt64 = 0
  public var crashes: UInt64 = 0
  /// Processes that ended by themselves, and were right to.
  public var departures: UInt64 = 0
  /// Machines replaced by empty ones.
  public var replacements: UInt64 = 0
  /// How often a replica became leader.
  public var reigns: UInt64 = 0
  /// Changes of configuration, and transfers of leadership, that a leader took.
  public var changes: UInt64 = 0
  public var transfers: UInt64 = 0

  public init() {}

  public mutating func add(_ other: ClusterTally) {
    flushes += other.flushes
    snapshots += other.snapshots
    forwarded += other.forwarded
    refused += other.refused
    crashes += other.crashes
    departures += other.departures
    replacements += other.replacements
    reigns += other.reigns
    changes += other.changes
    transfers += other.transfers
  }

  mutating func add(_ counters: HostCounters) {
    flushes += counters.engineFlushes
    snapshots += counters.snapshotsInstalled
    forwarded += counters.requestsForwarded
    refused += counters.refusedMessages
  }
}
