import RoostBase
import RoostPlatform
import RoostRaft
import RoostSimulation
import RoostStore

/// What must hold at every moment, checked whenever a replica logs, commits, applies or changes its role.
///
/// | invariant | checked when |
/// |---|---|
/// | a term has at most one leader | a replica becomes leader |
/// | a leader has everything that was committed before its term | a replica becomes leader |
/// | logs that agree on an entry agree on everything before it | entries are logged |
/// | what a replica knows to be committed never leaves its log | entries are logged |
/// | a leader changes the configuration only when it has applied the last change | a change is logged |
/// | what was durable is found again after a crash | a replica recovers |
/// | a commit index never goes back, and everyone commits the same | a replica settles |
/// | what a leader commits is durable on a quorum | a replica settles |
/// | entries are applied in order, once, after they are committed | entries are applied |
/// | replicas that applied the same hold the same, timestamp included | entries are applied |
/// | timestamps grow with the log | entries are applied |
/// | configurations change by one step at a time | a change is applied |
///
/// Each check costs a few look-ups, whatever has happened before.
final class ClusterInvariants {
  private var groups: [GroupID: GroupRecord] = [:]
  private(set) var replicas: [ReplicaID: ReplicaRecord] = [:]
  /// Machines that were replaced: their acknowledgements may still be on their way.
  private var gone: Set<NodeID> = []
  private let violated: (String) -> Void
  /// How often a replica became leader.
  private(set) var reigns: UInt64 = 0

  struct ReplicaID: Hashable {
    var node: NodeID
    var group: GroupID
  }

  init(violated: @escaping (String) -> Void) { self.violated = violated }

  private func record(of group: GroupID) -> GroupRecord {
    if let known = groups[group] { return known }
    let record = GroupRecord()
    groups[group] = record
    return record
  }

  func leader(of group: GroupID) -> NodeID? { groups[group].flatMap { $0.leaders[$0.latestTerm] } }

  /// A disk may have lost or changed what was durable.
  func damaged(_ node: NodeID) { for id in replicas.keys where id.node == node { replicas[id]?.isDamaged = true } }

  /// A machine is gone for good.
  func removed(_ node: NodeID) {
    gone.insert(node)
    for id in replicas.keys where id.node == node { replicas[id] = nil }
  }

  func demand(_ condition: Bool, _ id: ReplicaID, _ what: @autoclosure () -> String) {
    if !condition { violated("node \(id.node), partition \(id.group): \(what())") }
  }

  // MARK: What replicas tell

  func recovered(_ id: ReplicaID, _ core: RaftCore) {
    let group = record(of: id.group)
    let before = replicas[id]
    let replica = ReplicaRecord()
    replica.isDamaged = before?.isDamaged ?? false
    if let before, !replica.isDamaged { checkKept(before, id, core) }
    let base = core.firstIndex - 1
    replica.log.reset(to: base, chain: group.chain(through: base) ?? 0)
    var index = core.firstIndex
    while index <= core.lastIndex, let term = core.term(at: index) {
      let known = group.chain(at: .init(index: index, term: term))
      demand(
        known != nil || replica.isDamaged || index <= group.commitIndex, id,
        "it recovered entry \(index) of term \(term), which nobody logged")
      // What was a change of configuration before the crash is applied or can't be told; it is looked for only at the
      // log's end.
      let isChange = before?.log[index].map { $0.term == term && $0.isConfigurationChange } ?? false
      replica.log.append(.init(term: term, chain: known ?? 0, isConfigurationChange: isChange))
      index = index.next
    }
    replica.durable = replica.log
    replica.durableState = HardState(term: core.term, vote: core.vote)
    replica.commit = core.commitIndex
    replica.applied = core.appliedIndex
    replica.configuration = core.configuration
    if group.configurations.isEmpty { _ = group.disagreement(core.configuration, at: .zero) }
    replicas[id] = replica
  }

