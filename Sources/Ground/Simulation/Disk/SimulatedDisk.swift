public import RoostPlatform

/// A medium as one process has it mounted. Once the process is dead, all its operations fail and change nothing.
///
/// Unchecked sendable: used by one thread at a time, in a world by the world's.
public final class SimulatedDisk: Disk, @unchecked Sendable {
  public let medium: DiskMedium
  private let life: ProcessLife
  /// Told before each operation that changes something; may end the process.
  private let operationBegins: () -> Void

  init(medium: DiskMedium, life: ProcessLife, operationBegins: @escaping () -> Void) {
    self.medium = medium
    self.life = life
    self.operationBegins = operationBegins
  }

  /// A disk without a world, for tests of what only needs a disk. Crash the medium, then mount it again.
  public convenience init(_ medium: DiskMedium) {
    self.init(medium: medium, life: ProcessLife()) {}
  }

  // MARK: Disk

  public func list(_ directory: String) throws(DiskError) -> [String] {
    try check(.list, directory)
    return medium.names(in: SimulatedDisk.normal(directory))
  }

  public func createDirectory(_ path: String) throws(DiskError) {
    try begin(.create, path)
    let name = SimulatedDisk.normal(path)
    switch medium.lookUp(name) {
    case .directory: return
    case .file: throw SimulatedDisk.error(.create, path, .exists)
    case nil: break
    }
    try requireParent(of: name, .create, path)
    medium.link(name, .directory)
  }

  public func open(_ path: String, create: Bool) throws(DiskError) -> any DiskFile {
    try check(.open, path)
    if medium.refusesToOpen { throw SimulatedDisk.error(.open, path, .tooManyOpenFiles) }
    let name = SimulatedDisk.normal(path)
    switch medium.lookUp(name) {
    case .file(let file):
      return SimulatedDiskFile(disk: self, path: name, file: file)
    case .directory:
      throw SimulatedDisk.error(.open, path, .isDirectory)
    case nil:
      guard create else { throw SimulatedDisk.error(.open, path, .notFound) }
      try begin(.create, path)
      try requireParent(of: name, .open, path)
      let file = StoredFile()
      medium.link(name, .file(file))
      return SimulatedDiskFile(disk: self, path: name, file: file)
    }
  }

  public func exists(_ path: String) -> Bool {
    life.isAlive && medium.lookUp(SimulatedDisk.normal(path)) != nil
  }

  public func rename(_ from: String, to: String) throws(DiskError) {
    try begin(.rename, from)
    let source = SimulatedDisk.normal(from)
    let target = SimulatedDisk.normal(to)
    guard let node = medium.lookUp(source) else { throw SimulatedDisk.error(.rename, from, .notFound) }
    try requireParent(of: target, .rename, to)
    if case .directory = medium.lookUp(target) { throw SimulatedDisk.error(.rename, to, .isDirectory) }
    medium.rename(source, to: target, node)
  }

  public func remove(_ path: String) throws(DiskError) {
    try begin(.remove, path)
    let name = SimulatedDisk.normal(path)
    switch medium.lookUp(name) {
    case nil: throw SimulatedDisk.error(.remove, path, .notFound)
    case .directory where !medium.names(in: name).isEmpty: throw SimulatedDisk.error(.remove, path, .notEmpty)
    default: medium.unlink(name)
    }
  }

  public func syncDirectory(_ path: String) throws(DiskError) {
    try begin(.sync, path)
    if medium.refusesToOpen { throw SimulatedDisk.error(.sync, path, .tooManyOpenFiles) }
    let name = SimulatedDisk.normal(path)
    guard case .directory = medium.lookUp(name) else { throw SimulatedDisk.error(.sync, path, .notFound) }
    if medium.syncFails() { throw SimulatedDisk.error(.sync, path, .inputOutput) }
    medium.syncDirectory(name)
  }

  public func space() throws(DiskError) -> DiskSpace {
    try check(.measure, "")
    return medium.space
  }

