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
    for replacement in replacements {
      complaints.append(
        "\(replacement.node) (number \(replacement.number)) is gone and keeps its place in \(replacement.partitions) "
          + "partition\(replacement.partitions == 1 ? "" : "s") until "
          + (replacement.successor == nil
            ? "one of its name starts with an empty data directory" : "its successor has caught up"))
    }
    return complaints
  }
}
