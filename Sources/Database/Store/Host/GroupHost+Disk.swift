import RoostMembership
import RoostPlatform
import RoostRaft
import RoostStorage

/// The host as the one who watches its own disk.
///
/// | what is seen | what is done |
/// |---|---|
/// | an append has waited longer than ``HostConfiguration/diskPatience`` | leadership is given away without waiting for the disk, and not sought until the disk answers |
/// | little room is left, or none | leadership goes to nodes that have room; writes are refused while no quorum has; reads go on |
///
/// The other nodes are told by the heartbeats. Everything ends by itself when the disk answers or has room again.
extension GroupHost {
  /// Looks at the disk; called with every heartbeat.
  func watchDisk() {
    let now = loop.now
    let health = logWriter.health
    let isFull = isOutOfRoom
    let isStalled = !isFull && health.pendingTime(at: now) >= configuration.diskPatience
    var condition: NodeCondition = []
    if isFull { condition.insert(.diskFull) }
    if isStalled { condition.insert(.diskStalled) }
    if condition != liveness.condition {
      liveness.condition = condition
      delegate?.conditionChanged(condition)
    }
    if isFull { handOverLeadership() }
    setStalled(isStalled)
    noteFinishedRepairs()
    measureSpace(now)
  }

  /// Whether something here could not be written for want of room, or soon can't be.
  var isOutOfRoom: Bool {
    logWriter.health.isDiskFull || compaction.isDiskFull || applies.isBlocked || diskWatch.isLow
  }

  private func setStalled(_ isStalled: Bool) {
    guard isStalled != diskWatch.isStalled else { return }
    diskWatch.isStalled = isStalled
    for replica in replicas.all where !replica.isInstalling {
      // What was proposed may be committed by the others, but this node will not learn of it before its disk answers.
      if isStalled, replica.core.role == .leader { replica.abandonProposals(through: LogIndex(.max)) }
      replica.core.storageStalled(isStalled, now: loop.now)
      markDirty(replica)
    }
  }

  /// Gives the groups this node leads to voters whose disks have room, if there are any.
  private func handOverLeadership() {
    for replica in replicas.all where replica.core.role == .leader && replica.core.leadershipTransferee == .none {
      guard let heir = heir(of: replica) else { continue }
      replica.core.transferLeadership(to: heir, now: loop.now)
      markDirty(replica)
    }
  }

  private func heir(of replica: Replica) -> NodeID? {
    replica.core.configuration.voters.sorted()
      .filter { $0 != configuration.node && liveness.isReachable($0) && liveness.condition(of: $0).isEmpty }
      .max { left, right in match(left, replica) < match(right, replica) }
  }

  private func match(_ node: NodeID, _ replica: Replica) -> LogIndex { replica.core.progress(of: node)?.match ?? .zero }

  /// Looks how much room is left, if something was written since the last look. The answer may take long on a disk that
  /// hangs, so it is not waited for.
  private func measureSpace(_ now: Instant) {
    guard !diskWatch.isMeasuring, diskWatch.isLow || diskWatch.measuredBatch != logStore.lastDurableBatch else {
      return
    }
    diskWatch.isMeasuring = true
    diskWatch.measuredBatch = logStore.lastDurableBatch
    let disk = disk
    let loop = loop
    stateWorker.submit { [self] in
      let space = try? disk.space()
      loop.execute { [self] in
        diskWatch.isMeasuring = false
        if let space { diskWatch.measured(space) }
      }
    }
  }

  // MARK: Full disks and writes

  /// The name of a node whose full disk keeps a group from writing; nil if the group can write.
  func fullDisk(of replica: Replica) -> String? {
    guard !liveness.condition.isEmpty || liveness.isAnyConditioned else { return nil }
    let voters = replica.core.configuration
    func isFull(_ node: NodeID) -> Bool {
      (node == configuration.node ? liveness.condition : liveness.condition(of: node)).contains(.diskFull)
    }
    // A leader without room can't even keep its own log: it refuses, and leads only if nobody else can.
    if isFull(configuration.node) { return name(of: configuration.node) }
    guard JointQuorum(voters).voteResult({ !isFull($0) }) != .won else { return nil }
    return voters.voters.sorted().first(where: isFull).map(name)
  }

  private func name(of node: NodeID) -> String { delegate?.name(of: node) ?? "\(node)" }
}

/// What a host knows of its disk.
struct DiskWatch {
  var isStalled = false
  var isMeasuring = false
  /// The last durable batch when the room was last measured.
  var measuredBatch: UInt64 = 0
  private var space: SpaceGuard?

  /// Whether so little room is left that clients may take no more of it.
  var isLow: Bool { space?.refusesWrites ?? false }

  mutating func measured(_ found: DiskSpace) {
    var space = self.space ?? SpaceGuard(reserve: SpaceGuard.reserve(of: found.capacity))
    _ = space.update(free: found.free)
    self.space = space
  }
}
