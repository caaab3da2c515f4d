/// What storage gave back at start.
///
/// A member that has never run has the zero of everything, except that the founding members of a group start
/// with the same `configuration` (and may start with the same `snapshot` point).
public struct RestoredState: Sendable {
  public var hardState: HardState
  /// Where the log was last cut: it holds everything after this and nothing before.
  public var snapshot: SnapshotMetadata
  /// All entries after `snapshot`, without gaps. The core keeps only the newest of those already applied.
  public var entries: [Entry]
  /// Up to where the state machine has applied; at least `snapshot.index`.
  public var applied: LogIndex
  /// The configuration in force at `applied`.
  public var configuration: Configuration
  /// The highest index that the log ever reached, if part of it is lost; zero if it is whole. The member then helps
  /// to elect nobody whose log may be shorter than its own was, until it has all of it again: see
  /// ``RaftCore/isRepairing``. Storage must remember this until the member repairs no more.
  ///
  /// `entries` are then what the log was at any former time, and the commit index in `hardState` is not believed.
  /// The term must not be lost: if it may be, one that is far above all that are known, and durable, takes its place.
  public var repairThrough: LogIndex

  public init(
    hardState: HardState = HardState(), snapshot: SnapshotMetadata = SnapshotMetadata(), entries: [Entry] = [],
    applied: LogIndex = .zero, configuration: Configuration = Configuration(), repairThrough: LogIndex = .zero
  ) {
    self.hardState = hardState
    self.snapshot = snapshot
    self.entries = entries
    self.applied = applied
    self.configuration = configuration
    self.repairThrough = repairThrough
  }
}

/// Why a restored state can't be the state of any member. The disk lied or was damaged: the member must not run.
public enum RestoreError: Error, Hashable, Sendable {
  /// The entries don't follow each other, or don't follow the snapshot, from this index on.
  case gapInLog(at: LogIndex)
  /// Terms decrease in the log, or are above the hard state's.
  case termOutOfOrder(at: LogIndex)
  /// Committed or applied entries are missing: the log ends before this index.
  case logEndsBefore(LogIndex)
  /// `applied` lies before the snapshot: what is between is in neither.
  case appliedBeforeSnapshot
  case invalidConfiguration(ConfigurationChangeError)
}
