import RoostBase
import RoostRaft
import Testing

/// Raft paper, section 5.2, and dissertation, sections 4.2.3, 6.2 and 9.6.
@Suite struct ElectionTests {
  @Test func membersBeginAsFollowers() throws {
    let core = try RaftCore.member(terms: [1, 2])
    #expect(core.role == .follower)
    #expect(core.leader == .none)
    #expect(core.term == Term(2))
  }

  @Test func followerStandsForElectionWhenItHearsFromNobody() throws {
    var core = try RaftCore.member { $0.preVote = false }
    let deadline = core.nextDeadline
    core.tick(now: Instant(nanoseconds: deadline.nanoseconds - 1))
    #expect(core.role == .follower)
    core.tick(now: deadline)
    #expect(core.role == .candidate)
    #expect(core.term == Term(1))
    #expect(core.vote == one)
    let effects = core.takeEffects()
    #expect(effects.messages.map(\.to) == [two, three])
    #expect(effects.messages.allSatisfy { $0.kind == .vote && $0.term == Term(1) })
    // Its own vote counts only once it is durable.
    #expect(effects.persist?.hardState == HardState(term: Term(1), vote: one, commit: .zero))
    #expect(effects.persist?.mustSync == true)
    #expect(effects.persist?.responses.map(\.kind) == [.voteResponse])
  }

  @Test func timeoutsAreDrawnBetweenOneAndTwoElectionTimeouts() throws {
    var seen: Set<Int64> = []
    for seed in 1...200 as ClosedRange<UInt64> {
      let core = try RaftCore.member { $0.randomSeed = seed }
      let milliseconds = core.nextDeadline.nanoseconds / 1_000_000
      #expect((150..<300).contains(milliseconds))
      seen.insert(milliseconds)
    }
    #expect(seen.count > 50)
    #expect(seen.min()! < 165 && seen.max()! > 285)
  }

  @Test func lesserPriorityWaitsLonger() throws {
    for seed in 1...50 as ClosedRange<UInt64> {
      let core = try RaftCore.member {
        $0.randomSeed = seed
        $0.priority = 0
      }
      #expect((298..<450).contains(core.nextDeadline.nanoseconds / 1_000_000))
    }
  }

  @Test(arguments: [1, 2, 3, 4, 5, 7])
  func majorityElects(voters: Int) throws {
    var group = PromptGroup(voters: voters)
    // As many are cut as can be without preventing a majority.
    let lost = (voters - 1) / 2
    group.cut = Set((0..<lost).map { NodeID(UInt64(voters - $0)) })
    group.elect(1)
    #expect(group[1].role == .leader)
    // One more, and nobody can be elected.
    var lesser = PromptGroup(voters: voters)
    lesser.cut = Set((0...lost).map { NodeID(UInt64(voters - $0)) }).subtracting([one])
    lesser.elect(1)
    #expect((lesser[1].role == .leader) == (lesser.cut.count < (voters + 1) / 2))
  }

  @Test func memberVotesOnceInATerm() throws {
    var core = try RaftCore.member(3)
    let first = try core.answers(to: Message(.vote, from: one, to: three, term: Term(1)))
    #expect(first.map(\.reject) == [false])
    let second = try core.answers(to: Message(.vote, from: two, to: three, term: Term(1)))
    #expect(second.map(\.reject) == [true])
    let again = try core.answers(to: Message(.vote, from: one, to: three, term: Term(1)))
    #expect(again.map(\.reject) == [false])
    #expect(core.vote == one)
  }

  @Test func voteWaitsUntilItIsDurable() throws {
    var core = try RaftCore.member(3)
    try core.step(Message(.vote, from: one, to: three, term: Term(1)), now: .origin)
    let effects = core.takeEffects()
    #expect(effects.messages.isEmpty)
    #expect(effects.persist?.hardState?.vote == one)
    #expect(effects.persist?.mustSync == true)
    #expect(effects.persist?.responses.map(\.kind) == [.voteResponse])
  }

  /// Section 5.4.1: the log with the later last term, or with the same and more entries, is more up to date.
  @Test(arguments: [
    (UInt64(2), UInt64(3), true), (2, 2, true), (2, 4, true), (3, 1, true), (3, 0, true), (2, 1, false), (1, 9, false),
  ])
  func voteGoesOnlyToALogThatIsUpToDate(logTerm: UInt64, index: UInt64, isGranted: Bool) throws {
    var core = try RaftCore.member(terms: [1, 2])
    for kind in [Message.Kind.preVote, .vote] {
      let answers = try core.answers(
        to: Message(kind, from: two, to: one, term: Term(5), logTerm: Term(logTerm), index: LogIndex(index)))
      #expect(answers.map(\.reject) == [!isGranted])
    }
  }

