public import RoostRaft

/// What the log has done since the node started.
public struct LogWriterStatus: Hashable, Sendable {
  /// Writes, each of which took all that waited.
  public var batches = 0
  public var entries = 0
  /// Bytes written, with headers.
  public var bytes = 0
  public var syncs = 0
  public var lastSyncLatency = Duration.zero
  public var maxSyncLatency = Duration.zero
  /// When the last sync ended well; nil before the first one.
  public var lastSyncCompleted: Instant?
  /// Whether writes wait for room on the disk.
  public var isDiskFull = false
  /// Whether the log failed for good.
  public var hasFailed = false

  public init() {}

  mutating func recordSync(started: Instant, ended: Instant) {
    syncs += 1
    lastSyncLatency = ended - started
    maxSyncLatency = max(maxSyncLatency, lastSyncLatency)
    lastSyncCompleted = ended
  }
}
