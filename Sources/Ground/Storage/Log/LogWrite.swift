public import RoostPlatform
public import RoostRaft

/// What one group wants in the log, in this order: hard state, snapshot marker, entries, removal.
public struct LogWrite: Sendable {
  public var group: GroupID
  public var hardState: HardState?
  /// Up to here the log is known to be committed, these entries included. A hint, worth no record: it is told when the
  /// group's hard state is told the next time.
  public var commit: LogIndex?
  /// Consecutive entries; they replace everything from their first index on.
  public var entries: [Entry]
  /// The log up to here is replaced by a snapshot (installed, or compacted): recovery starts after it.
  @Boxed public var snapshot: SnapshotMetadata?
  /// Forget the group altogether.
  public var removesGroup: Bool
  /// Remember that this member may not vote before its commit index has reached this; see
  /// ``RecoveredGroup/repairThrough``.
  public var repairThrough: LogIndex?

  public init(
    group: GroupID, hardState: HardState? = nil, commit: LogIndex? = nil, entries: [Entry] = [],
    snapshot: SnapshotMetadata? = nil, removesGroup: Bool = false, repairThrough: LogIndex? = nil
  ) {
    self.group = group
    self.hardState = hardState
    self.commit = commit
    self.entries = entries
    self.snapshot = snapshot
    self.removesGroup = removesGroup
    self.repairThrough = repairThrough
  }

  /// Whether it says nothing.
  public var isEmpty: Bool {
    hardState == nil && entries.isEmpty && snapshot == nil && !removesGroup && repairThrough == nil
  }

  /// Whether it takes a record of the group's hard state.
  var tellsHardState: Bool { hardState != nil || repairThrough != nil }
}

/// What recovery found of one group.
public struct RecoveredGroup: Hashable, Sendable {
  public var group: GroupID
  public var hardState: HardState
  /// The compaction point; entries follow it without a gap, unless there is `damage`.
  public var snapshot: SnapshotMetadata
  /// The first entry there can be: the one after the compaction point.
  public var firstIndex: LogIndex
  /// The last entry there is; the compaction point if there is none.
  public var lastIndex: LogIndex
  /// After damage: the last entry this member had before, all of which it may have acknowledged. It must not vote before
  /// its commit index has reached that again. Zero if nothing is to be made good for.
  public var repairThrough: LogIndex
  /// What is missing; nil in a sound log. The group must be repaired before anything is written of it.
  public var damage: GroupDamage?

  public init(
    group: GroupID, hardState: HardState, snapshot: SnapshotMetadata, firstIndex: LogIndex, lastIndex: LogIndex,
    repairThrough: LogIndex = .zero, damage: GroupDamage? = nil
  ) {
    self.group = group
    self.hardState = hardState
    self.snapshot = snapshot
    self.firstIndex = firstIndex
    self.lastIndex = lastIndex
    self.repairThrough = repairThrough
    self.damage = damage
  }
}

/// Which entries of a group were lost: some, or all, of those after `soundThrough` and before `resumesAt`.
public struct GroupDamage: Hashable, Sendable {
  /// Entries from the compaction point to here are there, and are known to be committed. The compaction point itself
  /// if there are none.
  public var soundThrough: LogIndex
  /// Entries from here to the group's last one are there; the one after the last one if there are none.
  public var resumesAt: LogIndex

  public init(soundThrough: LogIndex, resumesAt: LogIndex) {
    self.soundThrough = soundThrough
    self.resumesAt = resumesAt
  }
}

/// A place of the log where batches that had been durable can't be read.
public struct LogDamage: Hashable, Sendable, CustomStringConvertible {
  public var file: String
  /// Where the lost batches should begin.
  public var offset: Int
  public var lostBatches: ClosedRange<UInt64>
  /// The groups that lack entries because of any damage of this log.
  public var groups: [GroupID]

  public init(file: String, offset: Int, lostBatches: ClosedRange<UInt64>, groups: [GroupID]) {
    self.file = file
    self.offset = offset
    self.lostBatches = lostBatches
    self.groups = groups
  }

  public var description: String {
    let batches =
      lostBatches.count == 1
      ? "batch \(lostBatches.lowerBound)" : "batches \(lostBatches.lowerBound) to \(lostBatches.upperBound)"
    let effect =
      groups.isEmpty
      ? "no entry that is still needed" : "entries of partition \(groups.map(\.description).joined(separator: ", "))"
    return "\(file) is damaged at offset \(offset): \(batches) can't be read; lost: \(effect)"
  }
}
