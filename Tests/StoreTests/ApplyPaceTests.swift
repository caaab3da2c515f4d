import RoostBase
import RoostPlatform
import Testing

@testable import RoostStore

@Suite("Pace of applying")
struct ApplyPaceTests {
  private static let delay = Duration.milliseconds(50)

  private func at(_ millisecond: Int) -> Instant { Instant(nanoseconds: Int64(millisecond) * 1_000_000) }

  @Test("as many come as go: each tick has its share", arguments: [1, 3, 64, 1000])
  func evenLoad(waiting: Int) {
    var pace = ApplyPace()
    pace.begin(at: .origin)
    var queue = [Instant](repeating: .origin, count: waiting)
    var served = 0
    for millisecond in 1...500 {
      let now = at(millisecond)
      let share = pace.takeShare(of: queue.count, at: now, delay: ApplyPaceTests.delay) { queue[$0] }
      #expect(queue[..<share].allSatisfy { now.nanoseconds - $0.nanoseconds <= 51_000_000 })
      #expect(share <= waiting / 50 + 1, "no burst")
      served += share
      queue = queue[share...] + [Instant](repeating: now, count: share)
    }
    #expect(served == waiting * 10)
  }

  @Test("when no more come, everybody is served within the delay", arguments: [1, 3, 64, 1000])
  func draining(waiting: Int) {
    var pace = ApplyPace()
    pace.begin(at: at(7))
    var left = waiting
    for millisecond in 8...57 {
      left -= pace.takeShare(of: left, at: at(millisecond), delay: ApplyPaceTests.delay) { _ in at(7) }
      if left == 0 { break }
    }
    #expect(left == 0)
  }

  @Test func whoWasForgottenForLongIsServedOnce() {
    var pace = ApplyPace()
    pace.begin(at: .origin)
    #expect(pace.takeShare(of: 10, at: at(1000), delay: ApplyPaceTests.delay) { _ in .origin } == 10)
    #expect(pace.takeShare(of: 10, at: at(1000), delay: ApplyPaceTests.delay) { _ in at(1000) } == 0)
  }
}
