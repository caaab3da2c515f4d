import RoostPlatform
import RoostStorage
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A directory of its own for a test, gone with it.
final class TemporaryDirectory {
  let path: String

  init() throws {
    var template = Array("/tmp/roost-storage-XXXXXX".utf8CString)
    path = try #require(mkdtemp(&template).map { String(cString: $0) })
  }

  deinit { TemporaryDirectory.remove(path) }

  private static func remove(_ path: String) {
    if let directory = opendir(path) {
      while let entry = readdir(directory) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name != ".", name != ".." { remove(path + "/" + name) }
      }
      closedir(directory)
      rmdir(path)
    } else {
      unlink(path)
    }
  }
}

/// Both engines, made the same way.
enum EngineKind: CaseIterable, CustomTestStringConvertible {
  case memory
  case rocks

  var testDescription: String { self == .memory ? "memory" : "RocksDB" }

  func open(_ directory: TemporaryDirectory) throws -> any Engine {
    switch self {
    case .memory: MemoryEngine()
    case .rocks: try RocksEngine(path: directory.path + "/engine")
    }
  }
}

func precedes(_ left: [UInt8], _ right: [UInt8]) -> Bool { left.lexicographicallyPrecedes(right) }

/// Short keys over few bytes, so that keys repeat and begin one another; the empty one is among them.
func randomKey(_ generator: inout SeededGenerator) -> [UInt8] {
  let alphabet: [UInt8] = [0, 1, 2, 0x61, 0xFE, 0xFF]
  return (0..<Int.random(in: 0...4, using: &generator)).map { _ in alphabet.randomElement(using: &generator) ?? 0 }
}

@Suite struct EngineContractTests {
  @Test(arguments: EngineKind.allCases)
  func readsWhatWasWritten(_ kind: EngineKind) throws {
    let directory = try TemporaryDirectory()
    let engine = try kind.open(directory)
    var batch = EngineBatch()
    batch.put([1], [10])
    batch.put([2], [])
    batch.put([3], [30])
    batch.delete([3])
    batch.put([1], [11])
    try engine.write(batch)
    #expect(try engine.get([1]) == [11])
    #expect(try engine.get([2]) == [])
    #expect(try engine.get([3]) == nil)
    #expect(try engine.get([]) == nil)
  }

  @Test(arguments: EngineKind.allCases)
  func rangeDeletionHasAnExclusiveUpperBoundAndIgnoresReversedBounds(_ kind: EngineKind) throws {
    let directory = try TemporaryDirectory()
    let engine = try kind.open(directory)
    var batch = EngineBatch()
    for key in UInt8(0)..<9 { batch.put([key], [key]) }
    batch.deleteRange([2], [5])
    batch.deleteRange([8], [7])
    batch.deleteRange([6], [6])
    batch.put([3], [33])
    try engine.write(batch)
    let cursor = try engine.snapshot().cursor(lower: [], upper: [0xFF])
    var found: [[UInt8]] = []
    cursor.next()
    while cursor.isValid {
      found.append(cursor.key)
      cursor.next()
    }
    #expect(found == [[0], [1], [3], [5], [6], [7], [8]])
  }

  @Test(arguments: EngineKind.allCases)
  func aBoundedSeekStaysWithinItsPrefix(_ kind: EngineKind) throws {
    let directory = try TemporaryDirectory()
    let engine = try kind.open(directory)
    var batch = EngineBatch()
    for key in [[1, 1], [1, 3], [3, 5], [3, 7, 1], [5]] as [[UInt8]] { batch.put(key, key) }
    try engine.write(batch)
    try engine.flush()
    let cursor = try engine.snapshot().cursor(lower: [0], upper: [9])
    // Back and forth within one block of a table, with longer and shorter prefixes.
    for (key, count, found) in [
      ([1, 0], 1, [1, 1]), ([1, 2], 1, [1, 3]), ([1, 4], 1, nil), ([3, 7, 0], 2, [3, 7, 1]), ([3, 7, 2], 2, nil),
      ([2], 1, nil), ([1, 1], 2, [1, 1]), ([1, 2], 2, nil), ([3, 6], 1, [3, 7, 1]), ([5], 1, [5]), ([5, 0], 1, nil),
    ] as [([UInt8], Int, [UInt8]?)] {
      cursor.seek(key, withinPrefix: count)
      #expect((cursor.isValid ? cursor.key : nil) == found, "from \(key) within \(count)")
      try cursor.checkStatus()
    }
    cursor.seek([1], withinPrefix: 1)
    cursor.next()
    #expect(cursor.key == [1, 3])
    cursor.next()
    #expect(!cursor.isValid)
    let long = [UInt8](repeating: 3, count: 300)
    cursor.seek(long, withinPrefix: 200)
    #expect(!cursor.isValid)
    cursor.seek(long, withinPrefix: 1)
    #expect(cursor.key == [3, 5])
  }

