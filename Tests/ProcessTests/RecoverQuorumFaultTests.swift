import Foundation
import RoostPlatform
import Testing

/// A quorum that is lost for good, with more trouble than that.
@Suite("Recovery of a lost quorum, under adversity", .serialized)
struct RecoverQuorumFaultTests {
  private func run(
    _ cluster: NodeCluster, _ arguments: String..., on node: Int
  ) throws -> (status: Int32, output: String) {
    try DemoCluster.run(arguments + ["--port", "\(cluster.port(node))"])
  }

  private func recover(_ directory: String, _ more: String...) throws -> (status: Int32, output: String) {
    try DemoCluster.run(["recover-quorum", "--data", directory] + more)
  }

  /// What every file holds but the locks, which name who has them.
  private func files(in path: String) throws -> [String: Data] {
    var found: [String: Data] = [:]
    for name in try FileManager.default.subpathsOfDirectory(atPath: path)
    where !name.hasSuffix("LOCK") && name != "roost.pid" {
      found[name] = FileManager.default.contents(atPath: path + "/" + name) ?? Data()
    }
    return found
  }

  @Test("a stranger at a lost node's address does not block it, nor does a damaged state; a dry run changes nothing")
  func strangerAndDamage() async throws {
    try await withTemporaryDirectory { directory in
      try await withNodes(in: directory) { cluster in
        let made = try run(
          cluster, "sql", "-c", "CREATE TABLE t (id int); INSERT INTO t SELECT g FROM generate_series(1, 500) g", on: 1)
        #expect(made.status == 0, "\(made.output)")
        try await cluster.converged()
        for node in cluster.nodes { try cluster.signal(node, SIGKILL) }
        for node in cluster.nodes { _ = try await cluster.ended(node) }
        let data = cluster.dataDirectory(1)
        try Data("it was seen\n".utf8).write(to: URL(fileURLWithPath: data + "/cluster/state-damaged"))

        // Where node 2 was, another cluster's first node is now.
        let stranger = try RunningProgram(
          [
            "start", "--node-id", "stranger", "--cluster-mode", "primary", "--data", directory + "/stranger", "--port",
            "0", "--peer-port", "\(cluster.peerAddress(2).port)",
          ], environment: ["XDG_STATE_HOME": directory + "/state"], in: directory)
        try await stranger.waitUntilOutput(contains: "stranger is ready")

        let before = try files(in: data)
        let plan = try recover(data, "--dry-run")
        #expect(plan.status == 0, "\(plan.output)")
        #expect(
          plan.output.contains("a node of another cluster answers at \(cluster.peerAddress(2))"), "\(plan.output)")
        #expect(plan.output.contains("it was seen") && plan.output.contains("node2 (number "), "\(plan.output)")
        #expect(try files(in: data) == before)
        // With nothing to tell the two apart it must be taken for a member.
        try FileManager.default.moveItem(atPath: data + "/join-secret", toPath: directory + "/secret")
        let unclear = try DemoCluster.run(
          ["recover-quorum", "--data", data, "--dry-run"], environment: ["XDG_STATE_HOME": directory + "/nowhere"])
        #expect(unclear.status == 1 && unclear.output.contains("--join-secret-file"), "\(unclear.output)")
        let named = try recover(data, "--dry-run", "--join-secret-file", directory + "/secret")
        #expect(named.status == 0, "\(named.output)")
        #expect(try files(in: data).count == before.count - 1)
        try FileManager.default.moveItem(atPath: directory + "/secret", toPath: data + "/join-secret")

        let done = try recover(data, "--cluster-name", "roost")
        #expect(done.status == 0, "\(done.output)")
        try cluster.start(1)
        try await eventually("it has what it had, and takes more") {
          try run(cluster, "sql", "-c", "SELECT count(*) FROM t", on: 1).output.contains("500")
            && run(cluster, "sql", "-c", "INSERT INTO t VALUES (501)", on: 1).status == 0
        }
        kill(stranger.id, SIGTERM)
        #expect(try await stranger.end() == 0)
      }
    }
  }

  @Test(
    "a disk that somebody else has filled is no obstacle: the reserve is there for that",
    .enabled(if: SystemTools.canMount, "needs root and tmpfs"))
  func fullDisk() async throws {
    try await withTemporaryDirectory { directory in
      let disk = try SmallDisk("\(directory)/disk", megabytes: 96)
      defer { disk.end() }
      let launches = [NodeCluster.Launch(data: disk.path + "/data"), .init(), .init()]
      try await withNodes(launches, in: directory) { cluster in
        let made = try run(
          cluster, "sql", "-c", "CREATE TABLE t (id int); INSERT INTO t SELECT g FROM generate_series(1, 500) g", on: 1)
        #expect(made.status == 0, "\(made.output)")
        try await cluster.converged()
        let data = cluster.dataDirectory(1)
        let ballast = data + "/cluster/ballast"
        try await eventually("it keeps some room") { FileManager.default.fileExists(atPath: ballast) }
        for node in [2, 3] { try cluster.signal(node, SIGKILL) }
        try cluster.signal(1, SIGTERM)
        for node in cluster.nodes { _ = try await cluster.ended(node) }
        try disk.fill()

        let before = try files(in: data)
        let plan = try recover(data, "--dry-run")
        #expect(plan.status == 0, "\(plan.output)")
        #expect(try files(in: data) == before)
        let done = try recover(data, "--cluster-name", "roost")
        #expect(done.status == 0 && done.output.contains("the reserve"), "\(done.output)")
        #expect(!FileManager.default.fileExists(atPath: ballast))
        disk.empty()
        try cluster.start(1)
        try await eventually("it has what it had, and takes more") {
          try run(cluster, "sql", "-c", "SELECT count(*) FROM t", on: 1).output.contains("500")
            && run(cluster, "sql", "-c", "INSERT INTO t VALUES (501)", on: 1).status == 0
        }
      }
    }
  }
}
