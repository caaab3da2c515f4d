public import RoostPlatform

/// What a node gives its SQL layer: time, identity and limits.
public struct DatabaseOptions: Sendable {
  /// The monotonic clock of the node, in nanoseconds. Only differences matter.
  public var monotonicNanoseconds: @Sendable () -> Int64
  /// Wall-clock time: microseconds since 2000-01-01 00:00:00 UTC. For `now()` and its kin.
  public var wallClock: @Sendable () -> Int64
  /// A seed for `random()` of each new session; nil means the session's number.
  public var randomSeed: (@Sendable () -> UInt64)?
  /// Answers `SHOW roost.…` about the node; nil when it has no such fact.
  public var nodeSetting: @Sendable (String) -> String?
  /// How long a statement waits for a leader.
  public var storeTimeLimit: Duration
  /// Longest statement text accepted, in bytes.
  public var maximumStatementBytes: Int
  /// How much memory one statement's sorts, joins, groups and collected rows may take, in bytes.
  public var statementMemoryBytes: Int
  /// What all statements together draw from; nil is without limit.
  public var memory: NodeMemory?
  /// How many parsed and planned statements a session keeps.
  public var planCacheEntries: Int

  public init(
    monotonicNanoseconds: @escaping @Sendable () -> Int64,
    wallClock: @escaping @Sendable () -> Int64,
    randomSeed: (@Sendable () -> UInt64)? = nil,
    nodeSetting: @escaping @Sendable (String) -> String? = { _ in nil },
    storeTimeLimit: Duration = .seconds(10),
    maximumStatementBytes: Int = 16 << 20,
    statementMemoryBytes: Int = 64 << 20,
    memory: NodeMemory? = nil,
    planCacheEntries: Int = 256
  ) {
    self.monotonicNanoseconds = monotonicNanoseconds
    self.wallClock = wallClock
    self.randomSeed = randomSeed
    self.nodeSetting = nodeSetting
    self.storeTimeLimit = storeTimeLimit
    self.maximumStatementBytes = maximumStatementBytes
    self.statementMemoryBytes = statementMemoryBytes
    self.memory = memory
    self.planCacheEntries = planCacheEntries
  }
}
