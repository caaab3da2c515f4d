import Foundation
import RoostMembership
public import RoostPlatform
import RoostRaft
import RoostStorage
public import RoostStore
public import RoostTransport
import Synchronization

/// One running node of a cluster, over real sockets and a real disk: the place where the seams meet their production
/// parts.
///
/// ```
/// data directory: LOCK identity.json log/ state/ snapshots/
/// ```
public final class ClusterNode: Sendable {
  public let configuration: NodeConfiguration
  public let host: GroupHost
  /// Where others reach the peer port.
  public let peerAddress: PeerAddress
  private let service: ClusterService
  private let network: TCPPeerNetwork
  private let registrations: [LocalNodeRegistration]
  private let engine: RocksEngine
  private let disk: PosixDisk
  private let logWorker: ThreadWorker
  private let stateWorker: ThreadWorker
  private let loop: NIOLoop

  private init(
    configuration: NodeConfiguration, host: GroupHost, peerAddress: PeerAddress, service: ClusterService,
    network: TCPPeerNetwork, registrations: [LocalNodeRegistration], engine: RocksEngine, disk: PosixDisk,
    logWorker: ThreadWorker, stateWorker: ThreadWorker, loop: NIOLoop
  ) {
    self.configuration = configuration
    self.host = host
    self.peerAddress = peerAddress
    self.service = service
    self.network = network
    self.registrations = registrations
    self.engine = engine
    self.disk = disk
    self.logWorker = logWorker
    self.stateWorker = stateWorker
    self.loop = loop
  }

  /// The data of a layer, which it declared in ``NodeConfiguration/keySpaces``.
  public func data(of layer: KeySpaceDeclaration) -> ClusterBackend {
    ClusterBackend(host: host, group: GroupDescriptor.data.id, owner: layer)
  }

  /// Opens the data directory, joins or founds the cluster if the directory is new, and begins to take part.
  ///
  /// - Parameters:
  ///   - loop: Drives the node's groups, peers and native clients.
  ///   - events: Told what operators may want to read, on the loop or before this returns.
  public static func start(
    _ configuration: NodeConfiguration, on loop: NIOLoop, events: @escaping @Sendable (NodeEvent) -> Void
  ) async throws(NodeError) -> ClusterNode {
    let keySpace: KeySpaceRegistry
    do {
      keySpace = try KeySpaceRegistry(
        [.cluster, .keyValue, .keyValuePartitions] + configuration.keySpaces)
    } catch {
      throw .keySpace(error)
    }
    let disk: PosixDisk
    let space: DiskSpace
    do {
      disk = try PosixDisk(root: configuration.dataDirectory)
      if try Ballast.releaseIfNeeded(on: disk) { events(.storage(ballastReport)) }
      space = try disk.space()
    } catch {
      throw .disk(error)
    }
    // house: a real node begins here, with the real clock
    let startedAt = UInt64(Date().timeIntervalSince1970 * 1000)
    let authentication = try await authentication(configuration, disk: disk, loop: loop, events: events)
    let identity = try await Admission(configuration, disk: disk, loop: loop, authentication, startedAt: startedAt)
      .identity().started(on: disk)
    let start = Incarnation(epoch: identity.epoch, nonce: configuration.entropy)
    guard let clusterID = identity.clusterNumber else { throw .dataDirectory("its cluster id can't be read") }

    var own = NodeRecord(
      id: identity.node, name: configuration.name, pid: configuration.pid,
      peerAddress: configuration.peerAddress.description, sqlAddress: configuration.sqlAddress.description,
      locality: configuration.locality, startedAt: startedAt,
      incarnation: identity.incarnation)
    own.epoch = start.epoch
    own.nonce = start.nonce
    let known = configuration.join + identity.peers.compactMap { PeerAddress($0.address) }
    let others = Set(known).subtracting([configuration.peerAddress])
    if let objection = await Announcement.objection(
      to: own, of: identity.clusterID, from: others.sorted { $0.description < $1.description }, on: loop,
      authentication)
    {
      throw .refused(objection)
    }

    guard let logWorker = ThreadWorker(), let stateWorker = ThreadWorker() else {
      throw .recovery("the system refuses to start a thread")
    }
    let engine: RocksEngine
    let logStore: LogStore
    let damage = FailureSlot<EngineError>()
    do {
      let state = try StateDirectory.open(
        on: disk, root: configuration.dataDirectory,
        options: configuration.stateEngineOptions(diskCapacity: space.capacity)
      ) { damage.report($0) }
      engine = state.engine
      if let report = state.report { events(.storage(report)) }
      logStore = try LogStore(
        disk: disk, directory: "log", options: LogOptions(diskCapacity: space.capacity),
        mayCreate: try GroupHost.groups(in: engine).isEmpty)
    } catch {
      throw .recovery("\(error)")
    }
    let failures = FailureSlot<LogError>()
    let logFailed: @Sendable (LogError) -> Void = { error in
      failures.report(error)
    }
    let logWriter = LogWriter(
      store: logStore, worker: logWorker, reader: stateWorker, clock: { loop.now }, onFailure: logFailed)
    let transportNews = TransportNews()
    let network = TCPPeerNetwork(
      loop: loop, node: identity.node, clusterID: clusterID, authentication: authentication,
      configuration: configuration.network, memory: configuration.memory
    ) { event in
      transportNews.tell(event) { events(.transport(event, nil, advice: configuration.security.advice(on: event))) }
    }
    var hostConfiguration = HostConfiguration(
      node: identity.node, founders: Set(identity.founders), electionTimeout: configuration.electionTimeout,
      heartbeatInterval: configuration.heartbeatInterval, maximumLogEntries: configuration.maximumLogEntries,
      incarnation: start, randomSeed: configuration.entropy)
    hostConfiguration.retention = configuration.retention
    hostConfiguration.limitLog(configuration.maximumLogBytes, on: space)
    hostConfiguration.ballastBytes = SpaceGuard.ballast(of: space.capacity)
    hostConfiguration.resources = configuration.resources
    hostConfiguration.memory = configuration.memory
    hostConfiguration.keySpace = keySpace
    let host = GroupHost(
      configuration: hostConfiguration, loop: loop, network: network, logStore: logStore, logWriter: logWriter,
      engine: engine, disk: disk,
      // house: a real node begins here, with the real clock
      stateWorker: stateWorker, wallClock: { UInt64(max(0, Date().timeIntervalSince1970 * 1000)) })

    let peerAddress: PeerAddress
    do {
      let listening = PeerAddress(
        host: configuration.listenHost ?? configuration.peerAddress.host, port: configuration.peerAddress.port)
      let port = try await network.listen(on: listening).port
      peerAddress = PeerAddress(host: configuration.peerAddress.host, port: port)
    } catch {
      throw .cannotListen("\(error)")
    }
    own.peerAddress = peerAddress.description
    let service = ClusterService(
      host: host, network: network, disk: disk, identity: identity, own: own, configuration: configuration,
      authentication: authentication, loop: loop, events: events)
    failures.connect { error in
      loop.execute {
        if error.isFatal { return host.fail(error.description) }
        events(.storage(error.description))
        host.logIsFull()
      }
    }
    let node = ClusterNode(
      configuration: configuration, host: host, peerAddress: peerAddress, service: service, network: network,
      registrations: register(peerAddress, configuration, events: events), engine: engine, disk: disk,
      logWorker: logWorker, stateWorker: stateWorker, loop: loop)
    let started: Result<Void, NodeError> = await withCheckedContinuation { continuation in
      loop.execute {
        host.delegate = service
        transportNews.connect { [weak service] in service?.tell($0, advice: configuration.security.advice(on: $0)) }
        network.nativeService = host
        do {
          damage.connect { error in loop.execute { host.engineFailed(error, "the state is damaged") } }
          try host.start()
          for line in host.storageReport { events(.storage(line)) }
          service.start()
          let others = configuration.join.filter { $0 != configuration.peerAddress }
          service.look(
            at: SeedFinder(others, clusterID: clusterID, authentication: authentication, loop: loop) { node, address in
              if node != identity.node { network.setAddress(address, of: node) }
            })
          continuation.resume(returning: .success(()))
        } catch {
          continuation.resume(returning: .failure(.recovery("\(error)")))
        }
      }
    }
    try started.get()
    return node
  }

