public import RoostBase
public import RoostMembership
public import RoostPlatform
import RoostRaft
public import RoostStorage

/// A node's share of the store: every group replica it holds, over one loop, one log, one engine and one peer network.
///
/// The host works in ticks. Whatever arrives in a turn of the loop (frames, client requests, durable writes, timers)
/// only marks replicas dirty; one flush at the end of the turn proposes, sends and writes for all of them together. So
/// batching appears by itself under load and nothing waits for a batch when there is none.
///
/// ```
///  network ─► received ─┐                       ┌─► outbox: one payload per peer ─► network
///  clients ─► route ────┼─► replica (dirty) ─► flush ─► log writes: one append ─► log thread ─┐
///  timer ───► tick ─────┘         ▲             └─► staged (committed) ─► later: engine batch │
///                                 └──────────── writeIsDurable ◄────────────────────────────┘
/// ```
/// All state is touched on `loop` only; that is what makes it safe to share.
///
/// `@exclusivity(unchecked)` marks what is touched for every message of every group, here, in ``Replica`` and in the log:
/// the checks at run time were a seventh of what a group's turn cost. So nothing may hold on to one of these (`inout`, a
/// mutating call) while it calls what may come back to it: completions, the delegate, the observer, other replicas.
/// `docs/decisions/0012` has the figures.
public final class GroupHost: ReplicaHost, @unchecked Sendable {
  public let configuration: HostConfiguration
  public let loop: any Loop
  let network: any PeerNetwork
  let logStore: LogStore
  let logWriter: LogWriter
  public let engine: any Engine
  let disk: any Disk
  /// Runs engine flushes and snapshot files: long, blocking, in no hurry.
  let stateWorker: any BlockingWorker
  /// Milliseconds since 1970; only a lower bound for timestamps, never trusted for order.
  let wallClock: @Sendable () -> UInt64
  public weak var delegate: (any HostDelegate)?
  /// What the floors above serve.
  public let channels = RequestChannels()
  /// Set it before the start.
  public var observer: (any HostObserver)? {
    get { environment.observer }
    set { environment.observer = newValue }
  }

  let environment: ReplicaEnvironment

  @exclusivity(unchecked) private(set) var replicas = ReplicaTable()
  @exclusivity(unchecked) private var dirty: [Replica] = []
  @exclusivity(unchecked) private var isFlushScheduled = false
  let outbox: PeerOutbox
  let log: LogFront<Replica>
  @exclusivity(unchecked) private var deadlines = DeadlineQueue()
  private var timer: (any LoopTimer)?
  @exclusivity(unchecked) private var timerDeadline = Instant.distantFuture

  let liveness: LivenessDriver
  let waker: GroupWaker<Replica>
  /// Replicas that are not silent.
  @exclusivity(unchecked) private(set) var awakeCount = 0

  /// How far the logs of the others were durable, on disk.
  var watermarks: WatermarkNote?
  /// What hinders this node's disk.
  var diskWatch = DiskWatch()
  var applies: ApplyScheduler<Replica> { environment.applies }
  /// Always empty: memory for what a round of replicas writes together.
  @exclusivity(unchecked) var roundBatch = EngineBatch()

  /// Nil keeps every version for ever.
  var retention: Retention?
  var viewHorizon: ViewHorizon { environment.viewHorizon }
  /// Up to here old versions are let go of.
  @exclusivity(unchecked) var sweptBefore = Timestamp.zero