  // MARK: For its files

  func check(_ operation: DiskError.Operation, _ path: String) throws(DiskError) {
    if !life.isAlive { throw SimulatedDisk.error(operation, path, .inputOutput) }
  }

  func begin(_ operation: DiskError.Operation, _ path: String) throws(DiskError) {
    try check(operation, path)
    operationBegins()
    try check(operation, path)
  }

  /// The codes and words of Linux.
  enum Failure: Int32 {
    case notFound = 2
    case inputOutput = 5
    case exists = 17
    case isDirectory = 21
    case invalid = 22
    case tooManyOpenFiles = 24
    case noSpace = 28
    case notEmpty = 39

    var reason: String {
      switch self {
      case .notFound: "No such file or directory"
      case .inputOutput: "Input/output error"
      case .exists: "File exists"
      case .isDirectory: "Is a directory"
      case .invalid: "Invalid argument"
      case .tooManyOpenFiles: "Too many open files"
      case .noSpace: "No space left on device"
      case .notEmpty: "Directory not empty"
      }
    }
  }

  static func error(_ operation: DiskError.Operation, _ path: String, _ failure: Failure) -> DiskError {
    DiskError(operation: operation, path: path, code: failure.rawValue, reason: failure.reason)
  }

  private func requireParent(
    of name: String, _ operation: DiskError.Operation, _ path: String
  ) throws(DiskError) {
    guard case .directory = medium.lookUp(medium.parent(of: name)) else {
      throw SimulatedDisk.error(operation, path, .notFound)
    }
  }

  /// Without empty and `.` components: the root is the empty name.
  private static func normal(_ path: String) -> String {
    path.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
  }
}

/// Unchecked sendable: like its disk.
final class SimulatedDiskFile: DiskFile, @unchecked Sendable {
  private let disk: SimulatedDisk
  private let path: String
  private let file: StoredFile
  private var isOpen = true

  init(disk: SimulatedDisk, path: String, file: StoredFile) {
    self.disk = disk
    self.path = path
    self.file = file
  }

  var size: Int {
    get throws(DiskError) {
      try check(.read)
      return file.visible.size
    }
  }

  func read(at offset: Int, count: Int) throws(DiskError) -> [UInt8] {
    try check(.read)
    guard offset >= 0, count >= 0 else { throw SimulatedDisk.error(.read, path, .invalid) }
    return file.visible.read(at: offset, count: count)
  }

  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(DiskError) {
    try begin(.write)
    guard offset >= 0 else { throw SimulatedDisk.error(.write, path, .invalid) }
    guard !bytes.isEmpty else { return }
    guard disk.medium.change(file, .write(offset: offset, bytes: [UInt8](bytes))) else {
      throw SimulatedDisk.error(.write, path, .noSpace)
    }
  }

  func zeroFill(to size: Int) throws(DiskError) {
    try begin(.write)
    guard size > file.visible.size else { return }
    guard disk.medium.change(file, .resize(size)) else { throw SimulatedDisk.error(.write, path, .noSpace) }
  }

  func truncate(to size: Int) throws(DiskError) {
    try begin(.truncate)
    guard size >= 0 else { throw SimulatedDisk.error(.truncate, path, .invalid) }
    guard disk.medium.change(file, .resize(size)) else { throw SimulatedDisk.error(.truncate, path, .noSpace) }
  }

  func sync() throws(DiskError) {
    try begin(.sync)
    guard disk.medium.sync(file) else { throw SimulatedDisk.error(.sync, path, .inputOutput) }
  }

  func close() { isOpen = false }

  private func check(_ operation: DiskError.Operation) throws(DiskError) {
    try disk.check(operation, path)
    if !isOpen { throw SimulatedDisk.error(operation, path, .inputOutput) }
  }

  private func begin(_ operation: DiskError.Operation) throws(DiskError) {
    try check(operation)
    try disk.begin(operation, path)
  }
}
