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
