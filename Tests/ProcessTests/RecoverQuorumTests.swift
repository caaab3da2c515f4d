import Foundation
import RoostPlatform
import Testing

/// A quorum that is lost for good, and the way out.
@Suite("Recovery of a lost quorum", .serialized)
struct RecoverQuorumTests {
  private func run(
    _ cluster: NodeCluster, _ arguments: String..., on node: Int
  ) throws -> (status: Int32, output: String) {
    try DemoCluster.run(arguments + ["--port", "\(cluster.port(node))"])
  }

  private func recover(_ directories: [String], _ more: String...) throws -> (status: Int32, output: String) {
    try DemoCluster.run(["recover-quorum"] + directories.flatMap { ["--data", $0] } + more)
  }

  private struct Report: Decodable {
    struct Node: Decodable { var name: String }
    struct Partition: Decodable {
      var id: Int
      var last_index: UInt64
      var commit_index: UInt64
      var kept_beyond_commit: UInt64
    }
    var state: String
    var cluster: String
    var declared_dead: [Node]
    var partitions: [Partition]
  }

  @Test("two of three are lost: the third goes on with everything it had, newcomers join, an old directory does not")
  func roundTrip() async throws {
    try await withTemporaryDirectory { directory in
      try await withNodes(
        Array(repeating: .init(flags: ["--partitions", "3"]), count: 3), in: directory
      ) { cluster in
        let made = try run(
          cluster, "sql", "-c", "CREATE TABLE t (id int); INSERT INTO t SELECT g FROM generate_series(1, 500) g", on: 1)
        #expect(made.status == 0, "\(made.output)")
        try await cluster.converged()
        let (survivor, old, wiped) = (2, 1, 3)
        let data = cluster.dataDirectory(survivor)
        let running = try recover([data], "--cluster-name", "roost")
        #expect(running.status == 1 && running.output.contains("in use by process"), "\(running.output)")

        for node in [old, wiped] { try cluster.signal(node, SIGKILL) }
        try cluster.signal(survivor, SIGTERM)
        for node in cluster.nodes { _ = try await cluster.ended(node) }
        let kept = directory + "/old"
        try FileManager.default.moveItem(atPath: cluster.dataDirectory(old), toPath: kept)
        try FileManager.default.removeItem(atPath: cluster.dataDirectory(wiped))

        #expect(try recover([data]).status == 2, "without a terminal the name must be given")
        #expect(try recover([data], "--cluster-name", "production").status == 1)
        #expect(try recover([directory + "/nothing"], "--cluster-name", "roost").status == 1)
        let both = try recover([data, kept], "--cluster-name", "roost")
        #expect(both.status == 1 && both.output.contains("majority"), "\(both.output)")
        let plan = try recover([data], "--dry-run")
        #expect(plan.status == 0 && plan.output.contains("nothing was changed"), "\(plan.output)")
        #expect(!FileManager.default.fileExists(atPath: data + "/recover-quorum.json"))

        let file = directory + "/report.json"
        let done = try recover([data], "--cluster-name", "roost", "--report", file)
        #expect(done.status == 0, "\(done.output)")
        let report = try JSONDecoder().decode(Report.self, from: Data(contentsOf: URL(fileURLWithPath: file)))
        #expect(report.state == "done" && report.cluster == "roost")
        #expect(Set(report.declared_dead.map(\.name)) == ["node\(old)", "node\(wiped)"])
        #expect(report.partitions.map(\.id) == [1, 2, 3, 4, 5])
        #expect(
          report.partitions.allSatisfy {
            $0.last_index > 0 && $0.last_index - min($0.commit_index, $0.last_index) == $0.kept_beyond_commit
          })
        #expect(FileManager.default.fileExists(atPath: directory + "/report.txt"))
        let again = try recover([data], "--cluster-name", "roost")
        #expect(again.status == 0 && again.output.contains("nothing to do"), "\(again.output)")

        try cluster.start(survivor)
        try await eventually("it is a cluster of its own") {
          cluster.status(survivor).map { $0.cluster.voters == 1 && $0.nodes.count == 1 && $0.groups.count == 5 } == true
        }
        try await eventually("it has what it had, and takes more") {
          try run(cluster, "sql", "-c", "SELECT count(*) FROM t", on: survivor).output.contains("500")
            && run(cluster, "sql", "-c", "INSERT INTO t VALUES (501)", on: survivor).status == 0
        }
        try FileManager.default.moveItem(atPath: kept, toPath: cluster.dataDirectory(old))
        try cluster.start(old)
        #expect(try await cluster.ended(old) == 1)
        #expect(cluster.log(old).contains("recover-quorum"), "\(cluster.log(old))")

        try FileManager.default.removeItem(atPath: cluster.dataDirectory(old))
        for node in [old, wiped] { try cluster.start(node) }
        try await eventually("new nodes join", within: .seconds(60)) { cluster.activeNodes(seenBy: survivor) == 3 }
        try cluster.signal(survivor, SIGKILL)
        try await eventually("the newcomers have everything") {
          try run(cluster, "sql", "-c", "SELECT count(*) FROM t WHERE id <= 500", on: old).output.contains("500")
            && run(cluster, "sql", "-c", "INSERT INTO t VALUES (502)", on: wiped).status == 0
        }
      }
    }
  }

  @Test("refused while another node of the cluster answers")
  func othersAnswer() async throws {
    try await withTemporaryDirectory { directory in
      try await withNodes(in: directory) { cluster in
        try cluster.signal(3, SIGTERM)
        #expect(try await cluster.ended(3) == 0)
        let refused = try recover([cluster.dataDirectory(3)], "--cluster-name", "roost")
        #expect(refused.status == 1 && refused.output.contains("answers at"), "\(refused.output)")
        try cluster.start(3)
        try await eventually("nothing was changed") { cluster.activeNodes(seenBy: 1) == 3 }
      }
    }
  }
}
