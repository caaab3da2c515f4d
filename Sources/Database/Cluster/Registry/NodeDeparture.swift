/// Why a node belongs to the cluster no more, or is on its way out.
public enum NodeDeparture: String, Codable, Sendable {
  /// Its data directory is gone (`roost replace`): another node of its name is waited for.
  case replaced
  /// An operator took it out (`roost decommission`).
  case decommissioned
  /// It was asked to leave (`roost leave`).
  case left
  /// It was admitted, and did not come within the time limit.
  case neverReady = "never_ready"
  /// It was given up when a lost quorum was recovered (`roost recover-quorum`).
  case quorumLost = "quorum_lost"

  /// What happened to a node, after its name.
  var summary: String {
    switch self {
    case .replaced: "was replaced (`roost replace`)"
    case .decommissioned: "was taken out of the cluster (`roost decommission`)"
    case .left: "has left the cluster (`roost leave`)"
    case .neverReady: "was admitted, did not become ready in time, and was forgotten"
    case .quorumLost: "was given up when a lost quorum was recovered (`roost recover-quorum`)"
    }
  }

  /// Why a node with such a record may not start from the data directory it had, and what to do instead.
  func refusal(of name: String) -> String {
    "\(name) \(summary), and this is the data directory it had; start it with an empty one"
  }
}
