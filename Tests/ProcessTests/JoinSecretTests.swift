import Foundation
import NIOPosix
import RoostCluster
import RoostPlatform
import RoostStore
import RoostTransport
import Testing

/// Who may speak to real nodes: other nodes, commands and clients that have the cluster's secret, and nobody else.
@Suite("The join secret", .serialized)
struct JoinSecretTests {
  private func session(_ address: PeerAddress, _ authentication: PeerAuthentication) async throws -> NativeClientSession
  {
    try await NativeClientSession.connect(
      to: address, on: NIOLoop(DemoCluster.group.next()), timeout: .seconds(20), authentication: authentication)
  }

  private func ask(_ session: NativeClientSession, _ request: Request) async throws -> Response {
    try await session.send(NativePayload.request(1, request))
    return try NativePayload.decodeResponse(try await session.receive()).response
  }

  /// A user without nodes of their own on this machine.
  private func stranger(in directory: String) -> [String: String] {
    ["XDG_STATE_HOME": directory + "/stranger", "HOME": directory + "/stranger"]
  }

  @Test("of a demo is found by every command with nothing but the port, and by nobody who may not")
  func demo() async throws {
    try await withTemporaryDirectory { directory in
      let cluster = try await DemoCluster.start(directory: directory)
      defer { cluster.end() }
      let file = cluster.dataDirectory + "/join-secret"
      let facts = try FileManager.default.attributesOfItem(atPath: file)
      #expect((facts[.posixPermissions] as? NSNumber)?.intValue == 0o600)
      for node in 1...3 {
        let status = try cluster.status(node)
        #expect((status["cluster"] as? [String: Any])?["insecure"] as? Bool == false)
      }
      for words in [
        ["status"], ["partitions"], ["transfer", "node2"],
        ["bench", "put", "--clients", "4", "--seconds", "0.3", "--warm-up", "0"],
        ["bench", "get", "--clients", "4", "--seconds", "0.3", "--warm-up", "0", "--keys", "100"],
        ["replace", "node3", "--force", "--dry-run"],
      ] {
        let run = try DemoCluster.run(words + ["--port", "\(cluster.port(2))"])
        #expect(run.status == 0, "\(words): \(run.output)")
        #expect(!run.output.contains("insecure"))
      }

      // Another user of the machine is told which file is missing, and gets on with it.
      let status = ["status", "--port", "\(cluster.port(1))"]
      let refused = try DemoCluster.run(status, environment: stranger(in: directory))
      #expect(refused.status == 1)
      #expect(refused.output.contains("--join-secret-file"), "\(refused.output)")
      let named = try DemoCluster.run(status + ["--join-secret-file", file], environment: stranger(in: directory))
      #expect(named.status == 0, "\(named.output)")
      let other = directory + "/other-secret"
      _ = try JoinSecretFile.keep(JoinSecret(), at: other)
      let wrong = try DemoCluster.run(status, environment: ["ROOST_JOIN_SECRET_FILE": other])
      #expect(wrong.status == 1)
      #expect(wrong.output.contains("different join secrets") && wrong.output.contains(other), "\(wrong.output)")

      try await clients(of: PeerAddress(host: "127.0.0.1", port: cluster.port(1) + 2000), JoinSecretFile.load(file))
    }
  }

