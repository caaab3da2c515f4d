import RoostBase
import RoostRaft
import Testing

/// Reads from a lease, and the promise that it rests on.
@Suite struct LeaseTests {
  private func group(adjust: (inout RaftConfiguration) -> Void = { _ in }) -> PromptGroup {
    var group = PromptGroup(voters: 3) {
      $0.readMode = .lease
      adjust(&$0)
    }
    group.elect(1)
    group.pass(milliseconds: 60)
    group.forgetSent()
    return group
  }

  @Test func leaderWithALeaseAnswersAtOnce() throws {
    var group = group()
    try group[1].readIndex(context: 1, now: group.now)
    #expect(group[1].takeEffects().reads.map(\.context) == [1])
    #expect(group.sent(.heartbeat).isEmpty)
  }

  @Test func leaseRunsOutBeforeAnotherCanBeElected() throws {
    var group = group()
    group.cut = [two, three]
    // The last round that was answered left at 50 or 60.
    try group[1].readIndex(context: 1, now: group.now + .milliseconds(95))
    #expect(group[1].takeEffects().reads.count == 1)
    try group[1].readIndex(context: 2, now: group.now + .milliseconds(115))
    #expect(group[1].takeEffects().reads.isEmpty)
  }

  /// The process stood still: at the first input after it the lease is over, and the read is confirmed instead.
  @Test func pausedLeaderAsksAQuorumInsteadOfRefusing() throws {
    var group = group()
    group.now = group.now + .seconds(3)
    try group[1].readIndex(context: 1, now: group.now)
    group.settle()
    #expect(group.sent(.heartbeat).count == 2)
    #expect(group.reads(1).map(\.context) == [1])
  }

  @Test func promiseOutlivesTheConnectionAndALaterTerm() throws {
    var group = group()
    let heard = group.now
    let request = Message(
      .vote, from: three, to: two, term: Term(9), logTerm: Term(9), index: LogIndex(9))
    group[2].connectionClosed(to: one, now: group.now)
    #expect(group[2].leader == .none)
    #expect(try group[2].answers(to: request, at: heard + .milliseconds(60)).isEmpty)
    // An answer names a later term; that frees nobody either.
    try group[2].step(
      Message(.preVoteResponse, from: three, to: two, term: Term(8), reject: true), now: heard + .milliseconds(61))
    #expect(group[2].term == Term(8))
    #expect(try group[2].answers(to: request, at: heard + .milliseconds(70)).isEmpty)
    group[2].campaign(now: heard + .milliseconds(80))
    #expect(group[2].role == .follower)
    #expect(try group[2].answers(to: request, at: heard + .milliseconds(151)).map(\.reject) == [false])
  }

  /// With a closed connection the election follows the promise, not the whole election timeout.
  @Test func crashedLeaderIsReplacedWhenThePromiseIsOver() throws {
    var group = group { $0.leaseDuration = .milliseconds(100) }
    group.cut = [one]
    let lost = group.now
    for id in [2, 3] as [UInt64] {
      group[id].connectionClosed(to: one, now: lost)
      #expect(group[id].nextDeadline > lost + .milliseconds(80) && group[id].nextDeadline <= lost + .milliseconds(130))
    }
    group.pass(milliseconds: 140)
    #expect(group[2].role == .leader || group[3].role == .leader)
  }

  @Test func silentFollowerOfALostLeaderWakes() throws {
    var group = group()
    // What was proposed last is applied everywhere by now: nothing is left to say.
    let isSilent = group[1].quiesce(among: { _ in true }, now: group.now)
    #expect(isSilent)
    group.settle()
    #expect(group[2].isQuiescent && group[2].nextDeadline == .distantFuture)
    group[2].connectionClosed(to: one, now: group.now)
    #expect(!group[2].isQuiescent && group[2].nextDeadline < group.now + .milliseconds(200))
  }

  @Test func memberThatRestartsKeepsStillAsIfItHadPromised() throws {
    let request = Message(.vote, from: two, to: one, term: Term(5), logTerm: Term(4), index: LogIndex(9))
    var core = try RaftCore.member(terms: [1, 2]) { $0.readMode = .lease }
    #expect(try core.answers(to: request, at: .origin + .milliseconds(100)).isEmpty)
    #expect(try core.answers(to: request, at: .origin + .milliseconds(151)).map(\.reject) == [false])
    // One that never ran has promised nothing.
    var newborn = try RaftCore.member { $0.readMode = .lease }
    #expect(try newborn.answers(to: request, at: .origin + .milliseconds(1)).map(\.reject) == [false])
  }

  @Test func transferForfeitsTheLeaseAndReleasesTheFollowers() throws {
    var group = group()
    group.loses = { $0.kind == .timeoutNow }
    group[1].transferLeadership(to: two, now: group.now)
    group.settle()
    #expect(group[1].isHandingOver)
    try group[1].readIndex(context: 1, now: group.now)
    #expect(group[1].takeEffects().reads.isEmpty)
    group.loses = { _ in false }
    try group[2].step(Message(.timeoutNow, from: one, to: two, term: group[1].term), now: group.now)
    group.settle()
    #expect(group.leader == two)
  }

  @Test func newConfigurationNeedsALeaseOfItsOwn() throws {
    var group = group()
    group.add(NodeID(4)) { $0.readMode = .lease }
    try group[1].proposeConfigurationChange(ConfigurationChange([.init(.addVoter, NodeID(4))]), now: group.now)
    group.settle()
    #expect(group[1].configuration.voters.count == 4)
    try group[1].readIndex(context: 1, now: group.now)
    #expect(group[1].takeEffects().reads.isEmpty)
  }
}
