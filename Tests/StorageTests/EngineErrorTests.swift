import RoostStorage
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

@Suite struct EngineErrorTests {
  @Test func aClosedEngineIsNotADamagedOne() throws {
    let directory = try TemporaryDirectory()
    let engine = try RocksEngine(path: directory.path + "/engine")
    engine.close()
    #expect { try engine.get([1]) } throws: { ($0 as? EngineError)?.kind == .closed }
  }

  @Test func aLockedDirectoryIsNotADamagedOne() throws {
    let directory = try TemporaryDirectory()
    let engine = try RocksEngine(path: directory.path + "/engine")
    #expect { try RocksEngine(path: directory.path + "/engine") } throws: { ($0 as? EngineError)?.kind == .other }
    engine.close()
  }

  /// Every way in which the files of an engine can be wrong, with what a node is to be told about it.
  @Test(arguments: ["data block", "table file gone", "manifest", "current", "manifest gone"])
  func damageIsToldFromOtherFailures(_ damage: String) throws {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/engine"
    do {
      let engine = try RocksEngine(path: path)
      var batch = EngineBatch()
      for number in 0..<2000 {
        batch.put(Array("key\(number)".utf8), (0..<40).map { UInt8(truncatingIfNeeded: $0 &* number) })
      }
      try engine.write(batch)
      try engine.flush()
      engine.close()
    }
    let table = try #require(names(in: path).first { $0.hasSuffix(".sst") })
    let manifest = try #require(names(in: path).first { $0.hasPrefix("MANIFEST") })
    switch damage {
    case "data block": try flip(path + "/" + table, at: 4000)
    case "table file gone": unlink(path + "/" + table)
    case "manifest": try flip(path + "/" + manifest, at: 60)
    case "current": try flip(path + "/CURRENT", at: 3)
    default: unlink(path + "/" + manifest)
    }
    #expect {
      let engine = try RocksEngine(path: path)
      defer { engine.close() }
      let cursor = try engine.snapshot().cursor(lower: [], upper: [0xFF])
      cursor.next()
      while cursor.isValid { cursor.next() }
      try cursor.checkStatus()
    } throws: { error in
      if let error = error as? EngineError, error.kind == .corruption { return true }
      Issue.record("\(damage): \(error)")
      return false
    }
  }

  private func names(in path: String) -> [String] {
    guard let directory = opendir(path) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      names.append(
        withUnsafePointer(to: &entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        })
    }
    return names.sorted()
  }

  private func flip(_ path: String, at offset: Int) throws {
    let file = open(path, O_RDWR)
    try #require(file >= 0)
    defer { close(file) }
    var byte: UInt8 = 0
    #expect(pread(file, &byte, 1, offset) == 1)
    byte ^= 0x10
    #expect(pwrite(file, &byte, 1, offset) == 1)
  }
}
