import NIOCore
import NIOPosix
import RoostBase
import RoostPlatform
import Testing

@testable import RoostTransport

@Suite("Peers: delivery and reachability") struct PeerDeliveryTests {
  @Test func deliversInOrderBetweenThreeNodes() async throws {
    let nodes = [try await TestNode.start(1), try await TestNode.start(2), try await TestNode.start(3)]
    for node in nodes { for other in nodes where other.id != node.id { try await node.reach(other) } }
    let count = 2000
    for node in nodes {
      await node.network.run { network in
        for number in 0..<count {
          for other in nodes where other.id != network.node {
            let size = number % 100 == 0 ? 100_000 : 8
            #expect(network.send(payload(number, size: size), to: other.id, lane: .consensus))
          }
        }
      }
    }
    for node in nodes {
      for other in nodes where other.id != node.id {
        let arrived = try await node.waitForPayloads(count, from: other.id)
        #expect(arrived.count == count)
        for (number, bytes) in arrived.enumerated() {
          let size = number % 100 == 0 ? 100_000 : 8
          guard bytes == payload(number, size: size) else {
            Issue.record("payload \(number) from \(other.id) is altered or out of order")
            break
          }
        }
      }
    }
    for node in nodes { await node.network.shutdown() }
  }

  @Test func carriesAnEmptyAndALargePayloadOnEachLane() async throws {
    let (one, two) = (try await TestNode.start(1), try await TestNode.start(2))
    try await one.reach(two)
    let large = payload(1, size: 20 << 20)
    var expected = 0
    for lane in PeerLane.allCases {
      for bytes in [[], large] {
        try await sendEventually(bytes, from: one, to: two, lane)
        expected += 1
        let arrived = try await two.waitForPayloads(expected, from: one.id)
        #expect(arrived.last == bytes)
      }
    }
    await one.network.shutdown()
    await two.network.shutdown()
  }

  /// The bulk lane may come up a little after the consensus lane, which decides reachability.
  private func sendEventually(
    _ bytes: [UInt8], from: TestNode, to: TestNode, _ lane: PeerLane
  ) async throws {
    for _ in 0..<10_000 {
      if await from.network.run({ $0.send(bytes, to: to.id, lane: lane) }) { return }
      try await Task.sleep(for: .milliseconds(1))
    }
    throw NeverHappened(what: "a payload is taken", state: "\(lane)")
  }

  @Test func sendsNothingToAnUnknownNodeOrOverTheLimit() async throws {
    let one = try await TestNode.start(1) { $0.maximumPayload = 1000 }
    let two = try await TestNode.start(2)
    #expect(await one.network.run { $0.send([1], to: NodeID(2), lane: .consensus) } == false)
    try await one.reach(two)
    #expect(await one.network.run { $0.send(payload(0, size: 1001), to: NodeID(2), lane: .consensus) } == false)
    #expect(await one.network.run { $0.send(payload(0, size: 1000), to: NodeID(2), lane: .consensus) })
    #expect(try await two.waitForPayloads(1, from: one.id) == [payload(0, size: 1000)])
    await one.network.shutdown()
    await two.network.shutdown()
  }

  @Test func tellsOfTheEndOfANodeAndReachesItAgain() async throws {
    let one = try await TestNode.start(1)
    let two = try await TestNode.start(2)
    try await one.reach(two)
    await two.network.shutdown()
    try await one.recorder.state.wait("disconnect") { !$0.up.contains(two.id) }
    #expect(await one.network.run { $0.send([1], to: NodeID(2), lane: .consensus) } == false)

    let again = try await TestNode.start(2, port: two.address.port)
    try await one.recorder.state.wait("connect again") { $0.up.contains(two.id) }
    #expect(await one.network.run { $0.send([7], to: NodeID(2), lane: .consensus) })
    #expect(try await again.waitForPayloads(1, from: one.id) == [[7]])
    #expect(one.recorder.state.value.connected == [two.id, two.id])
    #expect(one.recorder.state.value.disconnected == [two.id])
    await one.network.shutdown()
    await again.network.shutdown()
  }

  @Test func tellsThatANodeIsNotThere() async throws {
    let one = try await TestNode.start(1)
    let gone = try await TestNode.start(2)
    await gone.network.shutdown()
    await one.dial(gone)
    try await one.recorder.state.wait("refused") { $0.disconnected == [gone.id] }
    try await one.events.wait("event") { $0.contains { if case .unreachable = $0 { true } else { false } } }
    await one.network.shutdown()
  }

  /// With waits of a minute only the other's call can explain a connection within the test.
  @Test func dialsAtOnceWhenTheNodeCalls() async throws {
    let two = try await TestNode.start(2)
    await two.network.shutdown()
    let one = try await TestNode.start(1) {
      $0.minimumBackOff = .seconds(120)
      $0.maximumBackOff = .seconds(120)
    }
    await one.dial(two)
    try await one.recorder.state.wait("refused") { $0.disconnected == [two.id] }
    let again = try await TestNode.start(2, port: two.address.port)
    try await again.reach(one)
    try await one.recorder.state.wait("called back") { $0.up.contains(two.id) }
    await one.network.shutdown()
    await again.network.shutdown()
  }

  @Test func forgetsAnAddress() async throws {
    let (one, two) = (try await TestNode.start(1), try await TestNode.start(2))
    try await one.reach(two)
    await one.network.run { $0.setAddress(nil, of: NodeID(2)) }
    #expect(one.recorder.state.value.disconnected == [two.id])
    #expect(await one.network.run { $0.send([1], to: NodeID(2), lane: .consensus) } == false)
    try await one.reach(two)
    await one.network.shutdown()
    await two.network.shutdown()
  }

  @Test func keepsTheNewerOfTwoConnectionsFromOneNode() async throws {
    let two = try await TestNode.start(2)
    let first = try await RawSocket.connect(to: two, as: .node(.consensus))
    let second = try await RawSocket.connect(to: two, as: .node(.consensus))
    try await first.state.wait("replaced") { $0.isClosed }
    var frame = ByteBuffer()
    Frame.append([5], to: &frame)
    second.send(frame)
    #expect(try await two.waitForPayloads(1, from: NodeID(9)) == [[5]])
    await two.network.shutdown()
  }

  @Test func shutdownClosesEverythingAndFreesThePort() async throws {
    let (one, two) = (try await TestNode.start(1), try await TestNode.start(2))
    try await one.reach(two)
    let client = try await RawSocket.connect(to: one.address)
    client.send([Hello.magic[0]])
    await one.network.shutdown()
    try await client.state.wait("closed") { $0.isClosed }
    let again = try await TestNode.start(1, port: one.address.port)
    await again.network.shutdown()
    await one.network.shutdown()
    await two.network.shutdown()
  }
}
