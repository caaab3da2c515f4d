public import RoostBase
import RoostPlatform
public import RoostSimulation
import RoostStorage
public import RoostStore

/// Machines in a world, each with a `GroupHost` over a log on the simulated disk and an engine in memory, and an eye on
/// what must hold at every moment.
///
/// Unchecked sendable: guarded by the world's thread.
public final class SimulatedCluster: @unchecked Sendable {
  public let world: World
  public let options: ClusterOptions
  /// Who was there in the beginning.
  public let founders: [NodeID]
  /// The machines that are in use, running or not, in order.
  public private(set) var members: [NodeID]
  /// What must never happen and did: with its time, for the story.
  public private(set) var violations: [String] = []
  /// Processes that ended by themselves and were right to: their disk had failed, or they had been refused.
  public private(set) var departures: [String] = []
  private(set) var running: [NodeID: SimulatedMember] = [:]
  private var machines: [NodeID: MachineState] = [:]
  private(set) var invariants: ClusterInvariants! = nil
  /// Sums over all incarnations that have ended.
  private var tally = ClusterTally()
  private var nextID: UInt64
  /// Machines whose disk was given an old copy, or lost what was on it.
  private var forgetful: Set<NodeID> = []
  /// Those that run on an old copy, as far as nobody has noticed.
  private var copies: Set<NodeID> = []

  public init(_ world: World, _ options: ClusterOptions) {
    self.world = world
    self.options = options
    founders = (1...options.size).map { NodeID(UInt64($0)) }
    members = founders
    nextID = UInt64(options.size) + 1
    invariants = ClusterInvariants { [unowned self] what in violated(what) }
    for member in members { addMachine(member) }
  }

  /// Frees what the nodes that still run hold. Nothing may be asked of them afterwards.
  public func close() {
    for member in members { running[member]?.release() }
    running = [:]
    world.close()
  }

  public func start() { for node in world.nodes { node.start() } }

  // MARK: Machines

  private func addMachine(_ id: NodeID) {
    let machine = MachineState(groups: options.groups, seed: world.seed &* 1009 &+ id.rawValue)
    machines[id] = machine
    let node = world.addNode(id) { [unowned self] process in boot(process, machine) }
    node.onCrash = { [unowned self] _ in
      if let ended = running.removeValue(forKey: id) {
        tally.add(ended.host.counters)
        // Later: it may be in the middle of something.
        world.after(.milliseconds(1)) { ended.release() }
      }
      tally.crashes += 1
      machine.crash()
    }
    node.onCopy = { [unowned self] in
      let restore = machine.copy()
      return { [unowned self] in
        restore()
        forgetful.insert(id)
        copies.insert(id)
        invariants.damaged(id)
      }
    }
  }

  /// Puts an empty machine under a new identity in the place of one that is lost. Who replaces it in its groups is the
  /// operator's business.
  public func replace(_ node: SimulatedNode) {
    guard let place = members.firstIndex(of: node.id) else { return }
    members.remove(at: place)
    node.crash(.powerLoss)
    node.retire()
    machines[node.id] = nil
    invariants.removed(node.id)
    let fresh = NodeID(nextID)
    nextID += 1
    members.append(fresh)
    addMachine(fresh)
    for member in running.keys.sorted() {
      guard let running = running[member] else { continue }
      running.host.loop.execute { running.reach(fresh) }
    }
    world.node(fresh)?.restart(after: .milliseconds(200))
    tally.replacements += 1
  }

  // MARK: Old copies

  /// A disk is copied. Returns whether all others remember a later state of it than the copy's: then nobody takes for
  /// true what the machine says with the copy. Who was started meanwhile, or not reached, knows nothing, and no promise
  /// is kept then (docs/limitations.md).
  func memory(of node: SimulatedNode) -> () -> Bool {
    let copied = running[node.id]?.host.watermark(of: node.id)
    return { [unowned self] in
      guard let copied else { return false }
      return members.allSatisfy { member in
        member == node.id || running[member].map { $0.host.watermark(of: node.id) > copied } ?? false
      }
    }
  }

