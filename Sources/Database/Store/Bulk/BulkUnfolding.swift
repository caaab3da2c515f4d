import RoostPlatform
import RoostRaft
import RoostStorage

/// A bulk commit that is committed and on its way from slices to versions, one slice at a time.
///
/// The slices lie in the state engine, and so does the fact that it is committed, from the first step on. After a crash in
/// between the group stands before the entry that decided; applying that again writes the same versions again.
struct BulkUnfolding {
  let timestamp: Timestamp
  let slices: Int
  /// What the replica's state will be in the end.
  let end: GroupState
  /// The entry that decided it, for the host's observer.
  let entry: Entry
  private(set) var next = 0

  init(at timestamp: Timestamp, slices: Int, end: GroupState, entry: Entry) {
    self.timestamp = timestamp
    self.slices = slices
    self.end = end
    self.entry = entry
  }

  /// What the next step takes, given the timestamp before which old versions are let go: one slice. But if that has passed
  /// this commit, on its way for long, a view in the middle would miss what it replaces: then all that is left.
  private func nextStep(sweptBefore: Timestamp) -> Range<Int> {
    next..<(timestamp <= sweptBefore ? slices : min(next + 1, slices))
  }

  func isLast(sweptBefore: Timestamp) -> Bool { nextStep(sweptBefore: sweptBefore).upperBound == slices }

  /// Adds the next step to a batch for the engine.
  ///
  /// - Parameter state: the replica's, as it stands.
  func appendStep(
    of group: GroupID, _ state: GroupState, sweptBefore: Timestamp, engine: any Engine, to batch: inout EngineBatch
  ) throws(EngineError) {
    let step = nextStep(sweptBefore: sweptBefore)
    for number in step { try appendSlice(number, of: group, engine: engine, to: &batch) }
    if step.upperBound == slices {
      batch.deleteSlices(of: group)
      batch.put(LocalKeys.groupState(group), end.encoded())
    } else if next == 0 {
      var state = state
      state.bulk?.committedAt = timestamp
      batch.put(LocalKeys.groupState(group), state.encoded())
    }
  }

  private func appendSlice(
    _ number: Int, of group: GroupID, engine: any Engine, to batch: inout EngineBatch
  ) throws(EngineError) {
    let payload = try LocalKeys.loadSlice(number, of: group, in: engine)
    do throws(DecodingFailure) {
      try BulkSlice.forEach(in: payload) { write throws(DecodingFailure) in
        batch.putVersion(write.key.bytes, at: timestamp.rawValue, write.value)
      }
    } catch {
      throw EngineError("slice \(number) of a bulk commit of partition \(group): \(error)", kind: .corruption)
    }
  }

  mutating func stepDone() { next += 1 }
}

/// What is decided in a group and not yet in the state engine, in order.
enum PendingApply {
  case batch(StagedApply)
  case bulk(BulkUnfolding)

  /// What the replica's state will be with it.
  var end: GroupState {
    switch self {
    case .batch(let staged): staged.state
    case .bulk(let unfolding): unfolding.end
    }
  }

  /// The lowest timestamp that is written at; the greatest there is if nothing is written.
  var oldestWrite: Timestamp {
    switch self {
    case .batch(let staged): staged.oldestWrite
    case .bulk(let unfolding): unfolding.timestamp
    }
  }
}

extension EngineBatch {
  /// Drops the slices of a bulk commit.
  mutating func deleteSlices(of group: GroupID) {
    deleteRange(LocalKeys.slice(0, of: group), LocalKeys.endOfSlices(of: group))
  }
}

extension Replica {
  /// What the state will be with everything that is decided.
  var decidedState: GroupState { staged?.state ?? pendingApplies.last?.end ?? state }

  /// The lowest timestamp that what is applied next writes at.
  var oldestStagedWrite: Timestamp { pendingApplies.first?.oldestWrite ?? staged?.oldestWrite ?? .max }

