import RoostPlatform
import RoostStorage
import Synchronization

/// How many operations a process does before it ends; everything fails from then on.
final class LimitedLife: Sendable {
  private let left: Atomic<Int>

  init(_ operations: Int) { left = Atomic(operations) }

  var isOver: Bool { left.load(ordering: .relaxed) < 0 }

  /// Whether one more is done.
  func goesOn() -> Bool { left.wrappingSubtract(1, ordering: .relaxed).newValue >= 0 }
}

/// A disk that a mortal process uses. Only what changes something counts as an operation.
final class MortalDisk: Disk {
  private let disk: any Disk
  private let life: LimitedLife

  init(_ disk: any Disk, _ life: LimitedLife) {
    self.disk = disk
    self.life = life
  }

  private func live() throws(DiskError) { try MortalDisk.live(life) }

  static func live(_ life: LimitedLife) throws(DiskError) {
    guard life.goesOn() else { throw DiskError(operation: .write, path: "", code: 5, reason: "the process has ended") }
  }

  func list(_ directory: String) throws(DiskError) -> [String] { try disk.list(directory) }
  func createDirectory(_ path: String) throws(DiskError) { try disk.createDirectory(path) }
  func open(_ path: String, create: Bool) throws(DiskError) -> any DiskFile {
    MortalFile(try disk.open(path, create: create), life)
  }
  func exists(_ path: String) -> Bool { disk.exists(path) }
  func rename(_ from: String, to: String) throws(DiskError) {
    try live()
    try disk.rename(from, to: to)
  }
  func remove(_ path: String) throws(DiskError) {
    try live()
    try disk.remove(path)
  }
  func syncDirectory(_ path: String) throws(DiskError) { try disk.syncDirectory(path) }
  func space() throws(DiskError) -> DiskSpace { try disk.space() }
}

private final class MortalFile: DiskFile {
  private let file: any DiskFile
  private let life: LimitedLife

  init(_ file: any DiskFile, _ life: LimitedLife) {
    self.file = file
    self.life = life
  }

  var size: Int { get throws(DiskError) { try file.size } }
  func read(at offset: Int, count: Int) throws(DiskError) -> [UInt8] { try file.read(at: offset, count: count) }
  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(DiskError) {
    try MortalDisk.live(life)
    try file.write(bytes, at: offset)
  }
  func zeroFill(to size: Int) throws(DiskError) {
    try MortalDisk.live(life)
    try file.zeroFill(to: size)
  }
  func truncate(to size: Int) throws(DiskError) {
    try MortalDisk.live(life)
    try file.truncate(to: size)
  }
  func sync() throws(DiskError) {
    try MortalDisk.live(life)
    try file.sync()
  }
  func close() { file.close() }
}

/// The state engine of a mortal process.
final class MortalEngine: Engine {
  private let engine: MemoryEngine
  private let life: LimitedLife

  init(_ engine: MemoryEngine, _ life: LimitedLife) {
    self.engine = engine
    self.life = life
  }

  private func live() throws(EngineError) {
    guard life.goesOn() else { throw EngineError("the process has ended") }
  }

  func get(_ key: [UInt8]) throws(EngineError) -> [UInt8]? { try engine.get(key) }
  func write(_ batch: EngineBatch) throws(EngineError) {
    try live()
    try engine.write(batch)
  }
  func snapshot() -> any EngineSnapshot { engine.snapshot() }
  func flush() throws(EngineError) {
    try live()
    try engine.flush()
  }
  func forget(before timestamp: UInt64) { engine.forget(before: timestamp) }
  func reclaim(within room: Int) throws(EngineError) { try engine.reclaim(within: room) }
  var position: UInt64 { engine.position }
  var oldestViewPosition: UInt64? { engine.oldestViewPosition }
  func close() {}
}
