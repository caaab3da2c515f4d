import RoostPlatform
import RoostRaft
import RoostSimulation
import RoostStorage
import RoostStore

/// One node's process: log, writer, engine and host, put together as the real node does it.
///
/// Unchecked sendable: guarded by the world's thread.
final class StoreNode: HostDelegate, @unchecked Sendable {
  let host: GroupHost
  private let process: SimulatedProcess
  private let report: (String) -> Void

  init(
    _ process: SimulatedProcess, _ engine: MemoryEngine, _ shape: StoreCluster.Shape, founders: Set<NodeID>,
    report: @escaping (String) -> Void
  ) throws {
    self.process = process
    self.report = report
    let disk: any Disk = shape.answersBeforeSync ? ProcrastinatingDisk(process) : process.disk
    let store = try LogStore(disk: disk, directory: "log", options: LogOptions(segmentBytes: shape.segmentBytes))
    let loop = process.loops[0]
    let writer = LogWriter(store: store, worker: process.makeWorker(), clock: { loop.now }) { _ in
      // Nobody knows what the disk kept: the process ends. Nothing that a machine still caches after a failed sync may
      // count as stored, so the machine goes with it.
      process.node.crash(.powerLoss, restartAfter: .milliseconds(100))
    }
    host = GroupHost(
      configuration: HostConfiguration(
        node: process.id, founders: founders, maximumLogEntries: shape.maximumLogEntries,
        flushAfterLogBytes: shape.flushAfterLogBytes, randomSeed: process.generator.next()),
      loop: loop, network: process.network, logStore: store, logWriter: writer,
      engine: MountedEngine(engine, process), disk: disk, stateWorker: process.makeWorker(),
      wallClock: { UInt64(process.wallNanoseconds / 1_000_000) })
    host.delegate = self
    process.network.nativeService = host
  }

  func handle(opcode: UInt8, body: [UInt8], respond: @escaping @Sendable (Response) -> Void) {
    respond(.malformed("opcode \(opcode)"))
  }

  func systemWritesApplied(_ writes: [CommitRequest.Write]) {}
  func leadershipChanged(_ group: GroupID) {}
  func configurationChanged(_ group: GroupID) {}
  func snapshotInstalled(_ group: GroupID) {}
  func connectionChanged(_ node: NodeID, isConnected: Bool) {}
  func name(of node: NodeID) -> String? { "node\(node)" }
  func peerAddress(of node: NodeID) -> PeerAddress? { PeerAddress(host: "node\(node)", port: 1) }

  func hostFailed(_ reason: String) {
    if process.isAlive { report("the host gave up: \(reason)") }
  }
}

/// The engine as one process has it open: a dead one's last steps don't reach the image that the next one finds.
///
/// Unchecked sendable: guarded by the world's thread.
private final class MountedEngine: Engine, @unchecked Sendable {
  private let engine: MemoryEngine
  private let process: SimulatedProcess

  init(_ engine: MemoryEngine, _ process: SimulatedProcess) {
    self.engine = engine
    self.process = process
  }

  private func check() throws(EngineError) {
    if !process.isAlive { throw EngineError("the process is dead") }
  }

  func get(_ key: [UInt8]) throws(EngineError) -> [UInt8]? {
    try check()
    return try engine.get(key)
  }

  func write(_ batch: EngineBatch) throws(EngineError) {
    try check()
    try engine.write(batch)
  }

  func snapshot() -> any EngineSnapshot { engine.snapshot() }

  func flush() throws(EngineError) {
    try check()
    try engine.flush()
  }

  func close() {}
}

/// A disk whose syncs return before anything is durable and happen a while later: the planted bug. It lies to the code
/// above it exactly as an answer before the sync would lie to clients.
///
/// Unchecked sendable: guarded by the world's thread.
final class ProcrastinatingDisk: Disk, @unchecked Sendable {
  private let disk: SimulatedDisk
  private let loop: SimulatedLoop

  init(_ process: SimulatedProcess) {
    disk = process.disk
    loop = process.loops[0]
  }

  func list(_ directory: String) throws(DiskError) -> [String] { try disk.list(directory) }
  func createDirectory(_ path: String) throws(DiskError) { try disk.createDirectory(path) }
  func exists(_ path: String) -> Bool { disk.exists(path) }
  func rename(_ from: String, to: String) throws(DiskError) { try disk.rename(from, to: to) }
  func remove(_ path: String) throws(DiskError) { try disk.remove(path) }
  func syncDirectory(_ path: String) throws(DiskError) { try disk.syncDirectory(path) }

  func open(_ path: String, create: Bool) throws(DiskError) -> any DiskFile {
    File(try disk.open(path, create: create), loop)
  }

  private final class File: DiskFile {
    private let file: any DiskFile
    private let loop: SimulatedLoop

    init(_ file: any DiskFile, _ loop: SimulatedLoop) {
      self.file = file
      self.loop = loop
    }

    var size: Int { get throws(DiskError) { try file.size } }
    func read(at offset: Int, count: Int) throws(DiskError) -> [UInt8] { try file.read(at: offset, count: count) }
    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(DiskError) { try file.write(bytes, at: offset) }
    func zeroFill(to size: Int) throws(DiskError) { try file.zeroFill(to: size) }
    func truncate(to size: Int) throws(DiskError) { try file.truncate(to: size) }
    func close() { file.close() }

    func sync() throws(DiskError) {
      let file = file
      loop.schedule(at: loop.now + .milliseconds(150)) { try? file.sync() }
    }
  }
}
