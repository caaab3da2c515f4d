import Foundation
import Testing

@testable import RoostCluster

@Suite("What a status says against a cluster")
struct ClusterHealthTests {
  private func node(_ name: String, _ status: String = "active", disk: String = "") -> ClusterStatus.Node {
    ClusterStatus.Node(
      id: name, number: 1, pid: 1, status: status, role: "", disk: disk, trouble: [], sql_address: "", peer_address: "",
      locality: [:],
      start_time: "")
  }

  private func group(_ id: UInt64, leader: String = "node1") -> ClusterStatus.Group {
    ClusterStatus.Group(
      id: id, start: "", end: "", leader: leader, replicas: [], term: 1, commit_index: 1, applied_index: 1)
  }

  private func reasons(
    _ nodes: [ClusterStatus.Node], _ groups: [ClusterStatus.Group], _ replacements: [Replacement] = []
  ) -> [String] {
    let status = ClusterStatus(
      cluster: .init(
        name: "roost", id: "1", answered_by: "node1", is_healthy: true, reasons: [], voters: 3, needed: 2, can_lose: 1,
        missing: replacements.count, insecure: false),
      nodes: nodes, groups: groups, replacements: replacements, departures: [], counters: [:]
    ).judged()
    #expect(status.cluster.is_healthy == status.cluster.reasons.isEmpty)
    return status.cluster.reasons
  }

  @Test func nothingWhenAllIsWell() {
    #expect(reasons([node("node1"), node("node2", "leaving")], [group(1), group(2)]) == [])
  }

  @Test func partitionsWithoutLeaderComeFirst() {
    #expect(
      reasons([node("node1"), node("node2", "down")], [group(1), group(2, leader: "")])
        == ["partition 2 has no leader", "node2 is down"])
    let many = (1...20).map { group($0, leader: "") }
    #expect(reasons([node("node1")], many) == ["20 partitions have no leader: 1, 2, 3, 4, 5, 6, 7, 8, …"])
  }

  @Test func disksAndNodesThatDoNotVoteAreNamed() {
    #expect(
      reasons([node("node1", disk: "disk full"), node("node4", "joining")], [group(1)])
        == ["node1: disk full", "node4 does not vote in every partition yet"])
    #expect(reasons([node("node1", "down", disk: "disk full")], [group(1)]) == ["node1 is down"])
    #expect(
      reasons([node("node1", "diverged")], [group(1)]) == [
        "node1 contradicts the others and serves less than it holds"
      ])
  }

  @Test func whoIsMissingIsNamedUntilASuccessorVotes() {
    func said(_ replacement: Replacement) -> [String] { reasons([node("node1")], [group(1)], [replacement]) }
    #expect(
      said(Replacement(node: "node2", number: 2, successor: nil, partitions: 2, votes: 1)) == [
        "node2 (number 2) is gone, and its vote still counts in 1 partition"
      ])
    #expect(
      said(Replacement(node: "node2", number: 2, successor: nil, partitions: 2, votes: 0)) == [
        "node2 (number 2) is gone and nobody votes for it: start node2 with an empty data directory, or "
          + "`roost decommission node2`"
      ])
    #expect(
      said(Replacement(node: "node2", number: 2, successor: 4, partitions: 2, votes: 0)) == [
        "node2 (number 2) is gone, and the new node2 does not vote in 2 partitions yet"
      ])
  }
}
