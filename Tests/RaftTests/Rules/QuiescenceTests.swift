import RoostBase
import RoostRaft
import Testing

/// Groups in which nothing happens fall silent, and wake when something does.
@Suite("Quiescence: silence by agreement")
struct QuiescenceTests {
  /// Three members, led by the first, everything committed and applied.
  private func settled() throws -> PromptGroup {
    var group = PromptGroup(voters: 3)
    group.elect(1)
    try group.propose("a", at: 1)
    group.pass(milliseconds: 100)
    return group
  }

  private func silence(_ group: inout PromptGroup, without absent: Set<NodeID> = []) -> Bool {
    let silent = group[1].quiesce(among: { !absent.contains($0) }, now: group.now)
    group.settle()
    return silent
  }

  @Test func aSilentGroupSendsNothingAndKeepsItsLeader() throws {
    var group = try settled()
    let isSilent = silence(&group)
    #expect(isSilent)
    #expect((1...3).allSatisfy { group[$0].isQuiescent && group[$0].nextDeadline == .distantFuture })
    let term = group[1].term
    group.forgetSent()
    group.pass(milliseconds: 5000)
    #expect(group.sent.isEmpty)
    #expect(group.leader == NodeID(1) && group[2].leader == NodeID(1) && group[1].term == term)
  }

  @Test func aGroupWithSomethingLeftToDoStaysAwake() throws {
    var group = try settled()
    group.cut = [NodeID(3)]
    try group.propose("b", at: 1)
    let withLaggard = silence(&group)
    #expect(!withLaggard, "member 3 lacks an entry")
    let withoutLaggard = silence(&group, without: [NodeID(3)])
    #expect(withoutLaggard, "a member whose node is down need not be waited for")
    #expect(group[2].isQuiescent && !group[3].isQuiescent)

    var halved = try settled()
    let withoutQuorum = silence(&halved, without: [NodeID(2), NodeID(3)])
    #expect(!withoutQuorum, "no quorum is reachable")
    var follower = try settled()
    let followed = follower[2].quiesce(among: { _ in true }, now: follower.now)
    #expect(!followed)
    var reading = try settled()
    try reading[1].readIndex(context: 7, now: reading.now)
    let didQuiesce = reading[1].quiesce(among: { _ in true }, now: reading.now)
    #expect(!didQuiesce)
    reading.settle()
    #expect(reading.reads(1).count == 1)
  }

  /// Those who wait for a leader quietly would wait for ever.
  @Test func aLeaderThatStandsDownUnheardIsNotWaitedFor() throws {
    var group = try settled()
    let isSilent = silence(&group)
    #expect(isSilent)
    group.cut = [NodeID(2), NodeID(3)]
    group[1].wake(now: group.now)
    group.pass(milliseconds: 500)
    #expect(group[1].role != .leader && group[2].isQuiescent && group[3].isQuiescent)
    group.cut = []
    group.pass(milliseconds: 1500)
    #expect(group.leader != nil)
    #expect((1...3).allSatisfy { group[$0].leader == group.leader })
  }

  @Test func aProposalAndAReadWakeEverybody() throws {
    var group = try settled()
    let isSilent = silence(&group)
    #expect(isSilent)
    try group.propose("b", at: 1)
    #expect(group.applied(3).last?.payload == Array("b".utf8))
    #expect((1...3).allSatisfy { !group[$0].isQuiescent })
    group.pass(milliseconds: 100)
    let isSilentAgain = silence(&group)
    #expect(isSilentAgain)
    try group[1].readIndex(context: 9, now: group.now)
    group.settle()
    #expect(group.reads(1).last?.context == 9)
    group.pass(milliseconds: 1000)
    #expect(group.leader == NodeID(1))
  }

  @Test func whoMissedTheMessageWakesTheLeaderAndDeposesNobody() throws {
    var group = try settled()
    group.loses = { $0.kind == .quiesce && $0.to == NodeID(3) }
    let isSilent = silence(&group)
    #expect(isSilent)
    group.loses = { _ in false }
    let term = group[1].term
    #expect(group[2].isQuiescent && !group[3].isQuiescent)
    group.pass(milliseconds: 1000)
    #expect(group.leader == NodeID(1) && group[3].leader == NodeID(1))
    #expect(group[1].term == term, "a pre-vote against a living leader changes nothing")
    let isSilentAgain = silence(&group)
    #expect(isSilentAgain && group[3].isQuiescent)
  }

  @Test func aDeadLeadersNodeEndsTheSilence() throws {
    var group = try settled()
    let isSilent = silence(&group)
    #expect(isSilent)
    group.cut = [NodeID(1)]
    group[2].connectionClosed(to: NodeID(1), now: group.now)
    group[3].connectionClosed(to: NodeID(1), now: group.now, head: .milliseconds(100))
    #expect(!group[2].isQuiescent && group[2].leader == .none)
    group.pass(milliseconds: 60)
    #expect(group[2].role == .leader, "the one that was to go first leads before the other has stood")
    group.cut = []
    // The old leader is still silent and believes that it leads; asked, it learns better.
    try group[1].readIndex(context: 3, now: group.now)
    group.settle()
    group.pass(milliseconds: 100)
    #expect(group.reads(1).isEmpty && group.abandonedReads(1) == [3])
    #expect(group[1].role == .follower && group[1].leader == NodeID(2))
  }

  @Test func aLeaderWithoutAQuorumStepsDownOnceItIsWoken() throws {
    var group = try settled()
    let isSilent = silence(&group)
    #expect(isSilent)
    group.cut = [NodeID(1)]
    group.pass(milliseconds: 1000)
    #expect(group[1].role == .leader)
    group[1].wake(now: group.now)
    group.pass(milliseconds: 400)
    #expect(group[1].role != .leader)
  }

  @Test func aFollowerWithAnotherLogDoesNotFallSilent() throws {
    var group = try settled()
    let last = group[1].lastIndex
    try group[2].step(
      Message(
        .quiesce, from: NodeID(1), to: NodeID(2), term: group[1].term, logTerm: group[1].term, index: last.next,
        commit: last.next), now: group.now)
    #expect(!group[2].isQuiescent && group[2].commitIndex == last)
  }
}
