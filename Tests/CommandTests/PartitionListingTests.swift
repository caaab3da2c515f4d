import Testing

@testable import RoostCluster
@testable import RoostCommand

@Suite("Partitions as people read them")
struct PartitionListingTests {
  private func groups(_ count: UInt64) -> [ClusterStatus.Group] {
    (1...count).map { id in
      ClusterStatus.Group(
        id: id, start: "a", end: "b", leader: id == count ? "" : "node\(id % 2 + 1)",
        replicas: [.init(node: "node1", role: "VOTER"), .init(node: "node2", role: "LEARNER")], term: 1,
        commit_index: 2, applied_index: 3)
    }
  }

  @Test func fewAreListedOneByOne() {
    let lines = PartitionListing(groups(16)).lines
    #expect(lines.count == 17)
    #expect(lines[1].contains("node2") && lines[1].contains("node2 (learner)"))
    #expect(lines[16].contains("none"))
  }

  @Test func manyAreCounted() {
    let lines = PartitionListing(groups(10_002)).lines
    #expect(lines.count == 4)
    #expect(lines[3] == "10002 partitions, 5000 led by node1, 5001 led by node2, 1 without leader")
  }
}
