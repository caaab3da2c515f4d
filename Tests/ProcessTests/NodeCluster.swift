import Foundation
import NIOCore
import RoostPlatform
import RoostPostgresClient
import RoostTransport

/// Three nodes, each started by the test itself, so that each can live in a namespace, on a disk or with a library of
/// its own. Every process is ended by its id whatever happens.
final class NodeCluster: @unchecked Sendable {  // used by one test, which serialises its own calls
  /// How a node is started.
  struct Launch {
    /// What the program is run by, such as `ip netns exec NAME`.
    var runner: [String] = []
    var environment: [String: String] = [:]
    var host = "127.0.0.1"
    /// The default is a folder of the cluster's own.
    var data: String?
    /// More flags.
    var flags: [String] = []
    /// Not started with the others, and not told to them: it joins those that are there.
    var isLate = false
  }

  let directory: String
  let launches: [Launch]
  private let ports: [Int]
  private var processes: [Int: Process] = [:]

  var nodes: ClosedRange<Int> { 1...launches.count }
  /// The nodes that the cluster begins with.
  var founders: [Int] { nodes.filter { !launches[$0 - 1].isLate } }

  init(_ launches: [Launch] = Array(repeating: Launch(), count: 3), in directory: String) throws {
    self.launches = launches
    self.directory = directory
    let first = try DemoCluster.freePorts(launches.count)
    ports = (0..<launches.count).map { first + $0 }
  }

  func port(_ node: Int) -> Int { ports[node - 1] }

  func peerAddress(_ node: Int) -> PeerAddress {
    PeerAddress(host: launches[node - 1].host, port: port(node) + 2000)
  }

  func dataDirectory(_ node: Int) -> String { launches[node - 1].data ?? "\(directory)/node\(node)" }

  func log(_ node: Int) -> String {
    (try? String(contentsOfFile: "\(directory)/node\(node).log", encoding: .utf8)) ?? ""
  }

  // MARK: Processes

  func start(_ node: Int) throws {
    let launch = launches[node - 1]
    let words =
      launch.runner + [
        DemoCluster.binary, "start", "--node-id", "node\(node)", "--data", dataDirectory(node), "--host", launch.host,
        "--port", "\(port(node))", "--cluster-mode", "primary",
        "--join", founders.map { peerAddress($0).description }.joined(separator: ","),
      ] + launch.flags
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = words
    process.environment = ProcessInfo.processInfo.environment.merging(launch.environment) { $1 }
    let log = "\(directory)/node\(node).log"
    if !FileManager.default.fileExists(atPath: log) { _ = FileManager.default.createFile(atPath: log, contents: nil) }
    let output = try FileHandle(forWritingTo: URL(fileURLWithPath: log))
    try output.seekToEnd()
    process.standardOutput = output
    process.standardError = output
    process.standardInput = FileHandle.nullDevice
    try process.run()
    try output.close()
    processes[node] = process
  }

  func startAll() async throws {
    for node in founders { try start(node) }
    try await eventually("the cluster is whole", within: .seconds(60)) {
      for node in self.founders where !self.isRunning(node) {
        throw DemoCluster.Failure(description: "node\(node) ended:\n\(self.log(node).suffix(1500))")
      }
      guard let leader = self.leader() else { return false }
      return self.activeNodes(seenBy: leader) == self.founders.count
    }
  }

  func isRunning(_ node: Int) -> Bool { processes[node]?.isRunning == true }

  /// The number of the process, which `ip netns exec` and the like have become.
  func pid(_ node: Int) -> Int32 { processes[node]?.processIdentifier ?? 0 }

  func signal(_ node: Int, _ number: Int32) throws {
    guard let process = processes[node], process.isRunning, kill(process.processIdentifier, number) == 0 else {
      throw DemoCluster.Failure(description: "node \(node) can't be signalled")
    }
  }

  /// Waits until a node's process ended, and returns its exit status.
  func ended(_ node: Int, within limit: Duration = .seconds(30)) async throws -> Int32 {
    try await eventually("node\(node) ends", within: limit) { !self.isRunning(node) }
    return processes[node]?.terminationStatus ?? -1
  }

  func end() {
    for process in processes.values where process.isRunning {
      kill(process.processIdentifier, SIGCONT)
      process.terminate()
    }
    let deadline = Date().addingTimeInterval(10)
    while Date() < deadline, processes.values.contains(where: \.isRunning) { usleep(20_000) }
    for process in processes.values where process.isRunning {
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
    }
  }

  func connect(_ node: Int) async throws -> PostgresClient {
    try await PostgresClient.connect(
      host: launches[node - 1].host, port: port(node), timeLimit: .seconds(5), group: DemoCluster.group)
  }

  // MARK: What the nodes say

  func status(_ node: Int) -> NodeView? {
    let address = launches[node - 1].host
    // Status 1 is an answer too: the cluster is unwell.
    guard
      let answer = try? DemoCluster.run([
        "status", "--json", "--host", address, "--port", "\(port(node))",
      ])
    else { return nil }
    return try? JSONDecoder().decode(NodeView.self, from: Data(answer.output.utf8))
  }

  /// The node that leads the data and says so itself.
  func leader() -> Int? {
    for node in nodes where isRunning(node) {
      if let view = status(node), view.groups.last?.leader == "node\(node)" { return node }
    }
    return nil
  }

  func activeNodes(seenBy node: Int) -> Int { status(node)?.nodes.count { $0.status == "active" } ?? 0 }

  /// Waits until all nodes have applied the same, which takes that nobody writes.
  func converged() async throws {
    try await eventually("all nodes have applied the same", within: .seconds(60)) {
      let applied = self.nodes.map { self.status($0)?.groups.last?.applied_index }
      return applied[0] != nil && Set(applied).count == 1
    }
  }
}

/// What of `roost status --json` the tests look at.
struct NodeView: Decodable {
  struct Cluster: Decodable, Equatable {
    var voters: Int
    var needed: Int
    var can_lose: Int
  }

  struct Node: Decodable {
    var id: String
    var number: UInt64
    var pid: Int32
    var status: String
    var role: String
    var sql_address: String
    var peer_address: String
  }

  struct Group: Decodable {
    var id: Int
    var leader: String
    var term: UInt64
    var applied_index: UInt64
  }

  var cluster: Cluster
  var nodes: [Node]
  var groups: [Group]
  var counters: [String: UInt64]
}

/// Runs a test's body with a cluster that is ended whatever happens; shows the logs if it fails.
func withNodes<Result>(
  _ launches: [NodeCluster.Launch] = Array(repeating: .init(), count: 3), in directory: String,
  _ body: (NodeCluster) async throws -> Result
) async throws -> Result {
  let cluster = try NodeCluster(launches, in: directory)
  do {
    try await cluster.startAll()
    let result = try await body(cluster)
    cluster.end()
    return result
  } catch {
    for node in cluster.nodes {
      print("node\(node) says: \(cluster.status(node).map { "\($0.nodes) \($0.groups)" } ?? "nothing")")
    }
    cluster.end()
    for node in cluster.nodes { print("node\(node): …\(cluster.log(node).suffix(1500))") }
    throw error
  }
}
