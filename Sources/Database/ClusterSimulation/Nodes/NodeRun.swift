import RoostPlatform
import RoostRaft
public import RoostSimulation
import RoostStore

/// One seed of whole nodes: they start all at once, found their cluster and join it while everything goes wrong, and serve
/// clients; then everything is healed, and within a minute all must be well.
public struct NodeRun: Sendable {
  public let seed: UInt64
  /// What went wrong; empty if nothing did.
  public private(set) var violations: [String]
  public let departures: [String]
  public let deeds: [Deed]
  public let hash: TraceHash
  /// Virtual time, with the healing.
  public let elapsed: Duration
  public let events: Int
  /// Writes that were acknowledged, reads that were answered.
  public let acknowledged: Int
  public let reads: Int
  /// Starts of processes, machines that were lost and replaced, and nodes that came back on another port.
  public let starts: Int
  public let replacements: Int
  public let moves: Int

  public var isFine: Bool { violations.isEmpty }

  /// Without disks that rot or are put back: what becomes of those is looked at in runs of hosts of groups.
  public static let faults = Fault.allCases.filter { !$0.isCorruption || $0 == .wipe }

  private static let clientCount = 4

  public init(seed: UInt64, size: Int = 3, duration: Duration = .seconds(15), faults: [Fault] = NodeRun.faults) {
    let board = NodeClient.Board()
    var clients: [NodeClient] = []
    let stage = NodeStage(seed: seed, size: size, faults: faults)
    let (world, cluster) = (stage.world, stage.cluster)
    stage.play(duration) {
      clients = (0..<NodeRun.clientCount).map { _ in NodeClient(cluster, board) }
      for client in clients { client.run() }
    }
    let complaints = stage.recover { for client in clients { client.isRunning = false } }
    self.seed = seed
    violations = cluster.violations + complaints
    departures = cluster.departures
    deeds = stage.deeds
    hash = world.traceHash
    elapsed = world.now - .origin
    events = world.eventCount
    acknowledged = board.acknowledged
    reads = board.reads
    starts = cluster.starts
    replacements = cluster.replacements
    moves = cluster.moveCount
    cluster.close()
  }
}
