/// The file operations that durability rests on. All calls block; paths are relative to the disk's root directory and
/// use `/`. Production is POSIX, simulation keeps what was synced and may lose, tear or flip the rest.
public protocol Disk: AnyObject, Sendable {
  /// Names (not paths) of the files and directories in `directory`, sorted; empty if it does not exist.
  func list(_ directory: String) throws(DiskError) -> [String]
  func createDirectory(_ path: String) throws(DiskError)
  /// Opens a file for reading and writing, creating it if asked to.
  func open(_ path: String, create: Bool) throws(DiskError) -> any DiskFile
  func exists(_ path: String) -> Bool
  /// Atomically replaces `to`; durable only after `syncDirectory` of its parent.
  func rename(_ from: String, to: String) throws(DiskError)
  func remove(_ path: String) throws(DiskError)
  /// Makes creations, renames and removals in a directory durable.
  func syncDirectory(_ path: String) throws(DiskError)
  /// How large the disk is and how much of it is free.
  func space() throws(DiskError) -> DiskSpace
}

extension Disk {
  /// Writes a small file in the root directory so that after a crash it is either the old or the new one, whole. Durable
  /// on return.
  public func replaceFile(_ name: String, with bytes: [UInt8]) throws(DiskError) {
    let temporary = name + ".new"
    let file = try open(temporary, create: true)
    defer { file.close() }
    try file.truncate(to: 0)
    try bytes.withUnsafeBufferPointer { bytes throws(DiskError) in
      try file.write(UnsafeRawBufferPointer(bytes), at: 0)
    }
    try file.sync()
    try rename(temporary, to: name)
    try syncDirectory("")
  }
}

/// One open file. Used by one thread at a time.
public protocol DiskFile: AnyObject, Sendable {
  var size: Int { get throws(DiskError) }
  /// Reads up to `count` bytes at `offset`; fewer only at the end of the file.
  func read(at offset: Int, count: Int) throws(DiskError) -> [UInt8]
  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(DiskError)
  /// Extends the file to `size` with zeros that really occupy blocks, so that later syncs write no metadata.
  func zeroFill(to size: Int) throws(DiskError)
  /// Extends the file to `size` so that its blocks are taken, whatever they hold: cheaper than ``zeroFill(to:)`` where
  /// the content does not matter.
  func allocate(to size: Int) throws(DiskError)
  func truncate(to size: Int) throws(DiskError)
  /// Makes everything written so far durable (`fdatasync`). After a failure nothing about the file may be trusted.
  func sync() throws(DiskError)
  func close()
}

extension DiskFile {
  public func allocate(to size: Int) throws(DiskError) { try zeroFill(to: size) }
}

/// A failed disk operation: what was tried, where, and the system's reason.
public struct DiskError: Error, Sendable, CustomStringConvertible {
  public enum Operation: String, Sendable {
    case list, create, open, read, write, truncate, sync, rename, remove, lock
    case measure = "measure the space of"
  }

  public var operation: Operation
  public var path: String
  /// `errno`
  public var code: Int32
  public var reason: String

  public init(operation: Operation, path: String, code: Int32, reason: String) {
    self.operation = operation
    self.path = path
    self.code = code
    self.reason = reason
  }

  /// The process, or the system, has no descriptor left: EMFILE and ENFILE, which have these numbers everywhere. It was
  /// the opening that failed, whatever it was for.
  public var isOutOfDescriptors: Bool { code == 24 || code == 23 }

  public var description: String { "cannot \(operation.rawValue) \(path): \(reason)" }
}