  @Test(arguments: EngineKind.allCases)
  func aSnapshotIsFrozen(_ kind: EngineKind) throws {
    let directory = try TemporaryDirectory()
    let engine = try kind.open(directory)
    var batch = EngineBatch()
    batch.put([1], [1])
    try engine.write(batch)
    let snapshot = engine.snapshot()
    let cursor = try snapshot.cursor(lower: [], upper: [0xFF])
    var second = EngineBatch()
    second.put([1], [2])
    second.put([2], [2])
    try engine.write(second)
    try engine.flush()
    #expect(try snapshot.get([1]) == [1])
    #expect(try snapshot.get([2]) == nil)
    cursor.next()
    #expect(cursor.value == [1])
    cursor.next()
    #expect(!cursor.isValid)
    try cursor.checkStatus()
    #expect(try engine.get([1]) == [2])
  }

  @Test(arguments: EngineKind.allCases)
  func aCursorOffItsEndsStaysInvalidUntilPositioned(_ kind: EngineKind) throws {
    let directory = try TemporaryDirectory()
    let engine = try kind.open(directory)
    var batch = EngineBatch()
    for key in UInt8(1)...3 { batch.put([key], [key]) }
    try engine.write(batch)
    let cursor = try engine.snapshot().cursor(lower: [1], upper: [3])
    #expect(!cursor.isValid)
    cursor.previous()
    #expect(cursor.key == [2])
    cursor.next()
    #expect(!cursor.isValid)
    cursor.previous()
    #expect(!cursor.isValid)
    cursor.seek([])
    #expect(cursor.key == [1])
    cursor.previous()
    #expect(!cursor.isValid)
    cursor.seekForPrevious([9])
    #expect(cursor.key == [2])
    let empty = try engine.snapshot().cursor(lower: [3], upper: [1])
    empty.next()
    #expect(!empty.isValid)
    empty.seek([2])
    #expect(!empty.isValid)
    empty.seekForPrevious([2])
    #expect(!empty.isValid)
  }

  @Test(arguments: EngineKind.allCases)
  func aClosedEngineSaysSo(_ kind: EngineKind) throws {
    let directory = try TemporaryDirectory()
    let engine = try kind.open(directory)
    engine.close()
    #expect(throws: EngineError.self) { try engine.get([1]) }
    #expect(throws: EngineError.self) { try engine.flush() }
    var batch = EngineBatch()
    batch.put([1], [1])
    #expect(throws: EngineError.self) { try engine.write(batch) }
  }

  @Test(arguments: EngineKind.allCases, [1, 2, 3, 4] as [UInt64])
  func agreesWithAModel(_ kind: EngineKind, _ seed: UInt64) throws {
    let directory = try TemporaryDirectory()
    let engine = try kind.open(directory)
    var generator = SeededGenerator(seed: seed)
    var model: [[UInt8]: [UInt8]] = [:]
    for round in 0..<60 {
      var batch = EngineBatch()
      for _ in 0..<Int.random(in: 1...40, using: &generator) {
        let key = randomKey(&generator)
        switch Int.random(in: 0..<20, using: &generator) {
        case 0:
          let upper = randomKey(&generator)
          batch.deleteRange(key, upper)
          model = model.filter { precedes($0.key, key) || !precedes($0.key, upper) }
        case 1...5:
          batch.delete(key)
          model[key] = nil
        default:
          let value = randomKey(&generator)
          batch.put(key, value)
          model[key] = value
        }
      }
      try engine.write(batch)
      if round % 20 == 7 { try engine.flush() }
      try compare(engine.snapshot(), model, &generator)
    }
  }

  private func compare(
    _ snapshot: any EngineSnapshot, _ model: [[UInt8]: [UInt8]], _ generator: inout SeededGenerator
  ) throws {
    let (lower, upper) = (randomKey(&generator), randomKey(&generator))
    let keys = model.keys.filter { !precedes($0, lower) && precedes($0, upper) }.sorted(by: precedes)
    let cursor = try snapshot.cursor(lower: lower, upper: upper)
    var forward: [[UInt8]] = []
    cursor.next()
    while cursor.isValid {
      forward.append(cursor.key)
      #expect(cursor.value == model[cursor.key])
      cursor.next()
    }
    #expect(forward == keys)
    let reverse = try snapshot.cursor(lower: lower, upper: upper)
    var backward: [[UInt8]] = []
    reverse.previous()
    while reverse.isValid {
      backward.append(reverse.key)
      reverse.previous()
    }
    #expect(backward == keys.reversed())
    for _ in 0..<5 {
      let target = randomKey(&generator)
      cursor.seek(target)
      #expect((cursor.isValid ? cursor.key : nil) == keys.first { !precedes($0, target) })
      cursor.seekForPrevious(target)
      #expect((cursor.isValid ? cursor.key : nil) == keys.last { !precedes(target, $0) })
      if cursor.isValid {
        let here = cursor.key
        cursor.next()
        #expect((cursor.isValid ? cursor.key : nil) == keys.first { precedes(here, $0) })
      }
      #expect(try snapshot.get(target) == model[target])
    }
  }

