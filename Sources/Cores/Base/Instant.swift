/// A point on a node's monotonic clock, in nanoseconds since an origin of the clock's choosing.
/// Instants of different nodes can't be compared.
public struct Instant: Hashable, Comparable, Sendable {
  public var nanoseconds: Int64

  @inlinable public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  /// The instant zero, before which no clock begins.
  @inlinable public static var origin: Instant { Instant(nanoseconds: 0) }
  /// Later than any instant that a clock will show: the deadline of something that never happens.
  @inlinable public static var distantFuture: Instant { Instant(nanoseconds: .max) }

  @inlinable public static func == (left: Instant, right: Instant) -> Bool { left.nanoseconds == right.nanoseconds }
  @inlinable public static func < (left: Instant, right: Instant) -> Bool { left.nanoseconds < right.nanoseconds }

  /// The instant `duration` later; saturates at `distantFuture`.
  @inlinable public static func + (left: Instant, right: Duration) -> Instant {
    let (sum, overflow) = left.nanoseconds.addingReportingOverflow(right.wholeNanoseconds)
    return overflow ? .distantFuture : Instant(nanoseconds: sum)
  }

  /// The time from `right` to `left`.
  @inlinable public static func - (left: Instant, right: Instant) -> Duration {
    .nanoseconds(left.nanoseconds - right.nanoseconds)
  }
}

extension Duration {
  /// This duration in nanoseconds, rounded towards zero, saturating at the range of `Int64`.
  @inlinable public var wholeNanoseconds: Int64 {
    let (seconds, attoseconds) = components
    let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    if overflow { return seconds < 0 ? .min : .max }
    let (sum, carried) = scaled.addingReportingOverflow(attoseconds / 1_000_000_000)
    if carried { return seconds < 0 ? .min : .max }
    return sum
  }
}
