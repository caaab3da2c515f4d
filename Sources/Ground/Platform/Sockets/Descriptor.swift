#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// An open descriptor with one owner, closed with it.
struct Descriptor: ~Copyable, Sendable {
  let number: CInt

  init(_ number: CInt) { self.number = number }

  deinit { close(number) }

  // MARK: Listening

  /// A socket that listens and doesn't block.
  ///
  /// - Parameter speaksFirst: how long, in seconds, the kernel may hold back a caller that has not said anything.
  static func listening(
    host: String, port: Int, backlog: CInt, speaksFirst: CInt, _ keepAlive: KeepAlive?
  ) throws(ListenError) -> Descriptor {
    let resolved = try ResolvedAddress(host: host, port: port)
    let address = resolved.first
    let socket = Descriptor(socket(address.ai_family, address.ai_socktype, 0))
    guard socket.number >= 0 else { throw .system(errno) }
    _ = fcntl(socket.number, F_SETFD, FD_CLOEXEC)
    _ = fcntl(socket.number, F_SETFL, O_NONBLOCK)
    try socket.setOption(SOL_SOCKET, SO_REUSEADDR, 1)
    // Both families at the wildcard address, whatever the system's setting.
    if address.ai_family == AF_INET6 { try? socket.setOption(CInt(IPPROTO_IPV6), IPV6_V6ONLY, 0) }
    // Accepted sockets inherit these.
    try socket.setOption(CInt(IPPROTO_TCP), TCP_NODELAY, 1)
    try socket.setOption(SOL_SOCKET, SO_KEEPALIVE, 1)
    #if os(Linux)
      if let keepAlive {
        try socket.setOption(CInt(IPPROTO_TCP), TCP_KEEPIDLE, keepAlive.idle)
        try socket.setOption(CInt(IPPROTO_TCP), TCP_KEEPINTVL, keepAlive.interval)
        try socket.setOption(CInt(IPPROTO_TCP), TCP_KEEPCNT, keepAlive.attempts)
      }
      try socket.setOption(CInt(IPPROTO_TCP), TCP_DEFER_ACCEPT, speaksFirst)
    #endif
    guard bind(socket.number, address.ai_addr, address.ai_addrlen) == 0, listen(socket.number, backlog) == 0 else {
      throw .system(errno)
    }
    return socket
  }

  /// Gives up the port of a listening socket that somebody may still be polling.
  func stopListening() { _ = shutdown(number, CInt(SHUT_RDWR)) }

  private func setOption(_ level: CInt, _ option: CInt, _ value: CInt) throws(ListenError) {
    var value = value
    guard setsockopt(number, level, option, &value, socklen_t(MemoryLayout<CInt>.size)) == 0 else {
      throw .system(errno)
    }
  }

  /// The port that a bound socket got.
  func localPort() throws(ListenError) -> Int {
    var bound = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let status = withUnsafeMutablePointer(to: &bound) { storage in
      storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(number, $0, &length) }
    }
    guard status == 0, let address = PeerAddress(bound) else { throw .system(errno) }
    return address.port
  }

  /// What a listening socket that doesn't block has to give.
  enum Accepted {
    case connection(CInt, sockaddr_storage)
    /// Nobody waits, or who waited is gone.
    case none
    /// The system grants no more descriptors or memory, most likely.
    case shortage
  }

  /// Takes the next connection. Its socket is not inherited by other programs.
  static func accept(from listener: CInt) -> Accepted {
    var remote = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let (socket, code) = withUnsafeMutablePointer(to: &remote) { storage in
      storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        #if canImport(Darwin)
          let socket = Darwin.accept(listener, address, &length)
        #elseif canImport(Musl)
          let socket = Musl.accept(listener, address, &length)
        #else
          let socket = Glibc.accept(listener, address, &length)
        #endif
        return (socket, errno)
      }
    }
    guard socket >= 0 else {
      switch code {
      // What the network says of a connection that has failed already comes this way, too.
      case EAGAIN, EINTR, ECONNABORTED, EPROTO, ENETDOWN, ENETUNREACH, EHOSTDOWN, EHOSTUNREACH, ENOPROTOOPT, EOPNOTSUPP:
        return .none
      default: return .shortage
      }
    }
    _ = fcntl(socket, F_SETFD, FD_CLOEXEC)
    #if canImport(Darwin)
      var on: CInt = 1
      _ = setsockopt(socket, SOL_SOCKET, SO_NOSIGPIPE, &on, socklen_t(MemoryLayout<CInt>.size))
    #endif
    return .connection(socket, remote)
  }
}

/// A pipe that wakes who polls one end when the other is closed.
struct WakePipe: ~Copyable {
  let polled: Descriptor
  let closed: Descriptor

  init() throws(ListenError) {
    var ends: [CInt] = [-1, -1]
    guard pipe(&ends) == 0 else { throw .system(errno) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    polled = Descriptor(ends[0])
    closed = Descriptor(ends[1])
  }
}
