import NIOCore
import NIOPosix
import RoostBase
import RoostPlatform
import Testing

@testable import RoostTransport

@Suite("The loop on SwiftNIO") struct NIOLoopTests {
  private let loop = NIOLoop(MultiThreadedEventLoopGroup.singleton.next())

  @Test func timersFireByDeadlineThenInTheOrderOfSetting() async throws {
    let fired = Observed<[Int]>([])
    let expected = Observed<[Int]>([])
    let loop = loop
    loop.execute {
      var random = SplitMix64(state: 7)
      let start = loop.now
      var set: [(deadline: Int, number: Int, timer: any LoopTimer)] = []
      for number in 0..<3000 {
        let deadline = Int(random.next() % 40)
        let timer = loop.schedule(at: start + .milliseconds(deadline)) { fired.change { $0.append(number) } }
        set.append((deadline, number, timer))
      }
      var kept: [(deadline: Int, number: Int)] = []
      for (deadline, number, timer) in set {
        if random.next() % 3 == 0 { timer.cancel() } else { kept.append((deadline, number)) }
      }
      kept.sort { ($0.deadline, $0.number) < ($1.deadline, $1.number) }
      expected.change { $0 = kept.map(\.number) }
    }
    try await expected.wait("set") { !$0.isEmpty }
    try await fired.wait("fired") { $0.count >= expected.value.count }
    #expect(fired.value == expected.value)
  }

  @Test func aTimerNeverFiresEarlyOrAfterItsCancellation() async throws {
    let early = Observed(0)
    let fired = Observed(0)
    let loop = loop
    loop.execute {
      for step in 0..<200 {
        let deadline = loop.now + .microseconds(step * 50)
        loop.schedule(at: deadline) {
          if loop.now < deadline { early.change { $0 += 1 } }
          fired.change { $0 += 1 }
        }
        let cancelled = loop.schedule(at: deadline) { fired.change { $0 += 1000 } }
        cancelled.cancel()
        cancelled.cancel()
      }
    }
    try await fired.wait("all") { $0 >= 200 }
    #expect(fired.value == 200)
    #expect(early.value == 0)
  }

  /// A timer that sets itself again in the past must not keep the loop from anything else.
  @Test func aRestlessTimerLeavesRoom() async throws {
    let loop = loop
    let stop = Observed(false)
    let other = Observed(0)
    @Sendable func again() {
      guard !stop.value else { return }
      loop.schedule(at: .origin, again)
    }
    loop.execute(again)
    for _ in 0..<10 { loop.execute { other.change { $0 += 1 } } }
    try await other.wait("others run") { $0 == 10 }
    stop.change { $0 = true }
  }

  @Test func setsTimersFromAnyThreadAndKeepsTheOrderOfWork() async throws {
    let order = Observed<[Int]>([])
    let loop = loop
    #expect(!loop.isCurrent)
    for number in 0..<100 { loop.execute { order.change { $0.append(number) } } }
    try await order.wait("work") { $0.count == 100 }
    #expect(order.value == Array(0..<100))
    let onLoop = Observed<Bool?>(nil)
    loop.schedule(at: loop.now) { onLoop.change { $0 = loop.isCurrent } }
    try await onLoop.wait("timer") { $0 != nil }
    #expect(onLoop.value == true)
  }
}
