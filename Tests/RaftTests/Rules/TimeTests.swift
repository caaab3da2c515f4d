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
