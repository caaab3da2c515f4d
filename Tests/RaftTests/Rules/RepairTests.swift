import RoostBase
import RoostRaft
import Testing

/// A member that lost part of its log keeps the promises that were in it.
@Suite struct RepairTests {
  /// Member 3 once acknowledged entries up to 6 of term 2, and has those up to 2.
  private func damaged(voters: Set<NodeID> = [one, two, three]) throws -> RaftCore {
    try RaftCore(
      configuration: RaftConfiguration(id: three, randomSeed: 3),
      restoring: RestoredState(
        hardState: HardState(term: Term(2), commit: LogIndex(5)), entries: Entry.log([1, 1]),
        configuration: Configuration(voters: voters), repairThrough: LogIndex(6)), now: .origin)
  }

  @Test func itVotesOnlyForLogsThatReachAsFarAsItsOwnDid() throws {
    for kind in [Message.Kind.vote, .preVote] {
      for (index, term, isGranted) in [(2, 1, false), (5, 2, false), (9, 1, false), (6, 2, true), (3, 3, true)] {
        var core = try damaged()
        let request = Message(
          kind, from: two, to: three, term: Term(4), logTerm: Term(UInt64(term)), index: LogIndex(UInt64(index)))
        #expect(try core.answers(to: request).map(\.reject) == [!isGranted], "\(kind), log ends at \(index), \(term)")
      }
    }
  }

  @Test func itNeverStandsForElection() throws {
    var core = try damaged()
    #expect(core.isRepairing && core.commitIndex == .zero && core.nextDeadline == .distantFuture)
    core.campaign(now: .origin)
    core.tick(now: .origin + .seconds(10))
    core.connectionClosed(to: one, now: .origin + .seconds(10))
    try core.step(Message(.timeoutNow, from: one, to: three, term: Term(2)), now: .origin + .seconds(10))
    core.tick(now: .origin + .seconds(20))
    #expect(core.role == .follower && core.takeEffects().messages.isEmpty)
  }

  /// A group of three in which member 3 loses all but the first two entries, and perhaps the leader goes on.
  private func groupWithLoss(
    cutting lost: [NodeID] = [], repairThrough: LogIndex? = nil
  ) throws -> (PromptGroup, through: LogIndex) {
    var group = PromptGroup(voters: 3)
    group.elect(1)
    for text in ["a", "b", "c"] { try group.propose(text, at: 1) }
    let through = group[3].lastIndex
    group.cut = Set(lost)
    let kept = group.applied(3).filter { $0.index <= LogIndex(2) }
    group.add(
      three,
      RestoredState(
        hardState: HardState(term: group[3].term), entries: kept, configuration: group[1].configuration,
        repairThrough: repairThrough ?? through))
    return (group, through)
  }

  @Test func leaderOfTheSameTermSendsAgainWhatItThoughtWasThere() throws {
    var (group, through) = try groupWithLoss()
    #expect(group[1].progress(of: three)?.match == through)
    // Nothing is proposed: the leader sends heartbeats only.
    group.pass(milliseconds: 100)
    #expect(group[3].lastIndex == through && !group[3].isRepairing)
    #expect(group.applied(3) == group.applied(1))
    #expect(group[1].commitIndex == through && group[1].progress(of: three)?.match == through)
    #expect(group[1].progress(of: three)?.isRepairing == true)
    group.pass(milliseconds: 100)
    try group.propose("d", at: 1)
    #expect(group[1].progress(of: three)?.isRepairing == false)
    group[1].transferLeadership(to: three, now: group.now)
    group.settle()
    #expect(group.leader == three)
  }

  @Test func proposalFindsTheLossToo() throws {
    var (group, _) = try groupWithLoss()
    try group.propose("d", at: 1)
    #expect(!group[3].isRepairing && group.applied(3) == group.applied(1))
  }

  @Test func leaderDoesNotHandOverToAMemberThatRepairs() throws {
    // It once had entries that no leader of this term has.
    var (group, _) = try groupWithLoss(repairThrough: LogIndex(99))
    group.pass(milliseconds: 100)
    #expect(group[3].isRepairing && group.applied(3) == group.applied(1))
    group.forgetSent()
    group[1].transferLeadership(to: three, now: group.now)
    group.settle()
    #expect(group.leader == one && group.sent(.timeoutNow).isEmpty)
    // Another leader's term ends the repair: it was elected without this member's help.
    group[1].transferLeadership(to: two, now: group.now)
    group.settle()
    #expect(group.leader == two && !group[3].isRepairing)
  }

  @Test func heartbeatCommitsNothingOfAnOlderLog() throws {
    // The log that is left holds entries that were replaced before they were lost: 3 and 4 were of term 1.
    var core = try RaftCore(
      configuration: RaftConfiguration(id: three, randomSeed: 3),
      restoring: RestoredState(
        hardState: HardState(term: Term(2)), entries: Entry.log([1, 1, 1, 1]),
        configuration: Configuration(voters: [one, two, three]), repairThrough: LogIndex(4)), now: .origin)
    let answers = try core.answers(
      to: Message(.heartbeat, from: one, to: three, term: Term(2), commit: LogIndex(4), context: 7))
    #expect(core.commitIndex == .zero)
    #expect(answers.map(\.kind) == [.heartbeatResponse, .appendResponse])
    #expect(answers[1].isRepairing && answers[1].reject && answers[1].commit == .zero)
    #expect(answers[1].rejectHint == LogIndex(4) && answers[1].logTerm == Term(1))
    let append = Message(
      .append, from: one, to: three, term: Term(2), logTerm: Term(1), index: LogIndex(2), commit: LogIndex(4),
      entries: Entry.log([2, 2], from: 3))
    // Acknowledged when durable, and only then is the repair over.
    try core.step(append, now: .origin)
    #expect(core.commitIndex == LogIndex(4) && core.isRepairing)
    for message in core.takeEffects().persist?.responses ?? [] where message.to == three {
      try core.step(message, now: .origin)
    }
    #expect(!core.isRepairing)
  }

  @Test func snapshotRepairsAsWell() throws {
    var (group, through) = try groupWithLoss(cutting: [three])
    group[1].compact(through: through)
    group.cut = []
    group.pass(milliseconds: 100)
    let snapshots = group.sent(.snapshot, to: 3)
    #expect(!snapshots.isEmpty)
    #expect(!group[3].isRepairing && group[3].commitIndex == through)
  }

  @Test func lossThatStorageDidNotNoticeIsReported() throws {
    var group = PromptGroup(voters: 3)
    group.elect(1)
    try group.propose("a", at: 1)
    group.add(
      three, RestoredState(hardState: HardState(term: group[3].term), configuration: group[1].configuration))
    group[1].tick(now: group.now + .milliseconds(50))
    let heartbeat = try #require(group[1].takeEffects().messages.first { $0.to == three })
    #expect(throws: StepError.lostLog(acknowledged: LogIndex(2))) {
      try group[3].step(heartbeat, now: group.now)
    }
  }
}
