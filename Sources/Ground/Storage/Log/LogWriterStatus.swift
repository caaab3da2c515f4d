public import RoostBase

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

/// Whether the log keeps up, at one moment. A leader whose log does not must let another one lead: its own disk may be
/// the one that hangs, and no error will ever say so.
public struct LogHealth: Hashable, Sendable {
  /// Since when the oldest append has waited to become durable, be it for its turn, for its write, for its sync, or for
  /// room on the disk; nil if none waits. A healthy disk keeps this within milliseconds of now.
  public var pendingSince: Instant?
  /// Whether what waits has found no room, and is tried again from time to time.
  public var isDiskFull: Bool
  /// Whether the log failed for good; then nothing that waits will ever be durable.
  public var hasFailed: Bool

  public init(pendingSince: Instant? = nil, isDiskFull: Bool = false, hasFailed: Bool = false) {
    self.pendingSince = pendingSince
    self.isDiskFull = isDiskFull
    self.hasFailed = hasFailed
  }

  /// How long the oldest append has waited by now.
  public func pendingTime(at now: Instant) -> Duration { pendingSince.map { max(.zero, now - $0) } ?? .zero }
}