  /// Stages an entry of a bulk commit.
  func stageBulk(_ command: GroupCommand, _ entry: Entry) throws(DecodingFailure) {
    switch command {
    case .writes: preconditionFailure("a commit that came whole is staged as such")
    case .slice(let isFirst):
      if isFirst { abandonGathered(next: entry.term) }
      guard let bulk = staged?.state.bulk else { throw DecodingFailure("a slice of a bulk commit that never began") }
      staged?.batch.put(LocalKeys.slice(bulk.slices, of: group), entry.payload)
      staged?.state.bulk?.slices += 1
      try gathered.append(sliceIn: entry.payload)
    case .finish(let timestamp, let slices):
      guard let bulk = staged?.state.bulk, bulk.slices == slices, slices > 0 else {
        throw DecodingFailure("the end of a bulk commit of \(slices) slices, of which others are here")
      }
      window.apply(gathered, at: timestamp)
      gathered = SortedKeySet()
      lastTimestamp = max(lastTimestamp, timestamp)
      sealStaged()
      var end = decidedState
      end.bulk = nil
      end.timestamp = timestamp
      end.applied = entry.index
      end.appliedTerm = entry.term
      pendingApplies.append(.bulk(BulkUnfolding(at: timestamp, slices: slices, end: end, entry: entry)))
      host.continueUnfolding(self)
    case .abandon: abandonGathered(next: nil)
    }
  }

  /// Lets go of the slices that were gathered, if any.
  ///
  /// - Parameter term: of the bulk commit that begins in their place; nil if none does.
  func abandonGathered(next term: Term?) {
    if staged?.state.bulk != nil { staged?.batch.deleteSlices(of: group) }
    gathered = SortedKeySet()
    staged?.state.bulk = term.map { GroupState.Bulk(term: $0, slices: 0) }
  }

  /// What is staged is applied before what comes now.
  func sealStaged() {
    guard let staged = staged.take() else { return }
    pendingApplies.append(.batch(staged))
  }

}

extension GroupState {
  /// The slices that the state keeps, in order.
  func forEachSlice(of group: GroupID, in engine: any Engine, _ body: ([UInt8]) throws -> Void) throws {
    for number in 0..<(bulk?.slices ?? 0) { try body(try LocalKeys.loadSlice(number, of: group, in: engine)) }
  }

  /// The keys of the slices that the state keeps.
  func gatheredKeys(of group: GroupID, in engine: any Engine) throws -> SortedKeySet {
    var keys = SortedKeySet()
    try forEachSlice(of: group, in: engine) { try keys.append(sliceIn: $0) }
    return keys
  }
}

extension LocalKeys {
  static func loadSlice(_ number: Int, of group: GroupID, in engine: any Engine) throws(EngineError) -> [UInt8] {
    guard let slice = try engine.get(slice(number, of: group)) else {
      throw EngineError("slice \(number) of a bulk commit of partition \(group) is missing", kind: .corruption)
    }
    return slice
  }
}

extension GroupHost {
  /// Between two steps of unfolding others get their turn: what a loop is given to execute at once it does before it looks
  /// at its sockets.
  static let pauseBetweenSteps = Duration.microseconds(300)
  static let longestPauseBetweenSteps = Duration.milliseconds(3)
  /// The least while somebody waits for the state.
  static let shortPauseBetweenSteps = Duration.microseconds(50)

  /// Sees to it that what is decided before the staged batch of a replica gets applied, step by step.
  func continueUnfolding(_ replica: Replica) {
    guard !replica.isUnfolding, !replica.pendingApplies.isEmpty else { return }
    replica.isUnfolding = true
    // As long again as the last step took, with what kept it waiting: the more there is to do, the more of it is others'.
    let least = replica.applyWaiters.isEmpty ? GroupHost.pauseBetweenSteps : GroupHost.shortPauseBetweenSteps
    loop.schedule(at: loop.now + max(least, min(replica.lastStep, GroupHost.longestPauseBetweenSteps))) { [self] in
      replica.isUnfolding = false
      // While the state engine has no room, applying is tried again from elsewhere.
      guard !isStopped, !applies.isBlocked, !replica.pendingApplies.isEmpty else { return }
      let began = loop.now
      applyStaged(of: replica)
      replica.lastStep = loop.now - began
    }
  }
}
