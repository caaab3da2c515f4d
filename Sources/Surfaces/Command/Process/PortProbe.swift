import Foundation

/// Asks the system whether ports can be listened on, so that a supervisor can say which one is taken before it starts
/// anything. The port is free again at once; who takes it in between is found out by the node itself.
enum PortProbe {
  /// Nil when `port` on `host` is free, else the reason why not.
  static func obstacle(host: String, port: Int) -> String? {
    switch bind(host: host, port: port) {
    case .success: nil
    case .failure(let failure): PortHolder.find(port: port).map { "\($0) listens on it" } ?? failure.description
    }
  }

  /// A port that nobody listens on.
  static func freePort(host: String) throws(CommandFailure) -> Int { try bind(host: host, port: 0).get() }

  /// Binds a port without listening on it, and keeps it as long as the descriptor is open.
  static func claim(host: String, port: Int) throws(CommandFailure) -> FileDescriptor {
    try Address(host: host, port: port).bind()
  }

  /// Where to bind, as the system has it.
  private final class Address {
    let list: UnsafeMutablePointer<addrinfo>

    init(host: String, port: Int) throws(CommandFailure) {
      var hints = addrinfo()
      #if canImport(Glibc) || canImport(Musl)
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
      #else
        hints.ai_socktype = SOCK_STREAM
      #endif
      hints.ai_flags = AI_PASSIVE
      var list: UnsafeMutablePointer<addrinfo>?
      let code = getaddrinfo(host, String(port), &hints, &list)
      guard code == 0, let list else {
        throw CommandFailure("\(host) is no address of this machine: \(String(cString: gai_strerror(code)))")
      }
      self.list = list
    }

    deinit { freeaddrinfo(list) }

    func bind() throws(CommandFailure) -> FileDescriptor {
      let number = socket(list.pointee.ai_family, list.pointee.ai_socktype, 0)
      guard number >= 0 else { throw CommandFailure(SystemError.text(errno)) }
      _ = fcntl(number, F_SETFD, FD_CLOEXEC)
      var on: Int32 = 1
      setsockopt(number, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
      guard Foundation.bind(number, list.pointee.ai_addr, list.pointee.ai_addrlen) == 0 else {
        let code = errno
        close(number)
        throw CommandFailure(SystemError.text(code))
      }
      return FileDescriptor(number)
    }
  }

  private static func bind(host: String, port: Int) -> Result<Int, CommandFailure> {
    do throws(CommandFailure) {
      let descriptor = try Address(host: host, port: port).bind()
      return .success(try listen(on: descriptor))
    } catch {
      return .failure(error)
    }
  }

  /// Returns the port.
  private static func listen(on descriptor: borrowing FileDescriptor) throws(CommandFailure) -> Int {
    let number = descriptor.number
    guard Foundation.listen(number, 1) == 0 else { throw CommandFailure(SystemError.text(errno)) }
    var bound = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let named = withUnsafeMutablePointer(to: &bound) { storage in
      storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(number, $0, &length) }
    }
    guard named == 0 else { throw CommandFailure(SystemError.text(errno)) }
    // The port stands at the same place in the addresses of both families.
    let bytes = withUnsafeBytes(of: bound) { ($0[2], $0[3]) }
    return Int(bytes.0) << 8 | Int(bytes.1)
  }
}
