import Foundation
import RoostCluster
import Testing

/// A new secret for a cluster that is stopped, as `docs/security.md` tells.
@Suite("Exchanging the join secret", .serialized)
struct JoinSecretExchangeTests {
  @Test("goes on when the node that founded the cluster is there no more")
  func withoutTheFounder() async throws {
    try await withTemporaryDirectory { directory in
      try await withNodes(in: directory) { cluster in
        let port = "\(cluster.port(2))"
        try cluster.signal(1, SIGKILL)
        _ = try await cluster.ended(1)
        try FileManager.default.removeItem(atPath: cluster.dataDirectory(1))
        try await eventually("node1 is declared gone") {
          try DemoCluster.run(["replace", "node1", "--no-wait", "--port", port]).status == 0
        }
        try cluster.start(1)
        let replaced = try DemoCluster.run(["replace", "node1", "--port", port])
        #expect(replaced.status == 0, "\(replaced.output)")
        try await eventually("all are active") { cluster.activeNodes(seenBy: 2) == 3 }

        for node in cluster.nodes { try cluster.signal(node, SIGTERM) }
        for node in cluster.nodes { _ = try await cluster.ended(node) }
        let files = cluster.nodes.map { cluster.dataDirectory($0) + "/" + JoinSecretFile.name }
        let old = try JoinSecretFile.load(files[1])
        for file in files { try FileManager.default.removeItem(atPath: file) }
        for node in cluster.nodes { try cluster.start(node) }
        try await eventually("all are active", within: .seconds(90)) {
          for node in cluster.nodes where !cluster.isRunning(node) {
            throw DemoCluster.Failure(description: "node\(node) ended:\n\(cluster.log(node).suffix(800))")
          }
          return cluster.activeNodes(seenBy: 2) == 3
        }
        let secrets = Set(try files.map { try JoinSecretFile.load($0) })
        #expect(secrets.count == 1 && !secrets.contains(old))
      }
    }
  }
}
