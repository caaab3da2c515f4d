import RoostPlatform
import Synchronization

/// A disk in memory that forgets what was not synced: after a crash each unsynced sector is old or new by chance, and
/// of the unsynced directory changes a prefix happened.
final class FaultyDisk: Disk {
  final class Content: Sendable {
    struct State {
      var bytes: [UInt8] = []
      var durable: [UInt8] = []
      /// Sectors written since the last sync.
      var dirty: Set<Int> = []
    }
    let state = Mutex(State())
  }

  private enum Change {
    case create(String, Content)
    case rename(String, String)
    case remove(String)
  }

  struct Faults {
    /// Bytes that all files may take together; more is ENOSPC.
    var capacity = Int.max
    /// The next write stores this many bytes and then fails with this code.
    var nextWrite: (stored: Int, code: Int32)?
    var failsSync = false
    /// How many syncs of a directory from now on find no descriptor.
    var refusedDirectorySyncs = 0
    /// Files that can still be opened; after that EMFILE.
    var descriptors = Int.max
    var writes = 0
    var syncs = 0
  }

  private struct State {
    var names: [String: Content] = [:]
    var durableNames: [String: Content] = [:]
    var changes: [Change] = []
  }

  static let sector = 64
  private let state = Mutex(State())
  let faults = Mutex(Faults())

  func list(_ directory: String) throws(DiskError) -> [String] {
    state.withLock { state in
      state.names.keys.filter { $0.hasPrefix(directory + "/") }.map { String($0.dropFirst(directory.count + 1)) }
        .sorted()
    }
  }

  func createDirectory(_ path: String) throws(DiskError) {}

  func open(_ path: String, create: Bool) throws(DiskError) -> any DiskFile {
    let isOpened = faults.withLock { faults in
      faults.descriptors -= 1
      return faults.descriptors >= 0
    }
    guard isOpened else {
      throw DiskError(operation: .open, path: path, code: 24, reason: "too many open files")
    }
    let content: Content? = state.withLock { state in
      if let found = state.names[path] { return found }
      guard create else { return nil }
      let made = Content()
      state.names[path] = made
      state.changes.append(.create(path, made))
      return made
    }
    guard let content else { throw DiskError(operation: .open, path: path, code: 2, reason: "no such file") }
    return FaultyFile(content, disk: self, path: path)
  }

  func exists(_ path: String) -> Bool { state.withLock { $0.names[path] != nil } }

  func rename(_ from: String, to: String) throws(DiskError) {
    try change(.rename(from, to), of: from, .rename)
  }

  func remove(_ path: String) throws(DiskError) { try change(.remove(path), of: path, .remove) }

  private func change(_ change: Change, of path: String, _ operation: DiskError.Operation) throws(DiskError) {
    let isThere = state.withLock { state in
      guard state.names[path] != nil else { return false }
      FaultyDisk.perform(change, on: &state.names)
      state.changes.append(change)
      return true
    }
    if !isThere { throw DiskError(operation: operation, path: path, code: 2, reason: "no such file") }
  }

  func syncDirectory(_ path: String) throws(DiskError) {
    let isRefused = faults.withLock { faults in
      faults.refusedDirectorySyncs -= 1
      return faults.refusedDirectorySyncs >= 0
    }
    if isRefused { throw DiskError(operation: .sync, path: path, code: 24, reason: "too many open files") }
    state.withLock { state in
      state.durableNames = state.names
      state.changes = []
    }
  }

  func space() throws(DiskError) -> DiskSpace {
    let capacity = faults.withLock { $0.capacity }
    return DiskSpace(capacity: capacity, free: max(0, capacity - totalBytes))
  }

  private static func perform(_ change: Change, on names: inout [String: Content]) {
    switch change {
    case .create(let path, let content): names[path] = content
    case .rename(let from, let to): names[to] = names.removeValue(forKey: from)
    case .remove(let path): names[path] = nil
    }
  }

  // MARK: - Faults

  /// Power fails: what was not synced is kept or lost by chance. With no generator everything unsynced is lost.
  func crash(_ generator: inout SeededGenerator) {
    let kept = Int.random(in: 0...4, using: &generator)
    state.withLock { state in
      for change in state.changes.prefix(kept) { FaultyDisk.perform(change, on: &state.durableNames) }
      state.names = state.durableNames
      state.changes = []
      for path in state.names.keys.sorted() {
        let salt = generator.next()
        state.names[path]?.state.withLock { FaultyDisk.crash(&$0, salt) }
      }
    }
    faults.withLock { $0 = Faults() }
  }

  private static func crash(_ content: inout Content.State, _ salt: UInt64) {
    var generator = SeededGenerator(seed: salt)
    var survivor = content.durable
    // A file's length is kept or lost with its last sector; what lies between is zero.
    for sector in content.dirty.sorted() where Bool.random(using: &generator) {
      let range = sector * FaultyDisk.sector..<min((sector + 1) * FaultyDisk.sector, content.bytes.count)
      guard range.lowerBound < content.bytes.count else { continue }
      if survivor.count < range.upperBound {
        survivor.append(contentsOf: [UInt8](repeating: 0, count: range.upperBound - survivor.count))
      }
      survivor.replaceSubrange(range, with: content.bytes[range])
    }
    content.bytes = survivor
    content.durable = survivor
    content.dirty = []
  }

