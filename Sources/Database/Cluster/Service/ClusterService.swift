import RoostBase
import RoostMembership
import RoostPlatform
import RoostStore
import RoostTransport

/// A node's part in running the cluster, beside its data: it knows the other nodes, admits new ones where it leads the
/// system group, tells its own whereabouts, and answers what the cluster looks like. Touched on the host's loop only.
final class ClusterService: HostDelegate, @unchecked Sendable {
  let host: GroupHost
  let network: any PeerNetwork
  private let disk: any Disk
  private(set) var identity: NodeIdentity
  var registry = Registry()
  private let driver: MembershipDriver
  let partitions: PartitionBootstrap
  /// Once this node's own record is there, so are those of all that came before it.
  private lazy var news = NamedEvents(
    loop: loop, isKnown: { [unowned self] in name(of: $0) != nil || registry[host.configuration.node] != nil },
    events: events)
  private lazy var leadershipEvents = LeadershipEvents(host: host, news: news)
  private(set) lazy var transfers = LeadershipTransfers(host: host) { [unowned self] in shownName(of: $0) }
  let system: ClusterBackend
  let executor: LoopTaskExecutor
  let events: @Sendable (NodeEvent) -> Void
  /// What this node tells about itself.
  private var own: NodeRecord
  private var announcement: Task<Void, Never>?
  /// The other addresses this node was started with.
  private let joinAddresses: [PeerAddress]
  let loop: any Loop
  private let dialer: any NodeDialer
  /// Whether nodes are believed without proof.
  let isInsecure: Bool
  /// Milliseconds since 1970, for records that people read.
  let wallClock: @Sendable () -> UInt64
  private(set) lazy var departures = DepartureDriver(service: self, admissionTimeLimit: admissionTimeLimit)
  private let admissionTimeLimit: Duration
  private var departureNotice: Task<Void, Never>?
  /// Its record says that it is being taken out.
  private var isLeaving = false
  private var lossTimer: (any LoopTimer)?
  private var seeds: SeedFinder?
  private lazy var inquiry = AddressInquiry(
    identity.clusterNumber ?? 0, dialer: dialer, loop: loop, others: { [unowned self] in others() },
    found: { [unowned self] in found($0, at: $1) })
  private var isStopped = false
  /// What hinders the disk, as was told last.
  private var toldCondition: NodeCondition = []
  /// Nodes that were connected at some time: only their connection can be lost.
  private var everConnected: Set<NodeID> = []

  init(
    host: GroupHost, network: any PeerNetwork, disk: any Disk, identity: NodeIdentity, own: NodeRecord,
    configuration: NodeConfiguration, dialer: any NodeDialer, loop: any Loop,
    wallClock: @escaping @Sendable () -> UInt64,
    events: @escaping @Sendable (NodeEvent) -> Void
  ) {
    self.host = host
    self.network = network
    self.disk = disk
    self.identity = identity
    self.own = own
    self.events = events
    self.loop = loop
    admissionTimeLimit = configuration.admissionTimeLimit
    self.dialer = dialer
    self.wallClock = wallClock
    isInsecure = configuration.security == .insecure
    joinAddresses = configuration.join.filter { $0 != configuration.peerAddress }
    driver = MembershipDriver(host: host)
    system = ClusterBackend(host: host, group: .system)
    executor = LoopTaskExecutor(host.loop)
    partitions = PartitionBootstrap(
      host: host, system: system, executor: executor, wantedCount: identity.partitions ?? configuration.partitions ?? 0,
      nodeCount: Set(configuration.join + [configuration.peerAddress]).count)
  }

  /// Call it on the loop, after the host started.
  func start() {
    serveChannels()
    for peer in identity.peers {
      if let address = PeerAddress(peer.address) { network.setAddress(address, of: peer.node) }
    }
    reloadRegistry()
    departures.start()
    inquiry.start()
    watchForLoss()
  }

  private func others() -> [AddressInquiry.Other] {
    registry.active.filter { $0.id != host.configuration.node }.map {
      .init(node: $0.id, address: PeerAddress($0.peerAddress), isReached: host.isConnected(to: $0.id))
    }
  }

  /// Looks for nodes at the addresses this one was started with.
  func look(at seeds: SeedFinder) {
    self.seeds = seeds
    seeds.start()
  }

