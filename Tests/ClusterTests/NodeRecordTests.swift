import Foundation
import RoostBase
import RoostStore
import Testing

@testable import RoostCluster

@Suite("What the cluster knows about its nodes")
struct NodeRecordTests {
  private func record(_ id: UInt64, name: String = "node2", epoch: UInt64 = 5, nonce: UInt64 = 9) -> NodeRecord {
    var record = NodeRecord(
      id: NodeID(id), name: name, pid: 1, peerAddress: "a:1", sqlAddress: "a:2", locality: [:], startedAt: 3,
      incarnation: 4)
    record.epoch = epoch
    record.nonce = nonce
    return record
  }

  private func retired(_ id: UInt64, successor: NodeID? = nil) -> NodeRecord {
    var record = record(id)
    record.retiredAt = 1
    record.successor = successor
    return record
  }

  private func registry(_ records: NodeRecord...) -> Registry {
    var registry = Registry()
    _ = registry.apply(records.map { .init(key: NodeRecord.key(of: $0.id), value: $0.encoded()) })
    return registry
  }

  @Test(arguments: [(UInt64(6), UInt64(1), false), (5, 9, false), (5, 1, true), (4, 9, true)])
  func onlyALaterStartFollows(epoch: UInt64, nonce: UInt64, isRefused: Bool) {
    let refusal = record(2, epoch: epoch, nonce: nonce).refusal(after: record(2))
    #expect((refusal != nil) == isRefused)
    if let refusal { #expect(refusal.contains("roost replace node2")) }
  }

  @Test func nothingFollowsAReplacedNode() {
    #expect(record(2, epoch: 6).refusal(after: retired(2))?.contains("was replaced") == true)
  }

  @Test func recordsOfEarlierVersionsAreRead() throws {
    let text =
      #"{"id":{"rawValue":2},"incarnation":4,"locality":{},"name":"n","peerAddress":"a:1","pid":1,"sqlAddress":"a:2","startedAt":3}"#
    let earlier = try #require(NodeRecord.decode(Array(text.utf8)))
    #expect(earlier.epoch == 0 && !earlier.isRetired)
    #expect(NodeRecord.decode(retired(2, successor: 4).encoded()) == retired(2, successor: 4))
  }

  @Test func identitiesOfEarlierVersionsAreRead() throws {
    let text = """
      {"clusterID":"1f","clusterName":"c","format":1,"founders":[{"rawValue":1}],"incarnation":4,"name":"n","node":{"rawValue":2},"peers":[]}
      """
    let earlier = try JSONDecoder().decode(NodeIdentity.self, from: Data(text.utf8))
    #expect(earlier.epoch == 0)
  }

  @Test func whoComesAfterOneThatIsGoneIsTheLastOfItsName() {
    let registry = registry(
      record(1, name: "node1"), retired(2, successor: 4), record(3, name: "node3"), retired(4, successor: 5), record(5))
    #expect(registry.membershipPlan == MembershipPlan(nodes: [1, 3, 5], gone: [2, 4]))
    for id in [2, 4] as [NodeID] { #expect(registry[id].map(registry.succession) == .by(5)) }
    #expect(self.registry(record(1, name: "node1"), retired(2)).succession(of: retired(2)) == .awaited)
    let circle = retired(2, successor: 2)
    #expect(self.registry(circle).succession(of: circle) == .awaited, "a circle ends")
  }

  @Test func nobodyIsWaitedForAfterASuccessorThatWasTakenOut() {
    let gone = retired(2, successor: 4)
    for (departure, succession) in [
      (NodeDeparture.decommissioned, Registry.Succession.givenUp), (.left, .givenUp), (.quorumLost, .givenUp),
      (.neverReady, .awaited),
    ] {
      var next = record(4)
      next.leavingAt = 1
      next.departure = departure
      #expect(registry(gone, next).succession(of: gone) == succession, "\(departure)")
      next.retiredAt = 2
      #expect(registry(gone, next).succession(of: gone) == succession, "\(departure)")
      next.successor = 5
      #expect(registry(gone, next, record(5)).succession(of: gone) == .by(5), "a name that came back")
    }
  }

  @Test func aNameBelongsToTheNodeThatIsThere() {
    let registry = registry(retired(2, successor: 4), record(4))
    #expect(registry.active(named: "node2")?.id == 4)
    #expect(registry.retired.map(\.id) == [2])
  }

  @Test func aDepartureIsKeptAndRefusesTheDirectory() {
    var gone = record(2)
    gone.leavingAt = 1
    gone.departure = .left
    #expect(gone.standing == .leaving && NodeRecord.decode(gone.encoded()) == gone)
    #expect(record(2, epoch: 6).refusal(after: gone) == nil, "until it is out it may start again")
    gone.retiredAt = 2
    #expect(gone.standing == .removed)
    #expect(record(2, epoch: 6).refusal(after: gone)?.contains("has left the cluster") == true)
    #expect(retired(2).standing == .replaced, "as earlier versions wrote it")
    let plan = registry(record(1, name: "node1"), gone).membershipPlan
    #expect(plan == MembershipPlan(nodes: [1], leaving: [2]))
  }

  @Test(arguments: [
    ("0.0.0.0", true), ("::", true), ("[::]", true), ("0", true), ("0:0:0:0:0:0:0:0", true), ("::ffff:0.0.0.0", true),
    ("*", true), ("", true), ("0x0", true), ("::1", false), ("10.0.0.1", false), ("localhost", false),
    ("0.0.0.1", false),
    ("node0", false), ("fe80::1", false),
  ])
  func wildcardsAreKnownHoweverTheyAreWritten(host: String, isWildcard: Bool) {
    #expect(WildcardAddress.matches(host) == isWildcard)
  }

  @Test func aWildcardIsNotTakenFromOthers() {
    var open = record(2)
    #expect(open.addressRefusal == nil)
    open.peerAddress = "0.0.0.0:7432"
    #expect(open.addressRefusal?.contains("--advertise") == true)
    open = record(2)
    open.sqlAddress = "[::]:5432"
    #expect(open.addressRefusal?.contains("--advertise") == true)
  }
}
