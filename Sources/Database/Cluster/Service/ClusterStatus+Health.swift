extension ClusterStatus.Node {
  /// Whether the node that answered hears of it.
  public var isAlive: Bool { status != ClusterStatus.down }
}

extension ClusterStatus {
  static let down = "down"

  /// The same with what is wrong written into it.
  func judged() -> ClusterStatus {
    var judged = self
    judged.cluster.reasons = complaints
    judged.cluster.is_healthy = judged.cluster.reasons.isEmpty
    return judged
  }

  /// What an operator should look at, the worst first.
  private var complaints: [String] {
    var complaints: [String] = []
    let orphans = groups.filter(\.leader.isEmpty).map { "\($0.id)" }
    switch orphans.count {
    case 0: break
    case 1: complaints.append("partition \(orphans[0]) has no leader")
    default:
      let rest = orphans.count > 8 ? ", …" : ""
      complaints.append(
        "\(orphans.count) partitions have no leader: \(orphans.prefix(8).joined(separator: ", "))\(rest)")
    }
    for node in nodes {
      if !node.isAlive {
        complaints.append("\(node.id) is down")
      } else if node.status == "diverged" {
        complaints.append("\(node.id) contradicts the others and serves less than it holds")
      } else if !node.disk.isEmpty {
        complaints.append("\(node.id): \(node.disk)")
      } else if node.status == "joining" {
        complaints.append("\(node.id) does not vote in every partition yet")
      }
    }
    return complaints + replacements.map(\.complaint)
  }
}

extension Replacement {
  /// What is missing, and what to do about it.
  fileprivate var complaint: String {
    let gone = "\(node) (number \(number)) is gone"
    if votes > 0 { return "\(gone), and its vote still counts in \(votes) partition\(votes == 1 ? "" : "s")" }
    if successor == nil {
      return
        "\(gone) and nobody votes for it: start \(node) with an empty data directory, or `roost decommission \(node)`"
    }
    return "\(gone), and the new \(node) does not vote in \(partitions) partition\(partitions == 1 ? "" : "s") yet"
  }
}
