import RoostBase
import RoostMembership
import RoostPlatform
import RoostRaft
import RoostStorage

/// The host as the one who watches its own disk.
///
/// | what is seen | what is done |
/// |---|---|
/// | an append has waited longer than ``HostConfiguration/diskPatience`` | leadership is given away without waiting for the disk, and not sought until the disk answers |
/// | little room is left, or none | leadership goes to nodes that have room; writes are refused while no quorum has, but for those that make room; reads go on; room is made (``GroupHost/makeRoom(_:)``) |
/// | none is left for seconds, not even of the reserve | what the others commit can't be kept: linearizable reads are refused here |
/// | … and for long | writes that make room are refused, too |
///
/// The other nodes are told by the heartbeats. Everything ends by itself when the disk answers or has room again.
extension GroupHost {
  /// How long something must have found no room before it counts as hopeless: the state engine takes up to five seconds
  /// to see that there is some again.
  private static let roomPatience = Duration.seconds(15)
  /// How long reads wait for it: a little longer than that.
  private static let readPatience = Duration.seconds(6)

  /// Looks at the disk; called with every heartbeat.
  func watchDisk() {
    let now = loop.now
    let health = logWriter.health
    let isFull = isOutOfRoom
    let isStalled = !isFull && health.pendingTime(at: now) >= configuration.diskPatience
    diskWatch.noteRoom(isRefused: isRefusedRoom, now)
    var condition = liveness.nodes.condition.intersection(.diverged)
    if isFull { condition.insert(.diskFull) }
    if let since = diskWatch.refusedSince, since + GroupHost.roomPatience <= now { condition.insert(.diskExhausted) }
    if isStalled { condition.insert(.diskStalled) }
    setCondition(condition)
    if isFull { handOverLeadership() }
    setStalled(isStalled)
    noteFinishedRepairs()
    let wall = wallClock()
    for replica in replicas.all {
      replica.forgetOldRuns(wall)
      replica.dropOldView(now)
    }
    measureSpace(now)
    makeRoom(now)
  }

  func setCondition(_ condition: NodeCondition) {
    if liveness.setCondition(condition) { delegate?.conditionChanged(condition) }
  }

  /// Whether something here could not be written for want of room, or soon can't be.
  var isOutOfRoom: Bool { isRefusedRoom || diskWatch.isLow }

  /// Whether something here waits for room to be written.
  var isRefusedRoom: Bool { logWriter.health.isDiskFull || compaction.isDiskFull || applies.isBlocked }

  func refusalOfReads(_ now: Instant, isExpired: Bool) -> StoreError? {
    guard isRefusedRoom else { return nil }
    let isHopeless = diskWatch.refusedSince.map { $0 + GroupHost.readPatience <= now } ?? false
    return isHopeless || isExpired ? .leftBehind(node: name(of: configuration.node)) : nil
  }

  private func setStalled(_ isStalled: Bool) {
    guard isStalled != diskWatch.isStalled else { return }
    diskWatch.isStalled = isStalled
    let now = loop.now
    for replica in replicas.all where !replica.isSuspended {
      // What was proposed may be committed by the others, but this node will not learn of it before its disk answers.
      if isStalled, replica.core.role == .leader { replica.abandonProposals(through: LogIndex(.max)) }
      input(to: replica, now: now) { $0.storageStalled(isStalled, now: now) }
    }
  }

  /// Gives the groups this node leads to voters whose disks have room, if there are any.
  private func handOverLeadership() {
    for replica in replicas.all where replica.core.role == .leader && replica.core.leadershipTransferee == .none {
      guard let target = transferTarget(of: replica) else { continue }
      let now = loop.now
      input(to: replica, now: now) { $0.transferLeadership(to: target, now: now) }
    }
  }

  private func transferTarget(of replica: Replica) -> NodeID? {
    replica.core.configuration.voters.sorted()
      .filter { $0 != configuration.node && liveness.nodes.isReachable($0) && liveness.nodes.condition(of: $0).isEmpty }
      .max { left, right in match(left, replica) < match(right, replica) }
  }

  private func match(_ node: NodeID, _ replica: Replica) -> LogIndex { replica.core.progress(of: node)?.match ?? .zero }

  // MARK: Full disks and writes

  /// Writes that only remove something make room, and go on as long as there is any for themselves. So do the cluster's
  /// own records, which are small, and without which no node can be replaced.
  func fullDisk(of replica: Replica, forRemoval: @autoclosure () -> Bool) -> String? {
    guard !liveness.nodes.condition.isEmpty || liveness.nodes.isAnyConditioned else { return nil }
    let hindrance: NodeCondition = replica.group == .system || forRemoval() ? .diskExhausted : .diskFull
    let voters = replica.core.configuration
    func isFull(_ node: NodeID) -> Bool {
      (node == configuration.node ? liveness.nodes.condition : liveness.nodes.condition(of: node)).contains(hindrance)
    }
    // A leader without room can't even keep its own log: it refuses, and leads only if nobody else can.
    if isFull(configuration.node) { return name(of: configuration.node) }
    guard JointQuorum(voters).voteResult({ !isFull($0) }) != .won else { return nil }
    return voters.voters.sorted().first(where: isFull).map(name)
  }
}
