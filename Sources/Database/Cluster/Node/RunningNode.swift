import RoostBase
import RoostMembership
package import RoostPlatform
import RoostStorage
package import RoostStore
import Synchronization

/// A node that takes part in its cluster: its copies of the groups, and its share in running the cluster. It is the same on
/// a real and on a simulated ``NodeGround``.
package final class RunningNode: Sendable {
  package let host: GroupHost
  /// Where others reach the peer port.
  package let peerAddress: PeerAddress
  let service: ClusterService
  let engine: any Engine
  private let logWriter: LogWriter

  private init(
    host: GroupHost, peerAddress: PeerAddress, service: ClusterService, engine: any Engine, logWriter: LogWriter
  ) {
    self.host = host
    self.peerAddress = peerAddress
    self.service = service
    self.engine = engine
    self.logWriter = logWriter
  }

  /// Joins or founds the cluster if the data directory is new, recovers what is there, and begins to take part.
  ///
  /// - Parameters:
  ///   - adjust: may change what the host is made with.
  ///   - prepare: called with the host before it starts, on the loop.
  ///   - events: told what operators may want to read, on the loop or before this returns.
  package static func start(
    _ configuration: NodeConfiguration, on ground: NodeGround,
    adjust: @Sendable (inout HostConfiguration) -> Void = { _ in },
    prepare: @escaping @Sendable (GroupHost) -> Void = { _ in }, events: @escaping @Sendable (NodeEvent) -> Void
  ) async throws(NodeError) -> RunningNode {
    let (loop, disk) = (ground.loop, ground.disk)
    let keySpace = try keySpace(of: configuration)
    let startedAt = ground.wallClock()
    let identity = try await Admission(
      configuration, disk: disk, loop: loop, dialer: ground.dialer, startedAt: startedAt
    ).identity().started(on: disk)
    guard let clusterID = identity.clusterNumber else { throw .dataDirectory("its cluster id can't be read") }
    var own = NodeRecord(identity, configuration, startedAt: startedAt)
    try await askForObjections(to: own, identity, configuration, ground)

    let engine: any Engine
    let logStore: LogStore
    let damage = FailureSlot<EngineError>()
    do {
      let state = try ground.openEngine { damage.report($0) }
      engine = state.engine
      if let report = state.report { events(.storage(report)) }
      logStore = try LogStore(
        disk: disk, directory: "log", options: ground.logOptions, mayCreate: try GroupHost.groups(in: engine).isEmpty)
    } catch {
      throw .recovery("\(error)")
    }
    let failures = FailureSlot<LogError>()
    let logWriter = LogWriter(
      store: logStore, worker: ground.logWorker, reader: ground.stateWorker, clock: { loop.now },
      onFailure: { failures.report($0) })
    let network = ground.makeNetwork(identity.node, clusterID)
    var settings = HostConfiguration(identity, configuration, keySpace, ground.space)
    adjust(&settings)
    let host = GroupHost(
      configuration: settings, loop: loop, network: network.peers, logStore: logStore, logWriter: logWriter,
      engine: engine, disk: disk, stateWorker: ground.stateWorker, wallClock: ground.wallClock)
    let peerAddress: PeerAddress
    do { peerAddress = try await network.listen() } catch {
      engine.close()
      throw error
    }
    own.peerAddress = peerAddress.description
    let service = ClusterService(
      host: host, network: network.peers, disk: disk, identity: identity, own: own, configuration: configuration,
      dialer: ground.dialer, loop: loop, wallClock: ground.wallClock, events: events)
    failures.connect { error in
      loop.execute {
        if error.isFatal { return host.fail(error.description) }
        events(.storage(error.description))
        host.logIsFull()
      }
    }
    let seeds = SeedFinder(
      configuration.join.filter { $0 != configuration.peerAddress }, clusterID: clusterID, dialer: ground.dialer,
      loop: loop, isReached: { $0 == identity.node || host.isConnected(to: $0) },
      found: { [weak service] in service?.found($0, at: $1) })
    let started: Result<Void, NodeError> = await loop.answer { answer in
      host.delegate = service
      network.connect(service)
      network.serve(host)
      prepare(host)
      do {
        damage.connect { error in loop.execute { host.engineFailed(error, "the state is damaged") } }
        try host.start()
        for line in host.storageReport { events(.storage(line)) }
        service.start()
        service.look(at: seeds)
        answer(.success(()))
      } catch {
        answer(.failure(.recovery("\(error)")))
      }
    }
    do { try started.get() } catch {
      await loop.answer { answer in
        service.stop()
        host.stop()
        answer(())
      }
      await network.close()
      engine.close()
      throw error
    }
    return RunningNode(host: host, peerAddress: peerAddress, service: service, engine: engine, logWriter: logWriter)
  }

  /// Who owns which keys; fails if two layers claim the same ones.
  static func keySpace(of configuration: NodeConfiguration) throws(NodeError) -> KeySpaceRegistry {
    do {
      return try KeySpaceRegistry([.cluster, .keyValue, .keyValuePartitions] + configuration.keySpaces)
    } catch {
      throw .keySpace(error)
    }
  }

  private static func askForObjections(
    to own: NodeRecord, _ identity: NodeIdentity, _ configuration: NodeConfiguration, _ ground: NodeGround
  ) async throws(NodeError) {
    let known = configuration.join + identity.peers.compactMap { PeerAddress($0.address) }
    let others = Set(known).subtracting([configuration.peerAddress])
    if let objection = await Announcement.objection(
      to: own, of: identity.clusterID, from: others.sorted { $0.description < $1.description }, on: ground.loop,
      dialer: ground.dialer)
    {
      throw .refused(objection)
    }
  }

  /// Tells the cluster where this node is. Until it has, others know of it but can't reach it after a change of ports.
  /// Call it on the loop.
  ///
  /// - Parameter sqlAddress: where SQL is served.
  package func announce(sqlAddress: PeerAddress) { service.announce(sqlAddress: sqlAddress) }

  package func status() -> ClusterStatus { service.status() }

  /// Whether every partition is here and has a leader that this node can reach. Call it on the loop.
  package var isReady: Bool { service.partitions.isComplete && host.isReady }

  /// Stops taking part; what waits is refused. Call it on the loop.
  package func stop() {
    service.stop()
    host.stop()
  }

  /// Lets go of writes to the log that will never be answered, in a simulation.
  package func abandonLog() { logWriter.abandon() }
}

