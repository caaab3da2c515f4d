import RoostBase
public import RoostMembership
import RoostPlatform
import RoostRaft
import RoostStorage

/// The host as the one who watches the other nodes for all of its groups; the rules are in ``NodeLiveness``.
///
/// Groups in which nothing happens are silent (``RaftCore/quiesce(among:now:)``) and have no timers. When a node seems
/// dead, or is back, the groups that have to do with it are woken a few at a time: thousands of elections at once would
/// keep the loop from what keeps the others alive.
extension GroupHost {
  /// Groups that are woken together, and the pause before the next ones.
  private static let wakeBatch = 32
  /// From so many awake groups on, fewer are woken together.
  private static let awakeLimit = 512
  private static let crowdedWakeBatch = 4
  /// Ticks of liveness between two looks for laggards.
  private static let laggardCheckInterval = 16
  private static let wakePause = Duration.milliseconds(5)
  /// How much later than its predecessor each follower of a dead leader stands for election.
  private static let successionDelay = Duration.milliseconds(40)

  /// Performs what liveness wants done and arranges for its next look.
  func performLiveness() {
    for action in liveness.takeActions() {
      switch action {
      case .send(let heartbeat, let node):
        network.send(PeerPayload.heartbeat(heartbeat), to: node, lane: .consensus)
      case .suspected(let node): nodeSuspected(node)
      case .returned(let node, let isNew): nodeReturned(node, isNew: isNew)
      case .deaf(let node): wakeWithoutQuorum(because: node)
      case .refuse(let node, let tag, let refusal):
        count(\.refusedIncarnations)
        refusals.note(.otherIncarnation, from: node, refusal.reason, at: loop.now)
        network.send(PeerPayload.refusal(of: tag, refusal), to: node, lane: .consensus)
        delegate?.refused(node, refusal)
      }
    }
    armLiveness()
  }

  private func armLiveness() {
    let deadline = liveness.nextDeadline
    guard deadline < livenessDeadline, !isStopped else { return }
    livenessTimer?.cancel()
    livenessDeadline = deadline
    livenessTimer = loop.schedule(at: deadline) { [self] in
      livenessDeadline = .distantFuture
      guard !isStopped else { return }
      watchDisk()
      noteWatermarks()
      liveness.watermark = logStore.lastDurableBatch
      liveness.tick(now: loop.now)
      wakeForLaggards()
      performLiveness()
    }
  }

  func received(_ heartbeat: Heartbeat, from node: NodeID) {
    liveness.received(heartbeat, from: node, now: loop.now)
    performLiveness()
  }

  /// A peer says that this node is not who it was. It may have forgotten what it promised, so it must not go on.
  func received(_ refusal: NodeLiveness.Refusal, of tag: Incarnation.Tag, from node: NodeID) {
    // What was meant for an earlier start, or for another process, is none of this one's business.
    guard tag == configuration.incarnation.tag else { return }
    let name = delegate?.name(of: configuration.node) ?? "\(configuration.node)"
    let other = delegate?.name(of: node) ?? "\(node)"
    fail("node \(other) refuses this node: \(refusal.reason); \(refusal.remedy(name))")
  }

  // MARK: Who has to be woken

  private func nodeSuspected(_ node: NodeID) {
    delegate?.livenessChanged(node)
    for replica in replicas.all where replica.core.leader == node && replica.core.isQuiescent {
      wakes.append(Wake(replica: replica, node: node, reason: .leaderLost))
    }
    wakeWithoutQuorum(because: node)
    armWakes()
  }

  /// Leaders whose quorum is gone look for it themselves once they are awake, and step down.
  private func wakeWithoutQuorum(because node: NodeID) {
    for replica in replicas.all where replica.core.isQuiescent && replica.core.role == .leader {
      let configuration = replica.core.configuration
      guard configuration.members.contains(node), !hasQuorum(configuration) else { continue }
      wakes.append(Wake(replica: replica, node: node, reason: .resync))
    }
    armWakes()
  }

  private func hasQuorum(_ configuration: Configuration) -> Bool {
    JointQuorum(configuration).voteResult { $0 == self.configuration.node || liveness.isReachable($0) } == .won
  }

