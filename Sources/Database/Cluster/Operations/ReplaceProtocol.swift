extension ClusterChannels {
  public static let replace = ClusterChannel<ReplaceRequest, ReplaceResponse>(68)
}

/// Declares that a node's data directory is gone for good, so that another one may take its place.
public struct ReplaceRequest: Codable, Sendable {
  /// The name of the node.
  public var name: String
  /// Which of the nodes that had the name; nil for the one that has it now.
  public var number: UInt64?
  /// Also if it is heard of.
  public var isForced: Bool
  /// Only tell what would be done.
  public var isDryRun: Bool

  public init(name: String, number: UInt64? = nil, isForced: Bool, isDryRun: Bool) {
    self.name = name
    self.number = number
    self.isForced = isForced
    self.isDryRun = isDryRun
  }
}

public enum ReplaceResponse: Codable, Sendable {
  /// What would be done; `canLose` is how many more nodes may fail until the successor votes.
  case planned(Replacement, canLose: Int)
  /// The node is declared gone, now or by an earlier request; its successor does not vote everywhere yet. The system
  /// group has committed that at `position`: whoever has applied less can't tell what became of it.
  case retired(Replacement, position: UInt64)
  /// Its successor votes in every partition.
  case replacedAlready(Replacement)
  case refused(reason: String)
}

/// A node that was declared gone, and the one that comes after it. Field names are the JSON keys of `roost status --json`.
public struct Replacement: Codable, Sendable, Equatable {
  /// The name that the gone node had and its successor has.
  public var node: String
  /// The gone node's number.
  public var number: UInt64
  /// The number of the node that came after it; nil while there is none.
  public var successor: UInt64?
  /// In how many partitions the successor does not vote yet.
  public var partitions: Int
  /// In how many partitions the gone node's vote still counts: none within moments, unless a majority is missing.
  public var votes: Int
}
