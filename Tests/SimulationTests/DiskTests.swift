import RoostBase
import RoostPlatform
import RoostSimulation
import Testing

extension DiskFile {
  func put(_ bytes: [UInt8], at offset: Int) throws(DiskError) {
    let result = bytes.withUnsafeBytes { raw in Result { () throws(DiskError) in try write(raw, at: offset) } }
    try result.get()
  }
}

@Suite("The disk: what survives a power loss, and what fails")
struct DiskTests {
  private func mounted(_ seed: UInt64) -> (DiskMedium, SimulatedDisk) {
    let medium = DiskMedium(generator: SeededGenerator(seed: seed))
    return (medium, SimulatedDisk(medium))
  }

  @Test func readsBackWhatWasWrittenAcrossPages() throws {
    let (_, disk) = mounted(1)
    let file = try disk.open("file", create: true)
    let bytes = (0..<20_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    try file.put(bytes, at: 3000)
    #expect(try file.size == 23_000)
    #expect(try file.read(at: 0, count: 3000) == [UInt8](repeating: 0, count: 3000))
    #expect(try file.read(at: 3000, count: 30_000) == bytes)
    try file.truncate(to: 5000)
    try file.zeroFill(to: 9000)
    #expect(try file.read(at: 4990, count: 20) == Array(bytes[1990..<2000]) + [UInt8](repeating: 0, count: 10))
    try file.zeroFill(to: 10)
    #expect(try file.size == 9000)
  }

  @Test func syncedContentAndNamesAlwaysSurvive() throws {
    for seed in 0..<50 as Range<UInt64> {
      let (medium, disk) = mounted(seed)
      try disk.createDirectory("a")
      try disk.syncDirectory("")
      let file = try disk.open("a/file", create: true)
      try file.put([1, 2, 3], at: 0)
      try file.sync()
      try disk.syncDirectory("a")
      try file.put([9], at: 1)
      medium.crash(.powerLoss)
      let again = SimulatedDisk(medium)
      #expect(try again.list("") == ["a"])
      #expect(try again.list("a") == ["file"])
      let content = try again.open("a/file", create: false).read(at: 0, count: 10)
      #expect(content == [1, 2, 3] || content == [1, 9, 3])
    }
  }

  @Test func unsyncedContentIsKeptOrLostOrTornAtSectors() throws {
    var outcomes: Set<String> = []
    for seed in 0..<300 as Range<UInt64> {
      let (medium, disk) = mounted(seed)
      let file = try disk.open("file", create: true)
      try file.zeroFill(to: 4096)
      try file.sync()
      try disk.syncDirectory("")
      // Two and a half sectors that begin in the middle of one.
      try file.put([UInt8](repeating: 7, count: 1280), at: 256)
      medium.crash(.powerLoss)
      let content = try SimulatedDisk(medium).open("file", create: false).read(at: 0, count: 4096)
      #expect(content.count == 4096)
      #expect(content[..<256].allSatisfy { $0 == 0 } && content[1536...].allSatisfy { $0 == 0 })
      let sectors = [256..<512, 512..<1024, 1024..<1536].map { range in
        #expect(Set(content[range]).count == 1, "a sector is written as a whole")
        return content[range.lowerBound] == 7 ? "1" : "0"
      }
      outcomes.insert(sectors.joined())
    }
    #expect(outcomes.isSuperset(of: ["000", "111", "100", "110", "010", "001"]))
  }

  @Test func aKilledProcessLosesNothingItWrote() throws {
    let (medium, disk) = mounted(4)
    try disk.open("file", create: true).put([5], at: 0)
    medium.crash(.kill)
    #expect(try SimulatedDisk(medium).open("file", create: false).read(at: 0, count: 1) == [5])
  }

  @Test func namesWithoutADirectorySyncMaySurviveOrNot() throws {
    var kept = 0
    var renamed = 0
    for seed in 0..<200 as Range<UInt64> {
      let (medium, disk) = mounted(seed)
      let old = try disk.open("current", create: true)
      try old.put([1], at: 0)
      try old.sync()
      try disk.syncDirectory("")
      let new = try disk.open("next", create: true)
      try new.put([2], at: 0)
      try new.sync()
      try disk.rename("next", to: "current")
      #expect(try disk.list("") == ["current"])
      medium.crash(.powerLoss)
      let again = SimulatedDisk(medium)
      let content = try again.open("current", create: false).read(at: 0, count: 1)
      if content == [2] { renamed += 1 } else { #expect(content == [1]) }
      if again.exists("next") {
        kept += 1
        #expect(content == [1], "a rename leaves no second name")
      }
    }
    #expect(kept > 20 && renamed > 20)
  }

  @Test func aRemovalThatWasNotSyncedMayComeUndone() throws {
    var back = 0
    for seed in 0..<100 as Range<UInt64> {
      let (medium, disk) = mounted(seed)
      let file = try disk.open("file", create: true)
      try file.put([1], at: 0)
      try file.sync()
      try disk.syncDirectory("")
      try disk.remove("file")
      #expect(!disk.exists("file"))
      medium.crash(.powerLoss)
      let again = SimulatedDisk(medium)
      if again.exists("file") {
        back += 1
        #expect(try again.open("file", create: false).read(at: 0, count: 9) == [1])
      }
    }
    #expect(back > 10 && back < 90)
  }

  @Test func aFailedSyncNeverBecomesDurableLater() throws {
    let (medium, disk) = mounted(6)
    let file = try disk.open("file", create: true)
    try disk.syncDirectory("")
    try file.put([1], at: 0)
    medium.failingSyncs = 1
    #expect(throws: DiskError.self) { try file.sync() }
    try file.sync()
    #expect(try file.read(at: 0, count: 1) == [1])
    medium.crash(.powerLoss)
    #expect(try SimulatedDisk(medium).open("file", create: false).read(at: 0, count: 1) == [])
  }

  @Test func aFullDiskRefusesAndKeepsWhatItHas() throws {
    let (medium, disk) = mounted(7)
    medium.capacity = 1000
    let file = try disk.open("file", create: true)
    try file.put([UInt8](repeating: 1, count: 900), at: 0)
    let failure = #expect(throws: DiskError.self) { try file.put([UInt8](repeating: 2, count: 200), at: 900) }
    #expect(failure?.code == 28)
    #expect(try file.size == 900)
    try file.put([2], at: 0)
    try disk.remove("file")
    try disk.open("other", create: true).zeroFill(to: 1000)
  }

  @Test func rotIsSeenByEveryReader() throws {
    let (medium, disk) = mounted(8)
    let file = try disk.open("file", create: true)
    try file.put([0, 0], at: 0)
    try file.sync()
    #expect(medium.flipBit(11, of: "file"))
    #expect(!medium.flipBit(16, of: "file"))
    #expect(try file.read(at: 0, count: 2) == [0, 8])
    #expect(medium.files().map(\.path) == ["file"])
  }

  @Test func errorsNameTheReason() throws {
    let (_, disk) = mounted(9)
    #expect(throws: DiskError.self) { try disk.open("missing", create: false) }
    #expect(throws: DiskError.self) { try disk.open("missing/file", create: true) }
    #expect(throws: DiskError.self) { try disk.rename("missing", to: "there") }
    #expect(throws: DiskError.self) { try disk.remove("missing") }
    try disk.createDirectory("directory")
    _ = try disk.open("directory/file", create: true)
    #expect(throws: DiskError.self) { try disk.remove("directory") }
    #expect(throws: DiskError.self) { try disk.open("directory", create: true) }
    #expect(try disk.list("nowhere") == [])
    try disk.createDirectory("directory")
  }

  @Test func aCrashCanFallBetweenAWriteAndItsSync() throws {
    var torn = 0
    for seed in 0..<60 as Range<UInt64> {
      let world = World(seed: seed)
      defer { world.close() }
      let notes = Notes()
      let node = world.addNode(NodeID(1)) { process in
        guard process.incarnation == 1 else { return nil }
        do {
          let file = try process.disk.open("file", create: true)
          try process.disk.syncDirectory("")
          process.makeWorker().submit {
            do {
              try file.put([UInt8](repeating: 1, count: 2048), at: 0)
              try file.sync()
              notes.add("synced")
            } catch {
              notes.add("dead")
            }
            process.loops[0].execute { notes.add("answered") }
          }
        } catch {
          Issue.record(error)
        }
        return nil
      }
      node.start()
      node.crashDuringDiskOperation(4, restartAfter: .milliseconds(1))
      world.run(for: .seconds(1))
      #expect(notes.all == ["dead"])
      #expect(node.incarnation == 2)
      let content = try node.process!.disk.open("file", create: false).read(at: 0, count: 4096)
      if content.contains(1), content.count < 2048 || content.contains(0) { torn += 1 }
    }
    #expect(torn > 5)
  }
}