  /// Another machine starts, and knows nothing of what the old copies in use have forgotten.
  private func withdrawCopies(before starting: NodeID) {
    for id in copies.sorted() where id != starting {
      copies.remove(id)
      guard let node = world.node(id), !node.isRetired else { continue }
      departed(id, "its disk was put back to an old copy, and not everybody remembers")
      replace(node)
    }
  }

  private func boot(_ process: SimulatedProcess, _ machine: MachineState) -> AnyObject? {
    withdrawCopies(before: process.id)
    // A damaged end of a log can't be told from a torn one by the node itself.
    if process.node.medium.isDamaged {
      invariants.damaged(process.id)
      forgetful.insert(process.id)
    }
    do {
      let member = try SimulatedMember(process, machine, of: self)
      running[process.id] = member
      return member
    } catch {
      // Its disk died with it; that was the nemesis.
      guard process.isAlive else { return nil }
      ended(process, because: Departure.notStarted(because: error))
      return nil
    }
  }

  /// What a running node says of its groups; nothing if it does not run.
  public func statuses(of node: NodeID) -> [GroupStatus] { running[node]?.host.allStatuses ?? [] }

  // MARK: Processes that end by themselves

  func ended(_ process: SimulatedProcess, because reason: String) {
    let node = process.node
    let medium = node.medium
    let departure = Departure(reason, isForgetful: forgetful.contains(node.id))
    if departure.isFailure(of: medium) {
      // What was not synced is gone.
      medium.acknowledgeFailures()
      departed(node.id, reason)
      process.exit(.powerLoss, restartAfter: .milliseconds(200))
    } else if departure.isLoss(of: medium) {
      departed(node.id, reason)
      replace(node)
    } else {
      violated("node \(node.id) failed: \(reason)")
      process.exit(restartAfter: .milliseconds(500))
    }
  }

  /// A process mends its log or its state, or gets them anew: only damage is a reason for that.
  func mended(_ process: SimulatedProcess, _ report: String) {
    guard !process.node.medium.isDamaged, !forgetful.contains(process.id) else { return }
    violated("node \(process.id), whose disk is whole, mends it: \(report)")
  }

  /// A process finds that the others have committed something else: some disk must have lost something.
  func diverged(_ process: SimulatedProcess, _ report: String) {
    let isLossPossible = !forgetful.isEmpty || members.contains { world.node($0)?.medium.isDamaged == true }
    guard isLossPossible else { return violated("node \(process.id): \(report)") }
    departed(process.id, report)
    replace(process.node)
  }

  private func departed(_ node: NodeID, _ reason: String) {
    departures.append("\(world.now.nanoseconds / 1_000_000) ms: node \(node) ended: \(reason)")
    tally.departures += 1
  }

  // MARK: What must hold

  func violated(_ what: String) {
    // The first ones tell the story; a broken run can have thousands.
    if violations.count < 20 { violations.append("\(world.now.nanoseconds / 1_000_000) ms: \(what)") }
  }

  /// Who led the data last.
  public var leader: NodeID? { invariants.leader(of: GroupDescriptor.data.id) }

  /// Whether all machines hold the same of all groups.
  public func standsEqually() -> Bool {
    options.groups.allSatisfy { group in
      let places = members.map { invariants.replicas[.init(node: $0, group: group.id)]?.applied }
      let prints = members.map { machines[$0]?.fingerprint(of: group.id) }
      return Set(places).count == 1 && Set(prints).count == 1 && members.allSatisfy { running[$0] != nil }
    }
  }

  /// Walks through all data once more: they must be what was written.
  public func verifyContents() {
    for member in members {
      for group in options.groups {
        guard let machine = machines[member], machine.fingerprint(of: group.id) != machine.recount(group.id) else {
          continue
        }
        violated("node \(member) holds other data of partition \(group.id) than were written to it")
      }
    }
  }

  /// The counters of everyone who still lives, too.
  public var total: ClusterTally {
    var total = tally
    total.reigns = invariants.reigns
    for member in members { if let member = running[member] { total.add(member.host.counters) } }
    return total
  }
}
