import RoostBase
import RoostRaft
import Testing

@testable import RoostCluster

@Suite("From the members a group has to the members it should have")
struct MembershipPlanTests {
  /// Follows the plan until it has no step, as if every learner caught up at once.
  private func follow(_ plan: MembershipPlan, from start: Configuration) -> [Configuration] {
    var path = [start]
    while path.count < 20 {
      let view = MembershipPlan.View(configuration: path[path.count - 1], hasCaughtUp: { _ in true })
      guard case .propose(let change) = plan.nextStep(for: view) else { break }
      var next = path[path.count - 1]
      for step in change.steps {
        next.voters.remove(step.node)
        next.learners.remove(step.node)
        switch step.operation {
        case .addVoter: next.voters.insert(step.node)
        case .addLearner: next.learners.insert(step.node)
        case .remove, .update: break
        }
      }
      path.append(next)
    }
    return path
  }

  private func view(
    _ configuration: Configuration, hasCaughtUp: Bool = true, leader: NodeID = 1, dead: Set<NodeID> = []
  ) -> MembershipPlan.View {
    .init(
      configuration: configuration, leader: leader, isLive: { !dead.contains($0) }, hasCaughtUp: { _ in hasCaughtUp })
  }

  @Test func registeredNodesLearnAndThenVote() {
    let path = follow(MembershipPlan(nodes: [1, 2, 3]), from: Configuration(voters: [1]))
    #expect(path.map(\.voters) == [[1], [1], [1, 2], [1, 2], [1, 2, 3]])
    #expect(path.map(\.learners) == [[], [2], [], [3], []])
  }

  @Test func whoHasNotCaughtUpIsWaitedFor() {
    let plan = MembershipPlan(nodes: [1, 2])
    #expect(plan.nextStep(for: view(Configuration(voters: [1], learners: [2]), hasCaughtUp: false)) == .wait)
    #expect(plan.nextStep(for: view(Configuration(voters: [1, 2]), hasCaughtUp: false)) == .done)
  }