  private func clients(of address: PeerAddress, _ secret: JoinSecret) async throws {
    for (authentication, rejection) in [
      (PeerAuthentication.insecure, HandshakeRejection.secretNeeded), (.secret(JoinSecret()), .wrongSecret),
    ] {
      await #expect(throws: TransportError.rejected(address, rejection)) {
        _ = try await session(address, authentication)
      }
    }
    let client = try await session(address, .secret(secret))
    let row = Key([0x01, 0x53, 0, 0, 0x40, 0])
    let catalogue = Key([0x01, 0x53, 0, 0, 0, 0, 0x76])
    for key in [row, catalogue] {
      for request in [Request.put(key: key, value: [1]), .delete(key: key), .get(key: key, level: .stale)] {
        #expect(try await ask(client, request) == .failure(.keyNotOpen(key, owner: "SQL")))
      }
    }
    let own = Key([0x01, 0x4B, 0x61])
    guard case .committed = try await ask(client, .put(key: own, value: [7])) else {
      Issue.record("a key of its own is refused")
      return
    }
    #expect(try await ask(client, .get(key: own, level: .linearizable)) == .value([7]))
    client.close()
  }

  @Test("a node with another secret, or with none, is refused with the reason on both sides")
  func otherNodes() async throws {
    try await withTemporaryDirectory { directory in
      try await withNodes([.init()], in: directory) { cluster in
        let founder = cluster.peerAddress(1)
        let start = { (name: String) in
          [
            "start", "--node-id", name, "--data", "\(directory)/\(name)", "--port", "0", "--peer-port", "0",
            "--cluster-mode", "primary", "--join", founder.description,
          ]
        }
        // It has one, of another cluster.
        try FileManager.default.createDirectory(atPath: directory + "/other", withIntermediateDirectories: true)
        _ = try JoinSecretFile.keep(JoinSecret(), at: directory + "/other/join-secret")
        let other = try RunningProgram(start("other"), in: directory)
        #expect(try await other.end() == 1)
        #expect(other.output.contains("different join secrets"), "\(other.output)")
        try await eventually("the founder says so") { cluster.log(1).contains("different join secrets") }

        // It has none, and runs where nobody of its user has.
        let without = try RunningProgram(start("without"), environment: stranger(in: directory), in: directory)
        #expect(try await without.end() == 1)
        #expect(without.output.contains("no join secret") && without.output.contains("scp -p"), "\(without.output)")
        try await eventually("the founder says so") { cluster.log(1).contains("the caller has no join secret") }

        // It has none, and its user's node here has.
        let welcome = try RunningProgram(start("welcome"), in: directory)
        try await welcome.waitUntilOutput(contains: "welcome is ready")
        #expect(
          try JoinSecretFile.load(directory + "/welcome/join-secret")
            == JoinSecretFile.load(cluster.dataDirectory(1) + "/join-secret"))
        #expect(cluster.log(1).split(separator: "\n").count { $0.contains("declined a connection") } == 2)
        kill(welcome.id, SIGTERM)
        #expect(try await welcome.end() == 0)
      }
    }
  }

  @Test("without one a node says so in every status, and only loopback may reach it")
  func insecure() async throws {
    try await withTemporaryDirectory { directory in
      try await withNodes([.init(environment: ["ROOST_INSECURE": "true"])], in: directory) { cluster in
        #expect(cluster.log(1).contains("INSECURE"))
        let run = try DemoCluster.run(["status", "--port", "\(cluster.port(1))"])
        #expect(run.output.contains("\ninsecure: "), "\(run.output)")
        let json = try DemoCluster.run(["status", "--json", "--port", "\(cluster.port(1))"]).output
        #expect(json.contains("\"insecure\" : true"), "\(json)")
        #expect(!FileManager.default.fileExists(atPath: cluster.dataDirectory(1) + "/join-secret"))
        let anybody = try await session(cluster.peerAddress(1), .insecure)
        anybody.close()
        await #expect(throws: TransportError.rejected(cluster.peerAddress(1), .insecure)) {
          _ = try await session(cluster.peerAddress(1), .secret(JoinSecret()))
        }
      }
      let open = try DemoCluster.run([
        "start", "--node-id", "x", "--data", directory + "/x", "--host", "0.0.0.0", "--insecure",
      ])
      #expect(open.status == 2)
      #expect(open.output.contains("0.0.0.0 can be reached from other machines"), "\(open.output)")
    }
  }

  /// What three nodes of one machine are started with by scripts: the same list, and nothing about a secret.
  @Test("is shared by nodes that are started in any order, also where a killed cluster left another")
  func startedInAnyOrder() async throws {
    try await withTemporaryDirectory { directory in
      var environment = ["XDG_STATE_HOME": directory + "/state"]
      environment["HOME"] = directory
      let cluster = try NodeCluster(Array(repeating: .init(environment: environment), count: 3), in: directory)
      defer { cluster.end() }
      for round in 1...2 {
        for node in [3, 2] { try cluster.start(node) }
        try await Task.sleep(for: .milliseconds(300))
        try cluster.start(1)
        try await eventually("round \(round): all are ready", within: .seconds(90)) {
          cluster.nodes.allSatisfy {
            cluster.log($0).split(separator: "\n").count { $0.hasSuffix("is ready") } == round
          }
        }
        let secrets = try cluster.nodes.map { try JoinSecretFile.load(cluster.dataDirectory($0) + "/join-secret") }
        #expect(Set(secrets).count == 1)
        // The next cluster at these ports is another one; of this one the entries remain, and its files, elsewhere.
        for node in cluster.nodes {
          try cluster.signal(node, SIGKILL)
          _ = try await cluster.ended(node)
          try FileManager.default.moveItem(
            atPath: cluster.dataDirectory(node), toPath: cluster.dataDirectory(node) + "-\(round)")
        }
      }
    }
  }
}
