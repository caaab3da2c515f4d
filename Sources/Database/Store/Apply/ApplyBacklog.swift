import RoostBase
import RoostPlatform
import RoostRaft
import RoostStorage

/// What is decided in a group and not yet in its state engine, in order.
///
/// ```
/// ├─ sealed ───────────────────────────┼─ open ──────────────────┼─ postponed ─────────────────┤
///   a bulk commit that is unfolded,      a batch that takes        entries from a change of
///   batches and bulk commits behind it   the next entries          members on, not yet decided
/// ```
/// Without bulk commits there is an open batch at most, and it is written as a whole. A bulk commit is written in steps, and
/// what is behind it waits for the last one. A change of members comes into force when it is applied, and only then: behind
/// a bulk commit, it and all that follows it wait undecided.
///
/// A value: its replica stages what is decided, has the next step written, and takes that off.
struct ApplyBacklog {
  /// What is written before the open batch.
  private enum Sealed {
    case batch(StagedApply)
    case bulk(BulkUnfolding)

    /// What the replica's state will be with it.
    var end: GroupState {
      switch self {
      case .batch(let staged): staged.state
      case .bulk(let unfolding): unfolding.end
      }
    }

    var oldestWrite: Timestamp {
      switch self {
      case .batch(let staged): staged.oldestWrite
      case .bulk(let unfolding): unfolding.timestamp
      }
    }
  }

  /// A step that the state engine has taken.
  enum Written {
    /// Of a bulk commit that was committed at this timestamp, and not its last one.
    case part(of: Timestamp)
    case whole(StagedApply)
  }

  private let group: GroupID
  /// The group's pinned keys: a step that writes one says so.
  private let pinnedKeys: [Key]
  private var sealed: [Sealed] = []
  private var open: StagedApply?
  private var postponed: [Entry] = []
  /// The keys of the bulk commit whose slices come in, as far as that is decided.
  private var gathered: SortedKeySet
  /// How much the state engine took the last time as a whole: about as much will be again.
  private var usualBytes = 0

  /// Batches behind a bulk commit are kept small: each is written in one turn.
  private static let batchBehindBulk = 64 << 10

  /// - Parameters:
  ///   - gathered: the keys of the slices that the state keeps.
  ///   - pinnedKeys: those of the group.
  init(of group: GroupID, gathered: SortedKeySet = SortedKeySet(), pinnedKeys: [Key] = []) {
    self.group = group
    self.pinnedKeys = pinnedKeys
    self.gathered = gathered
  }

  /// Whether nothing is to be written.
  var isEmpty: Bool { open == nil && sealed.isEmpty }

  /// Whether a bulk commit is being unfolded.
  var isUnfolding: Bool { !sealed.isEmpty }

  /// Whether everything that is decided can be written as one step.
  var isWholeStep: Bool { open != nil && sealed.isEmpty }

  /// About how many bytes are written if it can; otherwise zero.
  var wholeStepBytes: Int { sealed.isEmpty ? open?.bytes ?? 0 : 0 }

  /// The last entry of that step, and whether it changes who is a member; nil if there is no such step.
  var wholeStepEnd: (index: LogIndex, changesMembers: Bool)? {
    guard sealed.isEmpty, let index = open?.state.applied, let changesMembers = open?.changesMembers else { return nil }
    return (index, changesMembers)
  }

  /// The lowest timestamp that the next step writes at; the greatest there is if it writes nothing.
  var oldestWrite: Timestamp { sealed.first?.oldestWrite ?? open?.oldestWrite ?? .max }

  // MARK: Deciding

  /// Whether a committed entry can be decided now. If it can't, nor can those behind it: they are to be postponed.
  func canDecide(_ entry: Entry) -> Bool {
    postponed.isEmpty && !(entry.kind == .configurationChange && isUnfolding)
  }

  mutating func postpone(_ entries: ArraySlice<Entry>) { postponed += entries }

  mutating func takePostponed() -> [Entry] {
    let entries = postponed
    postponed = []
    return entries
  }

  /// Makes ready for an entry: what follows stages what it writes, and ``end(_:isKept:)`` ends it.
  ///
  /// - Parameters:
  ///   - state: the replica's, as it stands.
  ///   - makeBatch: gives an empty batch with room for about so many bytes.
  mutating func begin(_ entry: Entry, after state: GroupState, makeBatch: (Int) -> EngineBatch) {
    if open == nil { open = StagedApply(state: sealed.last?.end ?? state, into: makeBatch(usualBytes)) }
    open?.count(entry)
    // The leader whose bulk commit it is has been replaced.
    if let bulk = open?.state.bulk, bulk.term != entry.term { abandonSlices() }
  }

