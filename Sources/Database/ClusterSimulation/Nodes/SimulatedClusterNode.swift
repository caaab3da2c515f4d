import RoostBase
import RoostCluster
import RoostPlatform
import RoostSimulation
import RoostStorage
import RoostStore

/// One incarnation of a whole node: it finds out who it is, joins or founds the cluster, and takes part.
///
/// Unchecked sendable: guarded by the world's thread.
final class SimulatedClusterNode: @unchecked Sendable {
  let process: SimulatedProcess
  let name: String
  let address: PeerAddress
  private let machine: MachineState
  private unowned let cluster: NodeCluster
  /// Once it has begun to take part.
  private(set) var node: RunningNode?

  init(
    _ process: SimulatedProcess, _ machine: MachineState, named name: String, at address: PeerAddress,
    of cluster: NodeCluster
  ) {
    self.address = address
    self.process = process
    self.machine = machine
    self.name = name
    self.cluster = cluster
  }

  func start(join: [PeerAddress]) {
    let configuration = configuration(join: join)
    let ground = ground()
    let machine = machine
    // Guarded by the world's thread.
    nonisolated(unsafe) let invariants: ClusterInvariants = cluster.invariants
    Task(executorPreference: LoopTaskExecutor(process.loops[0])) { [self] in
      do {
        let running = try await RunningNode.start(
          configuration, on: ground,
          adjust: {
            $0.flushAfterLogBytes = 16 << 10
            // Fingerprints of the data count every version.
            $0.retention = nil
          },
          prepare: { host in host.observer = MemberObserver(host.configuration.node, machine, invariants) },
          events: { [weak self] in self?.happened($0) })
        started(running)
      } catch {
        guard process.isAlive else { return }
        cluster.ended(self, because: .notStarted("\(error)"))
      }
    }
  }

  private func configuration(join: [PeerAddress]) -> NodeConfiguration {
    var configuration = NodeConfiguration(
      clusterName: "simulated", name: name, dataDirectory: "/", peerAddress: address, sqlAddress: address, join: join,
      maximumLogEntries: 50, security: .insecure, entropy: process.generator.next(), pid: Int32(process.incarnation))
    configuration.maximumLogBytes = 1 << 20
    configuration.keySpaces = cluster.keySpaces
    return configuration
  }

  private func ground() -> NodeGround {
    let (process, machine, places, address) = (process, machine, cluster.places, address)
    return NodeGround(
      loop: process.loops[0], disk: process.disk, space: DiskSpace(capacity: 64 << 20, free: 64 << 20),
      dialer: SimulatedDialer(process, places), logWorker: process.makeWorker(), stateWorker: process.makeWorker(),
      logOptions: LogOptions(segmentBytes: 64 << 10),
      wallClock: { UInt64(max(0, process.wallNanoseconds / 1_000_000)) },
      openEngine: { _ in (IncarnationEngine(machine, of: process), nil) },
      makeNetwork: { node, clusterID in
        let network = PlacedNetwork(process, places, clusterID: clusterID)
        return NodeNetwork(
          peers: network,
          listen: {
            network.listen(as: node, at: address)
            return address
          }, serve: { process.network.nativeService = $0 })
      })
  }

  private func started(_ running: RunningNode) {
    guard process.isAlive else { return running.abandonLog() }
    node = running
    cluster.started(self, running)
    process.loops[0].execute { running.announce(sqlAddress: running.peerAddress) }
  }

  private func happened(_ event: NodeEvent) {
    guard process.isAlive else { return }
    switch event {
    case .failed(let reason): cluster.ended(self, because: .failed(reason))
    case .departed: cluster.left(self)
    default: break
    }
  }

  /// Frees what the code of a dead process holds of itself.
  func release() {
    node?.abandonLog()
    process.node.world.visit(process) { node?.stop() }
    node = nil
  }
}
