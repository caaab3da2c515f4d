import RoostPlatform
import RoostRaft
import Testing

@testable import RoostStore

@Suite("Pace of applying")
struct ApplyPaceTests {
  private static let delay = Duration.milliseconds(50)

  @Test("everybody is served within the delay, and nobody much earlier", arguments: [1, 3, 64, 1000])
  func everybodyInTime(waiting: Int) {
    var pace = ApplyPace()
    pace.begin(at: Instant(nanoseconds: 7_000_000))
    var served = 0
    for millisecond in 8...57 {
      let share = pace.takeShare(
        of: waiting, at: Instant(nanoseconds: Int64(millisecond) * 1_000_000), delay: ApplyPaceTests.delay)
      #expect(share <= waiting / 50 + 1, "no burst")
      served += share
    }
    #expect(served == waiting)
  }

  @Test func whoWasForgottenForLongIsServedOnce() {
    var pace = ApplyPace()
    pace.begin(at: .origin)
    #expect(pace.takeShare(of: 10, at: Instant(nanoseconds: 1_000_000_000), delay: ApplyPaceTests.delay) == 10)
    #expect(pace.takeShare(of: 10, at: Instant(nanoseconds: 1_000_000_000), delay: ApplyPaceTests.delay) == 0)
  }
}
