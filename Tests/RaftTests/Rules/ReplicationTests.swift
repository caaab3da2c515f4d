import RoostBase
import RoostRaft
import Testing

/// Raft paper, sections 5.3 and 5.4.
@Suite struct ReplicationTests {
  @Test func batchTravelsInOneMessageToEachFollower() throws {
    var group = PromptGroup(voters: 3)
    group.elect(1)
    let first = try group[1].propose([[1], [2], [3]], now: group.now)
    #expect(first == LogIndex(2))
    let effects = group[1].takeEffects()
    #expect(effects.messages.map(\.to) == [two, three])
    #expect(effects.messages.allSatisfy { $0.kind == .append && $0.entries.map(\.payload) == [[1], [2], [3]] })
    #expect(effects.persist?.entries.map(\.payload) == [[1], [2], [3]])
    #expect(effects.persist?.mustSync == true)
  }

  @Test func leaderCountsItsOwnCopyOnlyWhenDurable() throws {
    var group = PromptGroup(voters: 3)
    group.elect(1)
    group.cut = [three]
    let index = try group[1].propose([[1]], now: group.now)
    let persist = group[1].takeEffects().persist
    // One of three has acknowledged: no majority without the leader's own disk.
    try group[1].step(Message(.appendResponse, from: two, to: one, term: Term(1), index: index), now: group.now)
    #expect(group[1].commitIndex < index)
    for response in persist?.responses ?? [] { try group[1].step(response, now: group.now) }
    #expect(group[1].commitIndex == index)
  }

  @Test func followersAloneCanCommit() throws {
    var group = PromptGroup(voters: 3)
    group.elect(1)
    let index = try group[1].propose([[1]], now: group.now)
    _ = group[1].takeEffects()
    for follower in [two, three] {
      try group[1].step(Message(.appendResponse, from: follower, to: one, term: Term(1), index: index), now: group.now)
    }
    #expect(group[1].commitIndex == index)
    // But nothing is applied that the own log might lose.
    #expect(group[1].takeEffects().committed.isEmpty)
  }

  @Test func acknowledgementWaitsUntilEntriesAreDurable() throws {
    var core = try RaftCore.member(2)
    try core.step(Message(.append, from: one, to: two, term: Term(1), entries: Entry.log([1])), now: .origin)
    let effects = core.takeEffects()
    #expect(effects.messages.isEmpty)
    #expect(effects.persist?.entries == Entry.log([1]))
    #expect(effects.persist?.responses.first?.kind == .appendResponse)
  }

  /// Figure 7 of the paper: whatever a follower holds, it ends with the leader's log.
  @Test(
    arguments: [
      [1, 1, 1, 4, 4, 5, 5, 6, 6], [1, 1, 1, 4], [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6],
      [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7],
      [1, 1, 1, 4, 4, 4, 4], [1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3], [],
    ] as [[UInt64]])
  func followersLogBecomesTheLeaders(terms: [UInt64]) throws {
    let leaderTerms: [UInt64] = [1, 1, 1, 4, 4, 5, 5, 6, 6, 6]
    var group = PromptGroup(voters: 3)
    let configuration = Configuration(voters: [one, two, three])
    group.add(
      one,
      RestoredState(
        hardState: HardState(term: Term(7)), entries: Entry.log(leaderTerms), configuration: configuration))
    group.add(
      two,
      RestoredState(hardState: HardState(term: Term(7)), entries: Entry.log(terms), configuration: configuration))
    // The third member votes for the leader and then is gone, so that all depends on the second.
    group.loses = { $0.kind == .append && $0.to == three }
    group[1].campaign(now: group.now)
    group.settle()
    #expect(group[1].role == .leader)
    try group.propose("x", at: 1)
    #expect(group[2].terms == group[1].terms)
    #expect(group[2].terms == leaderTerms + [8, 8])
    #expect(group.applied(2) == group.applied(1))
    // At most one probe for each term on either side.
    #expect(group.sent(.append, to: 2).count <= 12)
  }

