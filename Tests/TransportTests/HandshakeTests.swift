import NIOCore
import NIOPosix
import RoostBase
import RoostPlatform
import Testing

@testable import RoostTransport

@Suite("The handshake") struct HandshakeTests {
  @Test func readsBackWhatItWrites() throws {
    let hellos = [
      Hello(role: .node(.consensus), cluster: .max, caller: NodeID(1), target: NodeID(.max)),
      Hello(role: .node(.bulk), cluster: 1, caller: NodeID(2), target: NodeID(3)),
      Hello(role: .client, cluster: 0, caller: .none, target: .none),
    ]
    for hello in hellos {
      var bytes = hello.encoded()
      #expect(bytes.readableBytes == Hello.size)
      let read = try Hello.read(from: &bytes)
      #expect(read == hello)
      #expect(bytes.readableBytes == 0)
    }
    for welcome in [
      Welcome(rejection: nil, cluster: 5, answerer: NodeID(6)),
      Welcome(rejection: .otherCluster, cluster: .max, answerer: NodeID(.max)),
    ] {
      var bytes = welcome.encoded()
      #expect(bytes.readableBytes == Hello.size)
      let read = try Welcome.read(from: &bytes)
      #expect(read == welcome)
    }
  }

  @Test func waitsForTheRest() throws {
    let whole = Hello(role: .client, cluster: 7, caller: .none, target: .none).encoded()
    for count in 0..<Hello.size {
      var part = ByteBuffer(bytes: whole.readableBytesView.prefix(count))
      let read = try Hello.read(from: &part)
      #expect(read == nil)
    }
  }

  @Test func refusesEveryFlippedBit() {
    let hello = Hello(role: .node(.bulk), cluster: 7, caller: NodeID(1), target: NodeID(2))
    let whole = Array(hello.encoded().readableBytesView)
    for bit in 0..<whole.count * 8 {
      var broken = whole
      broken[bit / 8] ^= 1 << (bit % 8)
      var bytes = ByteBuffer(bytes: broken)
      #expect(throws: HandshakeRejection.self, "bit \(bit)") { try Hello.read(from: &bytes) }
    }
  }

  @Test(arguments: ["GET / HTTP/1.1\r\n\r\n", "\0\0\0\u{8}\u{4}\u{D2}\u{16}\u{2F}", "x"])
  func closesOnGarbage(_ text: String) async throws {
    let node = try await TestNode.start(1)
    for _ in 0..<3 {
      let socket = try await RawSocket.connect(to: node.address)
      socket.send(Array(text.utf8))
      try await socket.state.wait("closed") { $0.isClosed }
      #expect(socket.state.value.received.isEmpty)
    }
    // Told once, with the address.
    try await node.events.wait("event") { !$0.isEmpty }
    #expect(node.events.value.count == 1)
    guard case .declined(let remote, .notRoost) = node.events.value[0] else {
      Issue.record("unexpected \(node.events.value)")
      return
    }
    #expect(remote.hasPrefix("127.0.0.1:"))
    await node.network.shutdown()
  }

  @Test func saysWhyItDeclines() async throws {
    let node = try await TestNode.start(1)
    let cases: [(Hello, HandshakeRejection)] = [
      (Hello(role: .node(.bulk), cluster: 99, caller: NodeID(2), target: NodeID(1)), .otherCluster),
      (Hello(role: .client, cluster: 99, caller: .none, target: .none), .otherCluster),
      (Hello(role: .node(.bulk), cluster: TestNode.cluster, caller: NodeID(2), target: NodeID(3)), .otherNode),
      (Hello(role: .node(.bulk), cluster: TestNode.cluster, caller: NodeID(1), target: NodeID(2)), .selfConnection),
      (Hello(role: .node(.bulk), cluster: TestNode.cluster, caller: .none, target: NodeID(1)), .damaged),
      (Hello(role: .client, cluster: 0, caller: .none, target: .none), .noService),
    ]
    for (hello, rejection) in cases {
      let socket = try await RawSocket.connect(to: node.address)
      socket.send(hello.encoded())
      try await socket.state.wait("closed") { $0.isClosed }
      #expect(socket.welcome == Welcome(rejection: rejection, cluster: TestNode.cluster, answerer: NodeID(1)))
    }
    #expect(node.recorder.state.value.payloads.isEmpty)
    await node.network.shutdown()
  }

  @Test func declinesAnotherVersion() async throws {
    let node = try await TestNode.start(1)
    let socket = try await RawSocket.connect(to: node.address)
    var hello = RawSocket.hello(to: node, as: .client)
    hello.setInteger(UInt16(3), at: hello.readerIndex + 8, endianness: .little)
    socket.send(hello)
    try await socket.state.wait("closed") { $0.isClosed }
    #expect(socket.welcome?.rejection == .unknownVersion)
    await node.network.shutdown()
  }