  private func checkKept(_ before: ReplicaRecord, _ id: ReplicaID, _ core: RaftCore) {
    let state = before.durableState
    demand(core.term >= state.term, id, "it comes back in term \(core.term) and had made term \(state.term) durable")
    if core.term == state.term, state.vote != .none {
      demand(core.vote == state.vote, id, "it forgot that it voted for \(state.vote) in term \(state.term)")
    }
    // A write that was under way may have replaced the end; and what it lost to damage it says itself.
    guard !core.isRepairing, before.pending.allSatisfy({ $0.first == nil && $0.snapshot == nil }) else { return }
    let last = before.durable.last
    guard last >= core.firstIndex, let record = before.durable[last] else { return }
    demand(
      core.term(at: last) == record.term, id,
      "it comes back without entry \(last) of term \(record.term), which it had made durable")
  }

  func roleChanged(_ id: ReplicaID, _ core: RaftCore) {
    guard core.role == .leader else { return }
    let group = record(of: id.group)
    let term = core.term
    if let other = group.leaders[term], other != id.node {
      violated("nodes \(other) and \(id.node) both lead partition \(id.group) in term \(term)")
    }
    if group.leaders.updateValue(id.node, forKey: term) == nil { reigns += 1 }
    group.latestTerm = max(group.latestTerm, term)
    let needed = group.lastCommitted(before: term)
    if let replica = replicas[id], needed > replica.log.base, let committed = group.committed(needed) {
      demand(
        replica.log[needed]?.chain == committed.chain, id,
        "it leads in term \(term) without entry \(needed) of term \(committed.term), which is committed")
    }
  }

  func logging(_ id: ReplicaID, _ write: StorageAppend, _ core: RaftCore) {
    guard let replica = replicas[id] else { return }
    let group = record(of: id.group)
    var pending = ReplicaRecord.Pending(hardState: write.hardState, snapshot: write.snapshot)
    if let first = write.entries.first?.index {
      pending.first = first
      demand(first > replica.commit, id, "it replaces entry \(first), which it knows to be committed")
      demand(first <= replica.log.last.next, id, "it logs entry \(first) after \(replica.log.last)")
      replica.log.truncate(after: first - 1)
      var chain = replica.log.chain(through: first - 1) ?? 0
      for entry in write.entries {
        chain = LogModel.chain(chain, entry)
        let isChange = entry.kind == .configurationChange
        if !group.agrees(chain, at: .init(index: entry.index, term: entry.term)) {
          demand(false, id, "its log differs from another one that has the same entry \(entry.index) of \(entry.term)")
        }
        if isChange, core.role == .leader, entry.term == core.term { checkAlone(entry.index, replica, id, core) }
        let record = LogModel.Record(term: entry.term, chain: chain, isConfigurationChange: isChange)
        replica.log.append(record)
        pending.records.append(record)
      }
    }
    if let snapshot = write.snapshot {
      let known = group.committed(snapshot.index)
      demand(known?.term == snapshot.term, id, "it takes a snapshot of what is not committed, at \(snapshot.index)")
      replica.log.reset(to: snapshot.index, chain: known?.chain ?? 0)
    }
    replica.pending.append(pending)
  }

  private func checkAlone(_ index: LogIndex, _ replica: ReplicaRecord, _ id: ReplicaID, _ core: RaftCore) {
    var earlier = core.appliedIndex.next
    while earlier < index {
      if replica.log[earlier]?.isConfigurationChange == true {
        return demand(
          false, id, "it proposes a change of configuration at \(index) before that at \(earlier) is applied")
      }
      earlier = earlier.next
    }
  }

  func logged(_ id: ReplicaID) {
    guard let replica = replicas[id], !replica.pending.isEmpty else { return }
    let done = replica.pending.removeFirst()
    if let state = done.hardState { replica.durableState = state }
    if let first = done.first {
      replica.durable.truncate(after: first - 1)
      for record in done.records { replica.durable.append(record) }
    }
    if let snapshot = done.snapshot {
      let chain = groups[id.group]?.chain(through: snapshot.index) ?? 0
      replica.durable.reset(to: snapshot.index, chain: chain)
      replica.applied = snapshot.index
      replica.timestamp = .zero
    }
  }

  func settled(_ id: ReplicaID, _ core: RaftCore) {
    guard let replica = replicas[id] else { return }
    if core.commitIndex != replica.commit { committed(id, core) }
    if core.firstIndex.rawValue > replica.log.base.rawValue + 256 {
      replica.log.forget(before: core.firstIndex - 1)
      replica.durable.forget(before: core.firstIndex - 1)
    }
    replica.configuration = core.configuration
  }

