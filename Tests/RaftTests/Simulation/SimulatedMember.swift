import RoostBase
import RoostRaft

/// A member with a disk that takes its time and a state machine that can be copied. A crash loses what the disk
/// has not acknowledged, or keeps some of it: nobody knows.
struct SimulatedMember {
  /// The state machine: a digest of all that was applied, in order.
  struct State: Equatable {
    var index = LogIndex.zero
    var term = Term.zero
    var digest: UInt64 = 14_695_981_039_346_656_037
    var configuration = Configuration()

    mutating func apply(_ entry: Entry) {
      index = entry.index
      term = entry.term
      for byte in entry.payload { digest = (digest ^ UInt64(byte)) &* 1_099_511_628_211 }
      digest = (digest ^ entry.index.rawValue) &* 1_099_511_628_211
    }
  }

  /// What survives a crash.
  struct Disk {
    var hardState = HardState()
    var snapshot = SnapshotMetadata()
    var entries: [Entry] = []
    var state = State()
    /// What the log was before some of it was replaced.
    var formerEntries: [Entry] = []
    /// The highest index that the log ever reached.
    var highest = LogIndex.zero
    var repairThrough = LogIndex.zero

    mutating func write(_ append: StorageAppend, snapshotState: State?) {
      if let state = append.hardState { hardState = state }
      if let metadata = append.snapshot, let snapshotState {
        snapshot = metadata
        entries = []
        formerEntries = []
        state = snapshotState
      }
      if let first = append.entries.first {
        if let last = entries.last, last.index >= first.index { formerEntries = entries }
        while let last = entries.last, last.index >= first.index { entries.removeLast() }
        entries += append.entries
      }
      highest = max(highest, entries.last?.index ?? snapshot.index)
    }

    /// Loses the end of the log, or what came after some entries were replaced.
    mutating func loseEntries(_ random: inout SeededGenerator) {
      if random.chance(30), formerEntries.first?.index == snapshot.index.next { entries = formerEntries }
      entries.removeLast(random.number(0...entries.count))
      formerEntries = []
      repairThrough = highest
    }

    var restored: RestoredState {
      RestoredState(
        hardState: hardState, snapshot: snapshot, entries: entries, applied: state.index,
        configuration: state.configuration, repairThrough: repairThrough)
    }
  }

  struct Write {
    var append: StorageAppend
    var snapshotState: State?
    var doneAt: Int
  }

  let settings: RaftConfiguration
  var core: RaftCore
  var disk: Disk
  var state: State
  var writes: [Write] = []
  var committed: [Entry] = []
  var applyAt = 0
  var isRunning = true
  /// How fast this member's clock goes, in thousandths.
  var clockRate = 1000
  /// Until then the process stands still.
  var pauseEnd = 0
  var outstandingReads: Set<UInt64> = []
  /// The state that came with the snapshot message just stepped.
  var arrivingState: State?

  init(_ settings: RaftConfiguration, disk: Disk, now: Instant) throws {
    self.settings = settings
    self.disk = disk
    state = disk.state
    core = try RaftCore(configuration: settings, restoring: disk.restored, now: now)
  }

  mutating func crash(keeping writesKept: Int) {
    for write in writes.prefix(writesKept) { disk.write(write.append, snapshotState: write.snapshotState) }
    writes = []
    committed = []
    outstandingReads = []
    isRunning = false
  }

  mutating func restart(now: Instant) throws {
    let rate = clockRate
    self = try SimulatedMember(settings, disk: disk, now: now)
    clockRate = rate
  }
}
