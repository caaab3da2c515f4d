public import RoostPlatform

/// What a disk holds, whoever has it mounted: files, directories, what of them is durable, and the faults to play.
///
/// The rules are POSIX's strictest reading. A file's content is durable after its sync; a creation, rename or removal
/// is durable after the sync of the directory. What is not durable may survive a power loss or not: file content sector
/// by sector, the changes of a directory up to any one of them.
///
/// Unchecked sendable: used by one thread at a time, in a world by the world's.
public final class DiskMedium: @unchecked Sendable {
  /// Bytes that fit, counting files' sizes; writing more fails with ENOSPC.
  public var capacity = Int.max
  /// The chance of each sync to fail.
  public var syncFailureRate = 0.0
  /// How many syncs from now on fail for certain.
  public var failingSyncs = 0
  /// Whether the process has used up its descriptors: no file can be opened.
  public var refusesToOpen = false
  public private(set) var syncCount = 0
  /// How many syncs, of files and directories, failed so far.
  public private(set) var failedSyncCount = 0
  public private(set) var bytesWritten = 0

  enum Node {
    case file(StoredFile)
    case directory
  }

  /// A change of a directory that was not synced yet.
  private enum NamespaceChange {
    case link(String, Node)
    case unlink(String)
    case rename(from: String, to: String, Node)
  }

  private var visible: [String: Node] = [:]
  private var durable: [String: Node] = [:]
  /// In order, each with the directory whose sync makes it durable.
  private var pending: [(directory: String, change: NamespaceChange)] = []
  /// The sum of the sizes of visible files.
  private var used = 0
  private var generator: SeededGenerator
  /// Whether a sync has failed since ``acknowledgeFailures()``.
  public private(set) var hasFailedSync = false
  /// Whether a write has found no room since ``acknowledgeFailures()``.
  public private(set) var hasRunFull = false
  /// Whether anything of it is not what was written.
  public private(set) var isDamaged = false
  /// Set while the next write is to go astray.
  private var misdirection: SeededGenerator?

  public init(generator: SeededGenerator) { self.generator = generator }

  // MARK: Faults

  /// After the end of a process, or of the machine: then what was not durable is at the mercy of chance.
  public func crash(_ kind: CrashKind) {
    guard kind == .powerLoss else { return }
    for path in visible.keys.sorted() {
      if case .file(let file) = visible[path] { file.losePower(&generator) }
    }
    // A removed file that is still linked durably comes back: its content went through the same.
    for path in durable.keys.sorted() {
      if case .file(let file) = durable[path], file.hasUnsynced { file.losePower(&generator) }
    }
    var lost: Set<String> = []
    for (directory, change) in pending where !lost.contains(directory) {
      if generator.chance(0.5) { DiskMedium.apply(change, to: &durable) } else { lost.insert(directory) }
    }
    pending = []
    for path in durable.keys.sorted() where !hasDurableParents(path) { durable[path] = nil }
    visible = durable
    recount()
  }

  /// Flips one bit of a file for good. False if there is no such bit.
  ///
  /// The caller chooses the victim, and must not choose the same record on every replica: nothing survives that.
  @discardableResult
  public func flipBit(_ bit: Int, of path: String) -> Bool {
    guard case .file(let file) = visible[path], bit / 8 < file.durable.size else { return false }
    file.flip(bit: bit)
    isDamaged = true
    return true
  }

  /// Flips a bit of some file, if it can one that is not in a row of zeros: what was reserved and never written hides
  /// most faults. False if there is no file.
  public func flipAnyBit(_ generator: inout SeededGenerator) -> Bool {
    let candidates = files().filter { $0.size > 0 }
    guard var (path, size) = generator.pick(candidates) else { return false }
    var bit = generator.below(size * 8)
    for _ in 0..<64 {
      guard case .file(let file) = visible[path], file.durable.read(at: bit / 8, count: 1) == [0] else { break }
      (path, size) = candidates[generator.below(candidates.count)]
      bit = generator.below(size * 8)
    }
    return flipBit(bit, of: path)
  }

  /// The next write to a file will land somewhere else, and nobody notices until the file is read from the disk again.
  public func misdirectNextWrite(seed: UInt64) { misdirection = SeededGenerator(seed: seed) }

  /// Leaves room for so many bytes.
  public func fill(leaving room: Int) { capacity = used + room }

  /// Ends every fault; damage stays.
  public func heal() {
    capacity = .max
    failingSyncs = 0
    syncFailureRate = 0
    refusesToOpen = false
    misdirection = nil
  }

  /// Copies what is durable; what it returns puts the copy back.
  public func copy() -> () -> Void {
    var names: [String: Node] = [:]
    for (path, node) in durable {
      if case .file(let file) = node {
        names[path] = .file(StoredFile(durable: file.durable))
      } else {
        names[path] = node
      }
    }
    return { [self] in
      durable = names
      visible = names
      pending = []
      recount()
    }
  }

