public import RoostBase
import RoostCluster
import RoostPlatform
import RoostRaft
public import RoostSimulation
import RoostStorage
public import RoostStore

/// Machines in a world with whole nodes on them, which find one another as real ones do: the first one founds the cluster,
/// the others ask to be taken in, and all are started with the same list of addresses.
///
/// Beside the invariants of groups (``ClusterInvariants``) these must hold whenever a node has started: there is one cluster,
/// and no number of a node is given twice. A node that says that it is ready votes in every group.
///
/// Unchecked sendable: guarded by the world's thread.
public final class NodeCluster: @unchecked Sendable {
  public let world: World
  let places = NodePlaces()
  /// The machines in use, running or not, in order.
  public private(set) var machines: [NodeID] = []
  /// What must never happen and did: with its time, for the story.
  public private(set) var violations: [String] = []
  /// Processes that ended by themselves and were right to.
  public private(set) var departures: [String] = []
  public private(set) var replacements = 0
  /// Nodes that were taken out by an order.
  public var removals: Int { removed.count }
  /// The machines of those nodes.
  private var removed: Set<NodeID> = []
  public private(set) var starts = 0
  private(set) var invariants: ClusterInvariants! = nil
  private(set) var running: [NodeID: SimulatedClusterNode] = [:]
  private var states: [NodeID: MachineState] = [:]
  private var names: [NodeID: String] = [:]
  /// Where the node of each machine listens, or will.
  private var addresses: [NodeID: PeerAddress] = [:]
  private var moves: [NodeID: Int] = [:]
  /// Machines whose nodes are on another port when they start next, whoever knows where the others are.
  var movesAtNextStart: Set<NodeID> = []
  var moveCount: Int { moves.values.reduce(0, +) }
  private var generator: SeededGenerator
  /// The clusters that anybody belonged to.
  private var clusters: Set<String> = []
  /// On which machine each node lives, by number.
  private var homes: [NodeID: NodeID] = [:]
  /// Names whose last machine is lost, and that nobody has taken over yet.
  private(set) var lost: Set<String> = []
  /// The node that an operator has ordered to be taken out.
  private(set) var leaving: String?
  private var machineCount = 0
  /// What the layers above the nodes' stores keep there.
  let keySpaces: [KeySpaceDeclaration]

  /// Why a node's process ends by itself.
  enum End {
    case notStarted(String)
    case failed(String)

    var reason: String {
      switch self {
      case .notStarted(let reason): Departure.notStarted(because: Reason(description: reason))
      case .failed(let reason): reason
      }
    }
  }

  struct Reason: Error, CustomStringConvertible { var description: String }

  public init(_ world: World, size: Int, keySpaces: [KeySpaceDeclaration] = []) {
    self.world = world
    self.keySpaces = keySpaces
    generator = SeededGenerator(seed: world.seed ^ 0x6D6F_7665_7321)
    invariants = ClusterInvariants { [unowned self] what in violated(what) }
    for number in 1...size { addMachine(named: "node\(number)") }
  }

  /// Frees what the nodes that still run hold. Nothing may be asked of them afterwards.
  public func close() {
    for machine in machines { running[machine]?.release() }
    running = [:]
    world.close()
  }

  public func start() {
    for node in world.nodes { node.start() }
    watchReadiness()
  }

  private static let readinessInterval = Duration.milliseconds(100)

  /// Looks from time to time at those who say that they are ready: from then on others may fail.
  private func watchReadiness() {
    world.after(NodeCluster.readinessInterval) { [self] in
      for machine in machines where isReady(machine) {
        guard let node = running[machine]?.node else { continue }
        let number = node.host.configuration.node
        for group in GroupDescriptor.all where !isKnownToVote(number, in: group.id) {
          violated("\(names[machine] ?? "") is ready and has no vote in partition \(group.id)")
        }
      }
      watchReadiness()
    }
  }

  /// Whether any node knows that another one votes in a group.
  private func isKnownToVote(_ number: NodeID, in group: GroupID) -> Bool {
    homes.keys.contains {
      invariants.replicas[.init(node: $0, group: group)]?.configuration.voters.contains(number) ?? false
    }
  }

  // MARK: Machines

