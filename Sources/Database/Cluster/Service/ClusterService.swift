import Foundation
import RoostMembership
import RoostPlatform
import RoostRaft
import RoostStore

/// A node's part in running the cluster, beside its data: it knows the other nodes, admits new ones where it leads the
/// system group, tells its own whereabouts, and answers what the cluster looks like. Touched on the host's loop only.
final class ClusterService: HostDelegate, @unchecked Sendable {
  let host: GroupHost
  let network: any PeerNetwork
  private let disk: any Disk
  private(set) var identity: NodeIdentity
  var registry = Registry()
  private let driver: MembershipDriver
  let partitions: PartitionFounder
  private let news: LeadershipNews
  private(set) lazy var transfers = LeadershipTransfers(host: host) { [unowned self] in name(of: $0) ?? "\($0)" }
  let system: ClusterBackend
  let executor: LoopTaskExecutor
  private let events: @Sendable (NodeEvent) -> Void
  /// What this node tells about itself.
  private var own: NodeRecord
  private var announcement: Task<Void, Never>?
  private var seeds: SeedFinder?
  private var isStopped = false

  init(
    host: GroupHost, network: any PeerNetwork, disk: any Disk, identity: NodeIdentity, own: NodeRecord,
    configuration: NodeConfiguration, events: @escaping @Sendable (NodeEvent) -> Void
  ) {
    self.host = host
    self.network = network
    self.disk = disk
    self.identity = identity
    self.own = own
    self.events = events
    driver = MembershipDriver(host: host)
    system = ClusterBackend(host: host, group: .system)
    executor = LoopTaskExecutor(host.loop)
    partitions = PartitionFounder(
      host: host, system: system, executor: executor, wantedCount: configuration.partitions,
      nodeCount: Set(configuration.join + [configuration.peerAddress]).count)
    news = LeadershipNews(host: host, events: events)
  }

  /// Call it on the loop, after the host started.
  func start() {
    for peer in identity.peers {
      if let address = PeerAddress(peer.address) { network.setAddress(address, of: peer.node) }
    }
    reloadRegistry()
  }

  /// Looks for nodes at the addresses this one was started with.
  func look(at seeds: SeedFinder) {
    self.seeds = seeds
    seeds.start()
  }

  func stop() {
    isStopped = true
    seeds?.stop()
    driver.stop()
    partitions.stop()
    news.stop()
    transfers.stop()
    announcement?.cancel()
  }

  // MARK: Whereabouts

  /// Writes this node's record into the registry, wherever its leader is, until that succeeds.
  func announce(sqlAddress: PeerAddress) {
    own.sqlAddress = sqlAddress.description
    announcement?.cancel()
    let own = own
    announcement = Task(executorPreference: executor) { [weak self, system] in
      while !Task.isCancelled {
        do {
          try await system.withTransaction(TransactionOptions(timeLimit: .seconds(5))) { transaction in
            let key = NodeRecord.key(of: own.id)
            let bytes = own.encoded()
            if try transaction.get(key) != bytes { try transaction.put(key, bytes) }
          }
          self?.events(.announced)
          return
        } catch {
          // No leader yet, or it changed, or the node is stopping.
          guard let self, !isStopped else { return }
          await rest()
        }
      }
    }
  }

  private func rest() async {
    let loop = host.loop
    await withCheckedContinuation { continuation in
      _ = loop.schedule(at: loop.now + .milliseconds(100)) { continuation.resume() }
    }
  }

  private func reloadRegistry() {
    guard let view = try? host.openStaleView(of: .system) else { return }
    do {
      try registry.load(from: view)
      registryChanged(registry.all.map(\.id))
      try partitions.load(from: view)
    } catch {
      host.fail("the cluster's records can't be read: \(error)")
    }
  }

  private func registryChanged(_ nodes: [NodeID]) {
    for node in nodes where node != host.configuration.node {
      let address = registry[node].flatMap { PeerAddress($0.peerAddress) }.flatMap { $0.port == 0 ? nil : $0 }
      if let address { network.setAddress(address, of: node) }
    }
    driver.plan.nodes = registry.all.map(\.id)
    partitions.nodes = driver.plan.nodes
    let peers = registry.all.filter { $0.id != host.configuration.node }
      .map { NodeIdentity.Peer(node: $0.id, address: $0.peerAddress) }
    guard peers != identity.peers, !peers.isEmpty else { return }
    identity.peers = peers
    let identity = identity
    let disk = disk
    // A hint only: failing to keep it costs a restarted node some time.
    host.runOnStateWorker { try? identity.save(to: disk) }
  }

  // MARK: HostDelegate

  func systemWritesApplied(_ writes: [CommitRequest.Write]) {
    let changed = registry.apply(writes)
    if !changed.isEmpty { registryChanged(changed) }
    partitions.apply(writes)
  }

  func snapshotInstalled(_ group: GroupID) { if group == .system { reloadRegistry() } }

  func leadershipChanged(_ group: GroupID) {
    driver.note(group)
    transfers.leadershipChanged(group)
    if group == .system { partitions.look() }
    news.leadershipChanged(group) { [self] in name(of: $0) ?? "\($0)" }
  }

  func configurationChanged(_ group: GroupID) {
    driver.note(group)
    if group == .system { partitions.look() }
  }

  func connectionChanged(_ node: NodeID, isConnected: Bool) {
    events(.connection(name(of: node) ?? "\(node)", isConnected: isConnected))
  }

  func livenessChanged(_ node: NodeID) {}

  func conditionChanged(_ condition: NodeCondition) { events(.condition(condition)) }

  func refused(_ node: NodeID, _ refusal: NodeLiveness.Refusal) {
    events(.refused(name(of: node) ?? "\(node)", refusal.reason))
  }

  func name(of node: NodeID) -> String? { node == host.configuration.node ? identity.name : registry[node]?.name }

  func peerAddress(of node: NodeID) -> PeerAddress? { registry[node].flatMap { PeerAddress($0.peerAddress) } }

  func hostFailed(_ reason: String) { events(.failed(reason)) }

  func handle(opcode: UInt8, body: [UInt8], respond: @escaping @Sendable (Response) -> Void) {
    switch opcode {
    case ClusterOpcode.status:
      // A long list takes long to write, and the loop has more urgent things to do.
      let status = status()
      let loop = host.loop
      host.runOnStateWorker {
        let body = (try? JSONEncoder.stable.encode(status)).map { [UInt8]($0) } ?? []
        loop.execute { respond(.application(body)) }
      }
    case ClusterOpcode.join:
      guard let request = try? JSONDecoder().decode(JoinRequest.self, from: Data(body)) else {
        return respond(.malformed("a request to join that can't be read"))
      }
      admit(request, respond)
    case ClusterOpcode.transfer:
      guard let request = try? JSONDecoder().decode(TransferRequest.self, from: Data(body)) else {
        return respond(.malformed("a request to transfer that can't be read"))
      }
      transfer(request, respond)
    default: respond(.malformed("unknown request \(opcode)"))
    }
  }
}
