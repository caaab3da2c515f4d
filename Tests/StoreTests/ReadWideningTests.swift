import Testing

@testable import RoostStore

@Suite("Reads named by ranges")
struct ReadWideningTests {
  private func key(_ table: UInt8, _ row: Int) -> Key { Key([1, 2, table, UInt8(row >> 8), UInt8(row & 0xFF)]) }

  @Test("no range reaches from one table into another, and all keys are covered", arguments: [3, 16, 1000])
  func tables(limit: Int) {
    let keys = [key(1, 7), key(1, 9)] + (0..<20_000).map { key(5, $0) } + [key(9, 1)]
    let ranges = ReadWidening.ranges(over: keys.shuffled(), atMost: limit)
    #expect(ranges.count <= limit)
    #expect(ranges.count >= 3)
    for key in keys { #expect(ranges.contains { $0.contains(key) }) }
    for table in [2, 3, 4, 6, 7, 8] as [UInt8] {
      #expect(!ranges.contains { $0.contains(key(table, 0)) }, "table \(table)")
    }
  }

  @Test("what a limit leaves is spread over neighbours with equally much in common")
  func ties() {
    let keys = (0..<256).map { Key([7, UInt8($0)]) }
    let ranges = ReadWidening.ranges(over: keys, atMost: 16)
    #expect((8...16).contains(ranges.count))
    #expect(ReadWidening.ranges(over: keys, atMost: 1) == [KeyRange(Key([7, 0]), Key([7, 255, 0]))])
    #expect(ReadWidening.ranges(over: [], atMost: 4).isEmpty)
  }

  @Test("ranges are merged within tables", arguments: 0..<20)
  func merging(seed: UInt64) {
    var generator = TestGenerator(seed: seed)
    let ranges = (0..<2_000).map { _ in
      let table = UInt8(1 + 2 * generator.below(4))
      let row = generator.below(60_000)
      return KeyRange(key(table, row), key(table, row + 1 + generator.below(3)))
    }
    let merged = ReadWidening.merged(ranges, atMost: 64)
    #expect(merged.count <= 64)
    for range in ranges { #expect(merged.contains { !(range.lower < $0.lower) && !($0.upper < range.upper) }) }
    for (left, right) in zip(merged, merged.dropFirst()) { #expect(left.upper < right.lower) }
    for table in [2, 4, 6] as [UInt8] { #expect(!merged.contains { $0.contains(key(table, 0)) }) }
  }

  @Test("a transaction that reads very many keys is not in conflict with a writer of an older or newer table")
  func transaction() async throws {
    let store = MemoryBackend()
    for (changed, conflicts) in [(key(2, 0), false), (key(7, 0), false), (key(5, 11), true)] {
      let transaction = try await store.begin()
      _ = try await transaction.get(key(1, 1))
      for row in 0..<(Transaction.maximumReadKeys + 1_000) { _ = try await transaction.get(key(5, row)) }
      try transaction.put(key(6, 0), [1])
      try await store.withTransaction { try $0.put(changed, [2]) }
      if conflicts {
        await #expect(throws: StoreError.conflict) { try await transaction.commit() }
      } else {
        try await transaction.commit()
      }
    }
  }

  @Test("keys that are written after they were read are never widened, however many")
  func readWrites() async throws {
    let store = MemoryBackend()
    let transaction = try await store.begin()
    for row in 0..<(Transaction.maximumReadKeys + 1_000) {
      _ = try await transaction.get(key(5, 2 * row))
      try transaction.put(key(5, 2 * row), [1])
    }
    try await store.withTransaction { try $0.put(key(5, 101), [2]) }
    try await transaction.commit()
  }
}
