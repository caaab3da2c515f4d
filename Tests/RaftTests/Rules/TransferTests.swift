import RoostBase
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

  @Test func proposalsAreRefusedInTheLastStepAndTakenAgainAfterAnElectionTimeout() throws {
    var group = PromptGroup(voters: 3)
    group.elect(1)
    group.loses = { $0.kind == .timeoutNow }
    group[1].transferLeadership(to: three, now: group.now)
    try group.propose("taken", at: 1)
    #expect(group[1].isHandingOver)
    #expect(throws: ProposalError.transferring(to: three)) { try group.propose("x", at: 1) }
    group.pass(milliseconds: 140)
    #expect(group[1].isHandingOver)
    group.pass(milliseconds: 20)
    #expect(!group[1].isHandingOver && group[1].leadershipTransferee == .none)
    try group.propose("x", at: 1)
    #expect(group[1].role == .leader)
  }

  @Test func aTargetThatDoesNotAnswerHoldsNobodyUp() throws {
    var group = PromptGroup(voters: 3)
    group.elect(1)
    group.cut = [three]
    group[1].transferLeadership(to: three, now: group.now)
    for turn in 0..<40 {
      try group.propose("\(turn)", at: 1)
      group.pass(milliseconds: 10)
      #expect(!group[1].isHandingOver)
      // As a shell would that does not give up.
      group[1].transferLeadership(to: three, now: group.now)
    }
    #expect(group[1].commitIndex == group[1].lastIndex && group.sent(.timeoutNow).isEmpty)
    group.pass(milliseconds: 160)
    #expect(group[1].role == .leader && group[1].leadershipTransferee == .none)
  }

  @Test func anIdleTargetIsAskedForASignOfLifeFirst() throws {
    // It has the whole log, and stands still: nothing but its silence tells.
    var group = PromptGroup(voters: 3)
    group.elect(1)
    group.pass(milliseconds: 100)
    #expect(group[1].progress(of: three)?.match == group[1].lastIndex)
    group.cut = [three]
    group[1].transferLeadership(to: three, now: group.now)
    group.settle()
    try group.propose("x", at: 1)
    #expect(group[1].commitIndex == group[1].lastIndex && group.sent(.timeoutNow).isEmpty)
  }

  @Test func aTargetThatLagsHoldsNobodyUp() throws {
    var group = PromptGroup(voters: 3)
    group.elect(1)
    group.loses = { $0.to == three && $0.kind == .append }
    try group.propose("missed", at: 1)
    group[1].transferLeadership(to: three, now: group.now)
    group.pass(milliseconds: 40)
    try group.propose("x", at: 1)
    #expect(!group[1].isHandingOver && group[1].leadershipTransferee == three)
    group.loses = { _ in false }
    group.pass(milliseconds: 60)
    #expect(group.leader == three && group[3].lastIndex == LogIndex(4))
  }

  @Test func whatIsProposedMeanwhileIsCommitted() throws {
    var group = PromptGroup(voters: 3)
    group.elect(1)
    group[1].transferLeadership(to: three, now: group.now)
    let index = try group.propose("x", at: 1)
    #expect(group.leader == three)
    #expect(group.applied(2).contains { $0.index == index && $0.payload == Array("x".utf8) })
  }

  @Test func theWordIsRepeatedWithinTheLastStep() throws {
    var group = PromptGroup(voters: 3)
    group.elect(1)
    group.loses = { $0.kind == .timeoutNow }
    group[1].transferLeadership(to: three, now: group.now)
    group.settle()
    #expect(group[1].isHandingOver)
    group.loses = { _ in false }
    group.pass(milliseconds: 60)
    #expect(group.leader == three)
  }

  @Test func aClosedConnectionEndsTheTransfer() throws {
    var group = PromptGroup(voters: 3)
    group.elect(1)
    group.loses = { $0.kind == .timeoutNow }
    group[1].transferLeadership(to: three, now: group.now)
    group.settle()
    group[1].connectionClosed(to: two, now: group.now)
    #expect(group[1].isHandingOver, "another one")
    group[1].connectionClosed(to: three, now: group.now)
    try group.propose("x", at: 1)
  }

  @Test func aJointConfigurationIsLeftWhenTheTransferFailed() throws {
    var group = PromptGroup(voters: 3)
    group.elect(1)
    group.loses = { $0.kind == .timeoutNow }
    try group[1].proposeConfigurationChange(
      ConfigurationChange([.init(.remove, two)], transition: .jointImplicit), now: group.now)
    group[1].transferLeadership(to: three, now: group.now)
    group.settle()
    #expect(group[1].isHandingOver && group[1].configuration.isJoint)
    group.pass(milliseconds: 160)
    #expect(group[1].role == .leader && group[1].configuration == Configuration(voters: [one, three]))
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
