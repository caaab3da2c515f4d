import RoostBase
import RoostPlatform
import RoostRaft
import RoostStore

/// Tells the invariants of a cluster what the replicas of one process do.
///
/// Unchecked sendable: guarded by the world's thread.
final class MemberObserver: HostObserver, @unchecked Sendable {
  private let node: NodeID
  private let machine: MachineState
  private let invariants: ClusterInvariants

  init(_ node: NodeID, _ machine: MachineState, _ invariants: ClusterInvariants) {
    self.node = node
    self.machine = machine
    self.invariants = invariants
  }

  private func id(_ group: GroupID) -> ClusterInvariants.ReplicaID { .init(node: node, group: group) }

  func recovered(_ group: GroupID, _ core: RaftCore) { invariants.recovered(id(group), core) }
  func roleChanged(in group: GroupID, _ core: RaftCore) { invariants.roleChanged(id(group), core) }
  func logging(_ write: StorageAppend, in group: GroupID, _ core: RaftCore) {
    invariants.logging(id(group), write, core)
  }
  func logged(in group: GroupID) { invariants.logged(id(group)) }
  func settled(_ group: GroupID, _ core: RaftCore) { invariants.settled(id(group), core) }
  func applied(_ entries: [Entry], at timestamp: Timestamp, in group: GroupID, _ core: RaftCore) {
    invariants.applied(id(group), entries, at: timestamp, machine.fingerprint(of: group), core)
  }
}
