import RoostBase
import RoostPlatform
public import RoostSimulation
public import RoostStore

/// One seed of whole nodes: they start all at once, found their cluster and join it while everything goes wrong, and serve
/// clients; then everything is healed, and within a minute all must be well.
public struct NodeRun: Sendable {
  public let seed: UInt64
  /// What went wrong; empty if nothing did.
  public let violations: [String]
  public let departures: [String]
  public let scheduledFaults: [ScheduledFault]
  public let hash: TraceHash
  /// Virtual time, with the healing.
  public let elapsed: Duration
  public let events: Int
  /// Changes that were acknowledged, reads that were answered.
  public let acknowledged: Int
  public let reads: Int
  /// Starts of processes, machines that were lost and replaced, nodes that were taken out by an order, and nodes that came
  /// back on another port.
  public let starts: Int
  public let replacements: Int
  public let removals: Int
  public let moves: Int

  public var isFine: Bool { violations.isEmpty }

  /// Without disks that rot or are put back: what becomes of those is looked at in runs of hosts of groups.
  public static let faults = Fault.allCases.filter { !$0.isCorruption || $0 == .wipe }

  /// - Parameters:
  ///   - keySpaces: what the layers of `workload` keep in the nodes' stores.
  ///   - workload: further clients, beside those of the native protocol.
  public init(
    seed: UInt64, size: Int = 3, duration: Duration = .seconds(15), faults: [Fault] = NodeRun.faults,
    keySpaces: [KeySpaceDeclaration] = [], workload: (NodeStage) -> (any NodeWorkload)? = { _ in nil }
  ) {
    let stage = NodeStage(seed: seed, size: size, faults: faults, keySpaces: keySpaces)
    let (world, cluster) = (stage.world, stage.cluster)
    var workloads: [any NodeWorkload] = [KeyValueNodeWorkload(cluster)]
    if let more = workload(stage) { workloads.append(more) }
    stage.play(duration) { for workload in workloads { workload.start() } }
    let complaints = stage.recover { for workload in workloads { workload.stop() } }
    if complaints.isEmpty, cluster.violations.isEmpty { for workload in workloads { workload.judge() } }
    self.seed = seed
    violations = cluster.violations + complaints + workloads.flatMap(\.violations)
    departures = cluster.departures
    scheduledFaults = stage.scheduledFaults
    hash = world.traceHash
    elapsed = world.now - .origin
    events = world.eventCount
    acknowledged = workloads.reduce(0) { $0 + $1.acknowledged }
    reads = workloads.reduce(0) { $0 + $1.reads }
    starts = cluster.starts
    replacements = cluster.replacements
    removals = cluster.removals
    moves = cluster.moveCount
    cluster.close()
  }
}
