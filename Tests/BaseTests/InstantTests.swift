import RoostBase
import Testing

@Suite("Instants") struct InstantTests {
  @Test("sums and differences")
  func arithmetic() {
    let now = Instant(nanoseconds: 1_500)
    #expect(now + .microseconds(2) == Instant(nanoseconds: 3_500))
    #expect(now + .nanoseconds(-1_500) == .origin)
    #expect(Instant(nanoseconds: 3_500) - now == .microseconds(2))
    #expect(now - Instant(nanoseconds: 3_500) == .microseconds(-2))
    #expect(Instant.origin < now && now < Instant.distantFuture)
  }

  @Test("what is beyond the range is the distant future")
  func saturation() {
    #expect(Instant(nanoseconds: .max - 1) + .nanoseconds(1) == .distantFuture)
    #expect(Instant(nanoseconds: .max - 1) + .nanoseconds(2) == .distantFuture)
    #expect(Instant.distantFuture + .seconds(5) == .distantFuture)
    #expect(Instant(nanoseconds: 1) + .seconds(Int64.max) == .distantFuture)
  }

  @Test("durations in whole nanoseconds, rounded towards zero")
  func wholeNanoseconds() {
    #expect(Duration.milliseconds(3).wholeNanoseconds == 3_000_000)
    #expect(Duration(secondsComponent: 0, attosecondsComponent: 1_999_999_999).wholeNanoseconds == 1)
    #expect(Duration(secondsComponent: 0, attosecondsComponent: -1_999_999_999).wholeNanoseconds == -1)
    #expect(Duration.nanoseconds(Int64.max).wholeNanoseconds == .max)
    #expect((Duration.nanoseconds(Int64.max) + .nanoseconds(1)).wholeNanoseconds == .max)
    #expect(Duration.seconds(Int64.max).wholeNanoseconds == .max)
    #expect(Duration.seconds(Int64.min).wholeNanoseconds == .min)
  }
}
