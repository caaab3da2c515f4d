import Foundation
import Testing

/// What the program does with its arguments, its children and the signals it gets.
@Suite("The program as a process", .serialized)
struct CommandLineTests {
  private func nodeIDs(_ data: String, _ count: Int) throws -> [Int32] {
    try (1...count).map { node in
      let text = try String(contentsOfFile: "\(data)/node\(node)/roost.pid", encoding: .utf8)
      return try #require(Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)))
    }
  }

  private func start(
    _ count: Int, data: String, in directory: String, port: String = "0", more: [String] = []
  ) async throws -> RunningProgram {
    let demo = try RunningProgram(
      ["demo", "--nodes", "\(count)", "--port", port, "--data", data] + more, in: directory)
    try await demo.waitUntilOutput(contains: "ready: \(count) node")
    return demo
  }

  @Test(
    "wrong use ends with status 2 and says what is wrong",
    arguments: [
      (["dance"], "dance"), (["demo", "--colour", "red"], "--colour"), (["demo", "--nodes", "0"], "--nodes 0"),
      (["start", "--data", "d"], "cluster.node_id"),
      (["start", "--node-id", "a", "--data", "d", "--port", "70000"], "70000"),
      (["start", "--node-id", "a", "--data", "d", "--join", "nowhere"], "cluster.join"),
      (["bench", "juggle"], "juggle"), (["statsu"], "did you mean status?"),
      (["status", "--port", "99999"], "99999"), (["status", "--prot", "5432"], "--port"),
      (["start", "--node-id", "a", "--data", "d", "--api-port", "1"], "has no effect in this version"),
    ])
  func wrongUse(arguments: [String], mention: String) throws {
    let result = try DemoCluster.run(arguments)
    #expect(result.status == 2)
    #expect(result.output.contains(mention), "\(result.output)")
  }

  @Test("help is no failure", arguments: [["--help"], ["start", "--help"], ["demo", "--help"], ["sql", "--help"]])
  func help(arguments: [String]) throws {
    #expect(try DemoCluster.run(arguments).status == 0)
  }

  @Test("the version names commit and build")
  func version() throws {
    let result = try DemoCluster.run(["--version"])
    #expect(result.status == 0)
    #expect(result.output.hasPrefix("roost 0.") && result.output.contains("commit"), "\(result.output)")
    #expect(result.output.contains("debug build") || result.output.contains("release build"), "\(result.output)")
  }

