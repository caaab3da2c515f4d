import Foundation
import RoostBase
import RoostMembership
import RoostPlatform
import RoostRaft
import RoostStore

/// What the cluster looks like from here.
extension ClusterService {
  func status() -> ClusterStatus {
    let groups = host.status()
    let data = groups.first { $0.id == GroupDescriptor.data.id }
    let orders = orders(registry)
    let replacements = orders.replacements
    let weakest = orders.quorums.weakest ?? .init(voters: 0, needed: 0, live: 0)
    return ClusterStatus(
      cluster: .init(
        name: identity.clusterName, id: identity.clusterID, answered_by: identity.name, is_healthy: true,
        reasons: [], voters: weakest.voters, needed: weakest.needed, can_lose: max(0, weakest.margin),
        missing: replacements.count, insecure: isInsecure),
      nodes: registry.active.map { record in
        let isUp =
          record.id == host.configuration.node
          || (host.isConnected(to: record.id) && host.livingIncarnation(of: record.id) != nil)
        let votes = data?.configuration.voters.contains(record.id) == true
        let votesEverywhere = groups.allSatisfy { $0.configuration.voters.contains(record.id) }
        let status = status(of: record, votesEverywhere: votesEverywhere)
        return ClusterStatus.Node(
          id: record.name, number: record.id.rawValue, pid: isUp ? record.pid : 0,
          status: isUp ? status : ClusterStatus.down,
          role: !isUp ? "" : data?.leader == record.id ? "PRIMARY" : votes ? "STANDBY" : "REPLICA",
          disk: host.condition(of: record.id).diskTrouble, trouble: host.trouble(of: record.id),
          sql_address: record.sqlAddress, peer_address: record.peerAddress, locality: record.locality,
          start_time: Date(timeIntervalSince1970: Double(record.startedAt) / 1000).ISO8601Format())
      },
      groups: groups.map { group in
        ClusterStatus.Group(
          id: group.id.rawValue, start: group.range.lower.description, end: group.range.upper.description,
          leader: name(of: group.leader) ?? "",
          replicas: group.configuration.members.sorted().map {
            .init(node: name(of: $0) ?? "\($0)", role: group.configuration.voters.contains($0) ? "VOTER" : "LEARNER")
          },
          term: group.term.rawValue, commit_index: group.commitIndex.rawValue,
          applied_index: group.appliedIndex.rawValue)
      },
      replacements: replacements, departures: orders.departures, counters: host.namedCounters()
    ).judged()
  }
}

extension ClusterService {
  /// Of a node that is up.
  private func status(of record: NodeRecord, votesEverywhere: Bool) -> String {
    if host.condition(of: record.id).contains(.diverged) { return "diverged" }
    return record.standing == .leaving ? "leaving" : votesEverywhere ? "active" : "joining"
  }
}

extension NodeCondition {
  /// In words for operators; empty if nothing hinders the disk.
  fileprivate var diskTrouble: String {
    contains(.diskFull) ? "disk full" : contains(.diskStalled) ? "disk stalled" : ""
  }
}