  /// The files but for the log's witness, which tests damage by its name.
  var paths: [String] { allPaths.filter { !FaultyDisk.isWitness($0) } }
  private var allPaths: [String] { state.withLock { $0.names.keys.sorted() } }
  static func isWitness(_ path: String) -> Bool { path.hasSuffix("/witness") }
  var totalBytes: Int { state.withLock { $0.names.values.reduce(0) { $0 + $1.state.withLock { $0.bytes.count } } } }
  func bytes(of path: String) -> [UInt8] { state.withLock { $0.names[path]?.state.withLock { $0.bytes } ?? [] } }

  /// Flips one bit, durably.
  func flip(_ path: String, offset: Int, bit: Int) {
    let content = state.withLock { $0.names[path] }
    content?.state.withLock { content in
      content.bytes[offset] ^= 1 << UInt8(bit)
      if offset < content.durable.count { content.durable[offset] ^= 1 << UInt8(bit) }
    }
  }

  /// Writes over a part of a file, durably.
  func overwrite(_ path: String, at offset: Int, with bytes: [UInt8]) {
    let content = state.withLock { $0.names[path] }
    content?.state.withLock { content in
      let end = min(offset + bytes.count, content.bytes.count)
      content.bytes.replaceSubrange(offset..<end, with: bytes[..<(end - offset)])
      content.durable = content.bytes
    }
  }

  /// A copy in which everything counts as durable, so that one history can be damaged in many ways.
  func copy() -> FaultyDisk {
    let copy = FaultyDisk()
    for path in allPaths {
      let content = Content()
      let bytes = bytes(of: path)
      content.state.withLock { state in
        state.bytes = bytes
        state.durable = bytes
      }
      copy.state.withLock { state in
        state.names[path] = content
        state.durableNames[path] = content
      }
    }
    return copy
  }
}

final class FaultyFile: DiskFile {
  private let content: FaultyDisk.Content
  private let disk: FaultyDisk
  private let path: String

  init(_ content: FaultyDisk.Content, disk: FaultyDisk, path: String) {
    self.content = content
    self.disk = disk
    self.path = path
  }

  var size: Int { get throws(DiskError) { content.state.withLock { $0.bytes.count } } }

  func read(at offset: Int, count: Int) throws(DiskError) -> [UInt8] {
    content.state.withLock { state in
      guard offset < state.bytes.count else { return [] }
      return Array(state.bytes[offset..<min(offset + count, state.bytes.count)])
    }
  }

  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(DiskError) {
    let total = disk.totalBytes
    let size = try size
    let (stored, code): (Int, Int32) = disk.faults.withLock { faults in
      // It is written behind every sync, and is not what these faults are for.
      if FaultyDisk.isWitness(path) { return (bytes.count, 0) }
      faults.writes += 1
      if let fault = faults.nextWrite {
        faults.nextWrite = nil
        return (min(fault.stored, bytes.count), fault.code)
      }
      let room = max(faults.capacity - total, 0)
      let growth = max(offset + bytes.count - size, 0)
      return growth > room ? (max(bytes.count - (growth - room), 0), 28) : (bytes.count, 0)
    }
    store(UnsafeRawBufferPointer(rebasing: bytes[..<stored]), at: offset)
    if code != 0 { throw DiskError(operation: .write, path: path, code: code, reason: "error \(code)") }
  }

  private func store(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
    guard bytes.count > 0 else { return }
    let bytes = Array(bytes)
    content.state.withLock { state in
      if state.bytes.count < offset + bytes.count {
        state.bytes.append(contentsOf: [UInt8](repeating: 0, count: offset + bytes.count - state.bytes.count))
      }
      state.bytes.replaceSubrange(offset..<offset + bytes.count, with: bytes)
      for sector in offset / FaultyDisk.sector...(offset + bytes.count - 1) / FaultyDisk.sector {
        state.dirty.insert(sector)
      }
    }
  }

  func zeroFill(to size: Int) throws(DiskError) {
    let from = try self.size
    guard size > from else { return }
    let zeros = [UInt8](repeating: 0, count: size - from)
    try zeros.withUnsafeBufferPointer { zeros throws(DiskError) in try write(UnsafeRawBufferPointer(zeros), at: from) }
  }

  func truncate(to size: Int) throws(DiskError) {
    content.state.withLock { $0.bytes.removeSubrange(min(size, $0.bytes.count)...) }
  }

  func sync() throws(DiskError) {
    let fails = disk.faults.withLock { faults in
      faults.syncs += 1
      return faults.failsSync
    }
    if fails { throw DiskError(operation: .sync, path: path, code: 5, reason: "input/output error") }
    content.state.withLock { state in
      state.durable = state.bytes
      state.dirty = []
    }
  }

  func close() {}
}
