import Foundation
import RoostPlatform
import Testing

/// Nodes whose data directory is not what it was: an old copy, a second process, a lost disk.
@Suite("Nodes that are not who they were", .serialized)
struct ReplaceTests {
  private func run(
    _ cluster: NodeCluster, _ arguments: String..., on node: Int
  ) throws -> (status: Int32, output: String) {
    try DemoCluster.run(arguments + ["--port", "\(cluster.port(node))"])
  }

  private func stop(_ cluster: NodeCluster, _ node: Int) async throws {
    try cluster.signal(node, SIGTERM)
    #expect(try await cluster.ended(node) == 0)
  }

  @Test(
    "a lost directory is refused under its name until it is replaced; then it gets its place back in every partition")
  func lostDirectory() async throws {
    try await withTemporaryDirectory { directory in
      try await withNodes(in: directory) { cluster in
        #expect(
          try run(cluster, "sql", "-c", "CREATE TABLE t (id int); INSERT INTO t VALUES (1), (2)", on: 1).status == 0)
        try cluster.signal(3, SIGKILL)
        _ = try await cluster.ended(3)
        try FileManager.default.removeItem(atPath: cluster.dataDirectory(3))

        try cluster.start(3)
        #expect(try await cluster.ended(3) == 1)
        #expect(cluster.log(3).contains("roost replace node3"), "\(cluster.log(3))")

        let alive = try run(cluster, "replace", "node2", on: 1)
        #expect(alive.status == 1 && alive.output.contains("alive"), "\(alive.output)")
        let plan = try run(cluster, "replace", "node3", "--dry-run", on: 1)
        #expect(plan.status == 0 && plan.output.contains("in 2 partitions"), "\(plan.output)")
        #expect(cluster.status(1)?.nodes.count == 3, "a dry run changes nothing")
        for _ in 0..<2 {
          let replaced = try run(cluster, "replace", "node3", "--no-wait", on: 2)
          #expect(replaced.status == 0 && replaced.output.contains("declared gone"), "\(replaced.output)")
        }

        try FileManager.default.removeItem(atPath: cluster.dataDirectory(3))
        try cluster.start(3)
        let waited = try run(cluster, "replace", "node3", on: 1)
        #expect(waited.status == 0, "\(waited.output)")
        try await eventually("three nodes are active") { cluster.activeNodes(seenBy: 1) == 3 }
        let status = try run(cluster, "status", "--json", on: 1).output
        #expect(!status.contains("(gone)"), "\(status)")
        let rows = try run(cluster, "sql", "-c", "SET roost.read_level = stale; SELECT count(*) FROM t", on: 3)
        #expect(rows.output.contains("    2\n"), "\(rows.output)")
        // The newcomer counts: with it and one other node there is a majority.
        try cluster.signal(2, SIGKILL)
        #expect(try run(cluster, "sql", "-c", "INSERT INTO t VALUES (3)", on: 1).status == 0)
      }
    }
  }

  @Test("an old copy of a directory is refused, and ends with status 1")
  func rolledBack() async throws {
    try await withTemporaryDirectory { directory in
      try await withNodes(in: directory) { cluster in
        try await stop(cluster, 2)
        let copy = directory + "/copy"
        try FileManager.default.copyItem(atPath: cluster.dataDirectory(2), toPath: copy)
        try cluster.start(2)
        try await eventually("node2 is back") { cluster.log(2).components(separatedBy: "knows this node's").count == 3 }
        try await stop(cluster, 2)
        try FileManager.default.removeItem(atPath: cluster.dataDirectory(2))
        try FileManager.default.moveItem(atPath: copy, toPath: cluster.dataDirectory(2))
        try cluster.start(2)
        #expect(try await cluster.ended(2) == 1)
        #expect(cluster.log(2).contains("older copy") && cluster.log(2).contains("roost replace node2"))
      }
    }
  }

  @Test(
    "of two processes with copies of one directory the second is refused, and the first lives",
    arguments: [false, true])
  func secondProcess(hasFixedPort: Bool) async throws {
    try await withTemporaryDirectory { directory in
      try await withNodes(in: directory) { cluster in
        let copy = directory + "/copy"
        try FileManager.default.copyItem(atPath: cluster.dataDirectory(2), toPath: copy)
        let terms = cluster.status(1)?.groups.map(\.term)
        let second = try DemoCluster.run([
          "start", "--node-id", "node2", "--data", copy, "--port", hasFixedPort ? "\(cluster.port(1) + 50)" : "0",
          "--cluster-mode", "primary", "--join", cluster.peerAddress(1).description,
        ])
        #expect(second.status == 1)
        #expect(second.output.contains("another process uses the same identity"), "\(second.output)")
        #expect(cluster.isRunning(2))
        #expect(cluster.status(1)?.groups.map(\.term) == terms, "nobody was cut off")
        #expect(cluster.activeNodes(seenBy: 1) == 3)
      }
    }
  }
}