extension NodeRecord {
  /// What a node that starts tells of itself.
  fileprivate init(_ identity: NodeIdentity, _ configuration: NodeConfiguration, startedAt: UInt64) {
    self.init(
      id: identity.node, name: configuration.name, pid: configuration.pid,
      peerAddress: configuration.peerAddress.description, sqlAddress: configuration.sqlAddress.description,
      locality: configuration.locality, startedAt: startedAt, incarnation: identity.incarnation)
    epoch = identity.epoch
    nonce = configuration.entropy
  }
}

extension HostConfiguration {
  fileprivate init(
    _ identity: NodeIdentity, _ configuration: NodeConfiguration, _ keySpace: KeySpaceRegistry, _ space: DiskSpace
  ) {
    self.init(
      node: identity.node, founders: Set(identity.founders), electionTimeout: configuration.electionTimeout,
      heartbeatInterval: configuration.heartbeatInterval, maximumLogEntries: configuration.maximumLogEntries,
      incarnation: Incarnation(epoch: identity.epoch, nonce: configuration.entropy),
      randomSeed: configuration.entropy)
    retention = configuration.retention
    limitLog(configuration.maximumLogBytes, on: space)
    ballastBytes = SpaceGuard.ballast(of: space.capacity)
    resources = configuration.resources
    memory = configuration.memory
    self.keySpace = keySpace
  }
}

/// Where a failure of the log or the state engine goes, also one that comes before the host exists.
private final class FailureSlot<Failure: Error>: Sendable {
  private struct State {
    var pending: Failure?
    var receiver: (@Sendable (Failure) -> Void)?
  }

  private let state = Mutex(State())

  func report(_ error: Failure) {
    let receiver = state.withLock { state in
      if state.receiver == nil { state.pending = error }
      return state.receiver
    }
    receiver?(error)
  }

  func connect(_ receiver: @escaping @Sendable (Failure) -> Void) {
    let pending = state.withLock { state in
      state.receiver = receiver
      return state.pending
    }
    if let pending { receiver(pending) }
  }
}
