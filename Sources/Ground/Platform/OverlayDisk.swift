import Synchronization

/// A copy-on-write view of another disk: it is read through, and whatever is changed stays in memory and ends with the
/// view. The disk below is never written.
///
/// It shows what a change would come to, by running the very code that would make it: `roost recover-quorum --dry-run`
/// recovers a log this way. A file is read into memory as a whole when it is first changed, so it suits logs and small
/// files. Directories can be made and listed, but not renamed.
public final class OverlayDisk: Disk {
  private struct Changes {
    /// Every file that was opened or made here; nil for one that was removed.
    var files: [String: OverlayContent?] = [:]
    var directories: Set<String> = []
  }

  private let base: any Disk
  private let changes = Mutex(Changes())

  /// - Parameter base: nothing else may change it as long as this view is in use.
  public init(over base: any Disk) { self.base = base }

  public func list(_ directory: String) throws(DiskError) -> [String] {
    let below = try base.list(directory)
    let prefix = directory.isEmpty ? "" : directory + "/"
    return changes.withLock { changes in
      var names = Set(below)
      for (path, content) in changes.files {
        guard let name = OverlayDisk.name(of: path, in: prefix) else { continue }
        if content == nil { names.remove(name) } else { names.insert(name) }
      }
      names.formUnion(changes.directories.compactMap { OverlayDisk.name(of: $0, in: prefix) })
      return names.sorted()
    }
  }

  /// The last part of a path that lies right in a directory; nil for any other path.
  private static func name(of path: String, in prefix: String) -> String? {
    guard path.hasPrefix(prefix) else { return nil }
    let name = path.dropFirst(prefix.count)
    return name.isEmpty || name.contains("/") ? nil : String(name)
  }

  public func createDirectory(_ path: String) throws(DiskError) {
    if !exists(path) { changes.withLock { _ = $0.directories.insert(path) } }
  }

  public func open(_ path: String, create: Bool) throws(DiskError) -> any DiskFile {
    if let content = try content(of: path) { return OverlayFile(content, path: path) }
    guard create else { throw OverlayDisk.missing(.open, path) }
    let content = OverlayContent(bytes: [])
    changes.withLock { $0.files[path] = content }
    return OverlayFile(content, path: path)
  }

  /// What a file holds, shared by everybody who opens it here; nil if there is no such file.
  private func content(of path: String) throws(DiskError) -> OverlayContent? {
    if let known = changes.withLock({ $0.files[path] }) { return known }
    guard base.exists(path) else { return nil }
    let content = OverlayContent(source: try base.open(path, create: false))
    changes.withLock { $0.files[path] = content }
    return content
  }

  public func exists(_ path: String) -> Bool {
    let known: Bool? = changes.withLock { changes in
      if changes.directories.contains(path) { return true }
      return changes.files[path].map { $0 != nil }
    }
    return known ?? base.exists(path)
  }

  public func rename(_ from: String, to: String) throws(DiskError) {
    guard let content = try content(of: from) else { throw OverlayDisk.missing(.rename, from) }
    changes.withLock { changes in
      changes.files[from] = .some(nil)
      changes.files[to] = content
    }
  }

  public func remove(_ path: String) throws(DiskError) {
    guard exists(path) else { throw OverlayDisk.missing(.remove, path) }
    changes.withLock { changes in
      if changes.directories.remove(path) == nil { changes.files[path] = .some(nil) }
    }
  }

  public func syncDirectory(_ path: String) throws(DiskError) {}

  public func space() throws(DiskError) -> DiskSpace { try base.space() }

  private static func missing(_ operation: DiskError.Operation, _ path: String) -> DiskError {
    // ENOENT, which is 2 everywhere.
    DiskError(operation: operation, path: path, code: 2, reason: "No such file or directory")
  }
}

/// What a file holds: what lies on the disk below, until it is changed.
private final class OverlayContent: Sendable {
  private struct State {
    /// The file below; nil once the content is in memory.
    var source: (any DiskFile)?
    var bytes: [UInt8] = []
  }

  private let state: Mutex<State>

  init(bytes: [UInt8]) { state = Mutex(State(bytes: bytes)) }

  init(source: any DiskFile) { state = Mutex(State(source: source)) }

  deinit { state.withLock { $0.source?.close() } }

  func size() throws(DiskError) -> Int {
    try state.withLock { state throws(DiskError) in
      if let source = state.source { return try source.size }
      return state.bytes.count
    }
  }

  func read(at offset: Int, count: Int) throws(DiskError) -> [UInt8] {
    try state.withLock { state throws(DiskError) in
      if let source = state.source { return try source.read(at: offset, count: count) }
      guard offset < state.bytes.count else { return [] }
      return Array(state.bytes[offset..<min(offset + count, state.bytes.count)])
    }
  }

  /// Changes the content, which is in memory from then on.
  func change(_ body: (inout [UInt8]) -> Void) throws(DiskError) {
    try state.withLock { state throws(DiskError) in
      if let source = state.source {
        state.bytes = try source.read(at: 0, count: try source.size)
        state.source = nil
        source.close()
      }
      body(&state.bytes)
    }
  }
}

/// An open file of an ``OverlayDisk``.
private final class OverlayFile: DiskFile {
  private let content: OverlayContent
  private let path: String

  init(_ content: OverlayContent, path: String) {
    self.content = content
    self.path = path
  }

  var size: Int { get throws(DiskError) { try content.size() } }

  func read(at offset: Int, count: Int) throws(DiskError) -> [UInt8] { try content.read(at: offset, count: count) }

  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(DiskError) {
    try content.change { content in
      OverlayFile.extend(&content, to: offset + bytes.count)
      content.replaceSubrange(offset..<offset + bytes.count, with: bytes)
    }
  }

  func zeroFill(to size: Int) throws(DiskError) { try content.change { OverlayFile.extend(&$0, to: size) } }

  func truncate(to size: Int) throws(DiskError) {
    try content.change { content in
      OverlayFile.extend(&content, to: size)
      content.removeLast(content.count - size)
    }
  }

  private static func extend(_ content: inout [UInt8], to size: Int) {
    if size > content.count { content.append(contentsOf: repeatElement(0, count: size - content.count)) }
  }

  func sync() throws(DiskError) {}

  func close() {}
}
