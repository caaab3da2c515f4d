import Foundation
import RoostPlatform
import Testing

/// Commands that change who belongs to a cluster: none may say what is not so, take a majority away, or do harm when it
/// is given twice.
@Suite("Orders about members", .serialized)
struct MembershipTests {
  private func run(
    _ cluster: NodeCluster, _ arguments: String..., on node: Int
  ) throws -> (status: Int32, output: String) {
    try DemoCluster.run(arguments + ["--port", "\(cluster.port(node))"])
  }

  private func load(_ cluster: NodeCluster, on node: Int = 1) throws {
    let made = try run(cluster, "sql", "-c", "CREATE TABLE t (id int); INSERT INTO t VALUES (1), (2)", on: node)
    #expect(made.status == 0, "\(made.output)")
  }

  private func isWritable(_ cluster: NodeCluster, on node: Int) throws -> Bool {
    try run(cluster, "sql", "-c", "INSERT INTO t VALUES (3)", on: node).status == 0
  }

  /// The nodes, the one that leads the cluster itself first.
  private func leaderFirst(_ cluster: NodeCluster) throws -> [Int] {
    let leader = try #require(cluster.status(1)?.groups.first?.leader)
    return cluster.founders.filter { "node\($0)" == leader } + cluster.founders.filter { "node\($0)" != leader }
  }

  private func remove(_ cluster: NodeCluster, _ node: Int) throws {
    try FileManager.default.removeItem(atPath: cluster.dataDirectory(node))
  }

  @Test("of three living nodes one can be replaced by force, and no second one until that is done")
  func replaceTwice() async throws {
    try await withTemporaryDirectory { directory in
      try await withNodes(in: directory) { cluster in
        try load(cluster)
        let nodes = try leaderFirst(cluster)
        let (keeper, first, second) = (nodes[0], nodes[1], nodes[2])
        let forced = try run(cluster, "replace", "node\(first)", "--force", "--no-wait", on: keeper)
        #expect(forced.status == 0, "\(forced.output)")
        for extra in ["--dry-run", "--no-wait"] {
          let refused = try run(cluster, "replace", "node\(second)", "--force", extra, on: keeper)
          #expect(refused.status == 1 && refused.output.contains("node\(first)"), "\(refused.output)")
        }
        #expect(try await cluster.ended(first) == 1, "who was replaced stops")
        // Dead or alive, it is one too many.
        try cluster.signal(second, SIGSTOP)
        try await eventually("node\(second) is seen to be down") {
          try run(cluster, "replace", "node\(second)", "--force", "--no-wait", on: keeper).output.contains(
            "partition 1")
        }
        try cluster.signal(second, SIGCONT)
        try await eventually("the two that are left write") { try isWritable(cluster, on: keeper) }

        try remove(cluster, first)
        try cluster.start(first)
        #expect(try run(cluster, "replace", "node\(first)", on: second).status == 0)
        // Whoever leads by now can't be replaced; of the others one may be again.
        let other = try #require(try leaderFirst(cluster).last { $0 != first })
        let next = try run(cluster, "replace", "node\(other)", "--force", "--dry-run", on: keeper)
        #expect(next.status == 0, "now it may: \(next.output)")
      }
    }
  }