  @Test func longDivergenceIsFoundInOneStepPerTerm() throws {
    let leader = [UInt64](repeating: 1, count: 10) + [UInt64](repeating: 5, count: 500)
    let follower = [UInt64](repeating: 1, count: 10) + [UInt64](repeating: 3, count: 400)
    var group = PromptGroup(voters: 3)
    let configuration = Configuration(voters: [one, two, three])
    group.add(
      one,
      RestoredState(hardState: HardState(term: Term(6)), entries: Entry.log(leader), configuration: configuration))
    group.add(
      two,
      RestoredState(hardState: HardState(term: Term(6)), entries: Entry.log(follower), configuration: configuration))
    group.elect(1)
    #expect(group[2].terms == group[1].terms)
    #expect(group.sent(.appendResponse, to: 1).filter { $0.from == two && $0.reject }.count <= 2)
  }

  /// Figure 8: entries of earlier terms are never committed by counting copies.
  @Test func onlyEntriesOfTheOwnTermAreCommittedByCounting() throws {
    var core = try RaftCore.member(terms: [1, 2], term: 3) { $0.preVote = false }
    core.campaign(now: .origin)
    for response in core.takeEffects().persist?.responses ?? [] { try core.step(response, now: .origin) }
    try core.step(Message(.voteResponse, from: two, to: one, term: Term(4)), now: .origin)
    #expect(core.role == .leader)
    for response in core.takeEffects().persist?.responses ?? [] { try core.step(response, now: .origin) }
    try core.step(Message(.appendResponse, from: two, to: one, term: Term(4), index: LogIndex(2)), now: .origin)
    #expect(core.commitIndex == .zero)
    try core.step(Message(.appendResponse, from: two, to: one, term: Term(4), index: LogIndex(3)), now: .origin)
    #expect(core.commitIndex == LogIndex(3))
  }

  @Test func lateMessageNeverShortensALog() throws {
    var core = try RaftCore.member(2, terms: [1, 1, 1], term: 1)
    let answers = try core.answers(
      to: Message(
        .append, from: one, to: two, term: Term(1), logTerm: Term(1), index: LogIndex(1),
        entries: Entry.log([1], from: 2)))
    #expect(answers.first?.index == LogIndex(2))
    #expect(core.terms == [1, 1, 1])
  }

  @Test func conflictingTailIsReplaced() throws {
    var core = try RaftCore.member(2, terms: [1, 2, 2, 2], term: 2)
    try core.step(
      Message(
        .append, from: one, to: two, term: Term(3), logTerm: Term(1), index: LogIndex(1),
        entries: Entry.log([3], from: 2)),
      now: .origin)
    #expect(core.terms == [1, 3])
    #expect(core.takeEffects().persist?.entries == Entry.log([3], from: 2))
  }

  @Test func commitIndexFollowsTheLeadersAsFarAsTheMessageReaches() throws {
    var core = try RaftCore.member(2, terms: [1, 1, 1], term: 1)
    try core.step(
      Message(.append, from: one, to: two, term: Term(1), logTerm: Term(1), index: LogIndex(2), commit: LogIndex(3)),
      now: .origin)
    #expect(core.commitIndex == LogIndex(2))
  }

  @Test func heartbeatCommitsOnlyWhatTheFollowerIsKnownToHave() throws {
    var group = PromptGroup(voters: 3)
    group.elect(1)
    group.cut = [three]
    try group.propose("x", at: 1)
    group.forgetSent()
    group.pass(milliseconds: 60)
    #expect(group.sent(.heartbeat, to: 2).map(\.commit).max() == LogIndex(2))
    #expect(group.sent(.heartbeat, to: 3).map(\.commit).max() == LogIndex(1))
  }

  // MARK: Flow

  @Test func entriesAreSentInPagesOfBytes() throws {
    var group = PromptGroup(voters: 2) { $0.maxEntriesBytesPerMessage = 200 }
    group.elect(1)
    group.forgetSent()
    _ = try group[1].propose([[UInt8]](repeating: [UInt8](repeating: 0, count: 68), count: 10), now: group.now)
    group.settle()
    let sizes = group.sent(.append, to: 2).map(\.entries.count).filter { $0 > 0 }
    #expect(sizes == [2, 2, 2, 2, 2])
    #expect(group[2].lastIndex == group[1].lastIndex)
  }

  @Test func windowLimitsMessagesOnTheirWay() throws {
    var group = PromptGroup(voters: 2) { $0.maxInflightMessages = 3 }
    group.elect(1)
    group.cut = [two]
    for _ in 0..<10 { try group.propose("x", at: 1) }
    let progress = try #require(group[1].progress(of: two))
    #expect(progress.inflightCount == 3)
    #expect(progress.isInflightFull && progress.isPaused)
    group.cut = []
    group.pass(milliseconds: 200)
    #expect(group[2].lastIndex == group[1].lastIndex)
  }

