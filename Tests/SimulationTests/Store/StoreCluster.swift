import RoostPlatform
import RoostRaft
import RoostSimulation
import RoostStorage

@testable import RoostStore

/// A cluster of the store's real host code over simulated seams: what production puts on sockets, files and threads
/// stands on a world here.
final class StoreCluster {
  /// What differs from seed to seed.
  struct Shape {
    var nodeCount = 5
    /// Small enough that followers that lag get snapshots.
    var maximumLogEntries: UInt64 = 10_000
    var flushAfterLogBytes = 32 << 20
    var segmentBytes = 64 << 10
    /// Plants the bug that simulation must find: syncs that have not happened when they are said to.
    var answersBeforeSync = false
  }

  let world: World
  let shape: Shape
  /// Broken invariants, in words.
  private(set) var violations: [String] = []
  private var engines: [NodeID: MemoryEngine] = [:]
  private var ledger = CommitLedger()

  init(_ world: World, _ shape: Shape) {
    self.world = world
    self.shape = shape
    for number in 1...shape.nodeCount {
      let id = NodeID(UInt64(number))
      let engine = MemoryEngine()
      engines[id] = engine
      let node = world.addNode(id) { [unowned self] process in boot(process, engine) }
      // The engine has no log of its own: the end of a process costs whatever was not flushed.
      node.onCrash = { _ in engine.crash() }
    }
  }

  var ids: [NodeID] { world.nodes.map(\.id) }

  func start() {
    for node in world.nodes { node.start() }
    watch()
  }

  func host(of node: NodeID) -> GroupHost? { (world.node(node)?.root as? StoreNode)?.host }

  /// Who leads the data group in the highest term, as far as the nodes that are up know.
  var leader: NodeID? {
    var found: (id: NodeID, term: Term)?
    for id in ids {
      guard let core = host(of: id)?.replica(of: GroupDescriptor.data.id)?.core, core.role == .leader else { continue }
      if found.map({ $0.term < core.term }) ?? true { found = (id, core.term) }
    }
    return found?.id
  }

  // MARK: Assembly

  private func boot(_ process: SimulatedProcess, _ engine: MemoryEngine) -> AnyObject? {
    let failedSyncs = process.node.medium.failedSyncCount
    do {
      let node = try StoreNode(process, engine, shape, founders: Set(ids)) { [weak self] reason in
        self?.violate("node \(process.id): \(reason)")
      }
      for id in ids { process.network.setAddress(PeerAddress(host: "node\(id)", port: 1), of: id) }
      try node.host.start()
      return node
    } catch {
      // A crash in the middle of booting makes every disk operation fail; a failed sync means to start again.
      if process.node.medium.failedSyncCount > failedSyncs {
        process.node.crash(.powerLoss, restartAfter: .milliseconds(100))
      } else if process.isAlive {
        violate("node \(process.id) can't start: \(error)")
      }
      return nil
    }
  }

  private func violate(_ what: String) {
    violations.append("\(world.now.nanoseconds / 1_000_000) ms: \(what)")
  }

  // MARK: Invariants

  private func watch() {
    world.after(.milliseconds(20)) { [weak self] in
      self?.inspect()
      self?.watch()
    }
  }

  /// Election safety (at most one leader per term) and log matching of what is committed (Raft paper, figure 3).
  func inspect() {
    for id in ids {
      for replica in host(of: id)?.replicas ?? [] {
        if let violation = ledger.inspect(id, replica) { violate(violation) }
      }
    }
  }

  /// Whether every node is up and has applied everything that was ever seen committed, all equally far.
  var hasConverged: Bool {
    let hosts = ids.compactMap { host(of: $0) }
    guard hosts.count == ids.count, let first = hosts.first else { return false }
    return first.replicas.allSatisfy { replica in
      let applied = replica.state.applied
      return applied >= ledger.highest(replica.group)
        && hosts.allSatisfy { $0.replica(of: replica.group).map { !$0.isInstalling && $0.state.applied == applied } ?? false }
    }
  }

