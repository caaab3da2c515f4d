import RoostPlatform
public import RoostRaft
public import RoostSimulation
import RoostStorage
public import RoostStore

/// Five nodes in a world, each a `GroupHost` over a log on the simulated disk and an engine in memory, and an eye on
/// what must hold at every moment.
///
/// Unchecked sendable: guarded by the world's thread.
public final class SimulatedCluster: @unchecked Sendable {
  public let world: World
  public let options: ClusterOptions
  public let members: [NodeID]
  private(set) var hosts: [NodeID: SimulatedMember] = [:]
  private(set) var engines: [NodeID: MemoryEngine] = [:]
  /// What must never happen and did: with its time, for the story.
  public private(set) var violations: [String] = []
  /// Sums over all incarnations that have ended.
  private var tally = ClusterTally()
  private var leaders: [Reign: NodeID] = [:]
  private var latestReigns: [GroupID: Reign] = [:]

  private struct Reign: Hashable {
    var group: GroupID
    var term: Term
  }

  public init(_ world: World, _ options: ClusterOptions) {
    self.world = world
    self.options = options
    members = (1...options.size).map { NodeID(UInt64($0)) }
    for member in members {
      let engine = MemoryEngine()
      engines[member] = engine
      let node = world.addNode(member) { [unowned self] process in boot(process, engine) }
      node.onCrash = { [unowned self] _ in
        if let ended = hosts.removeValue(forKey: member) { tally.add(ended.host.counters) }
        tally.crashes += 1
        engine.crash()
      }
    }
  }

  public func start() { for node in world.nodes { node.start() } }

  private func boot(_ process: SimulatedProcess, _ engine: MemoryEngine) -> AnyObject? {
    do {
      let node = try SimulatedMember(process, engine, of: self)
      hosts[process.id] = node
      return node
    } catch {
      // Its disk died with it; that was the nemesis.
      guard process.isAlive else { return nil }
      violated("node \(process.id) can't start: \(error)")
      process.exit(restartAfter: .milliseconds(500))
      return nil
    }
  }

  /// What a running node says of its groups; nothing if it does not run.
  public func statuses(of node: NodeID) -> [GroupStatus] { hosts[node]?.host.allStatuses ?? [] }

  // MARK: What must hold

  func violated(_ what: String) { violations.append("\(world.now.nanoseconds / 1_000_000) ms: \(what)") }

  /// A term has at most one leader.
  func leads(_ node: NodeID, _ group: GroupID, _ term: Term) {
    let reign = Reign(group: group, term: term)
    if let other = leaders[reign], other != node {
      violated("nodes \(other) and \(node) both lead group \(group) in term \(term)")
    }
    if leaders.updateValue(node, forKey: reign) == nil { tally.reigns += 1 }
    if latestReigns[group].map({ $0.term < term }) ?? true { latestReigns[group] = reign }
  }

  /// Who led the data last.
  public var leader: NodeID? { latestReigns[GroupDescriptor.data.id].flatMap { leaders[$0] } }

  /// Where two nodes have applied the same of a group, they hold the same. Returns whether all nodes stand equally.
  @discardableResult
  public func compareContents() -> Bool {
    var areEqual = true
    for group in options.groups {
      var seen: [(node: NodeID, state: [UInt8], digest: UInt64)] = []
      for member in members {
        guard let engine = engines[member],
          let state = (try? engine.get(KeySpace.appliedIndexKey(of: group.id))) ?? nil
        else {
          areEqual = false
          continue
        }
        // The record ends with the length and name of a snapshot file that is being installed: its data are in between.
        guard state.last == 0 else {
          areEqual = false
          continue
        }
        let digest = SimulatedCluster.digest(of: group, in: engine)
        for other in seen where other.state.prefix(9) == state.prefix(9) {
          if other.state != state || other.digest != digest {
            violated("nodes \(other.node) and \(member) applied the same of group \(group.id) and differ")
          }
        }
        if let first = seen.first, first.state.prefix(9) != state.prefix(9) { areEqual = false }
        seen.append((member, state, digest))
      }
    }
    return areEqual
  }

  private static func digest(of group: GroupDescriptor, in engine: MemoryEngine) -> UInt64 {
    let boundary: [UInt8] = [KeySpace.replicated, 1]
    let isSystem = group.id == .system
    var hash = TraceHash()
    guard
      let cursor = try? engine.snapshot().cursor(
        lower: isSystem ? [KeySpace.replicated] : boundary, upper: isSystem ? boundary : [KeySpace.replicated + 1])
    else { return 0 }
    cursor.next()
    while cursor.isValid {
      hash.mix(cursor.key)
      hash.mix(cursor.value)
      cursor.next()
    }
    return hash.value
  }

  /// The counters of everyone who still lives, too.
  public var total: ClusterTally {
    var total = tally
    for member in members { if let node = hosts[member] { total.add(node.host.counters) } }
    return total
  }
}
