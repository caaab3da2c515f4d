import RoostPlatform
import RoostStorage
import Testing

@Suite struct VersionKeyTests {
  @Test func keySpaceExamplesAreTrue() {
    #expect(
      VersionKey.encode([0x61, 0x62], at: 7) == [2, 0x61, 0x62, 0, 1] + [UInt8](repeating: 0xFF, count: 7) + [0xF8])
    #expect(VersionKey.encode([0x61, 0x62, 0], at: 9).prefix(7) == [2, 0x61, 0x62, 0, 0xFF, 0, 1])
    #expect(KeySpace.appliedIndexKey(of: GroupID(3)) == [1, 0x61, 0, 0, 0, 0, 0, 0, 0, 3])
  }

  @Test func orderIsByKeyThenNewestFirst() {
    var generator = SeededGenerator(seed: 1)
    var versions = (0..<400).map { _ in
      (key: randomKey(&generator), timestamp: UInt64.random(in: 0...5, using: &generator))
    }
    versions += [([], 0), ([], .max), ([0xFF, 0xFF, 0xFF, 0xFF], 0)]
    let byEngine = versions.map { VersionKey.encode($0.key, at: $0.timestamp) }.sorted(by: precedes)
    let byMeaning = versions.sorted { left, right in
      left.key == right.key ? left.timestamp > right.timestamp : precedes(left.key, right.key)
    }
    #expect(byEngine == byMeaning.map { VersionKey.encode($0.key, at: $0.timestamp) })
    for version in versions {
      let decoded = VersionKey.decode(VersionKey.encode(version.key, at: version.timestamp))
      #expect(decoded?.key == version.key && decoded?.timestamp == version.timestamp)
    }
  }

  @Test func malformedKeysAreRefused() {
    let whole = VersionKey.encode([0x61, 0, 0x62], at: 1)
    for count in 0..<whole.count { #expect(VersionKey.decode(Array(whole[..<count])) == nil) }
    #expect(VersionKey.decode([1] + whole.dropFirst()) == nil)
    var bad = whole
    bad[3] = 7
    #expect(VersionKey.decode(bad) == nil)
  }
}

/// All versions ever written, looked at one by one.
private struct ModelStore {
  var versions: [[UInt8]: [UInt64: [UInt8]?]] = [:]

  func value(_ key: [UInt8], at timestamp: UInt64) -> (timestamp: UInt64, value: [UInt8]?)? {
    guard let all = versions[key], let newest = all.keys.filter({ $0 <= timestamp }).max() else { return nil }
    return (newest, all[newest] ?? nil)
  }

  func pairs(_ lower: [UInt8], _ upper: [UInt8], at timestamp: UInt64) -> [(key: [UInt8], value: [UInt8])] {
    keys(lower, upper).compactMap { key in value(key, at: timestamp)?.value.map { (key, $0) } }
  }

  func keys(_ lower: [UInt8], _ upper: [UInt8]) -> [[UInt8]] {
    versions.keys.filter { !precedes($0, lower) && precedes($0, upper) }.sorted(by: precedes)
  }
}

