import RoostBase
import RoostRaft
import Testing

@Suite("The commit index travels with entries, and alone only when it must")
struct CommitDelayTests {
  private func elected() -> PromptGroup {
    var group = PromptGroup(voters: 3) { $0.commitDelay = .milliseconds(4) }
    group.elect(1)
    group.pass(milliseconds: 20, step: 1)
    group.forgetSent()
    return group
  }

  @Test func aBusyLeaderSendsOneMessagePerEntryAndFollower() throws {
    var group = elected()
    for number in 0..<10 { try group.propose("\(number)", at: 1) }
    #expect(group.sent(.append).count == 20)
    #expect(group.applied(1).count == 11 && group.applied(2).count == 10, "one entry behind")
    group.pass(milliseconds: 5, step: 1)
    #expect(group.applied(2).count == 11 && group.applied(3).count == 11)
    #expect(group.sent(.append).count == 22)
    group.pass(milliseconds: 30, step: 1)
    #expect(group.sent(.append).count == 22, "nothing more is told")
  }

  @Test func newsIsPutOffWhileEntriesCarryIt() throws {
    var group = elected()
    for number in 0..<40 {
      try group.propose("\(number)", at: 1)
      group.pass(milliseconds: 1, step: 1)
    }
    #expect(group.sent(.append).count == 80, "only entries are sent")
    group.pass(milliseconds: 8, step: 1)
    #expect(group.sent(.append).count == 82)
    #expect(group.applied(2).count == 41 && group.applied(3).count == 41)
  }

  @Test func whoAsksIsToldAtOnce() throws {
    var group = elected()
    try group.propose("a", at: 1)
    #expect(group.applied(3).count == 1)
    group[1].tellCommit(to: NodeID(3))
    group.settle()
    #expect(group.applied(3).count == 2 && group.applied(2).count == 1)
    #expect(group.sent(.append, to: 3).count == 2)
    group[1].tellCommit(to: NodeID(3))
    group.settle()
    #expect(group.sent(.append, to: 3).count == 2, "it knows")
    group.pass(milliseconds: 5, step: 1)
    #expect(group.sent(.append, to: 3).count == 2 && group.sent(.append, to: 2).count == 2)
  }
}
