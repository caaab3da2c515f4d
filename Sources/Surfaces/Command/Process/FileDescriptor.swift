import Foundation

/// An open descriptor with one owner, closed with it.
struct FileDescriptor: ~Copyable, Sendable {
  let number: Int32

  init(_ number: Int32) { self.number = number }

  deinit { close(number) }

  /// Reads what is there, at most `count` bytes: empty at the end of the stream, nil when nothing came by now.
  func read(atMost count: Int) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: count)
    while true {
      let got = Foundation.read(number, &bytes, count)
      if got >= 0 { return Array(bytes[..<got]) }
      if errno == EINTR { continue }
      return errno == EAGAIN || errno == EWOULDBLOCK ? nil : []
    }
  }

  /// Writes all bytes. False when the other end is gone.
  @discardableResult
  func write(_ bytes: [UInt8]) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { Foundation.write(number, $0.baseAddress, $0.count) }
      if written < 0 {
        if errno == EINTR { continue }
        return false
      }
      rest = rest.dropFirst(written)
    }
    return true
  }
}

/// Two connected sockets: what one end's process writes the other's reads, and either sees the other's death as the end
/// of the stream. Neither end outlives an `exec` unless it is handed over.
struct SocketPair: ~Copyable {
  let ours: FileDescriptor
  let theirs: FileDescriptor

  init() throws(CommandFailure) {
    var numbers: [Int32] = [-1, -1]
    #if canImport(Glibc) || canImport(Musl)
      let kind = Int32(SOCK_STREAM.rawValue)
    #else
      let kind = SOCK_STREAM
    #endif
    guard socketpair(AF_UNIX, kind, 0, &numbers) == 0 else {
      throw CommandFailure("cannot make a socket pair: \(SystemError.text(errno))")
    }
    for number in numbers { _ = fcntl(number, F_SETFD, FD_CLOEXEC) }
    ours = FileDescriptor(numbers[0])
    theirs = FileDescriptor(numbers[1])
  }

  consuming func keepOurs() -> FileDescriptor { ours }
}