  @Test func windowLimitsBytesOnTheirWay() throws {
    var group = PromptGroup(voters: 2) { $0.maxInflightBytes = 1000 }
    group.elect(1)
    group.cut = [two]
    for _ in 0..<10 { _ = try group[1].propose([[UInt8](repeating: 0, count: 300)], now: group.now) }
    group.settle()
    let progress = try #require(group[1].progress(of: two))
    #expect(progress.inflightBytes >= 1000 && progress.inflightBytes < 1400)
  }

  @Test func unreachableFollowerIsProbed() throws {
    var group = PromptGroup(voters: 3)
    group.elect(1)
    #expect(group[1].progress(of: two)?.state == .replicate)
    group[1].reportUnreachable(two)
    #expect(group[1].progress(of: two)?.state == .probe)
    group.pass(milliseconds: 60)
    #expect(group[1].progress(of: two)?.state == .replicate)
  }

  @Test func tooMuchUncommittedIsRefused() throws {
    var group = PromptGroup(voters: 3) { $0.maxUncommittedBytes = 1000 }
    group.elect(1)
    group.cut = [two, three]
    // One is always taken, however large.
    try group.propose(String(repeating: "x", count: 5000), at: 1)
    #expect(throws: ProposalError.tooManyUncommitted) { try group.propose("y", at: 1) }
    group.cut = []
    group.pass(milliseconds: 100)
    try group.propose("y", at: 1)
  }

  @Test func applyingIsLimitedByBytes() throws {
    var group = PromptGroup(voters: 1) { $0.maxCommittedBytesPerApply = 300 }
    group.elect(1)
    _ = try group[1].propose([[UInt8]](repeating: [UInt8](repeating: 0, count: 68), count: 10), now: group.now)
    var batches: [Int] = []
    while group[1].hasEffects {
      let effects = group[1].takeEffects()
      for response in effects.persist?.responses ?? [] { try group[1].step(response, now: group.now) }
      if effects.committed.isEmpty { continue }
      batches.append(effects.committed.count)
      // Nothing more is handed out until this is applied.
      #expect(group[1].takeEffects().committed.isEmpty)
      group[1].applied(through: effects.committed.last!.index)
    }
    #expect(batches == [3, 3, 3, 1])
  }

  @Test func oldEntriesAreReadBackForASlowFollower() throws {
    var group = PromptGroup(voters: 3) { $0.maxCachedBytes = 200 }
    group.elect(1)
    group.cut = [three]
    for number in 0..<50 { try group.propose("\(number)", at: 1) }
    group.cut = []
    group.pass(milliseconds: 100)
    let request = try #require(group.loads.first)
    #expect(request.follower == three)
    // Never two at once for one follower.
    #expect(group.loads.count == 1)
    group.pass(milliseconds: 200)
    #expect(group.loads.count == 1)
    let entries = group.applied(1).filter { $0.index >= request.from }
    group[1].entriesLoaded(for: three, entries: Array(entries.prefix(10)), now: group.now)
    group.settle()
    #expect(group[3].lastIndex >= request.from + 9)
    // The rest was asked for in turn.
    #expect(group.loads.count == 2)
    // Foreign entries are not passed on.
    let before = group[3].lastIndex
    group[1].entriesLoaded(
      for: three, entries: [Entry(index: group.loads[1].from, term: Term(9))], now: group.now)
    group.settle()
    #expect(group[3].lastIndex == before)
  }

  // MARK: Refusals

  @Test func followerRefusesProposalsAndNamesTheLeader() throws {
    var group = PromptGroup(voters: 3)
    group.elect(1)
    #expect(throws: ProposalError.notLeader(leader: one)) { try group.propose("x", at: 2) }
    #expect(throws: ProposalError.invalid) { try group[1].propose([], now: group.now) }
  }

  @Test func forwardedProposalIsTakenByTheLeader() throws {
    var group = PromptGroup(voters: 3)
    group.elect(1)
    let entry = Entry(index: .zero, term: .zero, payload: [7])
    try group[1].step(Message(.propose, from: two, to: one, entries: [entry]), now: group.now)
    group.settle()
    #expect(group.applied(2).last?.payload == [7])
    #expect(throws: StepError.proposalRefused(.notLeader(leader: one))) {
      try group[3].step(Message(.propose, from: two, to: three, entries: [entry]), now: group.now)
    }
  }
}