  /// Compares the whole state of all nodes; only meaningful once they have converged.
  func compareStates() throws {
    var expected: (id: NodeID, pairs: [KeyValue])?
    for id in ids {
      guard let engine = engines[id] else { continue }
      let cursor = try engine.snapshot().cursor(lower: [], upper: [0xFF, 0xFF, 0xFF, 0xFF])
      var pairs: [KeyValue] = []
      cursor.next()
      while cursor.isValid {
        pairs.append(KeyValue(key: Key(cursor.key), value: cursor.value))
        cursor.next()
      }
      guard let expected else {
        expected = (id, pairs)
        continue
      }
      if expected.pairs == pairs { continue }
      let only = expected.pairs.first { !pairs.contains($0) } ?? pairs.first { !expected.pairs.contains($0) }
      violate("nodes \(expected.id) and \(id) hold different states, as at \(only?.key.description ?? "nothing")")
    }
  }

  /// Where every node stands, for the story of a failing seed.
  func situation() -> [String] {
    world.nodes.flatMap { node -> [String] in
      guard let host = host(of: node.id) else { return ["node \(node.id) is down after \(node.incarnation) starts"] }
      let wired = ids.filter { world.network.isConnected(node.id, $0) }
      return [
        "node \(node.id), start \(node.incarnation): wired to \(wired), knows \(host.connectedPeers.sorted()), "
          + "\(host.router.parked.count) requests parked, \(host.router.forwarded.count) forwarded"
      ] + host.replicas.map { StoreCluster.situation(of: $0, now: host.loop.now) }
    }
  }

  private static func situation(of replica: Replica, now: Instant) -> String {
    let core = replica.core
    return "  partition \(replica.group): \(core.role) of \(core.leader) in term \(core.term), log \(core.firstIndex) to "
      + "\(core.lastIndex), committed \(core.commitIndex), applied \(replica.state.applied), "
      + "\(replica.pendingLogWrites) log writes under way, \(replica.isInstalling ? "installing, " : "")next deadline in "
      + "\(core.nextDeadline == .distantFuture ? "eternity" : "\(core.nextDeadline - now)")"
  }

  /// What was done, for tests that must be sure that it was.
  var snapshotsInstalled: UInt64 { ids.reduce(0) { $0 + (host(of: $1)?.counters.snapshotsInstalled ?? 0) } }
}

/// Everything any node ever held committed, and who led which term.
private struct CommitLedger {
  private struct Place: Hashable {
    var group: GroupID
    var number: UInt64
  }

  private var leaders: [Place: NodeID] = [:]
  private var terms: [Place: Term] = [:]
  private var tops: [GroupID: LogIndex] = [:]
  /// How far each node's log was compared; a node that starts again is compared again.
  private var compared: [Place: LogIndex] = [:]

  func highest(_ group: GroupID) -> LogIndex { tops[group] ?? .zero }

  mutating func inspect(_ node: NodeID, _ replica: Replica) -> String? {
    let group = replica.group
    if replica.core.role == .leader {
      let place = Place(group: group, number: replica.core.term.rawValue)
      if let other = leaders[place], other != node {
        return "nodes \(other) and \(node) both lead partition \(group) in term \(replica.core.term)"
      }
      leaders[place] = node
    }
    if replica.state.applied > replica.core.commitIndex {
      return "node \(node) applied \(replica.state.applied) of partition \(group), past its commit index"
    }
    let commit = replica.core.commitIndex
    tops[group] = max(highest(group), commit)
    let mark = Place(group: group, number: node.rawValue)
    var index = max(compared[mark] ?? .zero, replica.core.firstIndex - 1)
    if index > commit { index = replica.core.firstIndex - 1 }
    compared[mark] = commit
    while index < commit {
      index = index.next
      guard let term = replica.core.term(at: index) else { continue }
      let place = Place(group: group, number: index.rawValue)
      if let other = terms[place], other != term {
        return "entry \(index) of partition \(group) was committed in term \(other), and node \(node) has term \(term)"
      }
      terms[place] = term
    }
    return nil
  }
}
