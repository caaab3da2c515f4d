public import RoostPlatform
public import RoostRaft

/// What one group wants in the log, in this order: hard state, snapshot marker, entries, removal.
public struct LogWrite: Sendable {
  public var group: GroupID
  public var hardState: HardState?
  /// Consecutive entries; they replace everything from their first index on.
  public var entries: [Entry]
  /// The log up to here is replaced by a snapshot (installed, or compacted): recovery starts after it.
  public var snapshot: SnapshotMetadata?
  /// Forget the group altogether.
  public var removesGroup: Bool

  public init(
    group: GroupID, hardState: HardState? = nil, entries: [Entry] = [], snapshot: SnapshotMetadata? = nil,
    removesGroup: Bool = false
  ) {
    self.group = group
    self.hardState = hardState
    self.entries = entries
    self.snapshot = snapshot
    self.removesGroup = removesGroup
  }

  /// Whether it says nothing.
  public var isEmpty: Bool { hardState == nil && entries.isEmpty && snapshot == nil && !removesGroup }
}

/// What recovery found of one group.
public struct RecoveredGroup: Hashable, Sendable {
  public var group: GroupID
  public var hardState: HardState
  /// The compaction point; entries follow it without a gap.
  public var snapshot: SnapshotMetadata
  /// The first entry there can be: the one after the compaction point.
  public var firstIndex: LogIndex
  /// The last entry there is; the compaction point if there is none.
  public var lastIndex: LogIndex

  public init(
    group: GroupID, hardState: HardState, snapshot: SnapshotMetadata, firstIndex: LogIndex, lastIndex: LogIndex
  ) {
    self.group = group
    self.hardState = hardState
    self.snapshot = snapshot
    self.firstIndex = firstIndex
    self.lastIndex = lastIndex
  }
}
