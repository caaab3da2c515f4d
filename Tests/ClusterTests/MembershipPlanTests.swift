import RoostRaft
import Testing

@testable import RoostCluster

@Suite("From the members a group has to the members it should have")
struct MembershipPlanTests {
  /// Follows the plan until it has no step, as if every learner caught up at once.
  private func follow(_ plan: MembershipPlan, from start: Configuration) -> [Configuration] {
    var path = [start]
    while path.count < 20 {
      guard case .propose(let change) = plan.nextStep(for: path[path.count - 1], hasCaughtUp: { _ in true }) else {
        break
      }
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

  @Test func registeredNodesLearnAndThenVote() {
    let path = follow(MembershipPlan(nodes: [1, 2, 3]), from: Configuration(voters: [1]))
    #expect(path.map(\.voters) == [[1], [1], [1, 2], [1, 2], [1, 2, 3]])
    #expect(path.map(\.learners) == [[], [2], [], [3], []])
  }

  @Test func whoHasNotCaughtUpIsWaitedFor() {
    let plan = MembershipPlan(nodes: [1, 2])
    #expect(plan.nextStep(for: Configuration(voters: [1], learners: [2]), hasCaughtUp: { _ in false }) == .wait)
    #expect(plan.nextStep(for: Configuration(voters: [1, 2]), hasCaughtUp: { _ in false }) == .done)
  }

  @Test func aNodeThatIsGoneKeepsItsPlaceUntilItsSuccessorHasCaughtUp() {
    let group = Configuration(voters: [1, 2, 3])
    let alone = MembershipPlan(nodes: [1, 3], successors: [2: .none])
    #expect(alone.nextStep(for: group, hasCaughtUp: { _ in true }) == .done, "nobody came for the place yet")
    let plan = MembershipPlan(nodes: [1, 3, 4], successors: [2: 4])
    let learning = Configuration(voters: [1, 2, 3], learners: [4])
    #expect(plan.nextStep(for: learning, hasCaughtUp: { _ in false }) == .wait)
    #expect(
      plan.nextStep(for: learning, hasCaughtUp: { _ in true })
        == .propose(ConfigurationChange([.init(.addVoter, 4), .init(.remove, 2)])), "one joint change")
    let path = follow(plan, from: group)
    #expect(path.map(\.voters) == [[1, 2, 3], [1, 2, 3], [1, 3, 4]])
    #expect(path.allSatisfy { $0.voters.count == 3 }, "never a majority of fewer")
  }

  @Test func twoPlacesAreTakenOneAfterTheOther() {
    let plan = MembershipPlan(nodes: [1, 4, 5], successors: [2: 4, 3: 5])
    let path = follow(plan, from: Configuration(voters: [1, 2, 3]))
    #expect(path.last == Configuration(voters: [1, 4, 5]))
    #expect(path.allSatisfy { $0.voters.count == 3 })
  }

  @Test func whatOnlyLearntIsDroppedAtOnce() {
    let plan = MembershipPlan(nodes: [1, 4], successors: [2: 4])
    let path = follow(plan, from: Configuration(voters: [1], learners: [2]))
    #expect(path.last == Configuration(voters: [1, 4]))
  }

  @Test func aJointConfigurationIsLeftFirst() {
    var joint = Configuration(voters: [1, 3, 4])
    joint.outgoingVoters = [1, 2, 3]
    let plan = MembershipPlan(nodes: [1, 3, 4], successors: [2: 4])
    #expect(plan.nextStep(for: joint, hasCaughtUp: { _ in true }) == .wait)
  }
}
