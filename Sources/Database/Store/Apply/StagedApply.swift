import RoostBase
import RoostPlatform
import RoostRaft
import RoostStorage

/// Committed entries that are decided and go into the state engine as one step.
struct StagedApply {
  /// For the host's observer; empty if there is none.
  var entries: [Entry] = []
  var batch: EngineBatch
  /// About what the batch takes.
  private(set) var bytes = 0
  /// What the replica's state will be.
  var state: GroupState
  private(set) var systemWrites: [CommitRequest.Write] = []
  /// Whether it may change the value of a pinned key.
  var mayChangePinned = false
  /// The lowest timestamp that is written at; the greatest there is if nothing is written.
  private(set) var oldestWrite = Timestamp.max
  private(set) var changesMembers = false

  /// What an entry without payload counts when bytes are counted.
  private static let entryOverhead = 64

  init(state: GroupState, into batch: EngineBatch) {
    self.state = state
    self.batch = batch
  }

  mutating func count(_ entry: Entry) { bytes += entry.payload.count + StagedApply.entryOverhead }

  mutating func stage(_ command: WriteCommand, isSystem: Bool, pinnedKeys: [Key]) {
    for write in command.writes {
      batch.putVersion(write.key.bytes, at: command.timestamp.rawValue, write.value)
      if pinnedKeys.contains(write.key) { mayChangePinned = true }
    }
    oldestWrite = min(oldestWrite, command.timestamp)
    state.timestamp = command.timestamp
    if isSystem { systemWrites.append(contentsOf: command.writes) }
  }

  mutating func stage(_ configuration: Configuration) {
    state.configuration = configuration
    changesMembers = true
  }
}