@Suite struct MultiVersionReaderTests {
  /// Readers of a view hand their cursors on; the last one lets the engine go.
  @Test(arguments: EngineKind.allCases)
  func readersOfOneViewFollowOneAnother(_ kind: EngineKind) throws {
    let directory = try TemporaryDirectory()
    func write(_ engine: any Engine, _ value: UInt8, at timestamp: UInt64) throws {
      var batch = EngineBatch()
      for key in 0..<10 as Range<UInt8> { batch.putVersion([key], at: timestamp, [key, value]) }
      try engine.write(batch)
    }
    func read(_ view: any EngineSnapshot, _ value: UInt8, at timestamp: UInt64) throws {
      // One after the other, and more at a time than are kept.
      for key in 0..<10 as Range<UInt8> {
        #expect(try MultiVersionReader(view).get([key], at: timestamp) == [key, value])
      }
      let readers = (0..<10).map { _ in MultiVersionReader(view) }
      for key in 0..<10 as Range<UInt8> {
        for reader in readers { #expect(try reader.get([key], at: timestamp) == [key, value]) }
      }
    }
    do {
      let engine = try kind.open(directory)
      try write(engine, 1, at: 5)
      let first = engine.snapshot()
      try read(first, 1, at: 9)
      try write(engine, 2, at: 7)
      let second = engine.snapshot()
      try read(first, 1, at: 9)
      try read(second, 2, at: 9)
      try read(second, 1, at: 6)
      engine.close()
    }
    // Its directory is locked until every cursor is gone.
    _ = try kind.open(directory)
  }

  @Test(arguments: EngineKind.allCases, [11, 12, 13] as [UInt64])
  func agreesWithAModel(_ kind: EngineKind, _ seed: UInt64) throws {
    let directory = try TemporaryDirectory()
    let engine = try kind.open(directory)
    var generator = SeededGenerator(seed: seed)
    var model = ModelStore()
    // Neighbours that must never show up among the versions.
    var frame = EngineBatch()
    frame.put([1, 0xFF], [9])
    frame.put([3], [9])
    try engine.write(frame)
    for round in 0..<40 {
      var batch = EngineBatch()
      let hot = randomKey(&generator)
      for _ in 0..<Int.random(in: 1...30, using: &generator) {
        // One key gathers a long history, so that passing it takes seeks.
        let key = Bool.random(using: &generator) ? hot : randomKey(&generator)
        let timestamp = UInt64.random(in: 1...60, using: &generator)
        let value = Int.random(in: 0..<4, using: &generator) == 0 ? nil : randomKey(&generator)
        batch.putVersion(key, at: timestamp, value)
        model.versions[key, default: [:]].updateValue(value, forKey: timestamp)
      }
      if round % 10 == 9 {
        let (lower, upper) = (randomKey(&generator), randomKey(&generator))
        batch.deleteVersions(from: lower, to: upper)
        for key in model.keys(lower, upper) { model.versions[key] = nil }
      }
      try engine.write(batch)
      if round % 15 == 5 { try engine.flush() }
      let reader = MultiVersionReader(engine.snapshot())
      for _ in 0..<12 { try compare(reader, model, &generator) }
    }
  }

  private func compare(_ reader: MultiVersionReader, _ model: ModelStore, _ generator: inout SeededGenerator) throws {
    let (lower, upper) = (randomKey(&generator), randomKey(&generator))
    let timestamp = UInt64.random(in: 0...61, using: &generator)
    let expected = model.pairs(lower, upper, at: timestamp)
    let forward = try reader.cursor(from: lower, to: upper, at: timestamp)
    let backward = try reader.cursor(from: lower, to: upper, at: timestamp, direction: .reverse)
    let limit = Int.random(in: 1...5, using: &generator)
    #expect(try all(forward, limit).elementsEqual(expected, by: ==))
    #expect(try all(backward, limit).elementsEqual(expected.reversed(), by: ==))

    let key = randomKey(&generator)
    let version = model.value(key, at: timestamp)
    #expect(try reader.get(key, at: timestamp) == version?.value)
    let found = try reader.version(of: key, at: timestamp)
    #expect(found?.timestamp == version?.timestamp && found?.value == version?.value)
    #expect(try reader.newestTimestamp(of: key) == model.versions[key]?.keys.max())
    let newest = model.keys(lower, upper).compactMap { model.versions[$0]?.keys.max() }.max()
    let above = newest.flatMap { $0 > timestamp ? $0 : nil }
    #expect(try reader.newestTimestamp(from: lower, to: upper, above: timestamp) == above)
    #expect(try reader.hasVersion(from: lower, to: upper, newerThan: timestamp) == (above != nil))
  }

  private func all(_ cursor: MultiVersionCursor, _ limit: Int) throws -> [(key: [UInt8], value: [UInt8])] {
    var pairs: [(key: [UInt8], value: [UInt8])] = []
    while true {
      let more = try cursor.next(limit: limit)
      #expect(more.count <= limit)
      if more.isEmpty { return pairs }
      pairs += more
    }
  }

  @Test func aByteLimitEndsAnAnswerButNeverEmptiesIt() throws {
    let engine = MemoryEngine()
    var batch = EngineBatch()
    for key in UInt8(0)..<6 { batch.putVersion([key], at: 1, [UInt8](repeating: 0, count: 9)) }
    try engine.write(batch)
    let cursor = try MultiVersionReader(engine.snapshot()).cursor(from: [], to: [9], at: 1)
    #expect(try cursor.next(limit: 10, maxBytes: 1).count == 1)
    #expect(try cursor.next(limit: 10, maxBytes: 25).count == 3)
    #expect(try cursor.next(limit: 10).count == 2)
    #expect(try cursor.next(limit: 10).isEmpty)
  }

  @Test func malformedVersionsAreErrors() throws {
    let engine = MemoryEngine()
    var batch = EngineBatch()
    batch.put(VersionKey.encode([1], at: 1), [7])
    batch.put(VersionKey.encode([2], at: 1), [])
    batch.put([2, 9], [1])
    try engine.write(batch)
    let reader = MultiVersionReader(engine.snapshot())
    #expect(throws: EngineError.self) { try reader.get([1], at: 1) }
    #expect(throws: EngineError.self) { try reader.get([2], at: 1) }
    for direction in [MultiVersionCursor.Direction.forward, .reverse] {
      let cursor = try reader.cursor(from: [], to: [0xFF], at: 1, direction: direction)
      #expect(throws: EngineError.self) { try cursor.next() }
    }
  }
}
