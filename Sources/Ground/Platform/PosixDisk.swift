import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The production disk: POSIX files below one directory, which it locks against every other process.
public final class PosixDisk: Disk {
  /// Holds the lock, and the number of the process that has it, for people.
  public static let lockName = "LOCK"

  /// The root directory, as it was given.
  public let root: String
  private let directory: FileDescriptor
  private let lock: FileDescriptor
  /// Given up for a moment when the process has no other descriptor left, so that a directory can be synced even then.
  private let spare: Mutex<FileDescriptor?>

  /// Opens the directory at `root`, creating it if needed (its parent must exist), and takes its lock. Fails with the
  /// operation `.lock` when another disk, of this or another process, has it.
  public init(root: String) throws(DiskError) {
    self.root = root
    if mkdir(root, 0o750) != 0, errno != EEXIST { throw DiskError(.create, root) }
    directory = try FileDescriptor(root, .open) { openat(AT_FDCWD, root, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
    spare = Mutex(try? FileDescriptor(root, .open) { openat(AT_FDCWD, "/dev/null", O_RDONLY | O_CLOEXEC) })
    let directoryNumber = directory.number
    lock = try FileDescriptor(root + "/" + PosixDisk.lockName, .lock) {
      openat(directoryNumber, PosixDisk.lockName, O_RDWR | O_CREAT | O_CLOEXEC, 0o640)
    }
    let lockNumber = lock.number
    if retrying({ Int(flock(lockNumber, LOCK_EX | LOCK_NB)) }) != 0 {
      guard errno == EWOULDBLOCK else { throw DiskError(.lock, root) }
      let owner = PosixDisk.lockOwner(lock.number).map { " (process \($0))" } ?? ""
      throw DiskError(
        operation: .lock, path: root, code: EWOULDBLOCK, reason: "another process uses this directory\(owner)")
    }
    let text = Array("\(getpid())\n".utf8)
    _ = ftruncate(lock.number, 0)
    _ = text.withUnsafeBytes { pwrite(lockNumber, $0.baseAddress, $0.count, 0) }
  }

  private static func lockOwner(_ file: Int32) -> Int? {
    var text = [UInt8](repeating: 0, count: 20)
    let count = text.withUnsafeMutableBytes { pread(file, $0.baseAddress, $0.count, 0) }
    guard count > 0 else { return nil }
    return Int(String(decoding: text.prefix(count).prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self))
  }

  public func list(_ path: String) throws(DiskError) -> [String] {
    let number = retrying {
      Int(openat(directory.number, PosixDisk.relative(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC))
    }
    if number < 0, errno == ENOENT { return [] }
    guard number >= 0, let stream = fdopendir(Int32(number)) else {
      let error = DiskError(.list, path)
      if number >= 0 { close(Int32(number)) }
      throw error
    }
    defer { closedir(stream) }
    var names: [String] = []
    errno = 0
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
      errno = 0
    }
    if errno != 0 { throw DiskError(.list, path) }
    return names.sorted()
  }

  public func createDirectory(_ path: String) throws(DiskError) {
    if mkdirat(directory.number, path, 0o750) != 0, errno != EEXIST { throw DiskError(.create, path) }
  }

  public func open(_ path: String, create: Bool) throws(DiskError) -> any DiskFile {
    let flags = O_RDWR | O_CLOEXEC | (create ? O_CREAT : 0)
    let directoryNumber = directory.number
    let file = try FileDescriptor(path, create ? .create : .open) { openat(directoryNumber, path, flags, 0o640) }
    return PosixFile(file, path: path)
  }

  public func exists(_ path: String) -> Bool { faccessat(directory.number, path, F_OK, 0) == 0 }

  public func rename(_ from: String, to: String) throws(DiskError) {
    if renameat(directory.number, from, directory.number, to) != 0 { throw DiskError(.rename, "\(from) to \(to)") }
  }

  public func remove(_ path: String) throws(DiskError) {
    if unlinkat(directory.number, path, 0) == 0 { return }
    if errno == EISDIR || errno == EPERM, unlinkat(directory.number, path, AT_REMOVEDIR) == 0 { return }
    throw DiskError(.remove, path)
  }

  public func syncDirectory(_ path: String) throws(DiskError) {
    do throws(DiskError) {
      try syncOpened(path)
    } catch {
      guard error.isOutOfDescriptors, spare.withLock({ spare in spare.take() != nil }) else { throw error }
      defer {
        let again = try? FileDescriptor(root, .open) { openat(AT_FDCWD, "/dev/null", O_RDONLY | O_CLOEXEC) }
        spare.withLock { $0 = again }
      }
      try syncOpened(path)
    }
  }

  private func syncOpened(_ path: String) throws(DiskError) {
    let directoryNumber = directory.number
    let opened = try FileDescriptor(path, .sync) {
      openat(directoryNumber, PosixDisk.relative(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    }
    if fsync(opened.number) != 0 { throw DiskError(.sync, path) }
  }

  public func space() throws(DiskError) -> DiskSpace {
    var status = statvfs()
    if fstatvfs(directory.number, &status) != 0 { throw DiskError(.measure, root) }
    let unit = Int(clamping: status.f_frsize)
    return DiskSpace(
      capacity: Int(clamping: status.f_blocks).multipliedReportingOverflow(by: unit).partialValue,
      free: Int(clamping: status.f_bavail).multipliedReportingOverflow(by: unit).partialValue)
  }

  private static func relative(_ path: String) -> String { path.isEmpty ? "." : path }
}

/// A file number that is closed with its owner.
final class FileDescriptor: Sendable {
  let number: Int32

  init(_ path: String, _ operation: DiskError.Operation, opening: () -> Int32) throws(DiskError) {
    let opened = retrying { Int(opening()) }
    guard opened >= 0 else { throw DiskError(operation, path) }
    number = Int32(opened)
  }

  deinit { close(number) }
}

/// Repeats a system call that a signal interrupted.
func retrying(_ call: () -> Int) -> Int {
  while true {
    let result = call()
    if result >= 0 || errno != EINTR { return result }
  }
}

extension DiskError {
  /// The error that the last system call of this thread left in `errno`.
  init(_ operation: Operation, _ path: String) {
    let code = errno
    self.init(operation: operation, path: path, code: code, reason: String(cString: strerror(code)))
  }
}
