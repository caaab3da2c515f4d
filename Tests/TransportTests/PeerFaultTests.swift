import NIOCore
import NIOPosix
import RoostBase
import RoostPlatform
import Testing

@testable import RoostTransport

@Suite("Peers: slow, silent and broken ones") struct PeerFaultTests {
  @Test func aPeerThatNeverReadsFillsItsOwnQueueOnly() async throws {
    let limit = 2 << 20
    let one = try await TestNode.start(1) {
      $0.peerQueueLimit = limit
      // Not to be closed for its silence here.
      $0.pingInterval = .seconds(600)
    }
    let deaf = try await DeafNode.start(2, reads: false)
    let three = try await TestNode.start(3)
    await one.network.run { $0.setAddress(deaf.address, of: NodeID(2)) }
    try await one.recorder.state.wait("reaches the deaf node") { $0.up.contains(NodeID(2)) }
    try await one.reach(three)

    // Far more than the queue and the kernel's buffers take.
    let (rounds, size) = (4000, 64 << 10)
    var refused = 0
    for round in 0..<rounds {
      let bytes = payload(round, size: size)
      let (taken, queued) = await one.network.run { network in
        (network.send(bytes, to: NodeID(2), lane: .consensus), network.queuedBytes(to: NodeID(2), lane: .consensus))
      }
      if !taken { refused += 1 }
      #expect(queued <= limit)
      if round < 500 {
        #expect(await one.network.run { $0.send(payload(round), to: NodeID(3), lane: .consensus) })
      }
    }
    #expect(refused > 0)
    #expect(try await three.waitForPayloads(500, from: one.id) == (0..<500).map { payload($0) })
    #expect(one.recorder.state.value.up == [NodeID(2), NodeID(3)])
    await one.network.shutdown()
    await three.network.shutdown()
    try await deaf.channel.close()
  }

  @Test func aConnectionWithoutASignOfLifeIsClosed() async throws {
    let one = try await TestNode.start(1) { $0.pingInterval = .milliseconds(5) }
    let deaf = try await DeafNode.start(2, reads: true)
    await one.network.run { $0.setAddress(deaf.address, of: NodeID(2)) }
    try await one.recorder.state.wait("given up") { $0.disconnected.contains(NodeID(2)) }
    try await one.events.wait("event") { $0.contains(.broken(NodeID(2), .consensus, .silent)) }
    await one.network.shutdown()
    try await deaf.channel.close()
  }

  @Test func anAcceptedConnectionWithoutASignOfLifeIsClosed() async throws {
    let one = try await TestNode.start(1) { $0.pingInterval = .milliseconds(5) }
    let silent = try await RawSocket.connect(to: one, as: .node(.bulk))
    try await silent.state.wait("closed") { $0.isClosed }
    await one.network.shutdown()
  }

  @Test func pingsKeepAnIdleConnection() async throws {
    let one = try await TestNode.start(1) {
      $0.pingInterval = .milliseconds(20)
      $0.silentIntervals = 100
    }
    let socket = try await RawSocket.connect(to: one, as: .node(.consensus))
    for round in 1...20 {
      var ping = ByteBuffer()
      Frame.append(.ping, to: &ping)
      socket.send(ping)
      try await socket.state.wait("pong") { $0.received.count >= Hello.size + round * Frame.headerSize }
    }
    #expect(!socket.state.value.isClosed)
    await one.network.shutdown()
  }

  @Test func aBrokenChecksumClosesTheConnection() async throws {
    for position in [0, 4, 7, Frame.headerSize, Frame.headerSize + 99] {
      let one = try await TestNode.start(1)
      let socket = try await RawSocket.connect(to: one, as: .node(.consensus))
      var bytes = ByteBuffer()
      Frame.append(payload(1, size: 100), to: &bytes)
      var broken = Array(bytes.readableBytesView)
      broken[position] ^= 0x08
      // A shorter length must not hide behind waiting for more: what follows completes it.
      socket.send(broken + broken)
      try await socket.state.wait("closed") { $0.isClosed }
      #expect(one.recorder.state.value.payloads.isEmpty)
      try await one.events.wait("event") {
        $0 == [.broken(NodeID(9), .consensus, .brokenFrame(.checksumMismatch))]
      }
      await one.network.shutdown()
    }
  }

  @Test func anOversizedLengthClosesBeforeAnyOfItComes() async throws {
    let one = try await TestNode.start(1) { $0.maximumPayload = 1 << 20 }
    let socket = try await RawSocket.connect(to: one, as: .node(.bulk))
    var header = ByteBuffer()
    header.writeInteger(UInt32(1 << 20) + 1, endianness: .little)
    header.writeInteger(UInt32(0), endianness: .little)
    socket.send(header)
    try await socket.state.wait("closed") { $0.isClosed }
    try await one.events.wait("event") {
      $0 == [.broken(NodeID(9), .bulk, .brokenFrame(.tooLong(length: 1 << 20 + 1, limit: 1 << 20)))]
    }
    await one.network.shutdown()
  }