  /// Every file, sorted by path, with its durable size.
  public func files() -> [(path: String, size: Int)] {
    visible.keys.sorted().compactMap { path in
      if case .file(let file) = visible[path] { (path, file.durable.size) } else { nil }
    }
  }

  func wipe() {
    visible = [:]
    durable = [:]
    pending = []
    used = 0
  }

  var space: DiskSpace { DiskSpace(capacity: capacity, free: Swift.max(0, capacity - used)) }

  /// Whoever used the disk has drawn the consequence.
  public func acknowledgeFailures() {
    hasFailedSync = false
    hasRunFull = false
  }

  // MARK: Names

  func lookUp(_ path: String) -> Node? { path.isEmpty ? .directory : visible[path] }

  func names(in directory: String) -> [String] {
    let prefix = directory.isEmpty ? "" : directory + "/"
    return visible.keys.compactMap { path in
      guard path.hasPrefix(prefix) else { return nil }
      let name = path.dropFirst(prefix.count)
      return name.isEmpty || name.contains("/") ? nil : String(name)
    }.sorted()
  }

  func link(_ path: String, _ node: Node) { note(.link(path, node), parent(of: path)) }

  func unlink(_ path: String) {
    if case .file(let file) = visible[path] { used -= file.visible.size }
    note(.unlink(path), parent(of: path))
  }

  func rename(_ from: String, to: String, _ node: Node) {
    if case .file(let replaced) = visible[to], from != to { used -= replaced.visible.size }
    note(.rename(from: from, to: to, node), parent(of: to))
  }

  func syncDirectory(_ path: String) {
    for (directory, change) in pending where directory == path { DiskMedium.apply(change, to: &durable) }
    pending.removeAll { $0.directory == path }
  }

  func parent(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "" }
    return String(path[..<slash])
  }

  // MARK: Content

  /// Whether the change fits; if so it is made.
  func change(_ file: StoredFile, _ change: StoredFile.Change) -> Bool {
    let size =
      switch change {
      case .write(let offset, let bytes): Swift.max(file.visible.size, offset + bytes.count)
      case .resize(let size): size
      }
    let grown = size - file.visible.size
    if grown > 0, used > capacity - grown {
      hasRunFull = true
      return false
    }
    used += grown
    if case .write(_, let bytes) = change {
      bytesWritten += bytes.count
      if var generator = misdirection, !bytes.isEmpty {
        misdirection = nil
        if strays(bytes, from: file, &generator) {
          file.pretend(change)
          return true
        }
      }
    }
    file.apply(change)
    return true
  }

  /// Writes over another place of some file, at a sector's beginning.
  private func strays(_ bytes: [UInt8], from file: StoredFile, _ generator: inout SeededGenerator) -> Bool {
    let sectors = files().filter { $0.size >= StoredFile.sectorSize }
    guard let (path, size) = generator.pick(sectors), case .file(let other) = visible[path] else { return false }
    let offset = generator.below(size / StoredFile.sectorSize) * StoredFile.sectorSize
    isDamaged = true
    other.overwrite(bytes.prefix(size - offset), at: offset)
    return true
  }

  /// Whether the sync worked.
  func sync(_ file: StoredFile) -> Bool {
    syncCount += 1
    if syncFails() {
      file.failSync()
      return false
    }
    file.sync()
    return true
  }

  func syncFails() -> Bool {
    if failingSyncs > 0 {
      failingSyncs -= 1
    } else if !generator.chance(syncFailureRate) {
      return false
    }
    failedSyncCount += 1
    hasFailedSync = true
    return true
  }

  // MARK: Inner workings

  private func note(_ change: NamespaceChange, _ directory: String) {
    DiskMedium.apply(change, to: &visible)
    pending.append((directory, change))
  }

  private static func apply(_ change: NamespaceChange, to names: inout [String: Node]) {
    switch change {
    case .link(let path, let node):
      names[path] = node
    case .unlink(let path):
      names[path] = nil
    case .rename(let from, let to, let node):
      names[from] = nil
      names[to] = node
      guard case .directory = node else { return }
      for path in names.keys.filter({ $0.hasPrefix(from + "/") }) {
        names[to + path.dropFirst(from.count)] = names.removeValue(forKey: path)
      }
    }
  }

  private func hasDurableParents(_ path: String) -> Bool {
    var directory = parent(of: path)
    while !directory.isEmpty {
      guard case .directory = durable[directory] else { return false }
      directory = parent(of: directory)
    }
    return true
  }

  private func recount() {
    used = 0
    for node in visible.values {
      if case .file(let file) = node { used += file.visible.size }
    }
  }
}
