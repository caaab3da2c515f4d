import RoostPlatform
import RoostSimulation
import Testing

@Suite("Disks that lie, and copies of them")
struct DamageTests {
  private func filled(_ seed: UInt64 = 1) throws -> (DiskMedium, SimulatedDisk) {
    let medium = DiskMedium(generator: SeededGenerator(seed: seed))
    let disk = SimulatedDisk(medium)
    let file = try disk.open("file", create: true)
    try file.put([UInt8](repeating: 7, count: 4096), at: 0)
    try file.sync()
    try disk.syncDirectory("")
    return (medium, disk)
  }

  private func content(_ medium: DiskMedium) throws -> [UInt8] {
    try SimulatedDisk(medium).open("file", create: false).read(at: 0, count: 10_000)
  }

  @Test func aMisdirectedWriteShowsOnlyWhenTheDiskIsReadAgain() throws {
    var lost = 0
    for seed in 0..<20 as Range<UInt64> {
      let (medium, disk) = try filled(seed)
      let file = try disk.open("file", create: false)
      medium.misdirectNextWrite(seed: seed)
      try file.put([1, 2, 3], at: 0)
      #expect(medium.isDamaged)
      #expect(try file.read(at: 0, count: 4) == [1, 2, 3, 7], "the cache has what was written")
      try file.sync()
      medium.crash(.powerLoss)
      let found = try content(medium)
      #expect(found.count == 4096 && found.count { $0 != 7 } == 3, "it landed somewhere, once")
      if found[0] == 7 { lost += 1 }
      // Only one write goes astray.
      let again = try SimulatedDisk(medium).open("file", create: false)
      try again.put([9], at: 100)
      try again.sync()
      medium.crash(.powerLoss)
      #expect(try content(medium)[100] == 9)
    }
    #expect(lost > 10)
  }

  @Test func aCopyBringsBackWhatWasDurableWhenItWasTaken() throws {
    let (medium, disk) = try filled()
    let file = try disk.open("file", create: false)
    try file.put([1], at: 0)
    let restore = medium.copy()
    try file.sync()
    let other = try disk.open("other", create: true)
    try other.put([1], at: 0)
    try other.sync()
    try disk.syncDirectory("")
    restore()
    #expect(try content(medium) == [UInt8](repeating: 7, count: 4096))
    #expect(try SimulatedDisk(medium).list("") == ["file"])
  }

  @Test func aFullDiskTakesWhatReplacesAndNothingThatGrows() throws {
    let (medium, disk) = try filled()
    medium.fill(leaving: 10)
    let file = try disk.open("file", create: false)
    try file.put([1, 2, 3], at: 100)
    try file.put([1, 2, 3], at: 4096)
    #expect(throws: DiskError.self) { try file.put([UInt8](repeating: 1, count: 8), at: 4099) }
    #expect(medium.hasRunFull)
    medium.heal()
    try file.put([UInt8](repeating: 1, count: 8), at: 4099)
  }

  @Test func aFlippedBitIsFoundInWhatWasWritten() throws {
    let (medium, disk) = try filled()
    let reserved = try disk.open("reserved", create: true)
    try reserved.zeroFill(to: 1 << 20)
    try reserved.sync()
    var generator = SeededGenerator(seed: 5)
    #expect(medium.flipAnyBit(&generator))
    #expect(try content(medium).count { $0 != 7 } == 1)
  }
}
