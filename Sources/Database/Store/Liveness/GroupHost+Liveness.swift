import RoostBase
public import RoostMembership
import RoostPlatform
import RoostRaft
import RoostStorage

/// The host as the one who hears which nodes are there.
extension GroupHost: LivenessWatcher {
  func heartbeatsAreDue() {
    watchDisk()
    noteWatermarks()
  }

  func heartbeatsAreMade() { waker.heartbeatsAreMade() }

  func nodeSuspected(_ node: NodeID) {
    delegate?.livenessChanged(node)
    waker.nodeSuspected(node)
  }

  func nodeReturned(_ node: NodeID, isNew: Bool) {
    delegate?.livenessChanged(node)
    waker.nodeReturned(node, isNew: isNew)
  }

  func nodeIsDeaf(_ node: NodeID) { waker.wakeWithoutQuorum(because: node) }

  func nodeRefused(_ node: NodeID, _ refusal: NodeLiveness.Refusal) {
    count(\.refusedIncarnations)
    refusals.note(.otherIncarnation, from: node, refusal.reason, at: loop.now)
    delegate?.refused(node, refusal)
  }

  /// A peer says that this node is not who it was. It may have forgotten what it promised, so it must not go on.
  func received(_ refusal: NodeLiveness.Refusal, of tag: Incarnation.Tag, from node: NodeID) {
    // What was meant for an earlier start, or for another process, is none of this one's business.
    guard tag == configuration.incarnation.tag else { return }
    let own = name(of: configuration.node)
    let other = name(of: node)
    fail("node \(other) refuses this node: \(refusal.reason); \(refusal.remedy(own))")
  }
}

extension GroupHost: SilentGroups {
  var members: [Replica] { replicas.all }

  func isSuspected(_ node: NodeID) -> Bool { liveness.nodes.isSuspected(node) }

  func woken(_ member: Replica) { markDirty(member) }
}

extension NodeLiveness.Refusal {
  /// What it means, in words for operators.
  public var reason: String {
    switch self {
    case .epochWentBack: "its data directory is an older copy (it has been started more often than the directory knows)"
    case .logWentBack: "its log ends before what it had made durable (an older copy, or a disk that lost data)"
    case .duplicate: "another process uses the same identity"
    case .replaced: "it was replaced, and this is the data directory it had"
    }
  }

  func remedy(_ name: String) -> String {
    switch self {
    case .duplicate: "stop one of the two; if the other one is a copy, give it a data directory of its own"
    case .replaced: "start it with an empty data directory"
    case .epochWentBack, .logWentBack:
      "it could break promises it has forgotten; run `roost replace \(name)` on another node, then start it with an "
        + "empty data directory"
    }
  }
}