  @Test func whatTheHandlerRefusesIsCountedToldOnceAndClosesTheConnection() async throws {
    let one = try await TestNode.start(1)
    let critic = Critic(one.network)
    await one.network.run { $0.handler = critic }
    for round in 1...3 {
      let socket = try await RawSocket.connect(to: one, as: .node(.consensus))
      let bystander = try await RawSocket.connect(to: one, as: .node(.bulk))
      var frames = ByteBuffer()
      Frame.append(Array("good".utf8), to: &frames)
      Frame.append(Array("doubtful".utf8), to: &frames)
      Frame.append(Array("bad".utf8), to: &frames)
      Frame.append(Array("never read".utf8), to: &frames)
      socket.send(frames)
      try await socket.state.wait("closed") { $0.isClosed }
      #expect(!bystander.state.value.isClosed)
      #expect(await one.network.run { $0.counters.refusedPayloads } == UInt64(2 * round))
      bystander.close()
    }
    #expect(critic.seen.value == Array(repeating: ["good", "doubtful", "bad"], count: 3).flatMap { $0 })
    // On a slow machine the bystander's silence may be told too.
    let refusals = one.events.value.filter { if case .refused = $0 { true } else { false } }
    #expect(
      refusals == [.refused(NodeID(9), reason: "it is doubtful"), .refused(NodeID(9), reason: "it is bad")])
    await one.network.shutdown()
  }

  @Test func brokenFramesAreCountedEachAndToldOnce() async throws {
    let one = try await TestNode.start(1)
    for _ in 0..<3 {
      let socket = try await RawSocket.connect(to: one, as: .node(.consensus))
      socket.send([UInt8](repeating: 0xFF, count: 64))
      try await socket.state.wait("closed") { $0.isClosed }
    }
    #expect(await one.network.run { $0.counters.brokenFrames } == 3)
    #expect(one.events.value.count == 1)
    await one.network.shutdown()
  }

  /// Bytes that are frames, nearly frames and no frames at all, whole and in pieces, from nodes and from clients: every
  /// connection ends or goes on, and an honest one beside them is served throughout.
  @Test func arbitraryBytesNeverHinderAnybodyElse() async throws {
    let one = try await TestNode.start(1) { $0.maximumPayload = 1 << 16 }
    let two = try await TestNode.start(2)
    try await two.reach(one)
    var generator = SeededGenerator(seed: 20)
    for round in 0..<150 {
      var bytes: [UInt8] = []
      if generator.next() % 4 > 0 {
        let lane: PeerLane = generator.next() % 2 == 0 ? .consensus : .bulk
        let role: Hello.Role = generator.next() % 3 == 0 ? .client : .node(lane)
        bytes += Array(RawSocket.hello(to: one, as: role, caller: NodeID(9 + generator.next() % 3)).readableBytesView)
      }
      var frames = ByteBuffer()
      for _ in 0..<generator.next() % 4 {
        Frame.append((0..<generator.next() % 300).map { _ in UInt8(truncatingIfNeeded: generator.next()) }, to: &frames)
      }
      bytes += frames.readableBytesView
      for _ in 0..<generator.next() % 3 where !bytes.isEmpty {
        bytes[Int(generator.next() % UInt64(bytes.count))] ^= UInt8(1 << (generator.next() % 8))
      }
      if generator.next() % 5 == 0 { bytes = (0..<200).map { _ in UInt8(truncatingIfNeeded: generator.next()) } }
      let socket = try await RawSocket.connect(to: one.address)
      let cut = bytes.isEmpty ? 0 : Int(generator.next() % UInt64(bytes.count))
      socket.send(Array(bytes[..<cut]))
      socket.send(Array(bytes[cut...]))
      #expect(await two.network.run { $0.send(payload(round), to: NodeID(1), lane: .consensus) })
      _ = try await one.waitForPayloads(round + 1, from: two.id)
      socket.close()
    }
    #expect(two.recorder.state.value.disconnected.isEmpty)
    await one.network.shutdown()
    await two.network.shutdown()
  }
}

/// A handler that says of what it receives what it is.
private final class Critic: PeerNetworkHandler, @unchecked Sendable {  // touched on the network's loop only
  private let network: TCPPeerNetwork
  let seen = Observed<[String]>([])

  init(_ network: TCPPeerNetwork) { self.network = network }

  func peerConnected(_ node: NodeID) {}
  func peerDisconnected(_ node: NodeID) {}

  func received(_ payload: [UInt8], from node: NodeID) {
    let text = String(decoding: payload, as: UTF8.self)
    seen.change { $0.append(text) }
    switch text {
    case "bad": network.refuse("it is bad", from: node, closing: true)
    case "doubtful": network.refuse("it is doubtful", from: node, closing: false)
    default: break
    }
  }
}