  @Test func aNodeOfAnotherClusterIsNotReached() async throws {
    let one = try await TestNode.start(1)
    let foreign = try await TestNode.start(2, cluster: 99)
    await one.dial(foreign)
    try await one.events.wait("unreachable") {
      $0.contains(.unreachable(foreign.id, foreign.address, .rejected(foreign.address, .otherCluster)))
    }
    try await one.recorder.state.wait("signal") { $0.disconnected == [foreign.id] }
    try await foreign.events.wait("declined") {
      $0.contains { if case .declined(_, .otherCluster) = $0 { true } else { false } }
    }
    #expect(one.recorder.state.value.connected.isEmpty)
    await one.network.shutdown()
    await foreign.network.shutdown()
  }

  @Test func tellsOfEachNewReason() async throws {
    let two = try await TestNode.start(2)
    await two.network.shutdown()
    let one = try await TestNode.start(1)
    await one.dial(two)
    try await one.events.wait("nobody there") {
      $0 == [.unreachable(two.id, two.address, .cannotConnect(two.address, reason: "Connection refused"))]
    }
    let foreign = try await TestNode.start(2, port: two.address.port, cluster: 99)
    try await one.events.wait("another cluster") {
      $0.count == 2 && $0[1] == .unreachable(two.id, two.address, .rejected(two.address, .otherCluster))
    }
    await one.network.shutdown()
    await foreign.network.shutdown()
  }

  @Test func aNodeDoesNotReachItself() async throws {
    let one = try await TestNode.start(1)
    await one.network.run { $0.setAddress(one.address, of: NodeID(2)) }
    try await one.events.wait("unreachable") {
      $0.contains(.unreachable(NodeID(2), one.address, .rejected(one.address, .selfConnection)))
    }
    #expect(one.recorder.state.value.connected.isEmpty)
    await one.network.shutdown()
  }

  @Test func aSilentCallerIsTurnedAway() async throws {
    let node = try await TestNode.start(1) { $0.handshakeTimeout = .milliseconds(20) }
    let socket = try await RawSocket.connect(to: node.address)
    socket.send([Hello.magic[0]])
    try await socket.state.wait("closed") { $0.isClosed }
    try await node.events.wait("event") { $0.contains { if case .declined(_, .tooSlow) = $0 { true } else { false } } }
    await node.network.shutdown()
  }

  /// Callers that never greet must not keep out those who do.
  @Test func silentCallersMakeRoom() async throws {
    let node = try await TestNode.start(1) {
      $0.maximumHandshakes = 4
      $0.handshakeTimeout = .seconds(600)
    }
    var silent: [RawSocket] = []
    for _ in 0..<10 {
      silent.append(try await RawSocket.connect(to: node.address))
      // Nothing of a connection is accepted before that.
      silent[silent.count - 1].send([Hello.magic[0]])
    }
    let caller = try await RawSocket.connect(to: node, as: .node(.consensus))
    #expect(caller.welcome?.rejection == nil)
    // In which order they were accepted is the kernel's affair; the caller may have been before some of them.
    while silent.count(where: { $0.state.value.isClosed }) < 6 { try await Task.sleep(for: .milliseconds(1)) }
    await node.network.shutdown()
  }

  /// The reason for a refusal is heard also when it comes in the same read as what goes before it.
  @Test(arguments: [PeerAuthentication.secret(JoinSecret()), .withoutSecret])
  func aVerdictThatComesWithTheChallengeIsHeard(_ authentication: PeerAuthentication) async throws {
    let node = try await HastyNode.start(JoinSecret(), .tooManyConnections)
    let loop = NIOLoop(MultiThreadedEventLoopGroup.singleton.next())
    await #expect(throws: TransportError.rejected(node.address, .tooManyConnections)) {
      _ = try await NativeClientSession.connect(
        to: node.address, on: loop, timeout: .seconds(60), authentication: authentication)
    }
    try await node.channel.close()
  }

  @Test func aPortInUseIsATypedError() async throws {
    let node = try await TestNode.start(1)
    let other = TCPPeerNetwork(loop: node.network.nioLoop, node: NodeID(2), clusterID: 1, authentication: .insecure)
    do {
      _ = try await other.listen(on: node.address)
      Issue.record("two listeners on one port")
    } catch {
      guard let error = error as? TransportError, case .cannotListen(node.address, let code, let reason) = error else {
        Issue.record("unexpected \(error)")
        return
      }
      #expect(code != 0)
      #expect(reason == "Address already in use")
      #expect(error.description == "cannot listen on \(node.address): Address already in use")
    }
    await other.shutdown()
    await node.network.shutdown()
  }
}
