/// Identifies a node of the cluster, and thereby a member of its Raft groups. Zero means "nobody".
public struct NodeID: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
  public var rawValue: UInt64

  @inlinable public init(_ rawValue: UInt64) { self.rawValue = rawValue }

  /// The absence of a node: no vote cast, no leader known.
  @inlinable public static var none: NodeID { NodeID(0) }

  public var description: String { String(rawValue) }

  // Written out, since what the compiler derives is not inlined into the modules above: a step of Raft looks members up
  // in dictionaries and compares them all the time.
  @inlinable public static func == (left: NodeID, right: NodeID) -> Bool { left.rawValue == right.rawValue }
  @inlinable public static func < (left: NodeID, right: NodeID) -> Bool { left.rawValue < right.rawValue }
  @inlinable public func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }
}
