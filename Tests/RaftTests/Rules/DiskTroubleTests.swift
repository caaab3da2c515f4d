import RoostBase
import RoostRaft
import Testing

@Suite("A leader whose disk is silent gives leadership away")
struct DiskTroubleTests {
  @Test func leadershipGoesToTheVoterWithMostOfTheLogAndWaitsForNothing() throws {
    var group = PromptGroup(voters: 3)
    group.elect(1)
    try group.propose("a", at: 1)
    group.cut = [NodeID(2)]
    try group.propose("b", at: 1)
    group.cut = []
    group.forgetSent()
    group[1].storageStalled(true, now: group.now)
    #expect(group[1].role == .follower)
    // Nothing of it waits for a write.
    let effects = group[1].takeEffects()
    #expect(effects.messages.map(\.kind) == [.timeoutNow] && effects.messages[0].to == NodeID(3))
    #expect(effects.persist == nil)
    try group[3].step(effects.messages[0], now: group.now)
    group.settle()
    #expect(group[3].role == .leader && group.applied(3).suffix(2).first?.payload == Array("b".utf8))
  }

  @Test func aStalledMemberDoesNotStandForElectionUntilItsDiskAnswers() throws {
    var group = PromptGroup(voters: 3)
    group.elect(1)
    group[2].storageStalled(true, now: group.now)
    group.cut = [NodeID(1), NodeID(3)]
    group.pass(milliseconds: 2000)
    #expect(group[2].role == .follower && !asks(group))
    group[2].storageStalled(false, now: group.now)
    group.pass(milliseconds: 400)
    #expect(asks(group))
  }

  private func asks(_ group: PromptGroup) -> Bool { group.sent(.preVote).contains { $0.from == NodeID(2) } }
}
