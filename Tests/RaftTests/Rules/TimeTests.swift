import RoostBase
import RoostRaft
import Testing

/// Deadlines, and that nothing but inputs decides.
@Suite struct TimeTests {
  @Test func nothingHappensBeforeTheDeadline() throws {
    var group = PromptGroup(voters: 3)
    group.elect(1)
    for id in 1...3 as ClosedRange<UInt64> {
      let before = Instant(nanoseconds: group[id].nextDeadline.nanoseconds - 1)
      group[id].tick(now: before)
      #expect(!group[id].hasEffects)
    }
  }

  @Test func leaderSendsAHeartbeatPerInterval() throws {
    var group = PromptGroup(voters: 3)
    group.elect(1)
    group.forgetSent()
    group.pass(milliseconds: 1000)
    #expect(group.sent(.heartbeat, to: 2).count == 20)
  }

  @Test func loneLeaderNeedsNoClock() throws {
    var group = PromptGroup(voters: 1)
    #expect(group[1].nextDeadline < .distantFuture)
    group.elect(1)
    #expect(group[1].nextDeadline == .distantFuture)
  }

  @Test func clockThatRunsBackwardsIsIgnored() throws {
    var group = PromptGroup(voters: 3)
    group.elect(1)
    group.pass(milliseconds: 500)
    let deadline = group[1].nextDeadline
    group[1].tick(now: .origin)
    #expect(group[1].nextDeadline == deadline)
    #expect(group[1].role == .leader)
  }

  @Test func followerThatStoodStillReadsWhatCameMeanwhileFirst() throws {
    var group = PromptGroup(voters: 3)
    group.elect(1)
    let late = group[2].nextDeadline + .milliseconds(100)
    group[2].tick(now: late)
    #expect(group[2].role == .follower)
    #expect(group[2].leader == one)
    #expect(group[2].nextDeadline == late + .milliseconds(50))
    // Once: nothing was there to be read, or it stands still all the time.
    group[2].tick(now: late + .milliseconds(200))
    #expect(group[2].role == .preCandidate)
  }

  @Test func followerThatHeardOfItsLeaderMayStandStillAgain() throws {
    var group = PromptGroup(voters: 3)
    group.elect(1)
    for _ in 1...3 {
      let late = group[2].nextDeadline + .milliseconds(100)
      group[2].tick(now: late)
      #expect(group[2].role == .follower)
      try group[2].step(Message(.heartbeat, from: one, to: two, term: group[1].term), now: late + .milliseconds(1))
      #expect(group[2].role == .follower)
      #expect(group[2].nextDeadline >= late + .milliseconds(150))
    }
  }

  @Test(arguments: [true, false]) func leaderThatStoodStillReadsWhatCameMeanwhileFirst(isQuorumThere: Bool) throws {
    var group = PromptGroup(voters: 3)
    group.elect(1)
    group.pass(milliseconds: 140)
    group.cut = [two, three]
    // It finds its quorum once more, and has not heard of it since.
    group.pass(milliseconds: 20)
    let late = group.now + .milliseconds(500)
    group[1].tick(now: late)
    #expect(group[1].role == .leader)
    if isQuorumThere {
      for member in [two, three] {
        try group[1].step(Message(.heartbeatResponse, from: member, to: one, term: group[1].term), now: late)
      }
    }
    group[1].tick(now: late + .milliseconds(50))
    #expect(group[1].role == (isQuorumThere ? .leader : .follower))
  }

  @Test func sameInputsGiveTheSameHistory() throws {
    func history(_ seed: UInt64) throws -> [SimulatedMember.State] {
      var faults = SimulatedGroup.Faults()
      faults.compacts = true
      var group = try SimulatedGroup(seed: seed, voters: 3, faults: faults)
      try group.run(milliseconds: 1500)
      return group.members.map(\.state)
    }
    #expect(try history(7) == history(7))
    #expect(try history(7) != history(8))
  }

  @Test func membersOfOneSeedDrawDifferentTimeouts() throws {
    let first = try RaftCore.member(1) { $0.randomSeed = 5 }
    let second = try RaftCore.member(2) { $0.randomSeed = 5 }
    #expect(first.nextDeadline != second.nextDeadline)
  }
}
