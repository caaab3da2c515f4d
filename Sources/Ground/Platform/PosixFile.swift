#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// An open file of a ``PosixDisk``.
///
/// Sendable: used by one thread at a time, as ``DiskFile`` says; `file` alone changes, when it is closed.
final class PosixFile: DiskFile, @unchecked Sendable {
  private var file: FileDescriptor?
  private let path: String
  private static let zeros = [UInt8](repeating: 0, count: 1 << 20)

  init(_ file: FileDescriptor, path: String) {
    self.file = file
    self.path = path
  }

  private func number(for operation: DiskError.Operation) throws(DiskError) -> Int32 {
    guard let file else {
      throw DiskError(operation: operation, path: path, code: EBADF, reason: "the file was closed")
    }
    return file.number
  }

  var size: Int {
    get throws(DiskError) {
      var status = stat()
      if fstat(try number(for: .read), &status) != 0 { throw DiskError(.read, path) }
      return Int(status.st_size)
    }
  }

  func read(at offset: Int, count: Int) throws(DiskError) -> [UInt8] {
    let number = try number(for: .read)
    var failure: DiskError?
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      guard let base = buffer.baseAddress else { return }
      while filled < count {
        let step = retrying { pread(number, base + filled, count - filled, off_t(offset + filled)) }
        if step < 0 { failure = DiskError(.read, path) }
        if step <= 0 { return }
        filled += step
      }
    }
    if let failure { throw failure }
    return bytes
  }

  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(DiskError) {
    let number = try number(for: .write)
    guard let base = bytes.baseAddress else { return }
    var written = 0
    while written < bytes.count {
      let step = retrying { pwrite(number, base + written, bytes.count - written, off_t(offset + written)) }
      if step < 0 { throw DiskError(.write, path) }
      if step == 0 {
        // POSIX leaves it open what a write of no bytes means; the disk took nothing, so it is out of space.
        throw DiskError(operation: .write, path: path, code: ENOSPC, reason: "the disk took no more bytes")
      }
      written += step
    }
  }

  func zeroFill(to size: Int) throws(DiskError) {
    var position = try self.size
    while position < size {
      let count = min(size - position, PosixFile.zeros.count)
      try PosixFile.zeros.withUnsafeBufferPointer { zeros throws(DiskError) in
        try write(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: zeros[..<count])), at: position)
      }
      position += count
    }
  }

  #if !canImport(Darwin)
    func allocate(to size: Int) throws(DiskError) {
      let number = try number(for: .write)
      let present = try self.size
      guard size > present else { return }
      var code: Int32
      repeat { code = posix_fallocate(number, off_t(present), off_t(size - present)) } while code == EINTR
      if code != 0 {
        throw DiskError(operation: .write, path: path, code: code, reason: String(cString: strerror(code)))
      }
    }
  #endif

  func truncate(to size: Int) throws(DiskError) {
    let number = try number(for: .truncate)
    if retrying({ Int(ftruncate(number, off_t(size))) }) != 0 { throw DiskError(.truncate, path) }
  }

  func sync() throws(DiskError) {
    let number = try number(for: .sync)
    // Never repeated after a failure: the kernel may have dropped the pages and would then report success.
    #if canImport(Darwin)
      let status = fsync(number)
    #else
      let status = fdatasync(number)
    #endif
    if status != 0 { throw DiskError(.sync, path) }
  }

  func close() { file = nil }
}
