extension ClusterChannels {
  public static let takeOut = ClusterChannel<DepartureRequest, DepartureResponse>(69)
  /// How far a replacement or a departure is.
  public static let progress = ClusterChannel<DepartureProgressRequest, DepartureProgress>(70)
}

/// Takes a node out of the cluster without a successor: by name, or the node that is asked about itself.
public struct DepartureRequest: Codable, Sendable {
  /// The name of the node.
  public var name: String
  /// Which of the nodes that had the name; nil for the one that has it now.
  public var number: UInt64?
  /// The node itself was asked to leave.
  public var isLeave: Bool
  /// Only tell what would be done.
  public var isDryRun: Bool

  public init(name: String, number: UInt64? = nil, isLeave: Bool, isDryRun: Bool) {
    self.name = name
    self.number = number
    self.isLeave = isLeave
    self.isDryRun = isDryRun
  }
}

public enum DepartureResponse: Codable, Sendable {
  /// What would be done; `canLose` is how many more nodes may fail afterwards.
  case planned(Departing, canLose: Int)
  /// It is on its way out, by this request or an earlier one; see ``ReplaceResponse/retired(_:position:)``.
  case accepted(Departing, position: UInt64)
  /// It belongs to the cluster no more.
  case outAlready(Departing)
  case refused(reason: String)
}

/// A node that gives up its places. Field names are the JSON keys of `roost status --json`.
public struct Departing: Codable, Sendable, Equatable {
  public var node: String
  public var number: UInt64
  /// `decommissioned`, `left`, `never_ready`, `quorum_lost`.
  public var reason: String
  /// In how many partitions it still has a place.
  public var partitions: Int
}

/// Asks how far a replacement or a departure is. Only a leader of the system group answers that, and only one that has
/// applied `position`: nobody may say from an older state that something is done.
public struct DepartureProgressRequest: Codable, Sendable {
  public var number: UInt64
  public var position: UInt64

  public init(number: UInt64, position: UInt64) {
    self.number = number
    self.position = position
  }
}

public enum DepartureProgress: Codable, Sendable, Equatable {
  /// It was declared gone, and its vote still counts in so many partitions.
  case losingVote(partitions: Int)
  /// Its vote counts nowhere, and nobody of its name came yet.
  case waitingForSuccessor(partitions: Int)
  /// Its successor is learning, or votes in some partitions.
  case succeeding(partitions: Int)
  /// Its successor votes everywhere.
  case succeeded
  /// It is being removed.
  case leaving(partitions: Int)
  /// It is in no partition any more, and will not be taken for a member again.
  case out
  /// It belongs to the cluster, and nothing of that kind is under way.
  case member
  /// No node ever had that number: asking again will not help.
  case unknown
}