  private func nodeReturned(_ node: NodeID, isNew: Bool) {
    delegate?.livenessChanged(node)
    for replica in replicas.all {
      if replica.core.role == .leader {
        guard replica.core.isQuiescent, let progress = replica.core.progress(of: node) else { continue }
        // Another incarnation waits to hear of its leader; the same one only if it missed something.
        guard isNew || progress.match < replica.core.lastIndex else { continue }
        wakes.append(Wake(replica: replica, node: node, reason: .resync))
      } else if isNew, replica.core.leader == node, replica.core.isQuiescent {
        wakes.append(Wake(replica: replica, node: node, reason: .leaderRestarted))
      }
    }
    armWakes()
  }

  /// A silent leader whose member lacks something although it can be reached: nothing should lead to that, but if
  /// something did, the group would stay so until somebody wanted something of it. Looks once every few seconds.
  private func wakeForLaggards() {
    laggardCheck += 1
    guard laggardCheck % GroupHost.laggardCheckInterval == 0, wakes.isEmpty else { return }
    for replica in replicas.all where replica.core.isQuiescent && replica.core.role == .leader {
      let last = replica.core.lastIndex
      for node in replica.core.configuration.members where node != configuration.node && liveness.isReachable(node) {
        guard let progress = replica.core.progress(of: node), progress.match < last else { continue }
        count(\.laggardsFound)
        wakes.append(Wake(replica: replica, node: node, reason: .resync))
        break
      }
    }
    armWakes()
  }

  private func armWakes() {
    guard !wakes.isEmpty, !isWakeArmed else { return }
    isWakeArmed = true
    loop.schedule(at: loop.now + GroupHost.wakePause) { [self] in
      isWakeArmed = false
      guard !isStopped else { return }
      // What is awake already needs its share of the loop: then only a few more join in.
      let isCrowded = awakeCount >= GroupHost.awakeLimit
      for wake in wakes.take(isCrowded ? GroupHost.crowdedWakeBatch : GroupHost.wakeBatch) { perform(wake) }
      armWakes()
    }
  }

  private func perform(_ wake: Wake) {
    let replica = wake.replica
    guard !replica.isSuspended else { return }
    switch wake.reason {
    case .leaderLost where !liveness.isSuspected(wake.node): return
    case .leaderLost, .leaderRestarted: forgetLeader(wake.node, of: replica)
    case .resync: replica.core.wake(now: loop.now)
    }
    markDirty(replica)
  }

  /// Makes a follower of `node` stand for election, each in its turn.
  private func forgetLeader(_ node: NodeID, of replica: Replica) {
    guard replica.core.leader == node else { return }
    replica.core.connectionClosed(
      to: node, now: loop.now, head: GroupHost.successionDelay * rank(in: replica, without: node))
  }

  /// A group's message came from a member while its leader is suspected here, but its turn to be woken has not come.
  func wakeIfLeaderIsLost(_ replica: Replica) {
    let leader = replica.core.leader
    guard replica.core.isQuiescent, leader != .none, liveness.isSuspected(leader) else { return }
    forgetLeader(leader, of: replica)
  }

  /// This node's place in the succession of a group: voters in order, beginning with another one for every group so that
  /// the dead node's groups fall to all the others alike.
  func rank(in replica: Replica, without node: NodeID = .none) -> Int {
    let voters = replica.core.configuration.voters.filter { $0 != node }.sorted()
    guard let place = voters.firstIndex(of: configuration.node) else { return voters.count }
    let first = Int(replica.group.rawValue % UInt64(voters.count))
    return (place + voters.count - first) % voters.count
  }
}

/// A replica that is to be woken, and why.
struct Wake {
  enum Reason {
    /// The leader's node seems dead; void if it turns out to live.
    case leaderLost
    /// The leader's process is another one now, which does not lead.
    case leaderRestarted
    /// The leader itself has something to find out.
    case resync
  }

  var replica: Replica
  var node: NodeID
  var reason: Reason
}

/// Replicas to wake, first come first served.
struct WakeQueue {
  private var waiting: [Wake] = []
  private var head = 0

  var isEmpty: Bool { head == waiting.count }

  mutating func append(_ wake: Wake) { waiting.append(wake) }

  mutating func take(_ count: Int) -> ArraySlice<Wake> {
    let end = min(head + count, waiting.count)
    let taken = waiting[head..<end]
    head = end
    if isEmpty {
      waiting = []
      head = 0
    }
    return taken
  }
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