  private static let ballastReport =
    "the disk is full: the reserve that was kept in \(Ballast.fileName) is given back so that the node can start"

  /// Tells the cluster where this node is. Until it has, others know of it but can't reach it after a change of ports.
  ///
  /// - Parameter sqlAddress: where SQL is served.
  public func announce(sqlAddress: PeerAddress) {
    loop.execute { [service] in service.announce(sqlAddress: sqlAddress) }
  }

  public func status() async -> ClusterStatus {
    await withCheckedContinuation { continuation in
      loop.execute { [service] in continuation.resume(returning: service.status()) }
    }
  }

  /// Whether every partition is here and has a leader that this node can reach.
  public func isReady() async -> Bool {
    await withCheckedContinuation { continuation in
      loop.execute { [host, service] in
        continuation.resume(returning: service.partitions.isComplete && host.isReady)
      }
    }
  }

  /// Leaves in order: refuses what waits, closes connections, writes out what is durable anyway so that the next start
  /// is quick.
  public func stop() async {
    await withCheckedContinuation { continuation in
      loop.execute { [host, service] in
        service.stop()
        host.stop()
        continuation.resume()
      }
    }
    for registration in registrations { registration.end() }
    await network.shutdown()
    logWorker.shutdown()
    try? engine.flush()
    stateWorker.shutdown()
    engine.close()
  }
}

/// Where the network's news go: to the service, which knows nodes by name, once it is there.
private final class TransportNews: Sendable {
  private let receiver = Mutex<(@Sendable (TransportEvent) -> Void)?>(nil)

  func connect(_ receiver: @escaping @Sendable (TransportEvent) -> Void) { self.receiver.withLock { $0 = receiver } }

  func tell(_ event: TransportEvent, orElse tellWithoutNames: () -> Void) {
    guard let receiver = receiver.withLock({ $0 }) else { return tellWithoutNames() }
    receiver(event)
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
