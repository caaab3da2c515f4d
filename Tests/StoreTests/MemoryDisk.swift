import RoostPlatform

/// Files in memory, which is full when a test says so. For one thread.
final class MemoryDisk: Disk, @unchecked Sendable {
  var isFull = false
  private var files: [String: MemoryFile] = [:]

  var paths: [String] { files.keys.sorted() }

  func list(_ directory: String) throws(DiskError) -> [String] {
    let prefix = directory + "/"
    return paths.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
  }

  func createDirectory(_ path: String) throws(DiskError) {}

  func open(_ path: String, create: Bool) throws(DiskError) -> any DiskFile {
    if let file = files[path] { return file }
    guard create else { throw MemoryDisk.missing(path) }
    let file = MemoryFile(on: self, path: path)
    files[path] = file
    return file
  }

  func exists(_ path: String) -> Bool { files[path] != nil }

  func rename(_ from: String, to: String) throws(DiskError) {
    guard let file = files.removeValue(forKey: from) else { throw MemoryDisk.missing(from) }
    files[to] = file
  }

  func remove(_ path: String) throws(DiskError) {
    if files.removeValue(forKey: path) == nil { throw MemoryDisk.missing(path) }
  }

  func syncDirectory(_ path: String) throws(DiskError) {}
  func space() throws(DiskError) -> DiskSpace { DiskSpace(capacity: 1 << 30, free: isFull ? 0 : 1 << 29) }

  private static func missing(_ path: String) -> DiskError {
    DiskError(operation: .open, path: path, code: 2, reason: "no such file")
  }
}

private final class MemoryFile: DiskFile, @unchecked Sendable {
  private unowned let disk: MemoryDisk
  private let path: String
  private var bytes: [UInt8] = []

  init(on disk: MemoryDisk, path: String) {
    self.disk = disk
    self.path = path
  }

  var size: Int { get throws(DiskError) { bytes.count } }

  func read(at offset: Int, count: Int) throws(DiskError) -> [UInt8] {
    guard offset < bytes.count else { return [] }
    return Array(bytes[offset..<min(offset + count, bytes.count)])
  }

  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(DiskError) {
    if disk.isFull { throw DiskError(operation: .write, path: path, code: 28, reason: "no room") }
    extend(to: offset + bytes.count)
    self.bytes.replaceSubrange(offset..<offset + bytes.count, with: bytes)
  }

  func zeroFill(to size: Int) throws(DiskError) { extend(to: size) }

  func truncate(to size: Int) throws(DiskError) {
    extend(to: size)
    bytes.removeLast(bytes.count - size)
  }

  func sync() throws(DiskError) {}
  func close() {}

  private func extend(to size: Int) {
    if size > bytes.count { bytes.append(contentsOf: repeatElement(0, count: size - bytes.count)) }
  }
}
