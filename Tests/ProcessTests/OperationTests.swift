import Foundation
import Testing

/// What an operator sees of a cluster, and what must not harm it.
@Suite("A cluster seen by its operator", .serialized)
struct OperationTests {
  private struct Status: Decodable {
    struct Cluster: Decodable {
      var is_healthy: Bool
      var reasons: [String]
    }

    struct Node: Decodable {
      var id: String
      var pid: Int32
      var status: String
      var role: String
    }

    var cluster: Cluster
    var nodes: [Node]
  }

  private func status(_ cluster: DemoCluster, _ node: Int) throws -> (exit: Int32, seen: Status) {
    let result = try DemoCluster.run(["status", "--json"], environment: ["ROOST_PORT": "\(cluster.port(node))"])
    return (result.status, try JSONDecoder().decode(Status.self, from: Data(result.output.utf8)))
  }

  @Test("status ends with 1 and a reason when a node is dead, and never shows it as a standby")
  func deadNode() async throws {
    try await withCluster { cluster in
      let well = try status(cluster, 1)
      #expect(well.exit == 0, "\(well.seen)")
      #expect(well.seen.cluster.is_healthy && well.seen.cluster.reasons.isEmpty)
      #expect(well.seen.nodes.count { $0.role == "STANDBY" } == 2)

      try cluster.signal(3, SIGKILL)
      try await eventually("node3 is seen to be down") {
        try status(cluster, 1).seen.nodes.first { $0.id == "node3" }?.status == "down"
      }
      let unwell = try status(cluster, 1)
      #expect(unwell.exit == 1)
      #expect(!unwell.seen.cluster.is_healthy)
      #expect(unwell.seen.cluster.reasons.contains("node3 is down"), "\(unwell.seen.cluster.reasons)")
      let dead = try #require(unwell.seen.nodes.first { $0.id == "node3" })
      #expect(dead.pid == 0 && dead.role == "", "\(dead)")
      let text = try DemoCluster.run(["status", "--port", "\(cluster.port(2))"])
      #expect(text.status == 1)
      #expect(text.output.contains(": unwell\n") && text.output.contains("\n  node3 is down\n"), "\(text.output)")

      // Without a majority the partitions have no leader, which comes first.
      try cluster.signal(2, SIGKILL)
      try await eventually("the partitions have no leader") {
        try status(cluster, 1).seen.cluster.reasons.first == "2 partitions have no leader: 1, 2"
      }
    }
  }

  @Test("a command waits for a leader within its time limit")
  func commandsWait() async throws {
    try await withTemporaryDirectory { directory in
      let cluster = try NodeCluster(in: directory)
      defer { cluster.end() }
      // Alone it founds the cluster and answers SQL, but has no majority yet once the others are told of.
      try await cluster.startAll()
      for node in 2...3 {
        try cluster.signal(node, SIGKILL)
        _ = try await cluster.ended(node)
      }
      let port = "\(cluster.port(1))"
      try await eventually("there is no leader") {
        try DemoCluster.run(["status", "--port", port]).output.contains("have no leader")
      }
      let short = try DemoCluster.run(["bench", "put", "--seconds", "0.1", "--port", port, "--time-limit", "2"])
      #expect(short.status == 1)
      #expect(short.output.contains("has no leader after 2s"), "\(short.output)")

      let bench = try RunningProgram(
        ["bench", "put", "--seconds", "0.1", "--warm-up", "0", "--port", port, "--time-limit", "120"], in: directory)
      let sql = try RunningProgram(
        ["sql", "-c", "CREATE TABLE t (x int PRIMARY KEY)", "--port", port, "--time-limit", "120"], in: directory)
      // Long enough for a command that does not wait to have given up.
      try await Task.sleep(for: .milliseconds(500))
      #expect(bench.process.isRunning && sql.process.isRunning)
      for node in 2...3 { try cluster.start(node) }
      #expect(try await bench.end() == 0, "\(bench.output)")
      #expect(try await sql.end() == 0, "\(sql.output)")
    }
  }

  @Test("a node whose log nobody reads starts, serves and stops; a closed log and stray signals do not end it")
  func unreadLog() async throws {
    try await withTemporaryDirectory { directory in
      var ends: [Int32] = [-1, -1]
      try #require(pipe(&ends) == 0)
      // Full before the node starts: its first line already has no room.
      _ = fcntl(ends[1], F_SETFL, O_NONBLOCK)
      let filling = [UInt8](repeating: 0x2E, count: 4096)
      while write(ends[1], filling, filling.count) > 0 {}
      _ = fcntl(ends[1], F_SETFL, 0)

      let port = try DemoCluster.freePorts(1)
      let process = Process()
      process.executableURL = URL(fileURLWithPath: DemoCluster.binary)
      process.arguments = [
        "start", "--node-id", "a", "--data", directory + "/data", "--port", "\(port)", "--log-level", "trace",
      ]
      let handle = FileHandle(fileDescriptor: ends[1], closeOnDealloc: false)
      process.standardOutput = handle
      process.standardError = handle
      process.standardInput = FileHandle.nullDevice
      try process.run()
      close(ends[1])
      defer { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }
      func ask(_ text: String) throws -> Bool {
        try DemoCluster.run(["sql", "-c", text, "--port", "\(port)"]).status == 0
      }
      try await eventually("it serves") { try ask("CREATE TABLE IF NOT EXISTS t (x int PRIMARY KEY)") }
      #expect(try ask("INSERT INTO t VALUES (1)"))

      close(ends[0])
      for number in 2...5 { #expect(try ask("INSERT INTO t VALUES (\(number))")) }
      for number in [SIGHUP, SIGUSR1, SIGUSR2, SIGALRM] { kill(process.processIdentifier, number) }
      for number in 6...9 { #expect(try ask("INSERT INTO t VALUES (\(number))")) }
      #expect(process.isRunning)
      kill(process.processIdentifier, SIGQUIT)
      try await eventually("it stops") { !process.isRunning }
      #expect(process.terminationStatus == 0)
    }
  }

  @Test("a log for programs is JSON, line by line, with names for numbers")
  func jsonLog() async throws {
    try await withTemporaryDirectory { directory in
      let launch = NodeCluster.Launch(flags: ["--log-format", "json", "--log-level", "debug"])
      try await withNodes(Array(repeating: launch, count: 3), in: directory) { cluster in
        try cluster.signal(3, SIGKILL)
        _ = try await cluster.ended(3)
        try await eventually("the loss is told") { cluster.log(1).contains("lost the connection to node3") }
        for node in 1...2 {
          let lines = cluster.log(node).split(separator: "\n")
          for line in lines {
            let object = try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], "\(line)")
            #expect(object["node"] as? String == "node\(node)")
            #expect(
              ["start", "cluster", "transport", "storage", "log"].contains(object["component"] as? String), "\(line)")
          }
          #expect(!lines.contains { $0.contains("node number") }, "\(lines)")
          #expect(lines.count { $0.contains("\"node\(node) is ready\"") } == 1)
          let beforeConnected = lines.prefix { !$0.contains("connected to node") }
          #expect(!beforeConnected.contains { $0.contains("lost the connection") }, "\(beforeConnected)")
        }
      }
    }
  }
}
