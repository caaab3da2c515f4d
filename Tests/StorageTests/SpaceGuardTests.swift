import RoostPlatform
import Testing

@Suite struct SpaceGuardTests {
  @Test(
    arguments: [
      (0, 0), (64 << 20, (64 << 20) / 5), (512 << 20, 96 << 20), (2 << 30, (2 << 30) / 20), (5 << 30, 256 << 20),
      (1 << 40, 256 << 20), (.max, 256 << 20),
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

  @Test func aRealDiskKnowsItsSpace() throws {
    let directory = try TemporaryDirectory()
    let space = try PosixDisk(root: directory.path + "/data").space()
    #expect(space.capacity > 0 && space.free <= space.capacity && space.free >= 0)
  }
}
