import RoostBase
import RoostPlatform
import RoostRaft
import Testing

@testable import RoostCluster

@Suite("Majorities that must not be taken away")
struct QuorumGuardTests {
  private func judge(
    _ configurations: Configuration..., live: Set<NodeID>, gone: Set<NodeID> = [], leaving: Set<NodeID> = []
  ) -> QuorumGuard {
    QuorumGuard(
      groups: configurations.enumerated().map { .init(id: GroupID(UInt64($0.offset + 1)), configuration: $0.element) },
      live: live, gone: gone, leaving: leaving)
  }

  @Test(arguments: [(1, 1), (2, 2), (3, 2), (4, 3), (5, 3), (6, 4)])
  func aMajorityIsMoreThanHalf(voters: Int, needed: Int) {
    #expect(QuorumGuard.needed(of: voters) == needed)
    #expect(QuorumGuard.isMajority(needed, of: voters))
    #expect(!QuorumGuard.isMajority(needed - 1, of: voters))
    #expect(!QuorumGuard.isMajority(0, of: 0), "nobody is no majority of nobody")
  }

  @Test func oneOfThreeMayGoAndNoSecondOne() {
    let three = Configuration(voters: [1, 2, 3])
    #expect(judge(three, live: [1, 2, 3]).shortfalls(declaringGone: 2).isEmpty)
    let second = judge(three, live: [1, 2, 3], gone: [2]).shortfalls(declaringGone: 3)
    #expect(second == [.init(group: GroupID(1), voters: [1, 2, 3], live: [1], needed: 2)])
    #expect(!judge(three, live: [1, 3]).shortfalls(declaringGone: 3).isEmpty, "one that is dead counts the same")
    #expect(judge(three, live: [1, 3]).shortfalls(declaringGone: 2).isEmpty, "who is dead already takes nothing away")
  }

  @Test func learnersCountForNothing() {
    let learning = Configuration(voters: [1, 2, 3], learners: [4, 5])
    #expect(!judge(learning, live: [1, 2, 4, 5]).shortfalls(declaringGone: 2).isEmpty)
    #expect(judge(learning, live: [1, 2, 3, 4]).shortfalls(declaringGone: 4).isEmpty, "a learner may always go")
    #expect(judge(learning, live: [1]).shortfalls(removing: 5).isEmpty)
  }

  @Test func everyGroupIsLookedAt() {
    let shortfalls = judge(
      Configuration(voters: [1, 2, 3]), Configuration(voters: [1, 2, 4]), Configuration(voters: [5]),
      live: [1, 2, 3, 5]
    ).shortfalls(declaringGone: 2)
    #expect(shortfalls.map(\.group) == [GroupID(2)], "the one whose third member is dead")
  }

  @Test func bothHalvesOfAJointConfigurationNeedTheirMajority() {
    var joint = Configuration(voters: [1, 4, 5])
    joint.outgoingVoters = [1, 2, 3]
    #expect(judge(joint, live: [1, 2, 3, 4, 5]).shortfalls(declaringGone: 2).isEmpty)
    #expect(judge(joint, live: [1, 2, 4, 5]).shortfalls(declaringGone: 2).map(\.voters) == [[1, 2, 3]])
    #expect(judge(joint, live: [1, 2, 3, 4]).shortfalls(declaringGone: 4).map(\.voters) == [[1, 4, 5]])
  }

  @Test func whoIsLeftAfterARemovalMustBeAMajorityToo() {
    let three = Configuration(voters: [1, 2, 3])
    #expect(judge(three, live: [1, 2, 3]).shortfalls(removing: 3).isEmpty)
    #expect(judge(three, live: [1, 2]).shortfalls(removing: 3).isEmpty, "the dead one goes")
    let living = judge(three, live: [1, 2]).shortfalls(removing: 2)
    #expect(living == [.init(group: GroupID(1), voters: [1, 3], live: [1], needed: 2)])
    #expect(!judge(Configuration(voters: [1]), live: [1]).shortfalls(removing: 1).isEmpty, "the last one stays")
    #expect(!judge(three, live: [1]).shortfalls(removing: 3).isEmpty, "there is no majority to agree on it")
  }

  @Test func whoLeavesAlreadyIsCountedOut() {
    let four = Configuration(voters: [1, 2, 3, 4])
    #expect(judge(four, live: [1, 2, 3]).shortfalls(declaringGone: 4).isEmpty)
    #expect(
      !judge(four, live: [1, 2, 3], leaving: [3]).shortfalls(removing: 2).isEmpty, "1 and the dead 4 would be left")
    #expect(judge(four, live: [1, 2, 3, 4], leaving: [3]).shortfalls(removing: 2).isEmpty)
  }

  @Test func theStatusCountsTheWeakestGroup() {
    let judged = judge(
      Configuration(voters: [1, 2, 3, 4, 5]), Configuration(voters: [1, 2, 3]), live: [1, 2, 4, 5])
    #expect(judged.weakest == .init(voters: 3, needed: 2, live: 2))
    #expect(judged.weakest?.margin == 0)
    #expect(judge(live: [1]).weakest == nil)
  }
}