  @exclusivity(unchecked) var clients: [ObjectIdentifier: ClientState] = [:]
  let sweep: DeadlineSweep
  let router: RequestRouter
  let bulkReceiver: BulkReceiver
  /// Log bytes since the state engine was last flushed, over all groups.
  @exclusivity(unchecked) var bytesSinceFlush = 0
  let outgoingSnapshots: OutgoingSnapshots
  let incomingSnapshots: IncomingSnapshots
  let installer: SnapshotInstaller
  @exclusivity(unchecked) var compaction = CompactionState()
  /// Members that still make good for what damage took.
  var repairing: [Replica] = []
  /// Damage of the log and the state, and what was done about it, in words. Call it on the loop.
  public internal(set) var storageReport: [String] = []
  var reportedDamage: Set<String> = []
  /// Partitions whose committed prefix was contradicted.
  var divergences: [Divergence] = []
  /// Messages of other nodes that were refused. Call it on the loop.
  public internal(set) var refusals = RefusedMessages()
  var isMarkingDamage = false
  private var tally = HostCounters()
  @exclusivity(unchecked) public private(set) var isStopped = false

  public init(
    configuration: HostConfiguration, loop: any Loop, network: any PeerNetwork, logStore: LogStore,
    logWriter: LogWriter,
    engine: any Engine, disk: any Disk, stateWorker: any BlockingWorker, wallClock: @escaping @Sendable () -> UInt64
  ) {
    self.configuration = configuration
    self.loop = loop
    self.network = network
    self.logStore = logStore
    self.logWriter = logWriter
    self.engine = engine
    self.disk = disk
    self.stateWorker = stateWorker
    self.wallClock = wallClock
    outbox = PeerOutbox(network: network, tag: configuration.incarnation.tag)
    log = LogFront(loop: loop, writer: logWriter)
    environment = ReplicaEnvironment(configuration: configuration, loop: loop, engine: engine, wallClock: wallClock)
    // Short enough to be a short varint, and far from where the last incarnation counted.
    var generator = SeededGenerator(seed: configuration.randomSeed)
    sweep = DeadlineSweep(loop: loop)
    router = RequestRouter(
      loop: loop, network: network, sweep: sweep,
      limits: .init(
        requests: configuration.maximumWaitingRequests, bulkBytesInFlight: configuration.bulk.bytesInFlight),
      firstID: generator.next() >> 22)
    bulkReceiver = BulkReceiver(limit: configuration.bulk.incomingBytes)
    outgoingSnapshots = OutgoingSnapshots(
      loop: loop, network: network, engine: engine,
      throttle: SnapshotThrottle(
        maximumStreams: configuration.maximumSnapshotStreams, bytesPerSecond: configuration.snapshotBytesPerSecond),
      firstStream: generator.next() >> 22)
    incomingSnapshots = IncomingSnapshots(loop: loop, network: network, disk: disk, worker: stateWorker)
    installer = SnapshotInstaller(loop: loop, engine: engine, disk: disk, worker: stateWorker)
    retention = configuration.retention.map { Retention(period: $0) }
    liveness = LivenessDriver(
      .init(incarnation: configuration.incarnation, interval: configuration.livenessInterval), loop: loop,
      network: network, durableBatch: { logStore.lastDurableBatch })
    waker = GroupWaker(node: configuration.node, loop: loop)
    environment.applies.write = { [unowned self] in writeNextStep(of: $0) }
    log.onDurable = { [unowned self] in writeIsDurable($1, of: $0, now: $2) }
    router.table = self
    liveness.watcher = self
    waker.groups = self
    outgoingSnapshots.source = self
    incomingSnapshots.destination = self
  }

  /// Recovers every group and begins to take part. Call it on the loop.
  public func start() throws {
    loop.preconditionCurrent()
    liveness.start()
    try recallDivergences()
    try repairLog()
    for descriptor in configuration.groups.sorted(by: { $0.id < $1.id }) {
      add(try recover(descriptor, founders: configuration.founders))
    }
    removeSnapshotFiles()
    recallWatermarks()
    network.handler = self
  }

  /// Begins to take part in a group: a new one, or one that this node took part in before it was started anew. Does
  /// nothing if it does already. Call it on the loop.
  ///
  /// - Parameter founders: Who was in the group before its first entry.
  public func createGroup(_ descriptor: GroupDescriptor, founders: Set<NodeID>) throws {
    loop.preconditionCurrent()
    guard !isStopped, replicas[descriptor.id] == nil else { return }
    add(try recover(descriptor, founders: founders))
  }

