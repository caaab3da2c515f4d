import RoostPlatform
import RoostStorage
import Testing

@Suite struct SpaceGuardTests {
  @Test(
    arguments: [
      (0, 0), (400 << 20, 40 << 20), (512 << 20, (512 << 20) / 10), (1 << 30, 96 << 20), (2 << 30, (2 << 30) / 20),
      (5 << 30, 256 << 20), (1 << 40, 256 << 20), (.max, 256 << 20),
    ] as [(Int, Int)])
  func theReserveSuitsTheDisk(_ capacity: Int, _ reserve: Int) {
    #expect(SpaceGuard.reserve(of: capacity) == reserve)
  }

  @Test func itDoesNotChangeItsMindAtEveryByte() {
    var space = SpaceGuard(reserve: 100)
    #expect(!space.update(free: 100) && !space.refusesWrites)
    #expect(space.update(free: 99) && space.refusesWrites)
    #expect(!space.update(free: 101) && space.refusesWrites)
    #expect(!space.update(free: 150) && space.refusesWrites)
    #expect(space.update(free: 151) && !space.refusesWrites)
    #expect(!space.update(free: 120) && !space.refusesWrites)
    #expect(space.update(free: 0) && space.refusesWrites)
  }

  /// What is given back must not be taken by clients at once, and must be enough to write out both memtables and to begin
  /// a segment.
  @Test(arguments: [96 << 20, 400 << 20, 1 << 30, 3 << 30, 1 << 40])
  func theBallastIsAPartOfTheReserve(_ capacity: Int) {
    let ballast = SpaceGuard.ballast(of: capacity)
    #expect(ballast < SpaceGuard.reserve(of: capacity))
    let needed =
      2 * RocksOptions(diskCapacity: capacity).writeBufferBytes + LogOptions(diskCapacity: capacity).segmentBytes
    #expect(ballast >= needed, "\(ballast) of \(needed)")
    var space = SpaceGuard(reserve: SpaceGuard.reserve(of: capacity))
    #expect(space.isSpent(free: 0) && !space.canSpare(ballast, of: ballast))
    let changes = space.update(free: ballast)
    #expect(changes && space.refusesWrites, "what was given back is no room for clients")
    #expect(!space.isSpent(free: ballast) && space.isTight(free: ballast) && !space.isTight(free: capacity))
  }

  /// A merge may write as much as the reserve.
  @Test func aMergeHasToBeWorthItWhileWritesAreTaken() {
    let space = SpaceGuard(reserve: 800)
    #expect(space.garbageWorthMerging(free: 1600) == 400)
    #expect(space.garbageWorthMerging(free: 1200) == 200)
    #expect(space.garbageWorthMerging(free: 801) == 100)
    #expect(space.garbageWorthMerging(free: 0) == 100)
  }

  @Test func theBallastTakesRoomUntilItIsGivenBack() throws {
    let directory = try TemporaryDirectory()
    let disk = try PosixDisk(root: directory.path + "/data")
    let ballast = Ballast(disk: disk, size: 3 << 20)
    #expect(try ballast.bytes() == 0 && !ballast.release())
    try ballast.fill()
    try ballast.fill()
    #expect(try ballast.bytes() == 3 << 20)
    try Ballast(disk: disk, size: 1 << 20).fill()
    #expect(try ballast.bytes() == 1 << 20)
    #expect(try ballast.release() && ballast.bytes() == 0)
  }

  @Test func aRealDiskKnowsItsSpace() throws {
    let directory = try TemporaryDirectory()
    let space = try PosixDisk(root: directory.path + "/data").space()
    #expect(space.capacity > 0 && space.free <= space.capacity && space.free >= 0)
  }
}
