// The identifiers every floor shares: who (node), when in an election (term), where in a log (index),
// and when on the local monotonic clock (instant).

/// Identifies one member of a Raft group. Zero means "nobody".
public struct NodeID: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
  public var rawValue: UInt64

  @inlinable public init(_ rawValue: UInt64) { self.rawValue = rawValue }

  /// The absence of a node: no vote cast, no leader known.
  public static let none = NodeID(0)

  @inlinable public static func < (left: NodeID, right: NodeID) -> Bool { left.rawValue < right.rawValue }
  public var description: String { String(rawValue) }
}

/// A Raft term: the logical clock of elections (Raft paper, section 5.1).
public struct Term: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
  public var rawValue: UInt64

  @inlinable public init(_ rawValue: UInt64) { self.rawValue = rawValue }

  public static let zero = Term(0)

  @inlinable public static func < (left: Term, right: Term) -> Bool { left.rawValue < right.rawValue }
  public var description: String { String(rawValue) }
}

/// A position in a Raft log. The first entry has index 1; zero stands before it.
public struct LogIndex: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
  public var rawValue: UInt64

  @inlinable public init(_ rawValue: UInt64) { self.rawValue = rawValue }

  public static let zero = LogIndex(0)

  @inlinable public static func < (left: LogIndex, right: LogIndex) -> Bool { left.rawValue < right.rawValue }
  @inlinable public static func + (left: LogIndex, right: UInt64) -> LogIndex { LogIndex(left.rawValue + right) }
  @inlinable public static func - (left: LogIndex, right: UInt64) -> LogIndex { LogIndex(left.rawValue - right) }
  @inlinable public static func - (left: LogIndex, right: LogIndex) -> UInt64 { left.rawValue - right.rawValue }
  public var next: LogIndex { self + 1 }
  public var description: String { String(rawValue) }
}

/// A point on a node's monotonic clock, in nanoseconds since an origin of the clock's choosing.
/// Instants of different nodes can't be compared.
public struct Instant: Hashable, Comparable, Sendable {
  public var nanoseconds: Int64

  @inlinable public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  public static let origin = Instant(nanoseconds: 0)
  /// Later than any instant that a clock will show: the deadline of something that never happens.
  public static let distantFuture = Instant(nanoseconds: .max)

  @inlinable public static func < (left: Instant, right: Instant) -> Bool { left.nanoseconds < right.nanoseconds }

  /// The instant `duration` later; saturates at `distantFuture`.
  public static func + (left: Instant, right: Duration) -> Instant {
    let (sum, overflow) = left.nanoseconds.addingReportingOverflow(right.wholeNanoseconds)
    return overflow ? .distantFuture : Instant(nanoseconds: sum)
  }

  public static func - (left: Instant, right: Instant) -> Duration {
    .nanoseconds(left.nanoseconds - right.nanoseconds)
  }
}

extension Duration {
  /// This duration in nanoseconds, rounded towards zero, saturating at the range of `Int64`.
  public var wholeNanoseconds: Int64 {
    let (seconds, attoseconds) = components
    let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    if overflow { return seconds < 0 ? .min : .max }
    let (sum, carried) = scaled.addingReportingOverflow(attoseconds / 1_000_000_000)
    if carried { return seconds < 0 ? .min : .max }
    return sum
  }
}
