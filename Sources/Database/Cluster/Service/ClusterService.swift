import Foundation
public import RoostMembership
public import RoostPlatform
public import RoostRaft
import RoostStore

/// A node's part in running the cluster, beside its data: it knows the other nodes, admits new ones where it leads the
/// system group, tells its own whereabouts, and answers what the cluster looks like. Touched on the host's loop only.
final class ClusterService: HostDelegate, @unchecked Sendable {
  let host: GroupHost
  private let network: any PeerNetwork
  private let disk: any Disk
  private(set) var identity: NodeIdentity
  private var registry = Registry()
  private let driver: MembershipDriver
  private let system: ClusterBackend
  private let executor: LoopTaskExecutor
  private let events: @Sendable (NodeEvent) -> Void
  /// What this node tells about itself.
  private var own: NodeRecord
  private var announcement: Task<Void, Never>?
  private var seeds: SeedFinder?
  private var isStopped = false

  init(
    host: GroupHost, network: any PeerNetwork, disk: any Disk, identity: NodeIdentity, own: NodeRecord,
    events: @escaping @Sendable (NodeEvent) -> Void
  ) {
    self.host = host
    self.network = network
    self.disk = disk
    self.identity = identity
    self.own = own
    self.events = events
    driver = MembershipDriver(host: host, groups: host.configuration.groups.map(\.id))
    system = ClusterBackend(host: host, group: .system)
    executor = LoopTaskExecutor(host.loop)
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
    try? registry.load(from: view)
    registryChanged(registry.all.map(\.id))
  }

  private func registryChanged(_ nodes: [NodeID]) {
    for node in nodes where node != host.configuration.node {
      let address = registry[node].flatMap { PeerAddress($0.peerAddress) }.flatMap { $0.port == 0 ? nil : $0 }
      if let address { network.setAddress(address, of: node) }
    }
    driver.desired = registry.all.map(\.id)
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
  }

  func snapshotInstalled(_ group: GroupID) { if group == .system { reloadRegistry() } }

  func leadershipChanged(_ group: GroupID) {
    driver.look()
    if let status = host.status(of: group) {
      events(
        .leader(group, name(of: status.leader) ?? (status.leader == .none ? nil : "\(status.leader)"), status.term))
    }
  }

