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

  public init(
    hardState: HardState = HardState(), snapshot: SnapshotMetadata = SnapshotMetadata(), entries: [Entry] = [],
    applied: LogIndex = .zero, configuration: Configuration = Configuration()
  ) {
    self.hardState = hardState
    self.snapshot = snapshot
    self.entries = entries
    self.applied = applied
    self.configuration = configuration
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
