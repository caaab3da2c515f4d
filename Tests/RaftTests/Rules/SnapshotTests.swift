import RoostBase
import RoostRaft
import Testing

/// Raft paper, section 7.
@Suite struct SnapshotTests {
  /// A group of three whose third member missed ten entries that are compacted now.
  private func groupWithALaggard() throws -> PromptGroup {
    var group = PromptGroup(voters: 3)
    group.elect(1)
    group.cut = [three]
    for number in 0..<10 { try group.propose("\(number)", at: 1) }
    group[1].compact(through: group[1].appliedIndex)
    return group
  }

  @Test func followerBehindTheLogGetsTheState() throws {
    var group = try groupWithALaggard()
    #expect(group[1].firstIndex == LogIndex(12))
    group.cut = []
    group.pass(milliseconds: 200)
    let snapshot = try #require(group.sent(.snapshot, to: 3).first?.snapshot)
    #expect(
      snapshot
        == SnapshotMetadata(
          index: LogIndex(11), term: Term(1), configuration: Configuration(voters: [one, two, three])))
    #expect(group[3].lastIndex == LogIndex(11))
    #expect(group[3].firstIndex == LogIndex(12))
    #expect(group[3].appliedIndex == LogIndex(11))
    try group.propose("x", at: 1)
    #expect(group.applied(3).last?.payload == Array("x".utf8))
  }

  @Test func nobodyToReceiveItGetsNoSnapshot() throws {
    var group = try groupWithALaggard()
    group.pass(milliseconds: 500)
    #expect(group.sent(.snapshot).isEmpty)
  }

  @Test func snapshotStandsForTheStateWhenItIsTaken() throws {
    var group = try groupWithALaggard()
    group.cut = []
    group.loses = { $0.to == three && $0.kind != .heartbeat }
    try group[1].propose([[1]], now: group.now)
    var effects = group[1].takeEffects()
    for response in effects.persist?.responses ?? [] { try group[1].step(response, now: group.now) }
    // The snapshot is wanted, and then one more entry is committed, but not applied when the effects are taken.
    try group[1].step(
      Message(.appendResponse, from: three, to: one, term: Term(1), index: LogIndex(11), reject: true), now: group.now)
    #expect(group[1].progress(of: three)?.pendingSnapshot == LogIndex(11))
    try group[1].step(Message(.appendResponse, from: two, to: one, term: Term(1), index: LogIndex(12)), now: group.now)
    #expect(group[1].commitIndex == LogIndex(12))
    effects = group[1].takeEffects()
    #expect(effects.messages.first { $0.kind == .snapshot }?.snapshot?.index == LogIndex(11))
    // The other order: applied first, then taken.
    group[1].reportSnapshot(three, succeeded: false)
    try group[1].step(Message(.heartbeatResponse, from: three, to: one, term: Term(1)), now: group.now)
    group[1].applied(through: LogIndex(12))
    effects = group[1].takeEffects()
    #expect(effects.messages.first { $0.kind == .snapshot }?.snapshot?.index == LogIndex(12))
    #expect(group[1].progress(of: three)?.pendingSnapshot == LogIndex(12))
  }

  @Test func receivedSnapshotReplacesTheLog() throws {
    var core = try RaftCore.member(terms: [1, 1, 1], term: 1)
    let snapshot = SnapshotMetadata(
      index: LogIndex(9), term: Term(2), configuration: Configuration(voters: [one, two, NodeID(4)]))
    try core.step(Message(.snapshot, from: two, to: one, term: Term(2), snapshot: snapshot), now: .origin)
    let effects = core.takeEffects()
    let write = try #require(effects.persist)
    #expect(write.snapshot == snapshot)
    #expect(write.mustSync)
    #expect(write.entries.isEmpty && effects.committed.isEmpty)
    #expect(core.lastIndex == LogIndex(9) && core.firstIndex == LogIndex(10))
    #expect(core.configuration == snapshot.configuration)
    // Until it is durable nothing is applied, and this member does not stand for election.
    #expect(core.appliedIndex == .zero)
    core.campaign(now: .origin)
    #expect(core.role == .follower)
    for message in write.responses where message.to == one { try core.step(message, now: .origin) }
    #expect(core.appliedIndex == LogIndex(9))
    #expect(write.responses.first { $0.to == two }?.index == LogIndex(9))
  }

  @Test func outdatedSnapshotChangesNothing() throws {
    var core = try RaftCore.member(terms: [1, 1, 1], term: 1, commit: 3)
    let snapshot = SnapshotMetadata(
      index: LogIndex(2), term: Term(1), configuration: Configuration(voters: [one, two, three]))
    let answers = try core.answers(to: Message(.snapshot, from: two, to: one, term: Term(1), snapshot: snapshot))
    #expect(core.terms == [1, 1, 1])
    #expect(answers.first { $0.to == two }?.index == LogIndex(3))
  }

  @Test func snapshotOfWhatTheLogHoldsOnlyCommitsIt() throws {
    var core = try RaftCore.member(terms: [1, 1, 1], term: 1)
    let snapshot = SnapshotMetadata(
      index: LogIndex(2), term: Term(1), configuration: Configuration(voters: [one, two, three]))
    try core.step(Message(.snapshot, from: two, to: one, term: Term(1), snapshot: snapshot), now: .origin)
    #expect(core.takeEffects().persist?.snapshot == nil)
    #expect(core.commitIndex == LogIndex(2))
    #expect(core.terms == [1, 1, 1])
  }

  @Test func snapshotWithoutTheMemberIsIgnored() throws {
    var core = try RaftCore.member()
    let snapshot = SnapshotMetadata(index: LogIndex(9), term: Term(1), configuration: Configuration(voters: [two]))
    try core.step(Message(.snapshot, from: two, to: one, term: Term(1), snapshot: snapshot), now: .origin)
    #expect(core.takeEffects().persist?.snapshot == nil)
    #expect(core.lastIndex == .zero)
  }

  @Test func failedSnapshotIsTriedAgain() throws {
    var group = try groupWithALaggard()
    group.cut = []
    group.loses = { $0.kind == .snapshot }
    group.pass(milliseconds: 120)
    #expect(group.sent(.snapshot).count == 1)
    #expect(group[1].progress(of: three)?.state == .snapshot)
    group[1].reportSnapshot(three, succeeded: false)
    #expect(group[1].progress(of: three)?.state == .probe)
    group.loses = { _ in false }
    group.pass(milliseconds: 120)
    #expect(group[3].lastIndex == LogIndex(11))
    #expect(group[1].progress(of: three)?.state == .replicate)
  }

  @Test func reportOfSuccessMakesGoodForALostAnswer() throws {
    var group = try groupWithALaggard()
    group.cut = []
    group.loses = { $0.kind == .appendResponse && $0.from == three && !$0.reject }
    group.pass(milliseconds: 120)
    #expect(group[1].progress(of: three)?.state == .snapshot)
    group.loses = { _ in false }
    group[1].reportSnapshot(three, succeeded: true)
    group.pass(milliseconds: 120)
    #expect(group[1].progress(of: three)?.state == .replicate)
    #expect(group.sent(.snapshot).count == 1)
  }

  @Test func compactionNeverPassesWhatIsApplied() throws {
    var core = try RaftCore.member(terms: [1, 1, 1], term: 1, commit: 2)
    core.compact(through: LogIndex(3))
    #expect(core.firstIndex == LogIndex(1))
    #expect(core.takeEffects().committed.count == 2)
    core.applied(through: LogIndex(2))
    core.compact(through: LogIndex(3))
    #expect(core.firstIndex == LogIndex(3))
    #expect(core.term(at: LogIndex(2)) == Term(1))
    #expect(core.term(at: LogIndex(1)) == nil)
  }
}