  func configurationChanged(_ group: GroupID) { driver.look() }

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
      respond(.application((try? JSONEncoder.stable.encode(status())).map { [UInt8]($0) } ?? []))
    case ClusterOpcode.join:
      guard let request = try? JSONDecoder().decode(JoinRequest.self, from: Data(body)) else {
        return respond(.malformed("a request to join that can't be read"))
      }
      admit(request, respond)
    default: respond(.malformed("unknown request \(opcode)"))
    }
  }

  // MARK: Admission

  private func admit(_ request: JoinRequest, _ respond: @escaping @Sendable (Response) -> Void) {
    guard let status = host.status(of: .system), status.isServing else {
      let leader = host.status(of: .system)?.leader ?? .none
      return respond(.notLeader(leader, peerAddress(of: leader)))
    }
    guard request.clusterName == identity.clusterName else {
      return answer(
        .refused(reason: "this cluster is named \(identity.clusterName), not \(request.clusterName)"), respond)
    }
    let identity = identity
    Task(executorPreference: executor) { [system, weak self] in
      do {
        let response = try await system.withTransaction(TransactionOptions(timeLimit: .seconds(5))) { transaction in
          try ClusterService.admit(request, identity, in: transaction)
        }
        self?.answer(response, respond)
      } catch let error as StoreError {
        respond(.failure(error))
      } catch {
        respond(.failure(.unavailable("\(error)")))
      }
    }
  }

  private static func admit(
    _ request: JoinRequest, _ identity: NodeIdentity, in transaction: Transaction
  ) throws -> JoinResponse {
    var members: [NodeRecord] = []
    let scan = try transaction.scan(KeyRange(prefix: NodeRecord.prefix))
    while true {
      let pairs = try scan.next()
      if pairs.isEmpty { break }
      members.append(contentsOf: pairs.compactMap { NodeRecord.decode($0.value) })
    }
    var record = request.record
    if let known = members.first(where: { $0.name == record.name }) {
      guard known.incarnation == record.incarnation else {
        return .refused(
          reason: "a node named \(record.name) belongs to it already, and this is another data directory; "
            + "choose another --node-id, or start with the data directory the node had")
      }
      record.id = known.id
    } else {
      // A counter, not the highest record: an id is never given twice, also when its node has left or not yet told its
      // record.
      let first = (identity.founders.map(\.rawValue).max() ?? 0) + 1
      let counter = try transaction.get(NodeRecord.counterKey).map { $0.reduce(0) { $0 << 8 | UInt64($1) } }
      record.id = NodeID(max(counter ?? first, first))
      try transaction.put(
        NodeRecord.counterKey, withUnsafeBytes(of: (record.id.rawValue + 1).bigEndian) { [UInt8]($0) })
    }
    try transaction.put(NodeRecord.key(of: record.id), record.encoded())
    return .admitted(
      JoinResponse.Admission(
        clusterID: identity.clusterID, node: record.id, founders: identity.founders,
        members: members.filter { $0.id != record.id }))
  }

  private func answer(_ response: JoinResponse, _ respond: @escaping @Sendable (Response) -> Void) {
    respond(.application((try? JSONEncoder.stable.encode(response)).map { [UInt8]($0) } ?? []))
  }

  // MARK: Status

  func status() -> ClusterStatus {
    let groups = host.status()
    let data = groups.last
    let isLedEverywhere = groups.allSatisfy { $0.leader != .none }
    return ClusterStatus(
      cluster: .init(
        name: identity.clusterName, id: identity.clusterID, answered_by: identity.name, is_healthy: isLedEverywhere),
      nodes: registry.all.map { record in
        let isUp = record.id == host.configuration.node || host.isConnected(to: record.id)
        let votes = data?.configuration.voters.contains(record.id) == true
        return ClusterStatus.Node(
          id: record.name, number: record.id.rawValue, pid: record.pid,
          status: isUp ? (votes ? "active" : "joining") : "down",
          role: data?.leader == record.id ? "PRIMARY" : votes ? "STANDBY" : "REPLICA",
          sql_address: record.sqlAddress, peer_address: record.peerAddress, locality: record.locality,
          start_time: Date(timeIntervalSince1970: Double(record.startedAt) / 1000).ISO8601Format())
      },
      groups: groups.map { group in
        ClusterStatus.Group(
          id: group.id.rawValue, leader: name(of: group.leader) ?? "",
          replicas: group.configuration.members.sorted().map {
            .init(node: name(of: $0) ?? "\($0)", role: group.configuration.voters.contains($0) ? "VOTER" : "LEARNER")
          },
          term: group.term.rawValue, commit_index: group.commitIndex.rawValue,
          applied_index: group.appliedIndex.rawValue)
      },
      counters: host.namedCounters())
  }
}

/// What an operator may want to read about a node.
public enum NodeEvent: Sendable, CustomStringConvertible {
  /// The node's whereabouts are in the registry.
  case announced
  case leader(GroupID, String?, Term)
  case connection(String, isConnected: Bool)
  case transport(String)
  /// What hinders this node's disk.
  case condition(NodeCondition)
  /// A node was refused, and why.
  case refused(String, String)
  /// The process has to end.
  case failed(String)

  public var description: String {
    switch self {
    case .announced: "the cluster knows this node's addresses"
    case .leader(let group, let name?, let term): "partition \(group) is led by \(name) in term \(term)"
    case .leader(let group, nil, let term): "partition \(group) has no leader in term \(term)"
    case .connection(let name, let isConnected): isConnected ? "connected to \(name)" : "lost the connection to \(name)"
    case .transport(let text): text
    case .condition(let condition):
      condition.isEmpty
        ? "the disk is well again"
        : condition.contains(.diskFull)
          ? "the disk is full: this node takes no writes until space is freed"
          : "the disk does not answer: this node leads no partition until it does"
    case .refused(let name, let reason): "refused node \(name): \(reason)"
    case .failed(let reason): reason
    }
  }
}
