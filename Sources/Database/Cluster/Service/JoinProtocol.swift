import RoostBase

extension ClusterChannels {
  static let join = ClusterChannel<JoinRequest, JoinResponse>(64)
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