  @discardableResult
  private func addMachine(named name: String) -> NodeID {
    machineCount += 1
    let id = NodeID(UInt64(machineCount))
    let state = MachineState(groups: [.system, .data], seed: world.seed &* 1009 &+ id.rawValue)
    states[id] = state
    names[id] = name
    addresses[id] = NodePlaces.address(of: id, move: 0)
    machines.append(id)
    let node = world.addNode(id) { [unowned self] process in
      starts += 1
      move(id)
      let known = machines.compactMap { addresses[$0] }
      let incarnation = SimulatedClusterNode(
        process, state, named: name, at: addresses[id] ?? NodePlaces.address(of: id, move: 0), of: self)
      running[id] = incarnation
      incarnation.start(join: known)
      return incarnation
    }
    node.onCrash = { [unowned self] _ in
      places.close(id)
      if let ended = running.removeValue(forKey: id) {
        // Later: it may be in the middle of something.
        world.after(.milliseconds(1)) { ended.release() }
      }
      state.crash()
    }
    return id
  }

  /// A node that is started again may be on another port, if all others are ready: one that knows nobody else's address yet
  /// could not answer it.
  private func move(_ machine: NodeID) {
    guard homes.values.contains(machine) else { return }
    if movesAtNextStart.remove(machine) == nil {
      guard generator.chance(0.4), machines.allSatisfy({ $0 == machine || isReady($0) }) else { return }
    }
    moves[machine, default: 0] += 1
    addresses[machine] = NodePlaces.address(of: machine, move: moves[machine, default: 0])
  }

  private func isReady(_ machine: NodeID) -> Bool {
    guard let incarnation = running[machine], let node = incarnation.node else { return false }
    var isReady = false
    world.visit(incarnation.process) { isReady = node.isReady }
    return isReady
  }

  /// A machine is lost with its disk, and another one is to be the node. Whose vote goes is the operator's business. Does
  /// nothing if the cluster can't lose anybody yet.
  func replace(_ node: SimulatedNode) {
    guard isFormed, machines.contains(node.id), let name = names[node.id], name != leaving else { return }
    remove(node, .powerLoss)
    lost.insert(name)
    replacements += 1
    world.node(addMachine(named: name))?.restart(after: .milliseconds(200))
  }

  private func remove(_ node: SimulatedNode, _ kind: CrashKind) {
    machines.removeAll { $0 == node.id }
    node.crash(kind)
    node.retire()
    states[node.id] = nil
    for (number, home) in homes where home == node.id { invariants.removed(number) }
  }

  /// One more node joins.
  func grow() { world.node(addMachine(named: "node\(machineCount + 1)"))?.restart(after: .milliseconds(200)) }

  /// Chooses the node of a machine to be taken out; giving the order is the operator's business.
  func leave(_ machine: NodeID) { leaving = names[machine] }

  /// A node belongs to the cluster no more: its machine is of no use. A node may find out twice: a peer refuses it just
  /// before it applies its own removal.
  func left(_ incarnation: SimulatedClusterNode) {
    let machine = incarnation.process.id
    guard !removed.contains(machine) else { return }
    guard incarnation.name == leaving, machines.contains(machine) else {
      return violated("\(incarnation.name) on machine \(machine) left, and nobody has told it to")
    }
    leaving = nil
    removed.insert(machine)
    let node = incarnation.process.node
    // Later: it is in the middle of something.
    world.after(.milliseconds(1)) { [self] in remove(node, .kill) }
  }

  /// Whether the node of every machine votes in every group, and all of them know it: then any one can be lost. What only a
  /// leader knows to be committed is lost with it.
  var isFormed: Bool {
    let numbers = Set(homes.filter { machines.contains($0.value) }.keys)
    guard numbers.count == machines.count else { return false }
    return GroupDescriptor.all.allSatisfy { group in
      numbers.allSatisfy { number in
        guard let replica = invariants.replicas[.init(node: number, group: group.id)] else { return false }
        return replica.configuration.voters == numbers && !replica.configuration.isJoint
      }
    }
  }

  /// The process of a machine and what its node stores, for layers above; nil while the node does not take part.
  public func host(on machine: NodeID) -> (process: SimulatedProcess, host: GroupHost)? {
    guard let incarnation = running[machine], let node = incarnation.node else { return nil }
    return (incarnation.process, node.host)
  }

  // MARK: What nodes tell

  func started(_ incarnation: SimulatedClusterNode, _ node: RunningNode) {
    let status = node.status()
    if clusters.insert(status.cluster.id).inserted, clusters.count > 1 {
      violated("\(incarnation.name) belongs to a second cluster")
    }
    let number = node.host.configuration.node
    let machine = incarnation.process.id
    if let home = homes[number], home != machine {
      violated("\(incarnation.name) on machine \(machine) has number \(number), which one on machine \(home) has had")
    }
    homes[number] = machine
    lost.remove(incarnation.name)
  }

