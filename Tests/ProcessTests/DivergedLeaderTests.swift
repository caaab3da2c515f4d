import Foundation
import Testing

/// A node that has diverged in one partition and leads another.
@Suite("A leader that has diverged elsewhere", .serialized)
struct DivergedLeaderTests {
  @Test("does not judge who belongs to the cluster: it hands the records over, and another node is taken out")
  func handsTheRecordsOver() async throws {
    try await withTemporaryDirectory { directory in
      try await withNodes(Array(repeating: .init(), count: 4), in: directory) { cluster in
        try cluster.signal(1, SIGTERM)
        #expect(try await cluster.ended(1) == 0)
        // As it would have been written when the node was contradicted.
        try Data("2 partition 2: entry 5 is committed here, and its leader has another one\n".utf8)
          .write(to: URL(fileURLWithPath: cluster.dataDirectory(1) + "/cluster/diverged"))
        try cluster.start(1)
        try await eventually("everybody knows") {
          cluster.status(2)?.nodes.contains { $0.id == "node1" && $0.status == "diverged" } == true
        }
        let moved = try DemoCluster.run(["transfer", "node1", "--partition", "1", "--port", "\(cluster.port(2))"])
        #expect(moved.status == 0, "\(moved.output)")
        try await eventually("another node leads the records") {
          cluster.status(2)?.groups.first.map { !["", "node1"].contains($0.leader) } == true
        }
        let out = try DemoCluster.run(["decommission", "node4", "--port", "\(cluster.port(2))"])
        #expect(out.status == 0, "\(out.output)")
        #expect(try await cluster.ended(4) == 0)
      }
    }
  }
}
