import RoostBase

/// Requests of the cluster floor on the native protocol; bodies are JSON, for they are rare.
public enum ClusterOpcode {
  public static let join: UInt8 = 64
  public static let status: UInt8 = 65
  public static let transfer: UInt8 = 66
  public static let announce: UInt8 = 67
  public static let replace: UInt8 = 68
  public static let takeOut: UInt8 = 69
  public static let progress: UInt8 = 70
}

/// A new node asks to be taken in. Asking again with the same incarnation gives the same answer.
struct JoinRequest: Codable, Equatable {
  var clusterName: String
  var record: NodeRecord
  /// How many partitions the node was told to found the cluster with; nil if it was not told.
  var partitions: Int?
}

enum JoinResponse: Codable, Equatable {
  case admitted(Admission)
  case refused(reason: String)

  struct Admission: Codable, Equatable {
    var clusterID: String
    var node: NodeID
    var founders: [NodeID]
    var members: [NodeRecord]
    /// How many partitions the cluster was founded with; nil from a leader that does not know.
    var partitions: Int?
  }
}