  func stop() {
    isStopped = true
    seeds?.stop()
    inquiry.stop()
    lossTimer?.cancel()
    driver.stop()
    partitions.stop()
    leadershipEvents.stop()
    news.stop()
    transfers.stop()
    departures.stop()
    departureNotice?.cancel()
    announcement?.cancel()
  }

  // MARK: Whereabouts

  /// Tells the cluster of this start and where this node is, until someone who may say so takes note of it or refuses it.
  func announce(sqlAddress: PeerAddress) {
    own.sqlAddress = sqlAddress.description
    announcement?.cancel()
    let announcement = Announcement(
      question: OneShotCall(loop: loop, dialer: dialer),
      request: AnnounceRequest(clusterID: identity.clusterID, record: own),
      local: { [weak self, own] in await self?.judgeHere(own) ?? nil },
      candidates: { [weak self] in await self?.seedsToAsk() ?? [] })
    self.announcement = Task(executorPreference: executor) { [weak self] in
      let response = await announcement.make()
      self?.host.loop.execute { [weak self] in self?.announced(response) }
    }
  }

  private func announced(_ response: AnnounceResponse?) {
    guard !isStopped, let response else { return }
    switch response {
    case .accepted: events(.announced)
    case .refused(let reason): host.fail("the cluster refuses this node: \(reason)")
    case .contested: break
    }
  }

  private func judgeHere(_ record: NodeRecord) async -> AnnounceResponse? {
    let request = AnnounceRequest(clusterID: identity.clusterID, record: record)
    return await loop.answer { [self] in judge(request, $0) }
  }

  /// The leader of the system group, if it is known, else everyone who may know.
  private func seedsToAsk() async -> [PeerAddress] {
    await loop.answer { [self] answer in
      if let leader = host.status(of: .system)?.leader, let address = peerAddress(of: leader) {
        return answer([address])
      }
      answer(joinAddresses + identity.peers.compactMap { PeerAddress($0.address) })
    }
  }

  private func reloadRegistry() {
    guard let view = try? host.openStaleView(of: .system) else { return }
    do {
      try registry.load(from: view)
      registryChanged(registry.ids)
      try partitions.load(from: view)
    } catch {
      host.fail("the cluster's records can't be read: \(error)")
    }
  }

  private func registryChanged(_ nodes: [NodeID]) {
    for node in nodes { if let record = registry[node] { recordChanged(record) } }
    driver.plan = registry.membershipPlan
    partitions.nodes = driver.plan.nodes
    news.namesChanged()
    let peers = registry.active.filter { $0.id != host.configuration.node }
      .map { NodeIdentity.Peer(node: $0.id, address: $0.peerAddress) }
    // Records that don't even have this node are not there yet.
    guard peers != identity.peers, !peers.isEmpty || registry[host.configuration.node] != nil else { return }
    identity.peers = peers
    let identity = identity
    let disk = disk
    // A hint only: failing to keep it costs a restarted node some time.
    host.runOnStateWorker { try? identity.save(to: disk) }
  }

  private func recordChanged(_ record: NodeRecord) {
    guard record.id != host.configuration.node else {
      if record.standing == .leaving { return awaitDeparture(record) }
      if record.standing == .removed, record.departure == .left || record.departure == .decommissioned {
        return depart(record.departure ?? .left)
      }
      if let reason = own.refusal(after: record) { host.fail("the cluster refuses this node: \(reason)") }
      return
    }
    if record.isRetired {
      host.retire(record.id)
      // Who is there learns of it over the connection it has.
      if !host.isConnected(to: record.id) { network.setAddress(nil, of: record.id) }
    } else {
      host.expect(record.start, of: record.id)
      if let address = PeerAddress(record.peerAddress), address.port != 0 {
        network.setAddress(address, of: record.id)
      }
    }
  }

  /// A node of this cluster answers at an address that this one was started with, or another one reaches it there; it is
  /// not connected.
  func found(_ node: NodeID, at address: PeerAddress) {
    guard node != host.configuration.node, registry[node]?.isRetired != true, !isStopped else { return }
    network.setAddress(address, of: node)
  }

  // MARK: Leaving