  private func add(_ replica: Replica) {
    // Many groups that start together, on many nodes, stand for election one after the other, and each first on the
    // node whose turn it is.
    let position = replicas.all.count
    if position >= GroupHost.orderlyGroups {
      let place = Succession.position(of: configuration.node, in: replica.group, replica.core.configuration)
      replica.input {
        $0.postponeCampaign(by: GroupHost.campaignSpacing * position + configuration.electionTimeout * place)
      }
    }
    replicas.insert(replica)
    environment.share(amongst: replicas.all.count)
    observer?.recovered(replica.group, replica.core)
    if divergences.contains(where: { $0.group == replica.group }) { suspend(replica) }
    markDirty(replica)
  }

  /// From so many groups on, order is worth more than the fastest first election.
  private static let orderlyGroups = 16
  private static let campaignSpacing = Duration.microseconds(200)

  /// Stops taking part. Requests that wait are refused; nothing is called back afterwards. Call it on the loop.
  public func stop() {
    loop.preconditionCurrent()
    guard !isStopped else { return }
    isStopped = true
    timer?.cancel()
    log.stop()
    applies.stop()
    liveness.stop()
    waker.stop()
    sweep.stop()
    network.handler = nil
    failAllRequests(.notServing)
    outgoingSnapshots.stop()
    incomingSnapshots.stop()
    installer.stop()
  }

  func replica(of group: GroupID) -> Replica? { replicas[group] }

  /// The group that holds `key`.
  func group(of key: Key) -> GroupID? { replicas.replica(holding: key)?.group }

  func count(_ counter: WritableKeyPath<HostCounters, UInt64>, by number: Int = 1) {
    tally[keyPath: counter] += UInt64(number)
  }

  /// What this host has done and refused since it began. Call it on the loop.
  public var counters: HostCounters {
    var counters = tally
    counters.requestsForwarded = router.forwardedCount
    counters.laggardsFound = waker.laggardsFound
    counters.snapshotsSent = outgoingSnapshots.startedCount
    return counters
  }

  /// Something that must hold does not, or the disk can't be trusted: the process has to end.
  public func fail(_ reason: String) {
    guard !isStopped else { return }
    stop()
    delegate?.hostFailed(reason)
  }

  /// The log has no room: what waits for it is tried again until it has. Call it on the loop.
  public func logIsFull() {
    if log.retryUntilThereIsRoom() { giveBallastBack() }
  }

  // MARK: The tick

  func markDirty(_ replica: Replica) {
    if !replica.isDirty {
      replica.isDirty = true
      dirty.append(replica)
    }
    scheduleFlush()
  }

  func scheduleFlush() {
    guard !isFlushScheduled else { return }
    isFlushScheduled = true
    loop.execute { [self] in flush() }
  }

  private func flush() {
    isFlushScheduled = false
    guard !isStopped else { return }
    let now = loop.now
    // A replica that is marked again while it flushes (its own response, a completion that asks for more) is flushed
    // again.
    while !dirty.isEmpty, !isStopped {
      let round = dirty
      dirty.removeAll(keepingCapacity: true)
      for replica in round {
        replica.isDirty = false
        flush(replica, now)
        note(replica)
      }
    }
    guard !isStopped else { return }
    sendOutbox()
    // After it was sent: the followers' disks work beside ours.
    log.append(for: self)
    compactIfNeeded()
    applies.schedule()
    armTimer()
  }

  /// Gives the core of a replica an input.
  ///
  /// - Parameter now: read after the input came.
  func input<Result>(to replica: Replica, now: Instant, _ body: (inout RaftCore) throws -> Result) rethrows -> Result {
    defer { settle(replica, now) }
    return try replica.input(body)
  }