  @Test("a port that is no node's is told apart, without sizes and codes")
  func noNode() throws {
    let port = try DemoCluster.freePorts(1)
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(listener) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    let isBound = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
    try #require(isBound && listen(listener, 4) == 0)
    let server = Thread {
      while true {
        let client = accept(listener, nil, nil)
        guard client >= 0 else { return }
        let answer = Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8)
        _ = write(client, answer, answer.count)
        close(client)
      }
    }
    server.start()
    for arguments in [["status"], ["sql", "-c", "SELECT 1"]] {
      let result = try DemoCluster.run(arguments + ["--port", "\(port)"])
      #expect(result.status == 1)
      #expect(result.output.contains("is no Roost node") && result.output.contains("HTTP/1.1 400"), "\(result.output)")
    }
    shutdown(listener, Int32(SHUT_RDWR))
  }

  @Test("a node that is not there is told in plain words")
  func nobodyListens() throws {
    let port = try DemoCluster.freePorts(1)
    for arguments in [["status"], ["sql", "-c", "SELECT 1"], ["bench", "put"], ["partitions"]] {
      let result = try DemoCluster.run(arguments, environment: ["ROOST_PORT": "\(port)", "ROOST_HOST": "127.0.0.1"])
      #expect(result.status == 1)
      #expect(
        result.output == "roost: nothing listens on 127.0.0.1:\(port); is the node running?\n", "\(result.output)")
    }
    let wrong = try DemoCluster.run(["status"], environment: ["ROOST_PORT": "tcp://10.0.0.1:5432"])
    #expect(wrong.status == 2)
    #expect(wrong.output.contains("ROOST_PORT"), "\(wrong.output)")
  }

  @Test("the configuration is printed, and nothing is started")
  func printedConfiguration() async throws {
    try await withTemporaryDirectory { directory in
      let data = directory + "/data"
      let result = try DemoCluster.run(
        ["start", "--print-config", "--node-id", "a", "--data", data], environment: ["ROOST_PORT": "6000"])
      #expect(result.status == 0)
      let printed = try #require(JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
      #expect((printed["configuration"] as? [String: Any])?["port"] as? Int == 6000)
      #expect((printed["sources"] as? [String: Any])?["port"] as? String == "environment variable ROOST_PORT")
      #expect(!FileManager.default.fileExists(atPath: data))
    }
  }

  @Test("a configuration file with a mistake is refused with the key's path")
  func wrongFile() async throws {
    try await withTemporaryDirectory { directory in
      let file = directory + "/roost.json"
      try Data(#"{"cluster": {"node_id": "a", "raft": {"election_timeout": 150}}}"#.utf8)
        .write(to: URL(fileURLWithPath: file))
      let result = try DemoCluster.run(["start", "--config", file, "--data", directory + "/data"])
      #expect(result.status == 2)
      #expect(result.output.contains("cluster.raft.election_timeout"), "\(result.output)")
      #expect(!FileManager.default.fileExists(atPath: directory + "/data"))
    }
  }

  @Test("a foreign directory is left alone")
  func foreignDirectory() async throws {
    try await withTemporaryDirectory { directory in
      try Data().write(to: URL(fileURLWithPath: directory + "/letters.txt"))
      for arguments in [["start", "--node-id", "a", "--port", "0"], ["demo", "--port", "0"]] {
        let result = try DemoCluster.run(arguments + ["--data", directory])
        #expect(result.status == 1)
        #expect(result.output.contains("letters.txt"), "\(result.output)")
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: directory) == ["letters.txt"])
    }
  }

  @Test("a signal ends the demo and its nodes cleanly", arguments: [SIGTERM, SIGINT])
  func stop(signal: Int32) async throws {
    try await withTemporaryDirectory { directory in
      let data = directory + "/data"
      let demo = try await start(2, data: data, in: directory)
      let nodes = try nodeIDs(data, 2)
      // A closed terminal asks for nothing.
      kill(demo.id, SIGHUP)
      #expect(nodes.allSatisfy(isAlive))
      kill(demo.id, signal)
      #expect(try await demo.end() == 0, "\(demo.output)")
      #expect(!nodes.contains(where: isAlive))
      for node in 1...2 {
        #expect(!FileManager.default.fileExists(atPath: "\(data)/node\(node)/roost.pid"), "\(demo.output)")
      }
    }
  }

  @Test("nodes do not outlive a killed parent, and the next demo goes on with their data")
  func parentKilled() async throws {
    try await withTemporaryDirectory { directory in
      let data = directory + "/data"
      let demo = try await start(2, data: data, in: directory)
      let nodes = try nodeIDs(data, 2)
      kill(demo.id, SIGKILL)
      try await eventually("the nodes end") { !nodes.contains(where: isAlive) }
      let next = try await start(2, data: data, in: directory)
      kill(next.id, SIGTERM)
      #expect(try await next.end() == 0, "\(next.output)")
    }
  }

  @Test("a killed node is reported and stays dead")
  func nodeKilled() async throws {
    try await withTemporaryDirectory { directory in
      let data = directory + "/data"
      let demo = try await start(3, data: data, in: directory)
      let nodes = try nodeIDs(data, 3)
      kill(nodes[1], SIGKILL)
      try await demo.waitUntilOutput(contains: "start it again with:")
      #expect(demo.output.contains("node2 is gone: it was killed"), "\(demo.output)")
      #expect(isAlive(nodes[0]) && isAlive(nodes[2]))
      #expect(try nodeIDs(data, 3)[1] == nodes[1], "nobody took the dead node's place")
      kill(demo.id, SIGTERM)
      #expect(try await demo.end() == 0, "\(demo.output)")
    }
  }

  @Test("a node that was started by hand counts as one of the demo's, and is left to its owner")
  func startedByHand() async throws {
    try await withTemporaryDirectory { directory in
      let data = directory + "/data"
      let demo = try await start(2, data: data, in: directory)
      let nodes = try nodeIDs(data, 2)
      kill(nodes[0], SIGKILL)
      try await demo.waitUntilOutput(contains: "start it again with:")
      let line = try #require(demo.output.split(separator: "\n").first { $0.hasPrefix("start it again with:") })
      let words = line.dropFirst("start it again with:".count).split(separator: " ").map(String.init)
      let byHand = try RunningProgram(Array(words.dropFirst()), in: directory)
      try await demo.waitUntilOutput(contains: "node1 runs again: process \(byHand.id)")
      kill(nodes[1], SIGKILL)
      try await demo.waitUntilOutput(contains: "node2 is gone")
      // A second demo would take all of them for started by hand.
      let port = try #require(
        demo.output.split(separator: "\n").first { $0.contains("psql -h") }?.split(separator: " "))
      let number = try #require(port.firstIndex(of: "-p").map { String(port[$0 + 1]) })
      let second = try DemoCluster.run(["demo", "--nodes", "2", "--port", number, "--data", data])
      #expect(second.status == 1)
      #expect(second.output.contains("a demo runs in \(data) already (process \(demo.id))"), "\(second.output)")
      #expect(demo.process.isRunning, "\(demo.output)")
      kill(demo.id, SIGTERM)
      #expect(try await demo.end() == 0, "\(demo.output)")
      #expect(isAlive(byHand.id), "it belongs to somebody else")

      let next = try await start(2, data: data, in: directory, port: number)
      #expect(next.output.contains("node1 runs already: process \(byHand.id)"), "\(next.output)")
      kill(byHand.id, SIGTERM)
      try await next.waitUntilOutput(contains: "node1 is gone: process \(byHand.id), started by hand, has ended")
      kill(next.id, SIGTERM)
      #expect(try await next.end() == 0, "\(next.output)")
    }
  }

  @Test("two processes never share a data directory")
  func sameDirectory() async throws {
    try await withTemporaryDirectory { directory in
      let data = directory + "/data"
      let demo = try await start(1, data: data, in: directory)
      let owner = try nodeIDs(data, 1)[0]
      let result = try DemoCluster.run(["start", "--node-id", "node1", "--data", data + "/node1", "--port", "0"])
      #expect(result.status == 1)
      #expect(result.output.contains("in use by process \(owner)"), "\(result.output)")
      #expect(isAlive(owner))
      kill(demo.id, SIGTERM)
      #expect(try await demo.end() == 0, "\(demo.output)")
    }
  }

  @Test("a port in use is named, and nothing is started")
  func portInUse() async throws {
    try await withTemporaryDirectory { directory in
      let demo = try await start(1, data: directory + "/data", in: directory)
      let words = try #require(demo.output.split(separator: "\n").first { $0.contains("psql -h") }).split(
        separator: " ")
      let port = try #require(words.firstIndex(of: "-p").map { String(words[$0 + 1]) })
      let result = try DemoCluster.run(["demo", "--nodes", "1", "--port", port, "--data", directory + "/other"])
      #expect(result.status == 1)
      #expect(result.output.contains("SQL port \(port)"), "\(result.output)")
      let owner = try nodeIDs(directory + "/data", 1)[0]
      #expect(result.output.contains("process \(owner) ("), "\(result.output)")
      #expect(!FileManager.default.fileExists(atPath: directory + "/other"))
      kill(demo.id, SIGTERM)
      #expect(try await demo.end() == 0, "\(demo.output)")
    }
  }

  @Test("a script is loaded once; the shell shows what it left")
  func sampleData() async throws {
    try await withTemporaryDirectory { directory in
      let script = directory + "/trees.sql"
      try Data("CREATE TABLE trees (id int PRIMARY KEY, name text); INSERT INTO trees VALUES (1, 'a; oak');".utf8)
        .write(to: URL(fileURLWithPath: script))
      let data = directory + "/data"
      for run in 1...2 {
        let demo = try await start(1, data: data, in: directory, more: ["--load", script])
        #expect(demo.output.contains("loading") == (run == 1), "\(demo.output)")
        let words = try #require(demo.output.split(separator: "\n").first { $0.contains("psql -h") })
          .split(separator: " ")
        let port = try #require(words.firstIndex(of: "-p").map { String(words[$0 + 1]) })
        let shown = try DemoCluster.run(["sql", "--port", port, "-c", "SELECT * FROM trees"])
        #expect(shown.output == "id  name\n--  ------\n 1  a; oak\n(1 row)\n")
        let wrong = try DemoCluster.run(["sql", "--port", port, "-c", "SELECT * FROM bushes; SELECT 2"])
        #expect(wrong.status == 1)
        #expect(wrong.output.contains("42P01"), "\(wrong.output)")
        kill(demo.id, SIGTERM)
        #expect(try await demo.end() == 0, "\(demo.output)")
      }
    }
  }

  @Test("a script with a mistake fails the demo and names the place")
  func brokenSampleData() async throws {
    try await withTemporaryDirectory { directory in
      let script = directory + "/broken.sql"
      try Data("SELECT 1;\n\nSELEC 2;\n".utf8).write(to: URL(fileURLWithPath: script))
      let demo = try RunningProgram(
        ["demo", "--nodes", "1", "--port", "0", "--data", directory + "/data", "--load", script], in: directory)
      #expect(try await demo.end() == 1)
      #expect(demo.output.contains("statement at line 3"), "\(demo.output)")
    }
  }
}
