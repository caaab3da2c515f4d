import RoostPlatform
import RoostRaft
public import RoostSimulation
import RoostStore

/// One seed of whole nodes: they start all at once, found their cluster and join it while everything goes wrong, and serve
/// clients; then everything is healed, and within a minute all must be well.
public struct NodeRun {
  public let seed: UInt64
  /// What went wrong; empty if nothing did.
  public private(set) var violations: [String]
  public let departures: [String]
  public let deeds: [Deed]
  public let hash: UInt64
  public let events: Int
  /// Writes that were acknowledged, reads that were answered.
  public let acknowledged: Int
  public let reads: Int
  /// Starts of processes, and machines that were lost and replaced.
  public let starts: Int
  public let replacements: Int

  /// Without disks that rot or are put back: what becomes of those is looked at on the floor below.
  public static let faults = Fault.allCases.filter { !$0.isCorruption || $0 == .wipe }

  private static let clientCount = 4

  public init(seed: UInt64, size: Int = 3, duration: Duration = .seconds(15), faults: [Fault] = NodeRun.faults) {
    let world = World(seed: seed)
    let cluster = NodeCluster(world, size: size)
    world.network.mayRepeat = GroupHost.isRepeatable
    var options = NemesisOptions()
    options.faults = faults
    options.maximumDown = 1
    let nemesis = Nemesis(world, options: options) { [unowned cluster] in cluster.leader }
    nemesis.replace = { [unowned cluster] node in cluster.replace(node) }
    let board = NodeClient.Board()
    let clients = (0..<NodeRun.clientCount).map { _ in NodeClient(cluster, board) }
    let operators = NodeOperator(cluster)

    cluster.start()
    for client in clients { client.run() }
    operators.run()
    if !faults.isEmpty { nemesis.start() }
    let end = world.now + duration
    while world.now < end, cluster.violations.isEmpty { world.run(until: min(end, world.now + .milliseconds(500))) }

    var complaints: [String] = []
    if cluster.violations.isEmpty {
      nemesis.heal()
      complaints = NodeRun.recover(cluster, clients)
    }
    self.seed = seed
    violations = cluster.violations + complaints
    departures = cluster.departures
    deeds = nemesis.deeds
    hash = world.traceHash.value
    events = world.eventCount
    acknowledged = board.acknowledged
    reads = board.reads
    starts = cluster.starts
    replacements = cluster.replacements
    cluster.close()
  }

  private static func recover(_ cluster: NodeCluster, _ clients: [NodeClient]) -> [String] {
    let world = cluster.world
    // Clients go on until all are there: groups in which something happens must get well, too.
    let healed = world.now
    while world.now < healed + .seconds(40), cluster.violations.isEmpty {
      world.run(for: .milliseconds(200))
      if world.now > healed + .seconds(5) { for client in clients { client.isRunning = false } }
      if cluster.missing() == nil { break }
    }
    for client in clients { client.isRunning = false }
    world.run(for: .seconds(1))
    cluster.verifyContents()
    return cluster.missing().map { ["a minute after healing: \($0)"] } ?? []
  }
}
