import RoostBase
import RoostMembership
import RoostPlatform
import RoostRaft
import Testing

@testable import RoostStore

@Suite("One payload per peer and turn")
struct PeerOutboxTests {
  private static let (one, two, three) = (NodeID(1), NodeID(2), NodeID(3))
  private let network = RecordingNetwork(ManualLoop(), open: [two, three])
  private let outbox: PeerOutbox

  init() {
    outbox = PeerOutbox(network: network, tag: Incarnation(epoch: 3, nonce: 9).tag)
    outbox.connected(to: Self.two)
    outbox.connected(to: Self.three)
  }

  private func heartbeat(to node: NodeID) -> Message { Message(.heartbeat, from: Self.one, to: node, term: Term(1)) }

  @Test func messagesOfAllGroupsToOnePeerShareAPayload() throws {
    #expect(outbox.add(heartbeat(to: Self.two), of: GroupID(1)))
    #expect(outbox.add(heartbeat(to: Self.three), of: GroupID(1)))
    #expect(outbox.add(heartbeat(to: Self.two), of: GroupID(2)))
    #expect(network.sent.isEmpty)
    outbox.send { _ in Issue.record("the way is open") }
    #expect(network.sent.map(\.node) == [Self.two, Self.three])
    var reader = ByteReader(try #require(network.sent.first).payload)
    #expect(try reader.readByte() == PeerPayload.Kind.consensus.rawValue)
    #expect(try reader.readVarint() == Incarnation(epoch: 3, nonce: 9).tag.rawValue)
    var groups: [GroupID] = []
    while !reader.isAtEnd { groups.append(try reader.readMessage(from: Self.one, to: Self.two).0) }
    #expect(groups == [GroupID(1), GroupID(2)])
  }

  @Test func nothingIsSentTwice() {
    #expect(outbox.add(heartbeat(to: Self.two), of: GroupID(1)))
    outbox.send { _ in }
    outbox.send { _ in }
    #expect(network.sent.count == 1)
  }

  @Test func peerThatIsNotConnectedTakesNothing() {
    outbox.disconnected(from: Self.two)
    #expect(!outbox.add(heartbeat(to: Self.two), of: GroupID(1)))
    outbox.send { _ in }
    #expect(network.sent.isEmpty)
  }

  @Test func peerWhoseQueueIsFullIsTold() {
    network.open = [Self.three]
    #expect(outbox.add(heartbeat(to: Self.two), of: GroupID(1)))
    #expect(outbox.add(heartbeat(to: Self.three), of: GroupID(1)))
    var failed: [NodeID] = []
    outbox.send { failed.append($0) }
    #expect(failed == [Self.two] && network.sent.map(\.node) == [Self.three])
  }
}
