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

  @Test("goes on when all others have left")
  func withoutAnyOther() async throws {
    try await withTemporaryDirectory { directory in
      try await withNodes([.init(), .init()], in: directory) { cluster in
        let out = try DemoCluster.run(["decommission", "node1", "--port", "\(cluster.port(2))"])
        #expect(out.status == 0, "\(out.output)")
        #expect(try await cluster.ended(1) == 0)
        try cluster.signal(2, SIGTERM)
        #expect(try await cluster.ended(2) == 0)
        let file = cluster.dataDirectory(2) + "/" + JoinSecretFile.name
        let old = try JoinSecretFile.load(file)
        try FileManager.default.removeItem(atPath: file)
        try cluster.start(2)
        try await eventually("it is there again") {
          guard cluster.isRunning(2) else {
            throw DemoCluster.Failure(description: "it ended:\n\(cluster.log(2).suffix(800))")
          }
          return cluster.activeNodes(seenBy: 2) == 1
        }
        #expect(try JoinSecretFile.load(file) != old)
      }
    }
  }
}
