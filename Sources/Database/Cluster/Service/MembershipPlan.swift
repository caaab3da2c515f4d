import RoostBase
import RoostRaft

/// Who should be in every group, and the next step from where a group is: a registered node becomes a learner, and a
/// learner that has caught up becomes a voter.
///
/// A node that was declared gone loses its vote at once: without it no more of the others are needed than before, and
/// mostly fewer. Whoever comes in its place is a newcomer like any other. A node that leaves gives leadership away first,
/// and is then removed by a joint change of its own.
///
/// No step leaves a group without a majority of voters that live, and nobody who was declared gone is counted on: such a
/// step waits until it would not.
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
  /// Nodes that were declared gone for good.
  var gone: Set<NodeID> = []
  /// Nodes that give up their places, and those that already did.
  var leaving: Set<NodeID> = []

  func nextStep(for view: View) -> Step {
    if view.configuration.isJoint { return .wait }
    var isWaiting = false
    for step in [dropGone(view), stepOut(view), stepIn(view)] {
      switch step {
      case .propose, .handOver: return step
      case .wait: isWaiting = true
      case .done: break
      }
    }
    return isWaiting ? .wait : .done
  }

  /// Takes out who is gone. In a change of one step: a joint configuration would need the majority of before for longer.
  private func dropGone(_ view: View) -> Step {
    let configuration = view.configuration
    var isWaiting = false
    for node in configuration.members.sorted() where gone.contains(node) {
      // A leader that was declared gone ends when it reads that.
      let mayGo =
        !configuration.voters.contains(node)
        || (node != view.leader && keepsMajority(configuration.voters.subtracting([node]), view))
      if mayGo { return .propose(ConfigurationChange([.init(.remove, node)])) }
      isWaiting = true
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
        let candidates = configuration.voters.subtracting(leaving).subtracting(gone).sorted()
          .filter { view.isLive($0) && view.hasCaughtUp($0) }
        if !candidates.isEmpty { return .handOver(candidates) }
      } else if keepsMajority(configuration.voters.subtracting([node]), view) {
        return .propose(ConfigurationChange([.init(.remove, node)], transition: .jointImplicit))
      }
      isWaiting = true
    }
    return isWaiting ? .wait : .done
  }

  /// Takes in who is registered.
  private func stepIn(_ view: View) -> Step {
    let configuration = view.configuration
    var isWaiting = false
    for node in nodes where !configuration.voters.contains(node) {
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
    QuorumGuard.isMajority(voters.subtracting(gone).filter(view.isLive).count, of: voters.count)
  }
}
