public import RoostBase
public import RoostPlatform
public import RoostRaft

/// What a replica knows about its group.
public struct GroupStatus: Sendable {
  public var id: GroupID
  public var range: KeyRange
  public var role: Role
  /// Whether the replica leads and has caught up with everything earlier leaders acknowledged.
  public var isServing: Bool
  /// Whether the replica leads and refuses proposals because leadership is being handed over.
  public var isHandingOver: Bool
  /// Whether nothing happens in the group and all its members know it.
  public var isQuiescent: Bool
  public var leader: NodeID
  public var term: Term
  public var commitIndex: LogIndex
  public var appliedIndex: LogIndex
  public var configuration: Configuration
  public var timestamp: Timestamp
}

extension GroupHost {
  /// In order of group. Call it on the loop.
  public func status() -> [GroupStatus] {
    loop.preconditionCurrent()
    return allStatuses
  }

  /// As ``status()``, for a simulation that looks from outside, between two events.
  package var allStatuses: [GroupStatus] { replicas.all.map(status) }

  public func status(of group: GroupID) -> GroupStatus? {
    loop.preconditionCurrent()
    return replica(of: group).map(status)
  }

  private func status(_ replica: Replica) -> GroupStatus {
    GroupStatus(
      id: replica.group, range: replica.descriptor.range, role: replica.core.role, isServing: replica.isServing,
      isHandingOver: replica.core.isHandingOver, isQuiescent: replica.core.isQuiescent, leader: replica.core.leader,
      term: replica.core.term, commitIndex: replica.core.commitIndex, appliedIndex: replica.state.applied,
      configuration: replica.core.configuration, timestamp: replica.state.timestamp)
  }

  /// How far a member's log is known to match; only the leader knows. Call it on the loop.
  public func matchedIndex(of node: NodeID, in group: GroupID) -> LogIndex? {
    replica(of: group)?.core.progress(of: node)?.match
  }

  /// Proposes a change of membership; only the leader can. Call it on the loop.
  public func propose(_ change: ConfigurationChange, in group: GroupID) throws {
    loop.preconditionCurrent()
    guard let replica = replica(of: group), replica.isServing else { throw StoreError.leaderChanged }
    let now = loop.now
    _ = try input(to: replica, now: now) { try $0.proposeConfigurationChange(change, now: now) }
  }

  /// Gives leadership away, if this node has it and the other one answers; see ``RaftCore/transferLeadership(to:now:)``.
  /// Call it on the loop.
  public func transferLeadership(of group: GroupID, to node: NodeID) {
    loop.preconditionCurrent()
    guard let replica = replica(of: group), replica.core.role == .leader else { return }
    let now = loop.now
    input(to: replica, now: now) { $0.transferLeadership(to: node, now: now) }
  }

  public func isConnected(to node: NodeID) -> Bool { outbox.connected.contains(node) }
}

extension GroupHost {
  /// Runs something blocking, small and in no hurry, after what was handed over before.
  public func runOnStateWorker(_ work: @escaping @Sendable () -> Void) { stateWorker.submit(work) }
}

extension GroupHost {
  /// Whether every group has a leader that this node is or can reach, and this node's vote counts in every one: others may
  /// fail from now on. Call it on the loop.
  public var isReady: Bool {
    loop.preconditionCurrent()
    return !isStopped && replicas.all.allSatisfy { isReady($0) }
  }

  private func isReady(_ replica: Replica) -> Bool {
    let leader = replica.core.leader
    let configuration = replica.core.configuration
    return !replica.isSuspended && configuration.voters.contains(self.configuration.node)
      && configuration.outgoingVoters.isEmpty
      && (replica.isServing || (leader != .none && outbox.connected.contains(leader)))
  }
}

extension GroupHost {
  /// How long a refused message is told of.
  private static let troubleMemory = Duration.seconds(600)

  /// What is wrong with a node as far as this one knows, in words. Call it on the loop.
  public func trouble(of node: NodeID) -> [String] {
    loop.preconditionCurrent()
    let since = Instant(nanoseconds: loop.now.nanoseconds - GroupHost.troubleMemory.wholeNanoseconds)
    let refused = refusals.of(node, since: since).map { kind, tally in
      "\(tally.count) of its messages were refused: \(kind.rawValue) (last: \(tally.lastReason))"
    }
    guard node == configuration.node else { return refused }
    return divergences.map(\.report) + storageReport.filter { line in !divergences.contains { $0.report == line } }
      + refused
  }
}
