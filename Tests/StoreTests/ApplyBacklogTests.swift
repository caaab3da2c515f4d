import RoostBase
import RoostPlatform
import RoostRaft
import RoostStorage
import Testing

@testable import RoostStore

@Suite("What is decided and not yet applied")
struct ApplyBacklogTests {
  private static let group = GroupID(7)
  private let engine = MemoryEngine()
  private var backlog = ApplyBacklog(of: ApplyBacklogTests.group, pinnedKeys: [Key("pinned")])
  private var state = GroupState()
  private var index: UInt64 = 0
  private var mayHaveChangedPinned = false

  private mutating func entry(_ payload: [UInt8] = [], term: UInt64 = 1, kind: Entry.Kind = .command) -> Entry {
    index += 1
    return Entry(index: LogIndex(index), term: Term(term), kind: kind, payload: payload)
  }

  private mutating func stage(write key: String, at timestamp: UInt64, term: UInt64 = 1) {
    let entry = entry(term: term)
    backlog.begin(entry, after: state) { _ in EngineBatch() }
    backlog.stage(WriteCommand(timestamp: Timestamp(timestamp), writes: [.init(key: Key(key), value: [1])]))
    backlog.end(entry, isKept: false)
  }

  private mutating func stage(slice keys: [String], isFirst: Bool, term: UInt64 = 1) throws {
    let writes = keys.map { CommitRequest.Write(key: Key($0), value: [2]) }
    let entry = entry(BulkSlice.encode(writes[...], isFirst: isFirst), term: term)
    backlog.begin(entry, after: state) { _ in EngineBatch() }
    try backlog.stageSlice(entry, isFirst: isFirst)
    backlog.end(entry, isKept: false)
  }

  private mutating func stageFinish(at timestamp: UInt64, slices: Int, term: UInt64 = 1) throws -> SortedKeySet {
    let entry = entry(term: term)
    backlog.begin(entry, after: state) { _ in EngineBatch() }
    return try backlog.stageFinish(entry, at: Timestamp(timestamp), slices: slices)
  }

  /// Writes the next step. Returns whether it moved the state on; nil if there was none.
  private mutating func writeNext() throws -> Bool? {
    var batch = EngineBatch()
    guard try backlog.appendNext(after: state, sweptBefore: .zero, engine: engine, to: &batch) else { return nil }
    try engine.write(batch)
    switch backlog.takeWritten(sweptBefore: .zero) {
    case nil: return nil
    case .part(let timestamp):
      state.bulk?.committedAt = timestamp
      return false
    case .whole(let done):
      state = done.state
      mayHaveChangedPinned = done.mayChangePinned
      return true
    }
  }

  private func recorded() throws -> GroupState {
    try GroupState(decoding: #require(try engine.get(LocalKeys.groupState(Self.group))))
  }

  @Test("what gathered is one step, and the state's record goes with it")
  mutating func oneStep() throws {
    #expect(try backlog.isEmpty && writeNext() == nil)
    stage(write: "a", at: 5)
    stage(write: "b", at: 9)
    #expect(backlog.isWholeStep && backlog.oldestWrite == Timestamp(5))
    #expect(backlog.wholeStepEnd?.index == LogIndex(2) && backlog.wholeStepBytes > 0)
    #expect(try writeNext() == true)
    #expect(state.timestamp == Timestamp(9) && state.applied == LogIndex(2))
    #expect(try recorded() == state && backlog.isEmpty)
  }

  @Test(
    "a bulk commit is written slice by slice, what is behind it afterwards, and the state moves on with the last slice")
  mutating func bulk() throws {
    stage(write: "a", at: 5)
    try stage(slice: ["b", "c"], isFirst: true)
    try stage(slice: ["d"], isFirst: false)
    #expect(!backlog.isUnfolding, "it is not committed yet")
    let keys = try stageFinish(at: 8, slices: 2)
    #expect(keys.contains(Key("b")) && keys.contains(Key("d")) && !keys.contains(Key("a")))
    stage(write: "e", at: 9)
    #expect(backlog.isUnfolding && !backlog.isWholeStep && backlog.wholeStepBytes == 0 && backlog.wholeStepEnd == nil)

    // What was staged before its end, slices among it.
    #expect(try writeNext() == true)
    #expect(state.timestamp == Timestamp(5) && state.bulk?.slices == 2)
    #expect(try writeNext() == false)
    #expect(state.timestamp == Timestamp(5))
    #expect(try recorded() == state, "a crash here finds that it is committed")
    #expect(try writeNext() == true)
    #expect(state.timestamp == Timestamp(8) && state.bulk == nil)
    #expect(try engine.get(LocalKeys.slice(0, of: Self.group)) == nil)
    #expect(backlog.isWholeStep)
    #expect(try writeNext() == true)
    #expect(try recorded() == state && state.timestamp == Timestamp(9) && backlog.isEmpty)
  }

  @Test("a step that may change a pinned key says so: what writes it, and every bulk commit with its last slice")
  mutating func pinned() throws {
    stage(write: "a", at: 5)
    #expect(try writeNext() == true && !mayHaveChangedPinned)
    stage(write: "b", at: 6)
    stage(write: "pinned", at: 7)
    stage(write: "c", at: 8)
    #expect(try writeNext() == true && mayHaveChangedPinned)
    stage(write: "d", at: 9)
    try stage(slice: ["e"], isFirst: true)
    _ = try stageFinish(at: 10, slices: 1)
    #expect(try writeNext() == true && !mayHaveChangedPinned)
    #expect(try writeNext() == true && mayHaveChangedPinned)
  }

  @Test("a change of members behind a bulk commit waits for its end, and so does all that follows")
  mutating func postponing() throws {
    try stage(slice: ["b"], isFirst: true)
    let change = entry(kind: .configurationChange)
    #expect(backlog.canDecide(change))
    _ = try stageFinish(at: 8, slices: 1)
    let behind = entry()
    #expect(!backlog.canDecide(change) && backlog.canDecide(behind))
    backlog.postpone([change])
    #expect(!backlog.canDecide(behind), "order is kept")
    backlog.postpone([behind])
    while try writeNext() != nil {}
    #expect(backlog.isEmpty && !backlog.canDecide(behind))
    #expect(backlog.takePostponed() == [change, behind])
    #expect(backlog.canDecide(change))
  }

  @Test("an entry of another term abandons the slices of the leader before")
  mutating func anotherTerm() throws {
    try stage(slice: ["b"], isFirst: true)
    #expect(try writeNext() == true)
    #expect(state.bulk != nil)
    stage(write: "a", at: 5, term: 2)
    #expect(try writeNext() == true)
    #expect(state.bulk == nil)
    #expect(try engine.get(LocalKeys.slice(0, of: Self.group)) == nil)
    #expect(throws: DecodingFailure.self) { try stage(slice: ["c"], isFirst: false, term: 2) }
  }

  @Test("the end of a bulk commit must know as many slices as are here")
  mutating func otherSlices() throws {
    try stage(slice: ["b"], isFirst: true)
    #expect(throws: DecodingFailure.self) { try stageFinish(at: 8, slices: 2) }
    #expect(throws: DecodingFailure.self) { try stageFinish(at: 8, slices: 0) }
  }
}
