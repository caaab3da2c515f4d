import RoostCluster

/// The partitions of a cluster as people read them: one by one while they are few, the first ones and a count of the rest
/// when they are many.
struct PartitionListing {
  private static let fewest = 16

  private let groups: [ClusterStatus.Group]

  init(_ groups: [ClusterStatus.Group]) { self.groups = groups }

  var lines: [String] {
    let isLong = groups.count > PartitionListing.fewest
    var table = TextTable([
      ("partition", .right), ("leader", .left), ("term", .right), ("committed", .right), ("applied", .right),
      ("replicas", .left),
    ])
    for group in isLong ? groups.prefix(2) : groups[...] {
      table.append([
        String(group.id), group.leader.isEmpty ? "none" : group.leader, String(group.term), String(group.commit_index),
        String(group.applied_index), Self.replicas(of: group),
      ])
    }
    return isLong ? table.lines + [summary] : table.lines
  }

  static func count(_ partitions: Int) -> String { partitions == 1 ? "1 partition" : "\(partitions) partitions" }

  static func replicas(of group: ClusterStatus.Group) -> String {
    group.replicas.map { $0.role == "VOTER" ? $0.node : "\($0.node) (learner)" }.joined(separator: ", ")
  }

  private var summary: String {
    var counts: [String: Int] = [:]
    for group in groups { counts[group.leader, default: 0] += 1 }
    let withoutLeader = counts.removeValue(forKey: "") ?? 0
    let led = counts.sorted { $0.key < $1.key }.map { "\($0.value) led by \($0.key)" }
    return (["\(groups.count) partitions"] + led + ["\(withoutLeader) without leader"]).joined(separator: ", ")
  }
}
