import RoostPlatform
import RoostSimulation

/// The bug that simulation must find: a disk whose sync returns at once and does its work later, so that whoever relies
/// on it answers before anything is durable.
///
/// Unchecked sendable: guarded by the world's thread.
final class SlowDisk: Disk, @unchecked Sendable {
  private let disk: SimulatedDisk
  private let process: SimulatedProcess
  private let delay: Duration
  /// Recovery is honest: the bug is one of the running node.
  var isSlow = false

  init(_ process: SimulatedProcess, delay: Duration) {
    disk = process.disk
    self.process = process
    self.delay = delay
  }

  func list(_ directory: String) throws(DiskError) -> [String] { try disk.list(directory) }
  func createDirectory(_ path: String) throws(DiskError) { try disk.createDirectory(path) }
  func exists(_ path: String) -> Bool { disk.exists(path) }
  func rename(_ from: String, to: String) throws(DiskError) { try disk.rename(from, to: to) }
  func remove(_ path: String) throws(DiskError) { try disk.remove(path) }
  func syncDirectory(_ path: String) throws(DiskError) { try disk.syncDirectory(path) }
  func space() throws(DiskError) -> DiskSpace { try disk.space() }

  func open(_ path: String, create: Bool) throws(DiskError) -> any DiskFile {
    SlowFile(try disk.open(path, create: create), of: self)
  }

  fileprivate func sync(_ file: any DiskFile) throws(DiskError) {
    guard isSlow else { return try file.sync() }
    process.node.world.after(delay) { [process] in
      if process.isAlive { try? file.sync() }
    }
  }
}

private final class SlowFile: DiskFile, @unchecked Sendable {
  private let file: any DiskFile
  private let disk: SlowDisk

  init(_ file: any DiskFile, of disk: SlowDisk) {
    self.file = file
    self.disk = disk
  }

  var size: Int { get throws(DiskError) { try file.size } }
  func read(at offset: Int, count: Int) throws(DiskError) -> [UInt8] { try file.read(at: offset, count: count) }
  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(DiskError) { try file.write(bytes, at: offset) }
  func zeroFill(to size: Int) throws(DiskError) { try file.zeroFill(to: size) }
  func truncate(to size: Int) throws(DiskError) { try file.truncate(to: size) }
  func sync() throws(DiskError) { try disk.sync(file) }

  func close() {
    // What is closed can't be synced later; a whole segment left behind would be another bug than this one.
    try? file.sync()
    file.close()
  }
}