  /// This node is being taken out: it serves on until it is in no group any more.
  private func awaitDeparture(_ record: NodeRecord) {
    guard !isLeaving, !isStopped else { return }
    isLeaving = true
    events(.leaving)
    askWhetherOut(as: record.departure ?? .decommissioned)
  }

  private func askWhetherOut(as departure: NodeDeparture, attempts: Int = .max) {
    let notice = DepartureNotice(
      question: OneShotCall(loop: loop, dialer: dialer), node: host.configuration.node,
      candidates: { [weak self] in await self?.othersToAsk() ?? [] })
    departureNotice?.cancel()
    departureNotice = Task(executorPreference: executor) { [weak self] in
      guard await notice.wait(attempts: attempts) else { return }
      self?.host.loop.execute { [weak self] in self?.depart(departure) }
    }
  }

  private static let lossPatience = Duration.seconds(10)
  private static let lossAttempts = 10

  /// A node that hears of no leader of the system group for long may have been taken out while it was away. Then nobody tells
  /// it, so it asks, now and then.
  private func watchForLoss(wasLost: Bool = false) {
    let isLost = host.status(of: .system).map { $0.leader == NodeID.none } ?? true
    if isLost, wasLost, !isLeaving { askWhetherOut(as: .decommissioned, attempts: ClusterService.lossAttempts) }
    lossTimer = loop.schedule(at: loop.now + ClusterService.lossPatience) { [self] in
      if !isStopped { watchForLoss(wasLost: isLost) }
    }
  }

  private func othersToAsk() async -> [PeerAddress] {
    await loop.answer { [self] answer in
      let own = host.configuration.node
      answer(registry.active.filter { $0.id != own }.compactMap { PeerAddress($0.peerAddress) })
    }
  }

  /// This node is out: its directory says so from now on, and the process may end.
  private func depart(_ departure: NodeDeparture) {
    guard !isStopped, identity.departure == nil else { return }
    identity.departure = departure
    let identity = identity
    let disk = disk
    let loop = loop
    let events = events
    host.runOnStateWorker {
      // The other nodes refuse this directory in any case.
      try? identity.save(to: disk)
      loop.execute { events(.departed(departure)) }
    }
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
    leadershipEvents.leadershipChanged(group) { [self] in shownName(of: $0) }
  }

  func configurationChanged(_ group: GroupID) {
    driver.note(group)
    if group == .system { partitions.look() }
  }

  func connectionChanged(_ node: NodeID, isConnected: Bool) {
    if !isConnected, registry[node]?.isRetired == true { network.setAddress(nil, of: node) }
    if isConnected { everConnected.insert(node) } else if everConnected.remove(node) == nil { return }
    news.tell(about: [node]) { [unowned self] in .connection(shownName(of: node), isConnected: isConnected) }
  }

  func livenessChanged(_ node: NodeID) {}

  func diverged(_ group: GroupID, _ report: String) { events(.storage(report)) }

  func storageDamaged(_ report: String) { events(.storage(report)) }

  func conditionChanged(_ condition: NodeCondition) {
    // Divergence is told with its reason.
    if condition.subtracting(.diverged) != toldCondition {
      toldCondition = condition.subtracting(.diverged)
      events(.condition(condition))
    }
  }

  func refused(_ node: NodeID, _ refusal: NodeLiveness.Refusal) {
    events(.refused(shownName(of: node), refusal.reason))
  }

  func name(of node: NodeID) -> String? {
    guard node != host.configuration.node else { return identity.name }
    return registry[node].map { $0.isRetired ? "\($0.name) (gone)" : $0.name }
  }

  /// What the network has to tell, on the loop.
  func tell(_ event: TransportEvent, advice: String) {
    guard let node = event.node else { return events(.transport(event, nil, advice: advice)) }
    news.tell(about: [node]) { [unowned self] in .transport(event, name(of: node), advice: advice) }
  }

  /// For people: before the registry is read, or of a node that left it, only the number is known.
  func shownName(of node: NodeID) -> String { name(of: node) ?? "node number \(node)" }

  func peerAddress(of node: NodeID) -> PeerAddress? { registry[node].flatMap { PeerAddress($0.peerAddress) } }

  func hostFailed(_ reason: String) { events(.failed(reason)) }
}