  private func committed(_ id: ReplicaID, _ core: RaftCore) {
    guard let replica = replicas[id], let group = groups[id.group] else { return }
    let commit = core.commitIndex
    demand(commit > replica.commit, id, "its commit index goes back from \(replica.commit) to \(commit)")
    var index = group.commitIndex.next
    while index <= commit {
      guard let record = replica.log[index] else {
        demand(false, id, "it commits entry \(index), which it does not have")
        break
      }
      group.commit(.init(term: record.term, chain: record.chain, knownInTerm: core.term))
      index = index.next
    }
    if commit > replica.log.base, let known = group.committed(commit) {
      demand(
        replica.log[commit]?.chain == known.chain, id,
        "it commits another entry \(commit) than the one that is committed")
    }
    if core.role == .leader, let term = replica.log[commit]?.term {
      checkDurable(commit, term, id, [replica.configuration, core.configuration])
    }
    replica.commit = commit
  }

  /// - Parameter configurations: A change may have been applied since the commit was decided; either will do.
  private func checkDurable(_ index: LogIndex, _ term: Term, _ id: ReplicaID, _ configurations: [Configuration]) {
    let isDurable = configurations.contains { configuration in
      JointQuorum(configuration).voteResult { node in
        guard let replica = replicas[ReplicaID(node: node, group: id.group)] else {
          return gone.contains(node) ? true : nil
        }
        // What a disk has lost since was there when it was acknowledged, for all that can be known here.
        return replica.isDamaged || replica.durable.base >= index || replica.durable[index]?.term == term ? true : nil
      } == .won
    }
    demand(isDurable, id, "it commits entry \(index) of term \(term), which is not durable on a quorum")
  }

  func applied(_ id: ReplicaID, _ entries: [Entry], at timestamp: Timestamp, _ fingerprint: UInt64, _ core: RaftCore) {
    guard let replica = replicas[id], let group = groups[id.group], let last = entries.last?.index else { return }
    // Otherwise the core may know more than its shell has performed by now.
    if last > replica.commit { committed(id, core) }
    var expected = replica.applied
    var changes: [LogIndex] = []
    for entry in entries {
      demand(entry.index == expected.next, id, "it applies entry \(entry.index) after \(expected)")
      expected = entry.index
      if entry.kind == .configurationChange { changes.append(entry.index) }
      let known = group.committed(entry.index)
      if let before = group.chain(through: entry.index - 1), let known {
        demand(
          LogModel.chain(before, entry) == known.chain, id, "it applies another entry \(entry.index) than the others")
      } else {
        demand(entry.index <= core.commitIndex, id, "it applies entry \(entry.index), which is not committed")
      }
    }
    demand(timestamp >= replica.timestamp, id, "its timestamp goes back from \(replica.timestamp) to \(timestamp)")
    let state = GroupRecord.State(fingerprint: fingerprint, timestamp: timestamp)
    if let other = group.disagreement(state, at: last) {
      demand(false, id, "its state at \(last) is \(state), another one's was \(other)")
    }
    if let change = changes.last {
      checkConfiguration(core.configuration, at: change, isOnly: changes.count == 1, id, group)
    }
    replica.applied = last
    replica.timestamp = timestamp
  }

  private func checkConfiguration(
    _ configuration: Configuration, at index: LogIndex, isOnly: Bool, _ id: ReplicaID, _ group: GroupRecord
  ) {
    if let other = group.disagreement(configuration, at: index) {
      demand(false, id, "the change at \(index) leads to \(configuration), elsewhere to \(other)")
    }
    guard isOnly, let place = group.configurations.firstIndex(where: { $0.index == index }), place > 0 else { return }
    let old = group.configurations[place - 1].configuration
    demand(
      ClusterInvariants.isOneStep(from: old, to: configuration), id,
      "the change at \(index) leads from \(old) to \(configuration) in one step")
  }

  /// Any majorities of two configurations one step apart overlap.
  static func isOneStep(from old: Configuration, to new: Configuration) -> Bool {
    switch (old.isJoint, new.isJoint) {
    case (false, false): old.voters.symmetricDifference(new.voters).count <= 1
    case (false, true): new.outgoingVoters == old.voters
    case (true, false): new.voters == old.voters
    case (true, true): new.voters == old.voters && new.outgoingVoters == old.outgoingVoters
    }
  }
}