  @Test func anyMessageOfALaterTermMakesAFollower() throws {
    for kind in [Message.Kind.append, .heartbeat, .appendResponse, .vote, .voteResponse] {
      var group = PromptGroup(voters: 3) { $0.checkQuorum = false }
      group.elect(1)
      try group[1].step(Message(kind, from: two, to: one, term: Term(7)), now: group.now)
      #expect(group[1].role == .follower, "\(kind)")
      #expect(group[1].term == Term(7))
    }
  }

  @Test func candidateFollowsALeaderOfItsTerm() throws {
    var core = try RaftCore.member { $0.preVote = false }
    core.campaign(now: .origin)
    try core.step(Message(.heartbeat, from: two, to: one, term: Term(1)), now: .origin)
    #expect(core.role == .follower)
    #expect(core.leader == two)
  }

  @Test func candidateThatAMajorityRefusesGivesUp() throws {
    var core = try RaftCore.member { $0.preVote = false }
    core.campaign(now: .origin)
    for voter in [two, three] {
      try core.step(Message(.voteResponse, from: voter, to: one, term: Term(1), reject: true), now: .origin)
    }
    #expect(core.role == .follower)
  }

  @Test func termBeginsWithANoOp() throws {
    var group = PromptGroup(voters: 3)
    group.elect(1)
    for id in 1...3 as ClosedRange<UInt64> {
      #expect(group.applied(id) == [Entry(index: LogIndex(1), term: Term(1))])
    }
  }

  // MARK: Pre-vote

  @Test func preVoteChangesNoTermAndNoVote() throws {
    var core = try RaftCore.member(3)
    let answers = try core.answers(to: Message(.preVote, from: one, to: three, term: Term(1)))
    #expect(answers.map(\.reject) == [false])
    #expect(answers.map(\.term) == [Term(1)])
    #expect(core.term == .zero)
    #expect(core.vote == .none)
  }

  @Test func memberThatWasCutOffDoesNotDisturbTheOthers() throws {
    var group = PromptGroup(voters: 3)
    group.elect(1)
    group.cut = [three]
    group.pass(milliseconds: 2000)
    #expect(group[3].term == Term(1))
    group.cut = []
    group.pass(milliseconds: 500)
    #expect(group[1].role == .leader)
    #expect(group[1].term == Term(1))
    #expect(group[3].leader == one)
  }

  // MARK: Check-quorum and lease

  @Test func leaderWithoutAQuorumStepsDown() throws {
    var group = PromptGroup(voters: 3)
    group.elect(1)
    group.cut = [two, three]
    group.pass(milliseconds: 140)
    #expect(group[1].role == .leader)
    group.pass(milliseconds: 180)
    #expect(group[1].role == .follower)
  }

  @Test func leaderWithAQuorumStays() throws {
    var group = PromptGroup(voters: 3)
    group.elect(1)
    group.cut = [three]
    group.pass(milliseconds: 1000)
    #expect(group[1].role == .leader)
    #expect(group[1].term == Term(1))
  }

  @Test func followersOfALiveLeaderIgnoreRequestsToVote() throws {
    var group = PromptGroup(voters: 3) { $0.preVote = false }
    group.elect(1)
    let request = Message(.vote, from: two, to: three, term: Term(2), logTerm: Term(1), index: LogIndex(9))
    #expect(try group[3].answers(to: request, at: group.now).isEmpty)
    #expect(group[3].term == Term(1))
    // Unless the leader itself asked for the election.
    var transfer = request
    transfer.context = Message.transferCampaign
    #expect(try group[3].answers(to: transfer, at: group.now).map(\.reject) == [false])
  }

  @Test func leaseEndsWithTheElectionTimeout() throws {
    var group = PromptGroup(voters: 3) { $0.preVote = false }
    group.elect(1)
    let request = Message(.vote, from: two, to: three, term: Term(2), logTerm: Term(1), index: LogIndex(9))
    #expect(try group[3].answers(to: request, at: group.now + .milliseconds(149)).isEmpty)
    #expect(try group[3].answers(to: request, at: group.now + .milliseconds(150)).map(\.reject) == [false])
  }

  // MARK: Closed connections

  @Test func killedLeaderIsReplacedWithinAHundredMilliseconds() throws {
    for seed in 1...100 as ClosedRange<UInt64> {
      var group = PromptGroup(voters: 3) { $0.randomSeed = seed }
      group.elect(1)
      group.pass(milliseconds: 200)
      group.cut = [one]
      group[2].connectionClosed(to: one, now: group.now)
      group[3].connectionClosed(to: one, now: group.now)
      group.pass(milliseconds: 40, step: 1)
      #expect(group[2].role == .leader || group[3].role == .leader, "seed \(seed)")
    }
  }