  @Test func aNodeThatIsGoneLosesItsVoteAtOnce() {
    let group = Configuration(voters: [1, 2, 3])
    let alone = MembershipPlan(nodes: [1, 3], gone: [2])
    #expect(
      alone.nextStep(for: view(group, dead: [2])) == .propose(ConfigurationChange([.init(.remove, 2)])),
      "whether somebody comes after it or not, by a simple change")
    #expect(alone.nextStep(for: view(Configuration(voters: [1, 3]), dead: [2])) == .done)
    let path = follow(MembershipPlan(nodes: [1, 3, 4], gone: [2]), from: group)
    #expect(path.map(\.voters) == [[1, 2, 3], [1, 3], [1, 3], [1, 3, 4]])
    #expect(path.map(\.learners) == [[], [], [4], []])
  }

  @Test func oneThatWasTriedIsNeededNoMore() {
    let four = Configuration(voters: [1, 2, 3, 4])
    let path = follow(MembershipPlan(nodes: [1, 2, 3], gone: [4]), from: four)
    #expect(path.last == Configuration(voters: [1, 2, 3]))
    #expect(QuorumGuard.isMajority(2, of: 3) && !QuorumGuard.isMajority(2, of: 4), "two that live are enough again")
  }

  @Test func severalThatAreGoneAreTakenOutOneAfterTheOther() {
    let plan = MembershipPlan(nodes: [1, 3, 5], gone: [2, 4])
    let path = follow(plan, from: Configuration(voters: [1, 2, 3, 4, 5]))
    #expect(path.map(\.voters) == [[1, 2, 3, 4, 5], [1, 3, 4, 5], [1, 3, 5]])
  }

  @Test func nobodyWhoIsGoneIsCountedOn() {
    // 4 was declared gone by force and is still heard of.
    let plan = MembershipPlan(nodes: [1, 2], gone: [4], leaving: [3])
    let group = Configuration(voters: [1, 2, 3, 4])
    #expect(plan.nextStep(for: view(group)) == .propose(ConfigurationChange([.init(.remove, 4)])))
    #expect(plan.nextStep(for: view(group, dead: [1, 2])) == .wait, "3 and 4 are no majority")
    let two = MembershipPlan(nodes: [1], gone: [2])
    #expect(
      two.nextStep(for: view(Configuration(voters: [1, 2]), dead: [2]))
        == .propose(ConfigurationChange([.init(.remove, 2)])), "which only commits if 2 agrees")
    #expect(two.nextStep(for: view(Configuration(voters: [1, 2]), leader: 2)) == .wait, "it ends by itself")
    let leaver = MembershipPlan(nodes: [3], gone: [2], leaving: [1])
    #expect(leaver.nextStep(for: view(Configuration(voters: [1, 2, 3]), dead: [3])) == .wait)
  }

  @Test func whatOnlyLearntIsDroppedAtOnce() {
    let plan = MembershipPlan(nodes: [1, 4], gone: [2])
    let path = follow(plan, from: Configuration(voters: [1], learners: [2]))
    #expect(path.last == Configuration(voters: [1, 4]))
  }

  @Test func aJointConfigurationIsLeftFirst() {
    var joint = Configuration(voters: [1, 3, 4])
    joint.outgoingVoters = [1, 2, 3]
    let plan = MembershipPlan(nodes: [1, 3, 4], gone: [2])
    #expect(plan.nextStep(for: view(joint, hasCaughtUp: true)) == .wait)
  }

  @Test func whoLeavesIsRemovedByAJointChange() {
    let plan = MembershipPlan(nodes: [1, 2], leaving: [3])
    let group = Configuration(voters: [1, 2, 3])
    #expect(
      plan.nextStep(for: view(group))
        == .propose(ConfigurationChange([.init(.remove, 3)], transition: .jointImplicit)))
    #expect(follow(plan, from: group).last == Configuration(voters: [1, 2]))
    #expect(plan.nextStep(for: view(Configuration(voters: [1, 2]))) == .done, "it is not taken in again")
    let learner = Configuration(voters: [1, 2], learners: [3])
    #expect(plan.nextStep(for: view(learner)) == .propose(ConfigurationChange([.init(.remove, 3)])))
  }

  @Test func aLeaderThatLeavesHandsOverFirst() {
    let plan = MembershipPlan(nodes: [2, 3], leaving: [1])
    let group = Configuration(voters: [1, 2, 3])
    #expect(plan.nextStep(for: view(group)) == .handOver([2, 3]))
    #expect(plan.nextStep(for: view(group, dead: [3])) == .handOver([2]), "to one that is there")
    #expect(plan.nextStep(for: view(group, hasCaughtUp: false)) == .wait)
    let both = MembershipPlan(nodes: [3], leaving: [1, 2])
    #expect(both.nextStep(for: view(group)) == .handOver([3]), "and not to another one that leaves")
  }

  @Test func noStepTakesTheMajorityThatLives() {
    let leaving = MembershipPlan(nodes: [1, 2], leaving: [3])
    #expect(leaving.nextStep(for: view(Configuration(voters: [1, 2, 3]), dead: [2])) == .wait)
    #expect(
      leaving.nextStep(for: view(Configuration(voters: [1, 2, 3]), dead: [3]))
        == .propose(ConfigurationChange([.init(.remove, 3)], transition: .jointImplicit)), "a dead one may always go")
    let gone = MembershipPlan(nodes: [1, 3], gone: [2])
    #expect(gone.nextStep(for: view(Configuration(voters: [1, 2, 3]), dead: [2, 3])) == .wait)
    let joining = Configuration(voters: [1, 2, 3], learners: [4])
    #expect(MembershipPlan(nodes: [1, 2, 3, 4]).nextStep(for: view(joining, dead: [4])) == .wait, "who is dead")
  }

  @Test func whoNeverCameIsDropped() {
    let plan = MembershipPlan(nodes: [1, 2, 3], leaving: [4])
    let path = follow(plan, from: Configuration(voters: [1, 2, 3], learners: [4]))
    #expect(path.last == Configuration(voters: [1, 2, 3]))
    #expect(path.count == 2)
  }
}
