import Foundation
import RoostBase
public import RoostPlatform
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
  private let node: RunningNode
  private let network: TCPPeerNetwork
  private let registrations: [LocalNodeRegistration]
  private let logWorker: ThreadWorker
  private let stateWorker: ThreadWorker
  private let loop: NIOLoop

  public var host: GroupHost { node.host }
  /// Where others reach the peer port.
  public var peerAddress: PeerAddress { node.peerAddress }

  private init(
    configuration: NodeConfiguration, node: RunningNode, network: TCPPeerNetwork,
    registrations: [LocalNodeRegistration], logWorker: ThreadWorker, stateWorker: ThreadWorker, loop: NIOLoop
  ) {
    self.configuration = configuration
    self.node = node
    self.network = network
    self.registrations = registrations
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
    // Before anything is touched or waited for.
    _ = try RunningNode.keySpace(of: configuration)
    let disk: PosixDisk
    let space: DiskSpace
    do {
      disk = try PosixDisk(root: configuration.dataDirectory)
      if try Ballast.releaseIfNeeded(on: disk) { events(.storage(ballastReport)) }
      space = try disk.space()
    } catch {
      throw .disk(error)
    }
    guard let logWorker = ThreadWorker(), let stateWorker = ThreadWorker() else {
      throw .recovery("the system refuses to start a thread")
    }
    let authentication = try await authentication(configuration, disk: disk, loop: loop, events: events)
    let made = Mutex<TCPPeerNetwork?>(nil)
    let ground = NodeGround(
      loop: loop, disk: disk, space: space, dialer: TransportDialer(loop: loop, authentication: authentication),
      logWorker: logWorker, stateWorker: stateWorker, logOptions: LogOptions(diskCapacity: space.capacity),
      // house: a real node begins here, with the real clock
      wallClock: { UInt64(max(0, Date().timeIntervalSince1970 * 1000)) },
      openEngine: { damaged in
        try StateDirectory.open(
          on: disk, root: configuration.dataDirectory,
          options: configuration.stateEngineOptions(diskCapacity: space.capacity), onCorruption: damaged)
      },
      makeNetwork: { node, clusterID in
        let (network, seam) = makeNetwork(node, clusterID, authentication, configuration, on: loop, events: events)
        made.withLock { $0 = network }
        return seam
      })
    let node = try await RunningNode.start(configuration, on: ground, events: events)
    guard let network = made.withLock({ $0 }) else { preconditionFailure("a node that runs has made its network") }
    let registrations = await register(node.peerAddress, configuration, on: loop, events: events)
    return ClusterNode(
      configuration: configuration, node: node, network: network, registrations: registrations, logWorker: logWorker,
      stateWorker: stateWorker, loop: loop)
  }

  private static let ballastReport =
    "the disk is full: the reserve that was kept in \(Ballast.fileName) is given back so that the node can start"

  private static func makeNetwork(
    _ node: NodeID, _ clusterID: UInt128, _ authentication: PeerAuthentication, _ configuration: NodeConfiguration,
    on loop: NIOLoop, events: @escaping @Sendable (NodeEvent) -> Void
  ) -> (TCPPeerNetwork, NodeNetwork) {
    let news = TransportNews()
    let network = TCPPeerNetwork(
      loop: loop, node: node, clusterID: clusterID, authentication: authentication,
      configuration: configuration.network, memory: configuration.memory
    ) { event in
      news.tell(event) { events(.transport(event, nil, advice: configuration.security.advice(on: event))) }
    }
    var seam = NodeNetwork(
      peers: network,
      listen: { () async throws(NodeError) in
        let listening = PeerAddress(
          host: configuration.listenHost ?? configuration.peerAddress.host, port: configuration.peerAddress.port)
        do {
          let port = try await network.listen(on: listening).port
          return PeerAddress(host: configuration.peerAddress.host, port: port)
        } catch {
          throw .cannotListen("\(error)")
        }
      }, serve: { network.nativeService = $0 }, close: { await network.shutdown() })
    seam.connect = { service in
      news.connect { [weak service] in service?.tell($0, advice: configuration.security.advice(on: $0)) }
    }
    return (network, seam)
  }

  /// Tells the cluster where this node is. Until it has, others know of it but can't reach it after a change of ports.
  ///
  /// - Parameter sqlAddress: where SQL is served.
  public func announce(sqlAddress: PeerAddress) {
    loop.execute { [node] in node.announce(sqlAddress: sqlAddress) }
  }

  public func status() async -> ClusterStatus {
    await loop.answer { [node] in $0(node.status()) }
  }

  /// Whether every partition is here and has a leader that this node can reach.
  public func isReady() async -> Bool {
    await loop.answer { [node] in $0(node.isReady) }
  }

  /// Leaves in order: refuses what waits, closes connections, writes out what is durable anyway so that the next start
  /// is quick.
  public func stop() async {
    await loop.answer { [node] in
      node.stop()
      $0(())
    }
    for registration in registrations { registration.end() }
    await network.shutdown()
    logWorker.shutdown()
    try? node.engine.flush()
    stateWorker.shutdown()
    node.engine.close()
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
