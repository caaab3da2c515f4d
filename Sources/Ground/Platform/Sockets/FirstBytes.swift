#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// What somebody said on a connection that was just accepted, looked at without taking it.
///
/// Handlers, buffers, timers and a place among the connections cost several times what the kernel spends on a socket. A
/// server that looks first spends them only on those who may be clients, and a flood of others costs it little.
public enum FirstBytes: Hashable, Sendable {
  /// Nothing yet.
  case none
  /// It was closed or reset before anything was said.
  case gone
  /// The first bytes, at most ``limit``.
  case said([UInt8])

  public static let limit = 96

  private static let peek = CInt(MSG_PEEK) | CInt(MSG_DONTWAIT)

  /// - Parameter descriptor: a connected stream socket.
  public init(of descriptor: CInt) {
    var count = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: FirstBytes.limit) { buffer, initialized in
      count = recv(descriptor, buffer.baseAddress, FirstBytes.limit, Self.peek)
      initialized = max(0, count)
    }
    switch count {
    case 1...: self = .said(bytes)
    case 0: self = .gone
    default: self = errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? .none : .gone
    }
  }

  /// Takes what was said and answers it. The socket has to be closed next.
  public static func answer(_ bytes: [UInt8], on descriptor: CInt) {
    // What is not taken would make the end of the connection a reset, which may overtake the answer.
    var said = [UInt8](repeating: 0, count: limit)
    _ = recv(descriptor, &said, limit, CInt(MSG_DONTWAIT))
    // A new connection has room for so little; if it hasn't, nobody reads.
    _ = send(descriptor, bytes, bytes.count, CInt(MSG_DONTWAIT) | noSignal)
  }

  #if os(Linux)
    private static let noSignal = CInt(MSG_NOSIGNAL)
  #else
    /// ``Acceptor`` sets SO_NOSIGPIPE on its sockets.
    private static let noSignal: CInt = 0
  #endif
}