  func ended(_ incarnation: SimulatedClusterNode, because end: End) {
    let node = incarnation.process.node
    let reason = end.reason
    switch end {
    case _ where Departure(reason, isForgetful: false).isFailure(of: node.medium):
      // What was not synced is gone.
      node.medium.acknowledgeFailures()
      departed(incarnation, reason)
      incarnation.process.exit(.powerLoss, restartAfter: .milliseconds(200))
    case _ where incarnation.name == leaving && NodeCluster.tellsOfRemoval(reason):
      departed(incarnation, reason)
      left(incarnation)
    case .notStarted where mayBeTurnedAway(incarnation, reason):
      departed(incarnation, reason)
      incarnation.process.exit(restartAfter: .milliseconds(500))
    case .notStarted, .failed:
      violated("\(incarnation.name) on machine \(node.id) ended: \(reason)")
      incarnation.process.exit(restartAfter: .milliseconds(500))
    }
  }

  /// Whether a node that could not start need not have been let in: nobody answered, its name is still another one's, or
  /// others that stood still have not missed its last process yet, for all the time that it asked by a clock that may have
  /// leapt. It is started again.
  private func mayBeTurnedAway(_ incarnation: SimulatedClusterNode, _ reason: String) -> Bool {
    reason.contains("none of the nodes to join answered") || reason.contains("another process uses the same identity")
      || lost.contains(incarnation.name) && reason.contains("belongs to it already")
  }

  /// A node that was taken out while it was away hears of it when it starts, or soon after.
  private static func tellsOfRemoval(_ reason: String) -> Bool {
    reason.contains("was taken out of the cluster") || reason.contains("refuses this node")
  }

  private func departed(_ incarnation: SimulatedClusterNode, _ reason: String) {
    departures.append("\(world.now.nanoseconds / 1_000_000) ms: \(incarnation.name) ended: \(reason)")
  }

  func violated(_ what: String) {
    if violations.count < 20 { violations.append("\(world.now.nanoseconds / 1_000_000) ms: \(what)") }
  }

  // MARK: The end

  /// Who led the data last, as a machine.
  var leader: NodeID? { invariants.leader(of: GroupDescriptor.data.id).flatMap { homes[$0] } }

  /// What is missing until every machine is a node that votes everywhere, known to all under its name and address, and all
  /// hold the same; nil if nothing is.
  func missing() -> String? {
    for machine in machines {
      guard let incarnation = running[machine], let node = incarnation.node else {
        return "machine \(machine) does not take part"
      }
      var found: String?
      world.visit(incarnation.process) {
        let status = node.status()
        found =
          node.isReady
          ? missing(in: status, seenBy: incarnation.name) : "\(incarnation.name) is not ready: \(status.groups)"
      }
      if let found { return found }
    }
    let prints = GroupDescriptor.all.map { group in Set(machines.map { states[$0]?.fingerprint(of: group.id) }) }
    return prints.allSatisfy { $0.count == 1 } ? nil : "the machines hold different data"
  }

  private func missing(in status: ClusterStatus, seenBy name: String) -> String? {
    let expected = machines.map { (names[$0] ?? "", addresses[$0]?.description ?? "") }.sorted { $0 < $1 }
    let found = status.nodes.map { ($0.id, $0.peer_address) }.sorted { $0 < $1 }
    guard expected.elementsEqual(found, by: ==) else { return "\(name) sees \(found) where \(expected) are" }
    if let other = status.nodes.first(where: { $0.status != "active" }) {
      return "\(name) sees \(other.id) as \(other.status)"
    }
    if let group = status.groups.first(where: { $0.replicas.count != machines.count }) {
      return "\(name) sees \(group.replicas.count) replicas of partition \(group.id)"
    }
    return nil
  }

  /// Walks through all data once more: they must be what was written.
  func verifyContents() {
    for machine in machines {
      for group in GroupDescriptor.all {
        guard let state = states[machine], state.fingerprint(of: group.id) != state.recount(group.id) else { continue }
        violated("machine \(machine) holds other data of partition \(group.id) than were written to it")
      }
    }
  }
}

extension GroupDescriptor {
  static let all = [GroupDescriptor.system, .data]
}
