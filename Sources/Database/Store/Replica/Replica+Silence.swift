import RoostBase
import RoostPlatform
import RoostRaft

/// Groups in which nothing happens: they fall silent, and are woken when something does.
extension Replica: SilentMember {
  var isSilent: Bool { core.isQuiescent }
  var isLeader: Bool { core.role == .leader }
  var leader: NodeID { core.leader }
  var configuration: Configuration { core.configuration }

  func isBehind(_ node: NodeID) -> Bool? { core.progress(of: node).map { $0.match < core.lastIndex } }

  func wake(now: Instant) { core.wake(now: now) }

  func leaderLost(_ leader: NodeID, now: Instant, standingAfter delay: Duration) {
    core.connectionClosed(to: leader, now: now, head: delay)
  }

  /// Lets a group that this replica leads fall silent when nothing has happened in it for a while.
  func fallSilent(_ now: Instant, isReachable: (NodeID) -> Bool) -> Bool {
    guard core.role == .leader, lastActivity + environment.configuration.quiescenceDelay <= now else { return false }
    return core.quiesce(among: isReachable, now: now)
  }

  /// A group that was woken for an election or for a member that was away falls silent as soon as all is settled.
  func mayFallSilent(_ now: Instant) -> Bool {
    core.role == .leader && !core.isQuiescent && core.commitIndex == core.lastIndex
      && lastActivity + environment.configuration.quiescenceDelay <= now
  }
}
