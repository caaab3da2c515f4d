import RoostRaft
import Testing

/// Raft dissertation, section 3.10.
@Suite struct TransferTests {
  @Test func leadershipGoesToTheNamedVoter() throws {
    var group = PromptGroup(voters: 3)
    group.elect(1)
    group[1].transferLeadership(to: three, now: group.now)
    #expect(group[1].leadershipTransferee == three)
    group.settle()
    #expect(group[3].role == .leader)
    #expect(group[1].role == .follower)
    #expect(group[1].leader == three)
    #expect(group[3].term == Term(2))
    // No pre-vote, and no waiting.
    #expect(group.sent(.preVote).filter { $0.from == three }.isEmpty)
  }

  @Test func followerIsBroughtUpToDateFirst() throws {
    var group = PromptGroup(voters: 3)
    group.elect(1)
    group.cut = [three]
    for number in 0..<5 { try group.propose("\(number)", at: 1) }
    group.cut = []
    group[1].transferLeadership(to: three, now: group.now)
    group.pass(milliseconds: 120)
    #expect(group[3].role == .leader)
    #expect(group[3].terms == [1, 1, 1, 1, 1, 1, 2])
  }

  @Test func proposalsAreRefusedMeanwhileAndTakenAgainAfterAnElectionTimeout() throws {
    var group = PromptGroup(voters: 3)
    group.elect(1)
    group.loses = { $0.to == three }
    group[1].transferLeadership(to: three, now: group.now)
    #expect(throws: ProposalError.transferring(to: three)) { try group.propose("x", at: 1) }
    group.pass(milliseconds: 160)
    try group.propose("x", at: 1)
    #expect(group[1].role == .leader)
  }

  @Test func learnersStrangersAndTheLeaderItselfGetNothing() throws {
    var group = PromptGroup(voters: 2, learners: 1)
    group.elect(1)
    for id in [1, 3, 9] as [UInt64] {
      group[1].transferLeadership(to: NodeID(id), now: group.now)
      #expect(group[1].leadershipTransferee == .none)
    }
    try group.propose("x", at: 1)
  }

  @Test func followerPassesTheWishOn() throws {
    var group = PromptGroup(voters: 3)
    group.elect(1)
    group[2].transferLeadership(to: two, now: group.now)
    group.settle()
    #expect(group[2].role == .leader)
  }

  @Test func anotherWishReplacesTheFirst() throws {
    var group = PromptGroup(voters: 3)
    group.elect(1)
    group.loses = { $0.to == three }
    group[1].transferLeadership(to: three, now: group.now)
    group.settle()
    group[1].transferLeadership(to: two, now: group.now)
    group.settle()
    #expect(group[2].role == .leader)
  }
}
