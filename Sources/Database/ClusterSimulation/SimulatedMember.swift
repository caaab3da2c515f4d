import RoostMembership
import RoostPlatform
import RoostRaft
import RoostSimulation
import RoostStorage
import RoostStore

/// The code of one incarnation, put together as a real node's would be.
///
/// Unchecked sendable: guarded by the world's thread.
final class SimulatedMember: HostDelegate, @unchecked Sendable {
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
      guard process.isAlive else { return }
      guard error.isFatal else {
        let member = process.node.root as? SimulatedMember
        return loop.execute { member?.host.logIsFull() }
      }
      cluster.violated("the log of node \(process.id) failed: \(error)")
      process.exit(restartAfter: .milliseconds(100))
    }
    var configuration = HostConfiguration(
      node: process.id, groups: options.groups, founders: Set(cluster.members),
      incarnation: Incarnation(epoch: process.incarnation, nonce: process.generator.next()),
      randomSeed: process.generator.next())
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
  func livenessChanged(_ node: NodeID) {}
  func conditionChanged(_ condition: NodeCondition) {}
  func refused(_ node: NodeID, _ refusal: NodeLiveness.Refusal) {
    cluster.violated("node \(process.id) refuses node \(node): \(refusal)")
  }
  func name(of node: NodeID) -> String? { nil }
  func peerAddress(of node: NodeID) -> PeerAddress? { nil }
}
