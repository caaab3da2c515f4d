/// A position in the store's history: every committed write has one, and versions are ordered by it.
///
/// 64 bits, hybrid: milliseconds since 1970 in the upper 44 bits, a counter in the lower 20. Timestamps of a group grow
/// with its log, whatever the clocks do.
public struct Timestamp: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
  public var rawValue: UInt64

  @inlinable public init(_ rawValue: UInt64) { self.rawValue = rawValue }

  public init(milliseconds: UInt64, counter: UInt64 = 0) {
    rawValue = milliseconds << Timestamp.counterBits | counter
  }

  static let counterBits: UInt64 = 20

  public static let zero = Timestamp(0)
  public static let max = Timestamp(.max)

  /// Milliseconds since 1970-01-01T00:00:00Z.
  public var milliseconds: UInt64 { rawValue >> Timestamp.counterBits }
  public var next: Timestamp { Timestamp(rawValue + 1) }

  @inlinable public static func < (left: Timestamp, right: Timestamp) -> Bool { left.rawValue < right.rawValue }
  public var description: String { "\(milliseconds).\(rawValue & ((1 << Timestamp.counterBits) - 1))" }
}
