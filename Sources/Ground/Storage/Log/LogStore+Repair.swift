public import RoostPlatform
public import RoostRaft
import Synchronization

/// What was done to a group's log so that it fits its state.
public enum GroupRepair: Hashable, Sendable {
  case nothing
  /// The state has everything that the log lacks.
  case markerMoved(LogIndex)
  /// The log ends at `last` now. The member may not vote before its commit index has reached `repairThrough`.
  case cutBack(last: LogIndex, repairThrough: LogIndex)
}

/// Making a damaged log whole again: first each group by ``repair(_:stateAt:)``, then the report is settled by
/// ``finishRepair()``. All of it happens before anything else is written. A crash at any point finds the same damage
/// again, or the finished repair.
extension LogStore {
  /// Payload bytes of one batch of a rewritten log.
  private static let rewriteBytes = 4 << 20

  /// What the log holds of a group now; nil if it doesn't know it.
  public func group(_ group: GroupID) -> RecoveredGroup? {
    table.withLock { table in
      table[group].map { log in
        RecoveredGroup(
          group: group, hardState: log.hardState, snapshot: log.snapshot, firstIndex: log.firstIndex,
          lastIndex: log.lastIndex, repairThrough: log.repairThrough, damage: table.damage(of: group))
      }
    }
  }

  /// The groups the log holds anything of, in order.
  public var groups: [GroupID] { table.withLock { $0.groups } }

  /// Brings the log of a group in line with its state, which stands at `state`; entries up to there are not needed for
  /// anything but followers. Durable on return; does nothing where nothing is wrong.
  @discardableResult
  public func repair(_ group: GroupID, stateAt state: SnapshotMetadata) throws(LogError) -> GroupRepair {
    guard let log = self.group(group) else {
      if state.index == .zero { return .nothing }
      // Nothing of the group was durable here yet, so nothing was promised, when others committed what it has applied.
      try write([LogWrite(group: group, hardState: HardState(term: state.term), snapshot: state)])
      try sync()
      return .markerMoved(state.index)
    }
    if let damage = log.damage, state.index.next < damage.resumesAt {
      return try cutBack(log, stateAt: state)
    }
    if state.index < log.snapshot.index {
      // What lies between is in neither: nothing of the log can be applied to this state.
      return try replace(log, by: [], stateAt: state)
    }
    guard log.damage != nil || state.index > log.snapshot.index && term(of: state.index, in: group) != state.term else {
      return .nothing
    }
    // The state has everything that is missing. Or it came as a snapshot and the marker did not get here before a crash;
    // then the log ends before it, or goes on past it with entries of a leader that lost.
    var hardState = log.hardState
    hardState.term = max(hardState.term, state.term)
    try write([LogWrite(group: group, hardState: hardState, snapshot: state)])
    try sync()
    return .markerMoved(state.index)
  }

  /// Keeps what is sound and follows the state without a gap; forgets the rest, which has to come from peers.
  private func cutBack(_ log: RecoveredGroup, stateAt state: SnapshotMetadata) throws(LogError) -> GroupRepair {
    let damaged = table.withLock { table in
      defer { table.restoreSound(of: log.group) }
      return table
    }
    check.forget()
    do throws(LogError) {
      return try replace(log, by: try soundEntries(of: log.group, after: state.index), stateAt: state)
    } catch {
      // Nothing has changed on disk; trying again must find the damage.
      table.withLock { $0 = damaged }
      check.forget()
      throw error
    }
  }

  private func soundEntries(of group: GroupID, after index: LogIndex) throws(LogError) -> [Entry] {
    guard let sound = self.group(group), sound.damage == nil, sound.firstIndex <= index.next, index < sound.lastIndex
    else { return [] }
    return try entries(of: group, from: index.next, through: sound.lastIndex, maxBytes: .max)
  }

  private func replace(
    _ log: RecoveredGroup, by entries: [Entry], stateAt state: SnapshotMetadata
  ) throws(LogError) -> GroupRepair {
    let last = entries.last?.index ?? state.index
    var hardState = log.hardState
    hardState.term = max(hardState.term, state.term)
    hardState.commit = max(state.index, min(hardState.commit, last))
    let repairThrough = max(log.repairThrough, log.lastIndex)
    try replaceLog(
      of: log.group, hardState: hardState, snapshot: state, entries: entries, repairThrough: repairThrough)
    return .cutBack(last: last, repairThrough: repairThrough)
  }

  /// Replaces everything the log holds of a group. Durable on return. `repairThrough` is durable before, or together
  /// with, the first change, so that no crash leaves a shorter log that looks whole.
  private func replaceLog(
    of group: GroupID, hardState: HardState, snapshot: SnapshotMetadata, entries: [Entry], repairThrough: LogIndex
  ) throws(LogError) {
    var rest = entries[...]
    var isFirst = true
    while isFirst || !rest.isEmpty {
      var bytes = 0
      let piece = Array(
        rest.prefix { entry in
          defer { bytes += entry.payload.count }
          return bytes < LogStore.rewriteBytes
        })
      rest = rest.dropFirst(piece.count)
      if isFirst {
        try write([
          LogWrite(group: group, removesGroup: true),
          LogWrite(
            group: group, hardState: hardState, entries: piece, snapshot: snapshot, repairThrough: repairThrough),
        ])
      } else {
        try write([LogWrite(group: group, entries: piece)])
      }
      isFirst = false
    }
    try sync()
  }

  /// Notes in the log that its damage was dealt with, so that the next opening reports it no more. Does nothing while
  /// any group is still damaged.
  public func finishRepair() throws(LogError) {
    guard !damageReport.isEmpty,
      table.withLock({ table in table.groups.allSatisfy { table.damage(of: $0) == nil } })
    else { return }
    try write([], repairedHoles: damageReport.map(\.lostBatches))
    try sync()
  }
}
