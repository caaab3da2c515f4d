public import RoostBase
public import RoostMembership
public import RoostPlatform
import RoostStorage

/// What a ``GroupHost`` needs to know about itself.
public struct HostConfiguration: Sendable {
  public var node: NodeID
  public var groups: [GroupDescriptor]
  /// Who was in every group before its first entry: the node that founded the cluster.
  public var founders: Set<NodeID>
  /// The lower bound; elections time out between it and twice that.
  public var electionTimeout: Duration
  public var heartbeatInterval: Duration
  /// Log entries kept behind the applied index for followers that lag, before a snapshot is what they get.
  public var maximumLogEntries: UInt64
  /// Bytes of log files kept for followers that lag, over all groups.
  public var maximumLogBytes = 256 << 20
  /// Log bytes after which the state engine is flushed, so that the log before can be dropped.
  public var flushAfterLogBytes: Int
  /// Requests waiting on this node (for a leader, for an answer) before further ones are refused.
  public var maximumWaitingRequests: Int
  /// Which run of this node it is; see ``Incarnation``.
  public var incarnation: Incarnation
  /// Between two heartbeats to a node.
  public var livenessInterval: Duration
  /// How long nothing must happen in a group before it falls silent.
  public var quiescenceDelay: Duration
  /// How long versions that were replaced are kept for views that were opened before; nil for ever.
  public var retention: Duration?
  /// How long an append may wait for the disk before this node leads no more.
  public var diskPatience = Duration.seconds(1)
  /// Bytes of the disk that are held by a file until the disk is full; see ``Ballast``. Zero does without.
  public var ballastBytes = 0
  /// Snapshots that this node streams at once; more wait for their turn.
  public var maximumSnapshotStreams = 8
  /// What all of them together may send.
  public var snapshotBytesPerSecond = 64 << 20
  /// Bytes of entries in one message to a follower; one entry is sent whatever its size.
  public var maximumAppendBytes = 1 << 20
  /// From which size on commits go in slices.
  public var bulk = BulkLimits()
  /// What the writes of open transactions draw from.
  public var memory: NodeMemory?
  /// What the process has used of descriptors, memory and the like, by names that users may rely on.
  public var resources: @Sendable () -> [String: UInt64] = { [:] }
  /// Who owns which keys; native clients reach only what is open to them.
  public var keySpace = KeySpaceRegistry.standard
  /// Seeds every random choice of this node.
  public var randomSeed: UInt64

  /// What is kept of the log.
  var logLimit: LogLimit { LogLimit(entries: Int(clamping: maximumLogEntries), totalBytes: maximumLogBytes) }
  /// What is kept of it while the disk is full: enough for followers that are a moment behind.
  var shortLogLimit: LogLimit { LogLimit(entries: Int(clamping: maximumLogEntries), totalBytes: maximumLogBytes / 8) }

  /// Log bytes that a group keeps in memory for followers that keep up, when there are so many groups.
  static func cachedLogBytes(ofEachOf groups: Int) -> Int {
    max(1 << 10, (64 << 10) / max(groups, 1))
  }
  /// How long followers are left without news of what is committed while nothing else is sent to them, and no longer than
  /// twice as long.
  static let commitDelay = Duration.milliseconds(20)

  public init(
    node: NodeID, groups: [GroupDescriptor] = [.system, .data], founders: Set<NodeID>,
    electionTimeout: Duration = .milliseconds(150),
    heartbeatInterval: Duration = .milliseconds(50), maximumLogEntries: UInt64 = 10_000,
    flushAfterLogBytes: Int = 32 << 20, maximumWaitingRequests: Int = 16_384, incarnation: Incarnation,
    livenessInterval: Duration = .milliseconds(250), quiescenceDelay: Duration = .milliseconds(200),
    randomSeed: UInt64
  ) {
    self.node = node
    self.groups = groups
    self.founders = founders
    self.electionTimeout = electionTimeout
    self.heartbeatInterval = heartbeatInterval
    self.maximumLogEntries = maximumLogEntries
    self.flushAfterLogBytes = flushAfterLogBytes
    self.maximumWaitingRequests = maximumWaitingRequests
    self.incarnation = incarnation
    self.livenessInterval = livenessInterval
    self.quiescenceDelay = quiescenceDelay
    self.randomSeed = randomSeed
  }

  /// Bounds the log by `bytes`, or by what suits the disk: an eighth of it, at most 256 MiB. The state engine is written
  /// out so often that this can be kept.
  public mutating func limitLog(_ bytes: Int?, on disk: DiskSpace) {
    maximumLogBytes = bytes ?? max(8 << 20, min(256 << 20, disk.capacity / 8))
    flushAfterLogBytes = min(flushAfterLogBytes, maximumLogBytes / 4)
  }
}
