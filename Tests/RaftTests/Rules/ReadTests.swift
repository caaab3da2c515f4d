import RoostBase
import RoostRaft
import Testing

/// Raft dissertation, section 6.4.
@Suite struct ReadTests {
  @Test func readsThatWaitTogetherShareOneRound() throws {
    var group = PromptGroup(voters: 3)
    group.elect(1)
    group.forgetSent()
    for context in 1...100 as ClosedRange<UInt64> { try group[1].readIndex(context: context, now: group.now) }
    #expect(group[1].hasEffects)
    group.settle()
    #expect(group.sent(.heartbeat).count == 2)
    #expect(group.reads(1).map(\.context) == Array(1...100))
    #expect(group.reads(1).allSatisfy { $0.index == LogIndex(1) })
  }

  @Test func followersQuestionConfirmsTheLeaderOfThree() throws {
    var group = PromptGroup(voters: 3, learners: 1)
    group.elect(1)
    let term = group[1].term
    #expect(group[1].readIndex(vouchedBy: two, in: term) == LogIndex(1))
    #expect(group[1].readIndex(vouchedBy: two, in: Term(term.rawValue - 1)) == nil, "it may have voted since")
    #expect(group[1].readIndex(vouchedBy: two, in: Term(term.rawValue + 1)) == nil, "it follows another one")
    #expect(group[1].readIndex(vouchedBy: NodeID(4), in: term) == nil, "learners don't vote")
    #expect(group[1].readIndex(vouchedBy: one, in: term) == nil, "its own word is not enough")
    #expect(group[2].readIndex(vouchedBy: three, in: term) == nil, "only a leader knows")
  }

  @Test func followersQuestionIsNotEnoughAmongFive() throws {
    var group = PromptGroup(voters: 5)
    group.elect(1)
    #expect(group[1].readIndex(vouchedBy: two, in: group[1].term) == nil)
  }

  @Test func followersQuestionWaitsForTheFirstCommitOfTheTerm() throws {
    var group = PromptGroup(voters: 3)
    group.loses = { $0.kind == .append }
    group.elect(1)
    #expect(group[1].readIndex(vouchedBy: two, in: group[1].term) == nil)
  }

  @Test func deposedLeaderBelievesNoQuestionOfTheNextTerm() throws {
    var group = PromptGroup(voters: 3)
    group.elect(1)
    group.cut = [one]
    group.pass(milliseconds: 1000)
    #expect(group[2].term > Term(1))
    #expect(group[1].readIndex(vouchedBy: two, in: group[2].term) == nil)
  }

  @Test func readNeedsAQuorum() throws {
    var group = PromptGroup(voters: 5)
    group.elect(1)
    group.cut = [NodeID(3), NodeID(4), NodeID(5)]
    try group[1].readIndex(context: 1, now: group.now)
    group.settle()
    #expect(group.reads(1).isEmpty)
    group.cut = [NodeID(4), NodeID(5)]
    // A lost round is made good for by the next heartbeat.
    group.pass(milliseconds: 60)
    #expect(group.reads(1).map(\.context) == [1])
  }

  @Test func answerToAnEarlierRoundConfirmsNothing() throws {
    var group = PromptGroup(voters: 3)
    group.elect(1)
    group.cut = [three]
    var late: [Message] = []
    group.loses = { $0.kind == .heartbeatResponse }
    group.pass(milliseconds: 60)
    late = group.sent(.heartbeatResponse)
    #expect(!late.isEmpty)
    try group[1].readIndex(context: 1, now: group.now)
    for message in late { try group[1].step(message, now: group.now) }
    group.settle()
    #expect(group.reads(1).isEmpty)
  }

  @Test func readWaitsForTheFirstCommitOfTheTerm() throws {
    var group = PromptGroup(voters: 3)
    group.loses = { $0.kind == .append }
    group.elect(1)
    try group[1].readIndex(context: 1, now: group.now)
    group.settle()
    #expect(group.reads(1).isEmpty)
    group.loses = { _ in false }
    group.pass(milliseconds: 120)
    #expect(group.reads(1) == [ReadState(context: 1, index: LogIndex(1))])
  }

  @Test func soleVoterAnswersAtOnce() throws {
    var group = PromptGroup(voters: 1, learners: 1)
    group.elect(1)
    group.forgetSent()
    try group[1].readIndex(context: 1, now: group.now)
    #expect(group[1].takeEffects().reads == [ReadState(context: 1, index: LogIndex(1))])
  }

  @Test func leaderThatIsDeposedAbandonsItsReads() throws {
    var group = PromptGroup(voters: 3)
    group.elect(1)
    group.cut = [two, three]
    try group[1].readIndex(context: 1, now: group.now)
    try group[1].readIndex(context: 2, now: group.now)
    group.pass(milliseconds: 400)
    #expect(group.reads(1).isEmpty)
    #expect(group.abandonedReads(1) == [1, 2])
  }

  @Test func followersDoNotAnswer() throws {
    var group = PromptGroup(voters: 3)
    group.elect(1)
    #expect(throws: ProposalError.notLeader(leader: one)) { try group[2].readIndex(context: 1, now: group.now) }
  }

  @Test func memberMayAskTheLeaderByMessage() throws {
    var group = PromptGroup(voters: 3)
    group.elect(1)
    try group[1].step(Message(.readIndex, from: two, to: one, context: 9), now: group.now)
    group.settle()
    #expect(group.reads(2) == [ReadState(context: 9, index: LogIndex(1))])
  }

  @Test func waitingReadsAreLimited() throws {
    var group = PromptGroup(voters: 3) { $0.maxPendingReads = 10 }
    group.elect(1)
    group.cut = [two, three]
    for context in 1...10 as ClosedRange<UInt64> { try group[1].readIndex(context: context, now: group.now) }
    #expect(throws: ProposalError.tooManyReads) { try group[1].readIndex(context: 11, now: group.now) }
  }
}
