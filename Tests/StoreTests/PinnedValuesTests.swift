import RoostBase
import RoostStorage
import Testing

@testable import RoostStore

@Suite("Values of pinned keys")
struct PinnedValuesTests {
  private let engine = MemoryEngine()

  private func write(_ key: String, _ value: [UInt8]?, at timestamp: UInt64) throws {
    var batch = EngineBatch()
    batch.putVersion(Key(key).bytes, at: timestamp, value)
    try engine.write(batch)
  }

  private func values(of keys: [String], at timestamp: UInt64) throws -> PinnedValues {
    try PinnedValues(of: keys.map { Key($0) }, in: MultiVersionReader(engine.snapshot()), at: Timestamp(timestamp))
  }

  @Test("they are those of the timestamp, a missing value among them; other keys are not known")
  func reading() throws {
    try write("a", [1], at: 5)
    try write("a", [2], at: 7)
    try write("b", [3], at: 5)
    try write("b", nil, at: 6)
    let before = try values(of: ["a", "b", "c"], at: 5)
    #expect(before[Key("a")] == .some([1]) && before[Key("b")] == .some([3]))
    let after = try values(of: ["a", "b", "c"], at: 7)
    #expect(after[Key("a")] == .some([2]) && after[Key("b")] == .some(nil) && after[Key("c")] == .some(nil))
    #expect(after[Key("d")] == nil && PinnedValues.none[Key("a")] == nil)
  }

  @Test("a view answers with them, and its forks do")
  func view() throws {
    try write("a", [1], at: 5)
    try write("b", [1], at: 5)
    let pinned = try values(of: ["a"], at: 5)
    // The view is of a later state, so that the two can be told apart.
    try write("a", [9], at: 6)
    try write("b", [9], at: 6)
    let view = EngineReadView(
      snapshot: engine.snapshot(), timestamp: Timestamp(6), openedAt: .origin, horizon: ViewHorizon(), pinned: pinned)
    for view in [view, view.fork(isConfirmed: true)] {
      #expect(try view.get(Key("a")) == [1])
      #expect(try view.get(Key("b")) == [9])
    }
  }
}
