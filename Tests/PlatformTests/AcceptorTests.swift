import RoostPlatform
import Synchronization
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

@Suite("The thread that takes connections", .timeLimit(.minutes(1))) struct AcceptorTests {
  /// A caller on loopback, closed with its last reference.
  private final class Caller {
    let descriptor: CInt

    init(port: Int, saying bytes: [UInt8]) throws {
      #if os(Linux)
        descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
      #else
        descriptor = socket(AF_INET, SOCK_STREAM, 0)
      #endif
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = in_port_t(port).bigEndian
      address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
      let connected = withUnsafePointer(to: &address) { address in
        address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
      guard connected == 0 else { throw Unreachable(code: errno) }
      if !bytes.isEmpty { #expect(send(descriptor, bytes, bytes.count, 0) == bytes.count) }
    }

    deinit { close(descriptor) }

    /// All that the other side says until it closes; nil when the connection is reset.
    func heard() -> [UInt8]? {
      var all: [UInt8] = []
      while true {
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = recv(descriptor, &bytes, bytes.count, 0)
        if count < 0 { return nil }
        if count == 0 { return all }
        all += bytes[..<count]
      }
    }
  }

  private struct Unreachable: Error { var code: CInt }

  /// Sockets that an acceptor handed over, in their order.
  private final class Arrivals: Sendable {
    private let sockets = Mutex<[AcceptedSocket]>([])

    func append(_ socket: AcceptedSocket) { sockets.withLock { $0.append(socket) } }

    var count: Int { sockets.withLock { $0.count } }

    func wait(for count: Int) async throws -> [AcceptedSocket] {
      while self.count < count { try await Task.sleep(for: .milliseconds(1)) }
      return sockets.withLock { $0 }
    }

    func removeAll() { sockets.withLock { $0 = [] } }
  }

  @Test("a socket that nobody takes over is closed; one that is taken over belongs to its taker")
  func ownership() async throws {
    let arrivals = Arrivals()
    let acceptor = try Acceptor(host: "127.0.0.1", port: 0, backlog: 16) { socket in
      guard socket.firstBytes != .said([1]) else { return socket.answer([9]) }
      arrivals.append(socket)
    }
    defer { acceptor.close() }
    #expect(try Caller(port: acceptor.port, saying: [1]).heard() == [9])
    let kept = try Caller(port: acceptor.port, saying: [2])
    let arrived = try await arrivals.wait(for: 1)
    #expect(arrived[0].firstBytes == .said([2]))
    #expect(arrived[0].source?.host == "127.0.0.1")
    let taken = arrived[0].take()
    arrivals.removeAll()
    #expect(send(taken, [7], 1, 0) == 1)
    close(taken)
    // What the caller had said was left unread, so the end may be a reset.
    #expect([[7], nil].contains(kept.heard()))
  }

  @Test("no more connections are handed over than loops may be behind with")
  func backPressure() async throws {
    let arrivals = Arrivals()
    let acceptor = try Acceptor(host: "127.0.0.1", port: 0, backlog: 512, untakenLimit: 40) { arrivals.append($0) }
    defer { acceptor.close() }
    var callers: [Caller] = []
    for _ in 0..<60 { callers.append(try Caller(port: acceptor.port, saying: [1])) }
    _ = try await arrivals.wait(for: 40)
    try await Task.sleep(for: .milliseconds(50))
    #expect(arrivals.count == 40)
    arrivals.removeAll()
    _ = try await arrivals.wait(for: 20)
  }

  @Test("a closed acceptor's port is free at once, and closing it twice is no harm")
  func closing() throws {
    let acceptor = try Acceptor(host: "127.0.0.1", port: 0, backlog: 16) { _ in }
    let port = acceptor.port
    #expect(throws: ListenError.system(EADDRINUSE)) {
      try Acceptor(host: "127.0.0.1", port: port, backlog: 16) { _ in }
    }
    acceptor.close()
    acceptor.close()
    let next = try Acceptor(host: "127.0.0.1", port: port, backlog: 16) { _ in }
    #expect(next.port == port)
    next.close()
  }

  @Test("names and addresses, and what is no address of this machine")
  func addresses() throws {
    for host in ["localhost", "0.0.0.0"] {
      let acceptor = try Acceptor(host: host, port: 0, backlog: 16) { _ in }
      #expect(acceptor.port > 0)
      acceptor.close()
    }
    #expect(throws: ListenError.system(EADDRNOTAVAIL)) {
      try Acceptor(host: "192.0.2.1", port: 0, backlog: 16) { _ in }
    }
    #expect(throws: ListenError.unknownHost("no such host")) {
      try Acceptor(host: "no such host", port: 0, backlog: 16) { _ in }
    }
  }
}
