import RoostBase
import RoostPlatform
public import RoostSimulation
public import RoostStore

/// The world of one run of whole nodes: a cluster, its operator and its nemesis. Who its clients are is the run's affair.
public final class NodeStage {
  public let world: World
  public let cluster: NodeCluster
  private let nemesis: Nemesis
  private let operators: NodeOperator
  private let hasFaults: Bool

  public init(seed: UInt64, size: Int, faults: [Fault], keySpaces: [KeySpaceDeclaration] = []) {
    world = World(seed: seed)
    let cluster = NodeCluster(world, size: size, keySpaces: keySpaces)
    self.cluster = cluster
    world.network.mayRepeat = GroupHost.isRepeatable
    var options = NemesisOptions()
    options.faults = faults
    options.maximumDown = 1
    nemesis = Nemesis(world, options: options) { [unowned cluster] in cluster.leader }
    nemesis.replace = { [unowned cluster] node in cluster.replace(node) }
    operators = NodeOperator(cluster)
    hasFaults = !faults.isEmpty
    operators.mayExchange = hasFaults
    cluster.places.delaysQuestions = hasFaults
  }

  public var scheduledFaults: [ScheduledFault] { nemesis.scheduledFaults }

  /// Everything goes wrong, from the founding on.
  ///
  /// - Parameter clients: makes clients, once the machines are started.
  public func play(_ duration: Duration, clients: () -> Void) {
    cluster.start()
    clients()
    operators.run()
    if hasFaults { nemesis.start() }
    let end = world.now + duration
    while world.now < end, cluster.violations.isEmpty { world.run(until: min(end, world.now + .milliseconds(500))) }
  }

  /// Everything is healed, and within a minute all must be well. Returns what is not.
  ///
  /// - Parameter stopClients: ends the clients' work. They go on for a while, for groups in which something happens must
  ///   get well, too.
  public func recover(stopClients: () -> Void) -> [String] {
    guard cluster.violations.isEmpty else { return [] }
    nemesis.heal()
    operators.mayExchange = false
    cluster.places.delaysQuestions = false
    world.run(for: .seconds(5))
    stopClients()
    world.run(for: .seconds(1))
    let end = world.now + .seconds(54)
    var missing = missing()
    while missing != nil, world.now < end, cluster.violations.isEmpty {
      world.run(for: .milliseconds(200))
      missing = self.missing()
    }
    cluster.verifyContents()
    return missing.map { ["a minute after healing: \($0)"] } ?? []
  }

  private func missing() -> String? { cluster.missing() ?? operators.unfinished }
}
