/// Identifies one Raft group of a cluster. Group 1 is the system group.
public struct GroupID: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
  public var rawValue: UInt64

  @inlinable public init(_ rawValue: UInt64) { self.rawValue = rawValue }

  /// Holds the cluster's own state: nodes, groups, settings.
  public static let system = GroupID(1)

  @inlinable public static func < (left: GroupID, right: GroupID) -> Bool { left.rawValue < right.rawValue }
  public var description: String { String(rawValue) }
}
