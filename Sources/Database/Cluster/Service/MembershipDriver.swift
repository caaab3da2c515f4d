import RoostPlatform
import RoostRaft
import RoostStore

/// Brings the members of every group this node leads in line with the registry: a registered node becomes a learner,
/// and a learner that has caught up becomes a voter, one change at a time.
///
/// It keeps no plan: each look compares what is with what should be and proposes the next step, so a leader that dies
/// half-way loses nothing; its successor looks at the same registry. Touched on the host's loop only.
final class MembershipDriver: @unchecked Sendable {
  /// A learner that lacks no more entries than this votes.
  private static let caughtUp: UInt64 = 64
  private static let interval = Duration.milliseconds(20)

  private unowned let host: GroupHost
  private let groups: [GroupID]
  private var timer: (any LoopTimer)?
  /// The registered nodes, in order.
  var desired: [NodeID] = [] { didSet { look() } }

  init(host: GroupHost, groups: [GroupID]) {
    self.host = host
    self.groups = groups
  }

  /// Proposes what is next; looks again by itself as long as something is left to do.
  func look() {
    var isUnfinished = false
    for group in groups {
      guard let status = host.status(of: group), status.role == .leader else { continue }
      guard let change = nextChange(status) else { continue }
      isUnfinished = true
      guard let change = change.step else { continue }
      // Refused while an earlier change is under way or leadership is fresh: the next look tries again.
      try? host.propose(change, in: group)
    }
    if isUnfinished { arm() }
  }

  func stop() { timer?.cancel() }

  /// The next step for a group, if there is something to do; `step` is nil where it has to be waited for.
  private func nextChange(_ status: GroupStatus) -> (step: ConfigurationChange?, Void)? {
    let configuration = status.configuration
    if configuration.isJoint { return (nil, ()) }
    var isWaiting = false
    for node in desired where !configuration.voters.contains(node) {
      guard configuration.learners.contains(node) else {
        return (ConfigurationChange([.init(.addLearner, node)]), ())
      }
      if let matched = host.matchedIndex(of: node, in: status.id),
        matched + MembershipDriver.caughtUp >= status.commitIndex, matched > .zero
      {
        return (ConfigurationChange([.init(.addVoter, node)]), ())
      }
      isWaiting = true
    }
    return isWaiting ? (nil, ()) : nil
  }

  private func arm() {
    timer?.cancel()
    timer = host.loop.schedule(at: host.loop.now + MembershipDriver.interval) { [weak self] in self?.look() }
  }
}
