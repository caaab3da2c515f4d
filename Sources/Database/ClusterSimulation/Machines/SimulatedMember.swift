import RoostBase
import RoostMembership
import RoostPlatform
import RoostSimulation
import RoostStorage
import RoostStore

/// The code of one incarnation, put together as a real node's would be.
///
/// Unchecked sendable: guarded by the world's thread.
final class SimulatedMember: HostDelegate, @unchecked Sendable {
  let host: GroupHost
  private let logWriter: LogWriter
  let process: SimulatedProcess
  private unowned let cluster: SimulatedCluster

  init(_ process: SimulatedProcess, _ machine: MachineState, of cluster: SimulatedCluster) throws {
    self.process = process
    self.cluster = cluster
    let options = cluster.options
    _ = try Ballast.releaseIfNeeded(on: process.disk)
    let epoch = try StartCounter(process.disk).count()
    let slow = options.syncDelay.map { SlowDisk(process, delay: $0) }
    let engine = IncarnationEngine(machine, of: process)
    let logStore = try LogStore(
      disk: slow ?? process.disk, directory: "log", options: LogOptions(segmentBytes: options.segmentBytes),
      mayCreate: try GroupHost.groups(in: engine).isEmpty)
    let loop = process.loops[0]
    let failures = LogFailures()
    logWriter = LogWriter(
      store: logStore, worker: process.makeWorker(), reader: process.makeWorker(), clock: { loop.now }
    ) { failures.report($0) }
    var configuration = HostConfiguration(
      node: process.id, groups: options.groups, founders: Set(cluster.founders),
      incarnation: Incarnation(epoch: epoch, nonce: process.generator.next()),
      randomSeed: process.generator.next())
    configuration.flushAfterLogBytes = options.flushAfterLogBytes
    configuration.maximumLogEntries = options.maximumLogEntries
    configuration.maximumLogBytes = options.maximumLogBytes
    configuration.ballastBytes = options.ballastBytes
    configuration.keySpace = options.keySpace
    configuration.maximumAppendBytes = options.maximumAppendBytes
    configuration.bulk = options.bulk
    host = GroupHost(
      configuration: configuration, loop: loop, network: process.network, logStore: logStore, logWriter: logWriter,
      engine: engine, disk: process.disk, stateWorker: process.makeWorker(),
      wallClock: { UInt64(max(0, process.wallNanoseconds / 1_000_000)) })
    host.delegate = self
    host.observer = MemberObserver(process.id, machine, cluster.invariants)
    failures.receiver = { [weak self] in self?.logFailed($0) }
    try host.start()
    for report in host.storageReport { cluster.mended(process, report) }
    slow?.isSlow = true
    process.network.nativeService = host
    for member in cluster.members { reach(member) }
  }

  func reach(_ member: NodeID) {
    process.network.setAddress(PeerAddress(host: "node\(member)", port: 1), of: member)
  }

  /// Frees what the code of a dead process holds of itself: requests and log writes that wait for answers.
  func release() {
    logWriter.abandon()
    process.node.world.visit(process) { host.stop() }
  }

  /// As a real node takes it, if the process has not died of it already: a full disk is waited for, everything else ends the process.
  private func logFailed(_ error: LogError) {
    guard process.isAlive else { return }
    guard error.isFatal else { return host.loop.execute { [self] in host.logIsFull() } }
    cluster.ended(process, because: error.description)
  }

  // MARK: HostDelegate

  func hostFailed(_ reason: String) {
    guard process.isAlive else { return }
    cluster.ended(process, because: reason)
  }

  /// A late heartbeat of an earlier process of the node is refused too, and nobody heeds that. The process that is
  /// meant ends, and whether it had to is judged then.
  func refused(_ node: NodeID, _ refusal: NodeLiveness.Refusal) {}
  func leadershipChanged(_ group: GroupID) {}
  func systemWritesApplied(_ writes: [CommitRequest.Write]) {}
  func configurationChanged(_ group: GroupID) {}
  func snapshotInstalled(_ group: GroupID) {}
  func connectionChanged(_ node: NodeID, isConnected: Bool) {}
  func diverged(_ group: GroupID, _ report: String) { cluster.diverged(process, report) }
  func storageDamaged(_ report: String) { cluster.mended(process, report) }
  func livenessChanged(_ node: NodeID) {}
  func conditionChanged(_ condition: NodeCondition) {}
  func name(of node: NodeID) -> String? { nil }
  func peerAddress(of node: NodeID) -> PeerAddress? { nil }
}

/// Where failures of the log go, whose receiver is made after it.
///
/// Unchecked sendable: guarded by the world's thread.
private final class LogFailures: @unchecked Sendable {
  var receiver: ((LogError) -> Void)?

  func report(_ error: LogError) { receiver?(error) }
}

/// How often this directory was started, as a real node counts it: durable before the node says anything.
struct StartCounter {
  private static let path = "starts"
  private let disk: any Disk

  init(_ disk: any Disk) { self.disk = disk }

  func count() throws(DiskError) -> UInt64 {
    var starts: UInt64 = 0
    if disk.exists(StartCounter.path) {
      let bytes = try disk.open(StartCounter.path, create: false).read(at: 0, count: 8)
      starts = UInt64(bigEndianBytes: bytes)
    }
    starts += 1
    let file = try disk.open(StartCounter.path + ".new", create: true)
    let bytes = [UInt8](bigEndian: starts)
    var failure: DiskError?
    bytes.withUnsafeBytes { content in
      do throws(DiskError) { try file.write(content, at: 0) } catch { failure = error }
    }
    if let failure { throw failure }
    try file.sync()
    file.close()
    try disk.rename(StartCounter.path + ".new", to: StartCounter.path)
    try disk.syncDirectory("")
    return starts
  }
}
