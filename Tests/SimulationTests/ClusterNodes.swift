import RoostPlatform
import RoostRaft
import RoostSimulation
import RoostStorage
import RoostStore

/// What a simulated cluster is made of. Where a run has a choice, it follows from the seed.
struct ClusterOptions {
  var size = 5
  var groups: [GroupDescriptor] = [.system, .data]
  /// Small, so that logs are compacted and followers get snapshots within seconds.
  var flushAfterLogBytes = 32 << 20
  var maximumLogEntries: UInt64 = 10_000
  var segmentBytes = 64 << 10
  /// How late every sync is while the node runs: the planted bug. Nil is the truth.
  var syncDelay: Duration?
}

/// Five nodes in a world, each a `GroupHost` over a log on the simulated disk and an engine in memory, and an eye on
/// what must hold at every moment.
///
/// Unchecked sendable: guarded by the world's thread.
final class SimulatedCluster: @unchecked Sendable {
  let world: World
  let options: ClusterOptions
  let members: [NodeID]
  private(set) var hosts: [NodeID: ClusterNode] = [:]
  private(set) var engines: [NodeID: MemoryEngine] = [:]
  /// What must never happen and did: with its time, for the story.
  private(set) var violations: [String] = []
  /// Sums over all incarnations that have ended.
  private(set) var tally = Tally()
  private var leaders: [Reign: NodeID] = [:]
  private var latestReigns: [GroupID: Reign] = [:]

  private struct Reign: Hashable {
    var group: GroupID
    var term: Term
  }

  /// What happened in a run, to show that its seed was worth something.
  struct Tally {
    var flushes: UInt64 = 0
    var snapshots: UInt64 = 0
    var forwarded: UInt64 = 0
    var refused: UInt64 = 0
    var crashes: UInt64 = 0
    var reigns: UInt64 = 0

    mutating func add(_ other: Tally) {
      flushes += other.flushes
      snapshots += other.snapshots
      forwarded += other.forwarded
      refused += other.refused
      crashes += other.crashes
      reigns += other.reigns
    }

    mutating func add(_ counters: HostCounters) {
      flushes += counters.engineFlushes
      snapshots += counters.snapshotsInstalled
      forwarded += counters.requestsForwarded
      refused += counters.refusedMessages
    }
  }

  init(_ world: World, _ options: ClusterOptions) {
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

  func start() { for node in world.nodes { node.start() } }

  private func boot(_ process: SimulatedProcess, _ engine: MemoryEngine) -> AnyObject? {
    do {
      let node = try ClusterNode(process, engine, of: self)
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
  var leader: NodeID? { latestReigns[GroupDescriptor.data.id].flatMap { leaders[$0] } }

  /// Where two nodes have applied the same of a group, they hold the same. Returns whether all nodes stand equally.
  @discardableResult
  func compareContents() -> Bool {
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
  var total: Tally {
    var total = tally
    for member in members { if let node = hosts[member] { total.add(node.host.counters) } }
    return total
  }
}

/// The code of one incarnation, put together as a real node's would be.
///
/// Unchecked sendable: guarded by the world's thread.
final class ClusterNode: HostDelegate, @unchecked Sendable {
  let host: GroupHost
  private let process: SimulatedProcess
  private unowned let cluster: SimulatedCluster

  init(_ process: SimulatedProcess, _ engine: MemoryEngine, of cluster: SimulatedCluster) throws {
    self.process = process
    self.cluster = cluster
    let options = cluster.options
    let tardy = options.syncDelay.map { TardyDisk(process, delay: $0) }
    let logStore = try LogStore(
      disk: tardy ?? process.disk, directory: "log", options: LogOptions(segmentBytes: options.segmentBytes))
    let loop = process.loops[0]
    let logWriter = LogWriter(
      store: logStore, worker: process.makeWorker(), reader: process.makeWorker(), clock: { loop.now }
    ) { [unowned cluster] error in
      guard error.isFatal, process.isAlive else { return }
      cluster.violated("the log of node \(process.id) failed: \(error)")
      process.exit(restartAfter: .milliseconds(100))
    }
    var configuration = HostConfiguration(
      node: process.id, groups: options.groups, founders: Set(cluster.members), randomSeed: process.generator.next())
    configuration.flushAfterLogBytes = options.flushAfterLogBytes
    configuration.maximumLogEntries = options.maximumLogEntries
    host = GroupHost(
      configuration: configuration, loop: loop, network: process.network, logStore: logStore, logWriter: logWriter,
      engine: IncarnationEngine(engine, of: process), disk: process.disk, stateWorker: process.makeWorker(),
      wallClock: { UInt64(max(0, process.wallNanoseconds / 1_000_000)) })
    host.delegate = self
    try host.start()
    tardy?.isTardy = true
    process.network.nativeService = host
    for member in cluster.members {
      process.network.setAddress(PeerAddress(host: "node\(member)", port: 1), of: member)
    }
  }

  // MARK: HostDelegate

  func handle(opcode: UInt8, body: [UInt8], respond: @escaping @Sendable (Response) -> Void) {
    respond(.malformed("there is nothing above the store here"))
  }

  func leadershipChanged(_ group: GroupID) {
    guard let status = host.status(of: group), status.role == .leader else { return }
    cluster.leads(process.id, group, status.term)
  }

  func hostFailed(_ reason: String) {
    guard process.isAlive else { return }
    cluster.violated("node \(process.id) failed: \(reason)")
    process.exit(restartAfter: .milliseconds(100))
  }

  func systemWritesApplied(_ writes: [CommitRequest.Write]) {}
  func configurationChanged(_ group: GroupID) {}
  func snapshotInstalled(_ group: GroupID) {}
  func connectionChanged(_ node: NodeID, isConnected: Bool) {}
  func name(of node: NodeID) -> String? { nil }
  func peerAddress(of node: NodeID) -> PeerAddress? { nil }
}