  @Test func memoryCrashKeepsTheFlushedPrefix() throws {
    let engine = MemoryEngine()
    var batch = EngineBatch()
    batch.put([1], [1])
    try engine.write(batch)
    try engine.flush()
    var lost = EngineBatch()
    lost.put([1], [2])
    lost.put([2], [2])
    try engine.write(lost)
    let snapshot = engine.snapshot()
    engine.crash()
    #expect(try engine.get([1]) == [1])
    #expect(try engine.get([2]) == nil)
    #expect(try snapshot.get([2]) == [2])
    try engine.write(lost)
    #expect(engine.count == 2)
  }

  @Test func rocksKeepsAPrefixOfItsBatches() throws {
    let directory = try TemporaryDirectory()
    // Small buffers, so that the engine flushes by its own choice while this writes.
    var options = RocksOptions()
    options.writeBufferBytes = 64 << 10
    let engine = try RocksEngine(path: directory.path + "/engine", options: options)
    let total = UInt64(3000)
    for number in 1...total {
      var batch = EngineBatch()
      let bytes = withUnsafeBytes(of: number.bigEndian) { Array($0) }
      batch.put([1] + bytes, [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: 100))
      batch.put([0], bytes)
      try engine.write(batch)
    }
    // A copy of the files is what a crash would leave.
    let copied = try Self.copyDirectory(directory.path + "/engine", to: directory.path + "/copy")
    #expect(copied > 0)
    let survivor = try RocksEngine(path: directory.path + "/copy")
    let applied = try survivor.get([0]).map { $0.reduce(UInt64(0)) { $0 << 8 | UInt64($1) } } ?? 0
    #expect(applied > 0 && applied < total)
    for number in 1...total {
      let bytes = withUnsafeBytes(of: number.bigEndian) { Array($0) }
      #expect((try survivor.get([1] + bytes) != nil) == (number <= applied))
    }
  }

  @Test func rocksReopensWhatWasFlushedAndRefusesASecondOpener() throws {
    let directory = try TemporaryDirectory()
    do {
      let engine = try RocksEngine(path: directory.path + "/engine")
      var batch = EngineBatch()
      batch.put([1], [1])
      try engine.write(batch)
      try engine.flush()
      #expect(try engine.memoryUse() >= 0)
      #expect(throws: EngineError.self) { try RocksEngine(path: directory.path + "/engine") }
      engine.close()
    }
    let again = try RocksEngine(path: directory.path + "/engine")
    #expect(try again.get([1]) == [1])
  }

  private static func copyDirectory(_ from: String, to: String) throws -> Int {
    #expect(mkdir(to, 0o700) == 0)
    let source = try PosixDiskForCopy(from)
    let target = try PosixDiskForCopy(to)
    // A compaction may take a file away between the list and its reading: then what was read is of no moment, and all
    // of it is read again.
    var contents: [(name: String, bytes: [UInt8])] = []
    for attempt in 1...20 {
      do {
        contents = try source.names().filter { $0 != "LOCK" }.map { ($0, try source.read($0)) }
        break
      } catch is PosixDiskForCopy.Vanished where attempt < 20 {}
    }
    for (name, bytes) in contents { try target.write(name, bytes) }
    return contents.count
  }
}

/// Reads and writes whole files, without the lock that a `PosixDisk` takes (the engine has one of the same name).
private struct PosixDiskForCopy {
  let path: String
  init(_ path: String) throws { self.path = path }

  func names() throws -> [String] {
    let directory = try #require(opendir(path))
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  struct Vanished: Error {}

  func read(_ name: String) throws -> [UInt8] {
    guard let file = fopen(path + "/" + name, "r") else { throw Vanished() }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = fread(&chunk, 1, chunk.count, file)
      if count == 0 { return bytes }
      bytes.append(contentsOf: chunk[..<count])
    }
  }

  func write(_ name: String, _ bytes: [UInt8]) throws {
    let file = try #require(fopen(path + "/" + name, "w"))
    defer { fclose(file) }
    #expect(fwrite(bytes, 1, bytes.count, file) == bytes.count)
  }
}
