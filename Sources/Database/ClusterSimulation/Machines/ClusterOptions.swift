public import RoostStore

/// What a simulated cluster is made of. Where a run has a choice, it follows from the seed.
public struct ClusterOptions {
  public var size = 5
  public var groups: [GroupDescriptor] = [.system, .data]
  /// Small, so that logs are compacted and followers get snapshots within seconds.
  public var flushAfterLogBytes = 32 << 20
  public var maximumLogEntries: UInt64 = 10_000
  public var maximumLogBytes = 256 << 20
  /// What a machine keeps for a full disk; zero is nothing.
  public var ballastBytes = 0
  /// The workload's keys stand directly behind the tenant, where in a real node the layers are.
  public var keySpace = KeySpaceRegistry.workload
  public var segmentBytes = 64 << 10
  public var maximumAppendBytes = 1 << 20
  /// From which size on commits go in slices.
  public var bulk = BulkLimits()
  /// How late every sync is while the node runs: the planted bug. Nil is the truth.
  public var syncDelay: Duration?

  public init() {}
}

extension KeySpaceRegistry {
  /// Clients reach everything but the cluster's records.
  public static let workload: KeySpaceRegistry = {
    let all = KeySpaceDeclaration(owner: "the workload", prefix: [0x01], isOpenToClients: true)
    // The prefixes differ, so there is no conflict.
    return (try? KeySpaceRegistry([.cluster, all, .keyValuePartitions])) ?? .standard
  }()
}
