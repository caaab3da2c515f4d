import RoostBase
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

extension EngineBatch {
  /// Drops the slices of a bulk commit.
  mutating func deleteSlices(of group: GroupID) {
    deleteRange(LocalKeys.slice(0, of: group), LocalKeys.endOfSlices(of: group))
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