  @Test("replace says nothing before the successor votes everywhere, and the same again changes nothing")
  func replaceIsHonest() async throws {
    try await withTemporaryDirectory { directory in
      try await withNodes(in: directory) { cluster in
        try load(cluster)
        let nodes = try leaderFirst(cluster)
        // Asked at a node that does not lead partition 1, and hears of the record later than the leader.
        let (asked, gone) = (nodes[1], nodes[2])
        try cluster.signal(gone, SIGKILL)
        _ = try await cluster.ended(gone)
        try await eventually("node\(gone) is down") {
          let node = cluster.status(asked)?.nodes.first { $0.id == "node\(gone)" }
          return node?.status == "down" && node?.role == "" && node?.pid == 0
        }
        try remove(cluster, gone)
        let order = try RunningProgram(
          ["replace", "node\(gone)", "--port", "\(cluster.port(asked))"], in: directory)
        try await order.waitUntilOutput(contains: "waiting until node\(gone) is started")
        #expect(!order.output.contains("replaced in every partition"))
        #expect(order.process.isRunning)
        try cluster.start(gone)
        #expect(try await order.end() == 0)
        #expect(order.output.contains("replaced in every partition"), "\(order.output)")
        #expect(cluster.activeNodes(seenBy: nodes[0]) == 3, "said when it was so")
        for flags in [[], ["--force"], ["--no-wait"]] {
          let again = try DemoCluster.run(["replace", "node\(gone)", "--port", "\(cluster.port(asked))"] + flags)
          #expect(again.status == 0 && again.output.contains("replaced already"), "\(again.output)")
        }
        #expect(cluster.isRunning(gone))
        #expect(cluster.status(asked)?.nodes.count == 3)
      }
    }
  }

  @Test("a port that is taken is found before the cluster hears of the node")
  func wrongPort() async throws {
    try await withTemporaryDirectory { directory in
      try await withNodes([.init(), .init(isLate: true)], in: directory) { cluster in
        for flag in [["--port", "\(cluster.port(1))"], ["--peer-port", "\(cluster.port(1) + 2000)"]] {
          let failed = try DemoCluster.run(
            [
              "start", "--node-id", "ghost", "--data", directory + "/ghost", "--join",
              cluster.peerAddress(1).description,
            ] + (flag[0] == "--port" ? flag : ["--port", "\(cluster.port(2))"] + flag))
          #expect(failed.status == 1 && failed.output.contains("process \(cluster.pid(1)) (roost)"), "\(failed.output)")
        }
        #expect(cluster.status(1)?.nodes.map(\.id) == ["node1"])
      }
    }
  }

  @Test("a node that was tried and given up is taken out, and counts no more")
  func tryout() async throws {
    try await withTemporaryDirectory { directory in
      let launches = Array(repeating: NodeCluster.Launch(), count: 3) + [.init(isLate: true)]
      try await withNodes(launches, in: directory) { cluster in
        try load(cluster)
        try cluster.start(4)
        try await eventually("node4 votes") { cluster.activeNodes(seenBy: 1) == 4 }
        try cluster.signal(4, SIGTERM)
        #expect(try await cluster.ended(4) == 0)
        try remove(cluster, 4)
        try await eventually("node4 is down") { cluster.status(1)?.cluster.can_lose == 0 }
        #expect(cluster.status(1)?.cluster == NodeView.Cluster(voters: 4, needed: 3, can_lose: 0))
        for _ in 0..<2 {
          let out = try run(cluster, "decommission", "node4", on: 2)
          #expect(out.status == 0 && out.output.contains("out of the cluster"), "\(out.output)")
        }
        let status = try #require(cluster.status(1))
        #expect(status.cluster == NodeView.Cluster(voters: 3, needed: 2, can_lose: 1))
        #expect(status.nodes.count == 3)
        try cluster.signal(3, SIGKILL)
        #expect(try isWritable(cluster, on: 1))
      }
    }
  }

