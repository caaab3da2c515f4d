import RoostPlatform
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

@Suite("What a new connection says first") struct FirstBytesTests {
  /// A connected pair of stream sockets, closed at the end.
  private func withPair(_ body: (_ server: CInt, _ client: inout CInt?) throws -> Void) throws {
    var pair: [CInt] = [-1, -1]
    #if os(Linux)
      let kind = CInt(SOCK_STREAM.rawValue)
    #else
      let kind = SOCK_STREAM
    #endif
    try #require(socketpair(AF_UNIX, kind, 0, &pair) == 0)
    var client: CInt? = pair[1]
    defer {
      close(pair[0])
      if let client { close(client) }
    }
    try body(pair[0], &client)
  }

  @Test("nothing, a few bytes, more than are looked at: and nothing is taken")
  func peeking() throws {
    try withPair { server, client in
      #expect(FirstBytes(of: server) == .none)
      let said = (0..<200).map { UInt8($0) }
      #expect(send(client!, said, 5, 0) == 5)
      #expect(FirstBytes(of: server) == .said(Array(said[..<5])))
      #expect(send(client!, Array(said[5...]), 195, 0) == 195)
      #expect(FirstBytes(of: server) == .said(Array(said[..<FirstBytes.limit])))
      #expect(FirstBytes(of: server) == .said(Array(said[..<FirstBytes.limit])))
    }
  }

  @Test("who said something before going is heard, who said nothing is gone")
  func ends() throws {
    try withPair { server, client in
      _ = send(client!, [7], 1, 0)
      close(client!)
      client = nil
      #expect(FirstBytes(of: server) == .said([7]))
    }
    try withPair { server, client in
      close(client!)
      client = nil
      #expect(FirstBytes(of: server) == .gone)
    }
    #expect(FirstBytes(of: -1) == .gone)
  }

  @Test("an answer takes what was said and reaches the caller; one that is gone is no harm")
  func answering() throws {
    try withPair { server, client in
      _ = send(client!, [1, 2, 3], 3, 0)
      FirstBytes.answer([9, 8], on: server)
      #expect(FirstBytes(of: server) == .none)
      #expect(FirstBytes(of: client!) == .said([9, 8]))
      close(client!)
      client = nil
      FirstBytes.answer([9, 8], on: server)
    }
  }
}
