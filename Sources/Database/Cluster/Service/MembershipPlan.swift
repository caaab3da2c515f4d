import RoostRaft

/// Who should be in every group, and the next step from where a group is: a registered node becomes a learner, and a
/// learner that has caught up becomes a voter.
///
/// A node that is to be replaced keeps its place, for without it the majority would be smaller than what the group
/// promised, until its successor has caught up; then one joint change gives the place to the successor. A node that
/// leaves gives leadership away first, and is then removed by a joint change of its own.
///
/// No step leaves a group without a majority of voters that live: such a step waits until it would not.
struct MembershipPlan: Equatable {
  enum Step: Equatable {
    case done
    /// Something has to happen first.
    case wait
    case propose(ConfigurationChange)
    /// The leader itself leaves: one of these has to lead, each as good as the others.
    case handOver([NodeID])
  }

  /// What a group's leader knows about a group.
  struct View {
    var configuration: Configuration
    var leader = NodeID.none
    /// Whether a node is heard of and hears the leader.
    var isLive: (NodeID) -> Bool = { _ in true }
    /// Whether a member has what it needs to vote, or to lead.
    var hasCaughtUp: (NodeID) -> Bool
  }

  /// The nodes that belong to the cluster, in order.
  var nodes: [NodeID] = []
  /// Nodes that are gone for good and who takes their place; none if nobody came for it yet.
  var successors: [NodeID: NodeID] = [:]
  /// Nodes that give up their places, and those that already did.
  var leaving: Set<NodeID> = []

  func nextStep(for view: View) -> Step {
    if view.configuration.isJoint { return .wait }
    var isWaiting = false
    for step in [stepOut(view), successionStep(view), stepIn(view)] {
      switch step {
      case .propose, .handOver: return step
      case .wait: isWaiting = true
      case .done: break
      }
    }
    return isWaiting ? .wait : .done
  }

  /// Takes out who leaves.
  private func stepOut(_ view: View) -> Step {
    let configuration = view.configuration
    var isWaiting = false
    for node in configuration.members.sorted() where leaving.contains(node) {
      guard configuration.voters.contains(node) else { return .propose(ConfigurationChange([.init(.remove, node)])) }
      if node == view.leader {
        let candidates = configuration.voters.subtracting(leaving).sorted()
          .filter { view.isLive($0) && view.hasCaughtUp($0) && successors[$0] == nil }
        if !candidates.isEmpty { return .handOver(candidates) }
      } else if keepsMajority(configuration.voters.subtracting([node]), view) {
        return .propose(ConfigurationChange([.init(.remove, node)], transition: .jointImplicit))
      }
      isWaiting = true
    }
    return isWaiting ? .wait : .done
  }

  /// Gives the places of nodes that are gone to their successors.
  private func successionStep(_ view: View) -> Step {
    let configuration = view.configuration
    var isWaiting = false
    for gone in configuration.members.sorted() {
      guard let successor = successors[gone], successor != .none else { continue }
      guard configuration.voters.contains(gone) else {
        return .propose(ConfigurationChange([.init(.remove, gone)]))
      }
      let others = configuration.voters.subtracting([gone])
      if configuration.voters.contains(successor) {
        if keepsMajority(others, view) { return .propose(ConfigurationChange([.init(.remove, gone)])) }
      } else if !configuration.learners.contains(successor) {
        return .propose(ConfigurationChange([.init(.addLearner, successor)]))
      } else if view.isLive(successor), view.hasCaughtUp(successor), keepsMajority(others.union([successor]), view) {
        return .propose(ConfigurationChange([.init(.addVoter, successor), .init(.remove, gone)]))
      }
      isWaiting = true
    }
    return isWaiting ? .wait : .done
  }

  /// Takes in who is registered and has no place to inherit.
  private func stepIn(_ view: View) -> Step {
    let configuration = view.configuration
    var isWaiting = false
    let inheriting = Set(successors.filter { configuration.members.contains($0.key) }.values)
    for node in nodes where !configuration.voters.contains(node) && !inheriting.contains(node) {
      guard configuration.learners.contains(node) else {
        return .propose(ConfigurationChange([.init(.addLearner, node)]))
      }
      if view.isLive(node), view.hasCaughtUp(node) {
        return .propose(ConfigurationChange([.init(.addVoter, node)]))
      }
      isWaiting = true
    }
    return isWaiting ? .wait : .done
  }

  private func keepsMajority(_ voters: Set<NodeID>, _ view: View) -> Bool {
    QuorumGuard.isMajority(voters.filter(view.isLive).count, of: voters.count)
  }
}