  @Test("a node that was tried and declared gone is needed no more, whether another one comes or not")
  func triedAndReplaced() async throws {
    try await withTemporaryDirectory { directory in
      let launches = Array(repeating: NodeCluster.Launch(), count: 3) + [.init(isLate: true)]
      try await withNodes(launches, in: directory) { cluster in
        try load(cluster)
        try cluster.start(4)
        try await eventually("node4 votes") { cluster.activeNodes(seenBy: 1) == 4 }
        try cluster.signal(4, SIGTERM)
        #expect(try await cluster.ended(4) == 0)
        try remove(cluster, 4)
        try await eventually("node4 is down") { cluster.status(1)?.cluster.can_lose == 0 }
        let order = try run(cluster, "replace", "node4", "--no-wait", on: 2)
        #expect(order.status == 0 && order.output.contains("loses its vote"), "\(order.output)")
        try await eventually("its vote counts no more") {
          cluster.status(1)?.cluster == NodeView.Cluster(voters: 3, needed: 2, can_lose: 1)
        }
        let unwell = try run(cluster, "status", on: 1)
        #expect(unwell.status == 1 && unwell.output.contains("nobody votes for it"), "\(unwell.output)")
        try cluster.signal(3, SIGKILL)
        _ = try await cluster.ended(3)
        try await eventually("two of three write") { try isWritable(cluster, on: 1) }

        try cluster.start(3)
        try cluster.start(4)
        #expect(try run(cluster, "replace", "node4", on: 1).output.contains("replaced"))
        #expect(cluster.activeNodes(seenBy: 1) == 4)
      }
    }
  }

  @Test("a node that was admitted and never came is forgotten by itself")
  func neverReady() async throws {
    try await withTemporaryDirectory { directory in
      let patient = NodeCluster.Launch(environment: ["ROOST_CLUSTER_ADMISSION_TIMEOUT": "8s"])
      let launches = Array(repeating: patient, count: 3) + [.init(isLate: true)]
      try await withNodes(launches, in: directory) { cluster in
        // It is admitted, and finds that it can't make its log.
        try FileManager.default.createDirectory(
          atPath: cluster.dataDirectory(4) + "/cluster", withIntermediateDirectories: true)
        try Data().write(to: URL(fileURLWithPath: cluster.dataDirectory(4) + "/cluster/log"))
        try cluster.start(4)
        #expect(try await cluster.ended(4) == 1)
        #expect(FileManager.default.fileExists(atPath: cluster.dataDirectory(4) + "/cluster/identity.json"))
        try await eventually("it is forgotten", within: .seconds(60)) {
          cluster.founders.contains { cluster.log($0).contains("node4 was admitted and never became ready") }
            && cluster.status(1)?.nodes.count == 3
        }
        #expect(cluster.status(1)?.cluster.voters == 3)
        try FileManager.default.removeItem(atPath: cluster.dataDirectory(4) + "/cluster/log")
        try cluster.start(4)
        #expect(try await cluster.ended(4) == 1, "its directory is refused")
        #expect(cluster.log(4).contains("was forgotten"), "\(cluster.log(4))")
        try remove(cluster, 4)
        try cluster.start(4)
        try await eventually("with an empty one it is welcome") { cluster.activeNodes(seenBy: 1) == 4 }
      }
    }
  }

  @Test("the leader leaves on request, ends with status 0, and does not come back")
  func leave() async throws {
    try await withTemporaryDirectory { directory in
      try await withNodes(in: directory) { cluster in
        try load(cluster)
        let nodes = try leaderFirst(cluster)
        let (leaver, other) = (nodes[0], nodes[1])
        let plan = try run(cluster, "leave", "--dry-run", on: leaver)
        #expect(plan.status == 0 && plan.output.contains("nothing was changed"), "\(plan.output)")
        let left = try run(cluster, "leave", on: leaver)
        #expect(left.status == 0 && left.output.contains("out of the cluster"), "\(left.output)")
        #expect(try await cluster.ended(leaver) == 0)
        #expect(cluster.log(leaver).contains("has left the cluster"))
        let status = try #require(cluster.status(other))
        #expect(status.nodes.count == 2 && status.cluster.voters == 2)
        #expect(try isWritable(cluster, on: other))
        #expect(try run(cluster, "leave", "--node", "node\(leaver)", on: other).output.contains("already"))

        try cluster.start(leaver)
        #expect(try await cluster.ended(leaver) == 1)
        #expect(cluster.log(leaver).contains("start it with an empty one"))
        try remove(cluster, leaver)
        try cluster.start(leaver)
        try await eventually("it is taken in as a new one") { cluster.activeNodes(seenBy: other) == 3 }
      }
    }
  }