  /// Both stand in the same moment: the votes are not split.
  @Test func rivalsForALostLeaderDoNotSplitTheVotes() throws {
    var group = PromptGroup(voters: 3)
    group.elect(1)
    group.cut = [one]
    for id in [2, 3] as [UInt64] {
      group[id].connectionClosed(to: one, now: group.now)
      group[id].campaign(now: group.now)
    }
    group.settle()
    #expect(group[3].role == .leader)
    #expect(group[2].leader == three)
  }

  @Test func electionAfterACloseBeginsWithinThirtyMilliseconds() throws {
    for seed in 1...100 as ClosedRange<UInt64> {
      var group = PromptGroup(voters: 3) { $0.randomSeed = seed }
      group.elect(1)
      group[2].connectionClosed(to: one, now: group.now)
      #expect(group[2].leader == .none)
      #expect(group[2].nextDeadline < group.now + .milliseconds(30))
    }
  }

  @Test func oneBrokenConnectionDeposesNobody() throws {
    var group = PromptGroup(voters: 3)
    group.elect(1)
    group[2].connectionClosed(to: one, now: group.now)
    group.pass(milliseconds: 500)
    #expect(group[1].role == .leader)
    #expect(group[1].term == Term(1))
    #expect(group[2].leader == one)
  }

  @Test func connectionOfAnotherFollowerMeansNothing() throws {
    var group = PromptGroup(voters: 3)
    group.elect(1)
    let deadline = group[2].nextDeadline
    group[2].connectionClosed(to: three, now: group.now)
    #expect(group[2].leader == one)
    #expect(group[2].nextDeadline == deadline)
  }

  @Test func forgottenLeaderIsFoundAgain() throws {
    var group = PromptGroup(voters: 3)
    group.elect(1)
    group[2].forgetLeader()
    #expect(group[2].leader == .none)
    #expect(group[2].term == Term(1))
    group.pass(milliseconds: 60)
    #expect(group[2].leader == one)
  }

  // MARK: Learners

  @Test func learnerNeverStandsForElectionButVotes() throws {
    var group = PromptGroup(voters: 1, learners: 1)
    #expect(group[2].isLearner)
    #expect(group[2].nextDeadline == .distantFuture)
    group[2].campaign(now: group.now)
    #expect(group[2].role == .follower)
    let answers = try group[2].answers(to: Message(.vote, from: one, to: two, term: Term(1)))
    #expect(answers.map(\.reject) == [false])
  }

  @Test func memberWithAnUnappliedConfigurationChangeDoesNotStand() throws {
    let change = ConfigurationChange([.init(.addVoter, NodeID(4))])
    var core = try RaftCore(
      configuration: RaftConfiguration(id: one, randomSeed: 1),
      restoring: RestoredState(
        hardState: HardState(term: Term(1), commit: LogIndex(1)),
        entries: [Entry(index: LogIndex(1), term: Term(1), kind: .configurationChange, payload: change.encoded())],
        configuration: Configuration(voters: [one, two, three])), now: .origin)
    core.campaign(now: .origin)
    #expect(core.role == .follower)
    #expect(core.takeEffects().committed.count == 1)
    core.applyConfigurationChange(change)
    core.applied(through: LogIndex(1))
    core.campaign(now: .origin)
    #expect(core.role == .preCandidate)
  }

  /// A candidate that is told of a committed change applies it instead of asking the voters of before.
  @Test func candidateLearnsWhatIsCommitted() throws {
    let change = ConfigurationChange([.init(.remove, two)])
    let entries = [
      Entry(index: LogIndex(1), term: Term(1)),
      Entry(index: LogIndex(2), term: Term(1), kind: .configurationChange, payload: change.encoded()),
    ]
    var core = try RaftCore(
      configuration: RaftConfiguration(id: one, randomSeed: 1),
      restoring: RestoredState(
        hardState: HardState(term: Term(1), commit: LogIndex(1)), entries: entries, applied: LogIndex(1),
        configuration: Configuration(voters: [one, two])), now: .origin)
    core.campaign(now: .origin)
    #expect(core.role == .preCandidate)
    _ = core.takeEffects()
    try core.step(
      Message(
        .preVoteResponse, from: two, to: one, term: Term(1), commit: LogIndex(2), commitTerm: Term(1), reject: true),
      now: .origin)
    #expect(core.role == .follower)
    #expect(core.commitIndex == LogIndex(2))
    // What does not match the own log is not believed.
    try core.step(
      Message(.preVote, from: two, to: one, term: Term(2), commit: LogIndex(2), commitTerm: Term(9)), now: .origin)
    #expect(core.commitIndex == LogIndex(2))
  }
}
