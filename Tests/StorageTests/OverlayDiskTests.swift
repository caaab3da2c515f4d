import Foundation
import RoostPlatform
import RoostRaft
import RoostStorage
import Testing

@Suite("A disk whose changes end with it") struct OverlayDiskTests {
  private func bytes(_ disk: any Disk, _ path: String) throws -> [UInt8] {
    let file = try disk.open(path, create: false)
    defer { file.close() }
    return try file.read(at: 0, count: 1 << 20)
  }

  private func write(_ text: String, to disk: any Disk, _ path: String, at offset: Int = 0) throws {
    let file = try disk.open(path, create: true)
    defer { file.close() }
    try Array(text.utf8).withUnsafeBytes { try file.write($0, at: offset) }
  }

  @Test func changesAreSeenHereAndNotBelow() throws {
    let directory = try TemporaryDirectory()
    let base = try PosixDisk(root: directory.path)
    try base.createDirectory("log")
    for name in ["log/a", "log/b", "log/c"] { try write("below", to: base, name) }
    let before = try files(in: directory.path)

    let overlay = OverlayDisk(over: base)
    let reader = try overlay.open("log/a", create: false)
    #expect(try reader.read(at: 0, count: 9) == Array("below".utf8))
    try write("ab", to: overlay, "log/a", at: 3)
    #expect(try reader.read(at: 0, count: 9) == Array("belab".utf8), "one content for all who have it open")
    try write("x", to: overlay, "log/a", at: 7)
    #expect(try bytes(overlay, "log/a") == Array("belab".utf8) + [0, 0] + Array("x".utf8))
    try reader.zeroFill(to: 10)
    try reader.zeroFill(to: 2)
    #expect(try reader.size == 10)
    try reader.truncate(to: 2)
    #expect(try bytes(overlay, "log/a") == Array("be".utf8))
    #expect(try reader.read(at: 2, count: 1) == [] && reader.read(at: 9, count: 1) == [])

    try overlay.remove("log/b")
    try overlay.rename("log/c", to: "log/d")
    try write("new", to: overlay, "log/e")
    try overlay.createDirectory("more")
    try overlay.replaceFile("top", with: [7])
    #expect(try overlay.list("log") == ["a", "d", "e"])
    #expect(try overlay.list("").filter { $0 != PosixDisk.lockName } == ["log", "more", "top"])
    #expect(try bytes(overlay, "log/d") == Array("below".utf8))
    #expect(!overlay.exists("log/b") && !overlay.exists("log/c") && overlay.exists("log/d") && overlay.exists("more"))
    #expect(throws: DiskError.self) { try overlay.open("log/b", create: false) }
    #expect(throws: DiskError.self) { try overlay.rename("log/b", to: "log/f") }
    #expect(throws: DiskError.self) { try overlay.remove("log/b") }
    try write("again", to: overlay, "log/b")
    #expect(try bytes(overlay, "log/b") == Array("again".utf8))

    #expect(try files(in: directory.path) == before)
  }

  /// A torn batch is cut off and a damaged log repaired, as far as the one who looks can tell.
  @Test func aLogIsRecoveredWithoutBeingTouched() throws {
    let directory = try TemporaryDirectory()
    let disk = try PosixDisk(root: directory.path)
    let group = GroupID(2)
    do {
      let log = try LogStore(disk: disk, directory: "log")
      defer { log.close() }
      let entries = (1...9).map { Entry(index: LogIndex($0), term: Term(1), payload: [UInt8($0)]) }
      try log.write([LogWrite(group: group, hardState: HardState(term: Term(1)), entries: entries)])
      try log.sync()
      // Never synced: what a crash tears.
      try log.write([LogWrite(group: group, entries: [Entry(index: LogIndex(10), term: Term(1), payload: [10])])])
    }
    let name = try #require(try disk.list("log").first { $0.hasSuffix(".log") })
    let torn = try disk.open("log/" + name, create: false)
    let content = try torn.read(at: 0, count: try torn.size)
    let last = try #require(content.lastIndex { $0 != 0 })
    try [content[last] ^ 1].withUnsafeBytes { try torn.write($0, at: last) }
    torn.close()
    let before = try files(in: directory.path)

    let overlay = OverlayDisk(over: disk)
    let log = try LogStore(disk: overlay, directory: "log", mayCreate: false)
    #expect(log.tornBytes > 0)
    #expect(log.group(group)?.lastIndex == LogIndex(9))
    // The state is not there: nothing of the log fits it.
    try log.write([LogWrite(group: group, snapshot: SnapshotMetadata(index: LogIndex(5), term: Term(1)))])
    try log.sync()
    try log.repair(group, stateAt: SnapshotMetadata())
    #expect(log.group(group)?.lastIndex == .zero)
    log.close()
    #expect(try files(in: directory.path) == before)
    let reopened = try LogStore(disk: disk, directory: "log")
    defer { reopened.close() }
    #expect(reopened.group(group)?.lastIndex == LogIndex(9))
  }

  @Test func aStateEngineIsReadWithoutBeingTouched() throws {
    let directory = try TemporaryDirectory()
    let disk = try PosixDisk(root: directory.path)
    #expect(try StateDirectory.openReadOnly(on: disk, root: directory.path).engine is MemoryEngine)
    #expect(try disk.list("").filter { $0 != PosixDisk.lockName } == [], "none is made")
    do {
      let engine = try StateDirectory.open(on: disk, root: directory.path) { _ in }.engine
      defer { engine.close() }
      var batch = EngineBatch()
      batch.put([1], [2])
      try engine.write(batch)
      try engine.flush()
    }
    let before = try files(in: directory.path)
    do {
      let (engine, damage) = try StateDirectory.openReadOnly(on: disk, root: directory.path)
      defer { engine.close() }
      #expect(try engine.get([1]) == [2])
      #expect(damage == nil)
      var batch = EngineBatch()
      batch.put([1], [3])
      #expect(throws: EngineError.self) { try engine.write(batch) }
    }
    #expect(try files(in: directory.path) == before)

    // Damage is told and nothing put aside.
    let current = try disk.open("state/CURRENT", create: false)
    try current.truncate(to: 0)
    current.close()
    var damaged = try files(in: directory.path)
    #expect(try StateDirectory.openReadOnly(on: disk, root: directory.path).damage != nil)
    #expect(try files(in: directory.path) == damaged)
    try disk.remove("state/CURRENT")
    #expect(try StateDirectory.openReadOnly(on: disk, root: directory.path).damage != nil)
    try StateDirectory.markDamaged("seen before", on: disk)
    damaged = try files(in: directory.path)
    #expect(try StateDirectory.openReadOnly(on: disk, root: directory.path).damage == "seen before")
    #expect(try files(in: directory.path) == damaged)
  }

  /// What every file below a path holds.
  private func files(in path: String) throws -> [String: Data] {
    var found: [String: Data] = [:]
    for name in try FileManager.default.subpathsOfDirectory(atPath: path) {
      found[name] = FileManager.default.contents(atPath: path + "/" + name) ?? Data()
    }
    return found
  }
}