  @Test("a node is not taken out while that would take the majority away")
  func decommission() async throws {
    try await withTemporaryDirectory { directory in
      try await withNodes(in: directory) { cluster in
        try load(cluster)
        let nodes = try leaderFirst(cluster)
        let (keeper, living, dead) = (nodes[0], nodes[1], nodes[2])
        try cluster.signal(dead, SIGKILL)
        _ = try await cluster.ended(dead)
        try await eventually("it is seen to be down") {
          cluster.status(keeper)?.nodes.first { $0.id == "node\(dead)" }?.status == "down"
        }
        for flag in ["--dry-run", "--no-wait"] {
          let refused = try run(cluster, "decommission", "node\(living)", flag, on: keeper)
          #expect(refused.status == 1, "\(refused.output)")
          #expect(
            refused.output.contains("partition") && refused.output.contains("node\(dead) is down"), "\(refused.output)")
        }
        #expect(try run(cluster, "decommission", "nodeX", on: keeper).status == 1)
        #expect(try run(cluster, "decommission", "node\(dead)", on: living).status == 0)
        #expect(cluster.status(keeper)?.cluster.voters == 2)
        #expect(try run(cluster, "decommission", "node\(living)", on: keeper).status == 0)
        #expect(try await cluster.ended(living) == 0)
        #expect(try isWritable(cluster, on: keeper))
        let last = try run(cluster, "decommission", "node\(keeper)", on: keeper)
        #expect(last.status == 1 && last.output.contains("only node"), "\(last.output)")
      }
    }
  }

  @Test("the number of partitions is decided once: another one is refused at start, with the reason")
  func partitions() async throws {
    try await withTemporaryDirectory { directory in
      let four = NodeCluster.Launch(flags: ["--partitions", "4"])
      let launches = [four, four, .init(), .init(flags: ["--partitions", "8"], isLate: true)]
      try await withNodes(launches, in: directory) { cluster in
        #expect(cluster.status(1)?.groups.count == 6)
        try cluster.start(4)
        #expect(try await cluster.ended(4) == 1)
        #expect(cluster.log(4).contains("--partitions 8") && cluster.log(4).contains("founded with 4"))
        #expect(cluster.status(1)?.nodes.count == 3, "it was not admitted")

        try cluster.signal(2, SIGTERM)
        #expect(try await cluster.ended(2) == 0)
        let words = [
          "start", "--node-id", "node2", "--data", cluster.dataDirectory(2), "--port", "\(cluster.port(2))", "--join",
          cluster.peerAddress(1).description, "--partitions",
        ]
        for wrong in ["0", "5"] {
          let refused = try DemoCluster.run(words + [wrong])
          #expect(refused.status == 1 && refused.output.contains("founded with 4"), "\(refused.output)")
        }
        try cluster.start(2)
        try await eventually("the same number may be repeated") { cluster.activeNodes(seenBy: 1) == 3 }
      }
    }
  }

  @Test("who listens on every address tells others the one that it is given")
  func advertise() async throws {
    try await withTemporaryDirectory { directory in
      let open = NodeCluster.Launch(flags: ["--host", "0.0.0.0", "--advertise", "127.0.0.1"])
      try await withNodes([open, .init()], in: directory) { cluster in
        let nodes = try #require(cluster.status(2)?.nodes)
        #expect(nodes.map(\.peer_address) == [1, 2].map { cluster.peerAddress($0).description })
        #expect(nodes.map(\.sql_address) == [1, 2].map { "127.0.0.1:\(cluster.port($0))" })
        let wildcard = try DemoCluster.run([
          "start", "--node-id", "x", "--data", directory + "/x", "--advertise", "::", "--port", "0",
        ])
        #expect(wildcard.status == 2 && wildcard.output.contains("advertise"), "\(wildcard.output)")
      }
    }
  }
}
