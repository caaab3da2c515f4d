import RoostRaft

/// Who should be in every group, and the next step from where a group is: a registered node becomes a learner, and a
/// learner that has caught up becomes a voter.
///
/// A node that is to be replaced keeps its place, for without it the majority would be smaller than what the group
/// promised, until its successor has caught up; then one joint change gives the place to the successor.
struct MembershipPlan: Equatable {
  enum Step: Equatable {
    case done
    /// Something has to happen first.
    case wait
    case propose(ConfigurationChange)
  }

  /// The nodes that belong to the cluster, in order.
  var nodes: [NodeID] = []
  /// Nodes that are gone for good and who takes their place; none if nobody came for it yet.
  var successors: [NodeID: NodeID] = [:]

  /// - Parameter hasCaughtUp: whether a learner has what it needs to vote.
  func nextStep(for configuration: Configuration, hasCaughtUp: (NodeID) -> Bool) -> Step {
    if configuration.isJoint { return .wait }
    var isWaiting = false
    for gone in configuration.members.sorted() {
      guard let successor = successors[gone], successor != .none else { continue }
      if configuration.voters.contains(successor) || !configuration.voters.contains(gone) {
        return .propose(ConfigurationChange([.init(.remove, gone)]))
      }
      guard configuration.learners.contains(successor) else {
        return .propose(ConfigurationChange([.init(.addLearner, successor)]))
      }
      if hasCaughtUp(successor) {
        return .propose(ConfigurationChange([.init(.addVoter, successor), .init(.remove, gone)]))
      }
      isWaiting = true
    }
    let inheriting = Set(successors.filter { configuration.members.contains($0.key) }.values)
    for node in nodes where !configuration.voters.contains(node) && !inheriting.contains(node) {
      guard configuration.learners.contains(node) else {
        return .propose(ConfigurationChange([.init(.addLearner, node)]))
      }
      if hasCaughtUp(node) { return .propose(ConfigurationChange([.init(.addVoter, node)])) }
      isWaiting = true
    }
    return isWaiting ? .wait : .done
  }
}
