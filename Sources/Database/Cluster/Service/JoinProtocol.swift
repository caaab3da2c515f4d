import RoostRaft

/// Requests of the cluster floor on the native protocol; bodies are JSON, for they are rare.
public enum ClusterOpcode {
  public static let join: UInt8 = 64
  public static let status: UInt8 = 65
  public static let transfer: UInt8 = 66
  public static let announce: UInt8 = 67
  public static let replace: UInt8 = 68
}

/// A new node asks to be taken in. Asking again with the same incarnation gives the same answer.
struct JoinRequest: Codable, Equatable {
  var clusterName: String
  var record: NodeRecord
}

enum JoinResponse: Codable, Equatable {
  case admitted(Admission)
  case refused(reason: String)

  struct Admission: Codable, Equatable {
    var clusterID: String
    var node: NodeID
    var founders: [NodeID]
    var members: [NodeRecord]
  }
}
