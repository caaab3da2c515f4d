import Foundation

/// Asks the system whether ports can be listened on, so that a supervisor can say which one is taken before it starts
/// anything. The port is free again at once; who takes it in between is found out by the node itself.
enum PortProbe {
  /// Nil when `port` on `host` is free, else the reason why not.
  static func obstacle(host: String, port: Int) -> String? {
    switch bind(host: host, port: port) {
    case .success: nil
    case .failure(let failure): failure.description
    }
  }

  /// A port that nobody listens on.
  static func freePort(host: String) throws(CommandFailure) -> Int { try bind(host: host, port: 0).get() }

  private static func bind(host: String, port: Int) -> Result<Int, CommandFailure> {
    var hints = addrinfo()
    #if canImport(Glibc) || canImport(Musl)
      hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    #else
      hints.ai_socktype = SOCK_STREAM
    #endif
    hints.ai_flags = AI_PASSIVE
    var list: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(host, String(port), &hints, &list)
    guard code == 0, let address = list else {
      return .failure(CommandFailure("\(host) is no address of this machine: \(String(cString: gai_strerror(code)))"))
    }
    defer { freeaddrinfo(list) }
    let number = socket(address.pointee.ai_family, address.pointee.ai_socktype, 0)
    guard number >= 0 else { return .failure(CommandFailure(SystemError.text(errno))) }
    let descriptor = FileDescriptor(number)
    var on: Int32 = 1
    setsockopt(descriptor.number, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
    guard Foundation.bind(number, address.pointee.ai_addr, address.pointee.ai_addrlen) == 0, listen(number, 1) == 0
    else { return .failure(CommandFailure(SystemError.text(errno))) }

    var bound = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let named = withUnsafeMutablePointer(to: &bound) { storage in
      storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(number, $0, &length) }
    }
    guard named == 0 else { return .failure(CommandFailure(SystemError.text(errno))) }
    // The port stands at the same place in the addresses of both families.
    let bytes = withUnsafeBytes(of: bound) { ($0[2], $0[3]) }
    return .success(Int(bytes.0) << 8 | Int(bytes.1))
  }
}
