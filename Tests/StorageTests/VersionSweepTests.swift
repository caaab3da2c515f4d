import RoostPlatform
import RoostStorage
import Testing

/// Old versions go, and no read at the threshold or later can tell.
@Suite struct VersionSweepTests {
  private func compact(_ engine: any Engine) throws {
    if let rocks = engine as? RocksEngine { try rocks.compact() } else { try engine.flush() }
  }

  private func versions(_ engine: any Engine) throws -> Int {
    let cursor = try engine.snapshot().cursor(lower: [KeySpace.replicated], upper: [KeySpace.replicated + 1])
    var count = 0
    cursor.next()
    while cursor.isValid {
      count += 1
      cursor.next()
    }
    return count
  }

  @Test(arguments: EngineKind.allCases, [1, 2, 3, 4, 5, 6] as [UInt64])
  func readsAtTheThresholdAndLaterSeeNoDifference(_ kind: EngineKind, _ seed: UInt64) throws {
    let directory = try TemporaryDirectory()
    let engine = try kind.open(directory)
    let reference = MemoryEngine()
    var generator = SeededGenerator(seed: seed)
    var timestamp: UInt64 = 0
    var threshold: UInt64 = 0
    var dropped = 0
    for round in 0..<12 {
      for _ in 0..<Int.random(in: 1...40, using: &generator) {
        timestamp += UInt64.random(in: 1...3, using: &generator)
        var batch = EngineBatch()
        let isDeletion = Int.random(in: 0..<4, using: &generator) == 0
        batch.putVersion(randomKey(&generator), at: timestamp, isDeletion ? nil : randomKey(&generator))
        try engine.write(batch)
        try reference.write(batch)
      }
      if Bool.random(using: &generator) { try engine.flush() }
      threshold = max(threshold, UInt64.random(in: 0...timestamp, using: &generator))
      engine.forget(before: threshold)
      engine.forget(before: threshold / 2)
      if round % 3 == 2 {
        try compact(engine)
        dropped = try versions(reference) - versions(engine)
      }
      let swept = MultiVersionReader(engine.snapshot())
      let whole = MultiVersionReader(reference.snapshot())
      for at in Set([threshold, threshold + 1, (threshold + timestamp) / 2, timestamp]) where at >= threshold {
        let got = try swept.cursor(from: [], to: [0xFF, 0xFF, 0xFF, 0xFF, 0xFF], at: at).next(limit: .max)
        let expected = try whole.cursor(from: [], to: [0xFF, 0xFF, 0xFF, 0xFF, 0xFF], at: at).next(limit: .max)
        #expect(got.map(\.key) == expected.map(\.key) && got.map(\.value) == expected.map(\.value), "at \(at)")
      }
    }
    #expect(dropped > 20)
  }

  @Test(arguments: EngineKind.allCases)
  func tombstonesGoWhenNothingIsUnderThem(_ kind: EngineKind) throws {
    let directory = try TemporaryDirectory()
    let engine = try kind.open(directory)
    var batch = EngineBatch()
    batch.putVersion([1], at: 1, [1])
    batch.putVersion([1], at: 2, nil)
    batch.putVersion([2], at: 3, nil)
    batch.putVersion([2], at: 9, nil)
    batch.put([KeySpace.nodeLocal, 1], [7])
    try engine.write(batch)
    try compact(engine)
    #expect(try versions(engine) == 4, "nothing was declared dispensable")
    engine.forget(before: 5)
    var touch = EngineBatch()
    touch.putVersion([3], at: 10, [3])
    try engine.write(touch)
    try compact(engine)
    #expect(try versions(engine) == 2, "the tombstone above the threshold, and what was written last")
    #expect(try engine.get([KeySpace.nodeLocal, 1]) == [7])
  }

  /// A few keys, written over and over, with a retention of some thousand writes: files stay small without anyone's
  /// asking for a compaction.
  @Test func spaceStaysBoundedUnderConstantOverwrite() throws {
    let directory = try TemporaryDirectory()
    var options = RocksOptions()
    options.writeBufferBytes = 256 << 10
    let engine = try RocksEngine(path: directory.path + "/engine", options: options)
    var generator = SeededGenerator(seed: 1)
    var largest = 0
    for timestamp in 1...60_000 as ClosedRange<UInt64> {
      var batch = EngineBatch()
      let value = (0..<32).flatMap { _ in withUnsafeBytes(of: generator.next()) { Array($0) } }
      batch.putVersion([UInt8(timestamp % 10)], at: timestamp, value)
      try engine.write(batch)
      if timestamp % 2000 == 0 {
        try engine.flush()
        engine.forget(before: timestamp - min(timestamp, 4000))
        largest = max(largest, try engine.tableBytes())
      }
    }
    // 60,000 versions of 256 bytes are 15 MB; what retention asks for is 1 MB.
    #expect(largest < 8 << 20, "\(largest) bytes")
  }

  /// What a full disk needs: deleted rows and their tombstones go at once when nobody reads them, and what an open view
  /// reads is known.
  @Test func reclaimingFreesWhatWasDeleted() throws {
    let directory = try TemporaryDirectory()
    let engine = try RocksEngine(
      path: directory.path + "/engine", options: RocksOptions(diskCapacity: 400 << 20))
    var generator = SeededGenerator(seed: 3)
    var batch = EngineBatch()
    for number in 0..<200 as Range<UInt8> {
      batch.putVersion([1, number], at: 10, (0..<20_000).map { _ in UInt8.random(in: 0...255, using: &generator) })
    }
    try engine.write(batch)
    try engine.flush()
    let full = try engine.tableBytes()
    #expect(full > 3_000_000)
    var view: (any EngineSnapshot)? = engine.snapshot()
    let position = engine.position
    #expect(engine.oldestViewPosition == position)
    var removal = EngineBatch()
    for number in 0..<200 as Range<UInt8> { removal.putVersion([1, number], at: 20, nil) }
    try engine.write(removal)
    #expect(engine.position > position && engine.oldestViewPosition == position)
    #expect(try view?.get([0]) == nil)
    view = nil
    #expect(engine.oldestViewPosition == nil)
    engine.forget(before: 20)
    try engine.flush()
    try engine.reclaim(within: 100 << 20)
    #expect(try engine.tableBytes() < full / 50)
    engine.close()
  }
}
