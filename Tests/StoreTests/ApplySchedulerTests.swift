import RoostBase
import RoostPlatform
import Testing

@testable import RoostStore

@Suite("When what is decided is applied")
struct ApplySchedulerTests {
  private final class Member: ApplyMember, @unchecked Sendable {
    var applySlot = ApplySlot()
    var wholeStepBytes = 0
    var stepsLeft = 0
    var isStateAwaited = false
    var isSuspended = false
    var isUnfolding: Bool { stepsLeft > 0 }
  }

  /// A scheduler with what it had written, and when.
  private final class Bench: @unchecked Sendable {
    let loop = ManualLoop()
    let scheduler: ApplyScheduler<Member>
    var isFull = false
    var stepTime = Duration.zero
    var written: [(member: Member, at: Instant)] = []
    var refusals: [Instant] = []

    init() {
      scheduler = ApplyScheduler(loop: loop)
      scheduler.write = { [unowned self] in write($0) }
    }

    private func write(_ members: [Member]) {
      if isFull {
        refusals.append(loop.now)
        for member in members { scheduler.note(member) }
        return scheduler.blocked { members }
      }
      loop.spend(stepTime)
      for member in members {
        written.append((member, loop.now))
        member.wholeStepBytes = 0
        member.stepsLeft = max(0, member.stepsLeft - 1)
        scheduler.note(member)
        scheduler.continueUnfolding(member)
      }
    }

    func stage(_ member: Member, bytes: Int) {
      member.wholeStepBytes += bytes
      scheduler.note(member)
      scheduler.schedule()
    }
  }

  private func milliseconds(_ instant: Instant) -> Double { Double(instant.nanoseconds) / 1e6 }

  @Test("little is applied after fifty milliseconds, once, with what came meanwhile")
  func little() {
    let bench = Bench()
    let member = Member()
    bench.stage(member, bytes: 100)
    bench.loop.run(for: .milliseconds(20))
    bench.stage(member, bytes: 100)
    bench.loop.run(for: .milliseconds(29))
    #expect(bench.written.isEmpty)
    bench.loop.run(for: .milliseconds(200))
    #expect(bench.written.count == 1)
    #expect(bench.written.first.map { milliseconds($0.at) } == 50)
  }

  @Test("much is applied in the next turn, and what a reader waits for at once")
  func much() {
    let bench = Bench()
    let (large, wanted) = (Member(), Member())
    bench.stage(large, bytes: 100 << 10)
    bench.loop.run(for: .zero)
    #expect(bench.written.count == 1 && bench.written[0].member === large)
    bench.stage(wanted, bytes: 10)
    bench.scheduler.applyNow(wanted)
    #expect(bench.written.count == 2 && bench.written[1].member === wanted)
  }

  @Test("a state engine without room is asked again every 200 ms, and nothing is lost or overtakes")
  func noRoom() {
    let bench = Bench()
    let (first, second) = (Member(), Member())
    bench.isFull = true
    bench.stage(first, bytes: 100)
    bench.stage(second, bytes: 100)
    bench.loop.run(for: .milliseconds(500))
    #expect(bench.written.isEmpty && bench.scheduler.isBlocked)
    #expect(bench.refusals.map(milliseconds) == [50, 250, 450])
    bench.scheduler.applyNow(first)
    #expect(bench.written.isEmpty, "nobody gets past the others")
    bench.isFull = false
    bench.loop.run(for: .milliseconds(200))
    #expect(bench.written.count == 2 && !bench.scheduler.isBlocked)
    #expect(bench.written[0].member === first && bench.written[1].member === second)
  }

  @Test("steps of a bulk commit have pauses as long as the steps, shorter ones while somebody waits")
  func steps() {
    let bench = Bench()
    let member = Member()
    member.stepsLeft = 4
    bench.stepTime = .milliseconds(1)
    bench.scheduler.continueUnfolding(member)
    bench.scheduler.continueUnfolding(member)
    bench.loop.run(for: .milliseconds(50))
    #expect(bench.written.map { milliseconds($0.at) } == [1.3, 3.3, 5.3, 7.3])

    bench.written = []
    bench.stepTime = .zero
    member.isStateAwaited = true
    member.stepsLeft = 3
    let began = bench.loop.now
    bench.scheduler.continueUnfolding(member)
    bench.loop.run(for: .milliseconds(50))
    #expect(bench.written.count == 3)
    #expect(bench.written[2].at - began < .milliseconds(1.2))
  }

  @Test("once stopped it writes nothing more")
  func stopping() {
    let bench = Bench()
    let (member, other) = (Member(), Member())
    other.stepsLeft = 2
    bench.stage(member, bytes: 100)
    bench.scheduler.continueUnfolding(other)
    bench.scheduler.stop()
    bench.scheduler.applyNow(member)
    bench.loop.run(for: .seconds(1))
    #expect(bench.written.isEmpty)
  }
}