  /// After an input: most change nothing that anyone has to hear of, and cost no flush.
  func settle(_ replica: Replica, _ now: Instant) {
    if replica.wantsFlush(now) { return markDirty(replica) }
    note(replica)
    if deadlines.earliest < timerDeadline { scheduleFlush() }
  }

  func schedule(after pause: Duration, _ work: @escaping @Sendable () -> Void) {
    loop.schedule(at: loop.now + pause) { [self] in if !isStopped { work() } }
  }

  private func note(_ replica: Replica) {
    countAwake(replica)
    deadlines.arm(replica)
    if !replica.isSuspended { observer?.settled(replica.group, replica.core) }
  }

  private func countAwake(_ replica: Replica) {
    guard replica.isCountedAwake == replica.core.isQuiescent else { return }
    replica.isCountedAwake.toggle()
    awakeCount += replica.isCountedAwake ? 1 : -1
  }

  private func sendOutbox() {
    outbox.send { node in
      // Only those awake have sent it anything.
      for replica in replicas.all where !replica.isSuspended && !replica.core.isQuiescent {
        input(to: replica, now: loop.now) { $0.reportUnreachable(node) }
      }
    }
  }

  // MARK: Time

  private func armTimer() {
    let deadline = deadlines.earliest
    guard deadline < timerDeadline || (timerDeadline <= loop.now && timer == nil) else { return }
    timer?.cancel()
    timerDeadline = deadline
    guard deadline < .distantFuture else { return }
    timer = loop.schedule(at: deadline) { [self] in timerFired() }
  }

  private func timerFired() {
    guard !isStopped else { return }
    timer = nil
    timerDeadline = .distantFuture
    let now = loop.now
    while let replica = deadlines.popDue(now) {
      replica.tick(now, isReachable: isReachable)
      markDirty(replica)
    }
    armTimer()
  }
}

/// What the floor above does for a host, on its loop.
public protocol HostDelegate: AnyObject, Sendable {
  /// The system group applied these writes.
  func systemWritesApplied(_ writes: [CommitRequest.Write])
  /// A group's leader, as this node knows it, or this node's part in it changed.
  func leadershipChanged(_ group: GroupID)
  func configurationChanged(_ group: GroupID)
  /// The whole state of a group was replaced.
  func snapshotInstalled(_ group: GroupID)
  func connectionChanged(_ node: NodeID, isConnected: Bool)
  /// Whether a node is heard of changed.
  func livenessChanged(_ node: NodeID)
  /// What hinders this node's disk changed.
  func conditionChanged(_ condition: NodeCondition)
  /// A node was refused: it is not what it was under its id.
  func refused(_ node: NodeID, _ refusal: NodeLiveness.Refusal)
  /// Something durable can't be read back, and what is done about it: for the operator.
  func storageDamaged(_ report: String)
  /// What this node knows to be committed in a group contradicts what the others have: for the operator.
  func diverged(_ group: GroupID, _ report: String)
  /// The name users know a node by.
  func name(of node: NodeID) -> String?
  func peerAddress(of node: NodeID) -> PeerAddress?
  /// The node can't go on: log the reason and end the process.
  func hostFailed(_ reason: String)
}

/// Counters for status and tests.
public struct HostCounters: Sendable {
  /// Raft messages that the core refused or that could not be decoded.
  public var refusedMessages: UInt64 = 0
  /// Raft messages of groups that this node does not have.
  public var unknownGroups: UInt64 = 0
  /// Requests of clients that could not be decoded.
  public var refusedRequests: UInt64 = 0
  public var snapshotsSent: UInt64 = 0
  public var snapshotsInstalled: UInt64 = 0
  public var requestsForwarded: UInt64 = 0
  public var engineFlushes: UInt64 = 0
  /// Payloads of incarnations of nodes that are not, or not yet, known.
  public var foreignPayloads: UInt64 = 0
  /// Members that lacked something while their group was silent.
  public var laggardsFound: UInt64 = 0
  /// Heartbeats of nodes that were refused.
  public var refusedIncarnations: UInt64 = 0

  public init() {}
}