  // Changed where it lies in all of these: it is large, and mostly one entry at a time comes to it.

  mutating func stage(_ command: WriteCommand) {
    open?.stage(command, isSystem: group == .system, pinnedKeys: pinnedKeys)
  }

  mutating func stage(_ configuration: Configuration) { open?.stage(configuration) }

  mutating func stageSlice(_ entry: Entry, isFirst: Bool) throws(DecodingFailure) {
    if isFirst {
      abandonSlices()
      open?.state.bulk = GroupState.Bulk(term: entry.term, slices: 0)
    }
    guard let bulk = open?.state.bulk else { throw DecodingFailure("a slice of a bulk commit that never began") }
    open?.batch.put(LocalKeys.slice(bulk.slices, of: group), entry.payload)
    open?.state.bulk?.slices += 1
    try gathered.append(sliceIn: entry.payload)
  }

  /// Lets go of the slices that were gathered, if any.
  mutating func abandonSlices() {
    if open?.state.bulk != nil { open?.batch.deleteSlices(of: group) }
    gathered = SortedKeySet()
    open?.state.bulk = nil
  }

  /// Stages the end of a bulk commit, which makes writes of the slices. Returns their keys.
  mutating func stageFinish(
    _ entry: Entry, at timestamp: Timestamp, slices: Int
  ) throws(DecodingFailure) -> SortedKeySet {
    guard var end = open?.state, let bulk = end.bulk, bulk.slices == slices, slices > 0 else {
      throw DecodingFailure("the end of a bulk commit of \(slices) slices, of which others are here")
    }
    seal()
    end.bulk = nil
    end.timestamp = timestamp
    end.applied = entry.index
    end.appliedTerm = entry.term
    sealed.append(.bulk(BulkUnfolding(at: timestamp, slices: slices, end: end, entry: entry)))
    let keys = gathered
    gathered = SortedKeySet()
    return keys
  }

  /// Ends an entry that is not the end of a bulk commit.
  ///
  /// - Parameter isKept: whether the host's observer wants to see it.
  mutating func end(_ entry: Entry, isKept: Bool) {
    open?.state.applied = entry.index
    open?.state.appliedTerm = entry.term
    if isKept { open?.entries.append(entry) }
    if isUnfolding, let bytes = open?.bytes, bytes >= ApplyBacklog.batchBehindBulk { seal() }
  }

  /// What is staged is written before what comes now.
  private mutating func seal() {
    if let staged = open.take() { sealed.append(.batch(staged)) }
  }

  // MARK: Writing

  /// Adds the next step to a batch for the engine, with the record of the state behind it. False if there is none.
  ///
  /// - Parameters:
  ///   - state: the replica's, as it stands.
  ///   - sweptBefore: the timestamp before which old versions are let go.
  func appendNext(
    after state: GroupState, sweptBefore: Timestamp, engine: any Engine, to batch: inout EngineBatch
  ) throws(EngineError) -> Bool {
    switch sealed.first {
    case .bulk(let unfolding):
      try unfolding.appendStep(of: group, state, sweptBefore: sweptBefore, engine: engine, to: &batch)
    case .batch(let staged): append(staged.batch, staged.state, to: &batch)
    case nil:
      guard let ready = open?.batch, let state = open?.state else { return false }
      append(ready, state, to: &batch)
    }
    return true
  }

  private func append(_ ready: EngineBatch, _ state: GroupState, to batch: inout EngineBatch) {
    batch.append(ready)
    batch.put(LocalKeys.groupState(group), state.encoded())
  }

  /// Takes off the step that the state engine has taken; nil if there was none.
  mutating func takeWritten(sweptBefore: Timestamp) -> Written? {
    switch sealed.first {
    case nil:
      guard let staged = open.take() else { return nil }
      usualBytes = min(staged.batch.byteCount, SpareBatches.largest)
      return .whole(staged)
    case .batch(let staged):
      sealed.removeFirst()
      return .whole(staged)
    case .bulk(var unfolding):
      guard unfolding.isLast(sweptBefore: sweptBefore) else {
        unfolding.stepDone()
        sealed[0] = .bulk(unfolding)
        return .part(of: unfolding.timestamp)
      }
      sealed.removeFirst()
      var done = StagedApply(state: unfolding.end, into: EngineBatch())
      done.entries = [unfolding.entry]
      done.mayChangePinned = !pinnedKeys.isEmpty
      return .whole(done)
    }
  }
}
