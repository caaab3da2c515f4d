import Foundation
import NIOCore
import NIOPosix
import RoostCluster
import RoostPlatform
import RoostPostgresClient
import RoostTransport

/// A demo cluster of real processes for one test: its own ports, its own directory, ended by process id whatever
/// happens.
final class DemoCluster: @unchecked Sendable {  // used by one test, which serialises its own calls
  let directory: String
  let firstPort: Int
  let count: Int
  private let demo: Process
  private var restarted: [Int: Process] = [:]
  /// The words that started each node, taken from the running process.
  private var commands: [Int: [String]] = [:]

  static let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)

  struct Failure: Error, CustomStringConvertible { var description: String }

  /// The binary under test: `ROOST_BINARY`, or the one built beside the tests.
  static let binary: String = {
    if let given = ProcessInfo.processInfo.environment["ROOST_BINARY"] { return given }
    var directory = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent()
    for bundle in Bundle.allBundles where bundle.bundlePath.hasSuffix(".xctest") {
      directory = bundle.bundleURL.deletingLastPathComponent()
    }
    return directory.appendingPathComponent("roost").path
  }()

  /// Starts a cluster and waits until it is ready.
  static func start(
    nodes: Int = 3, directory: String? = nil, firstPort: Int? = nil
  ) async throws -> DemoCluster {
    let cluster = try DemoCluster(nodes: nodes, directory: directory, firstPort: firstPort)
    try await cluster.waitUntilReady()
    return cluster
  }

  private init(nodes: Int, directory: String?, firstPort: Int?) throws {
    count = nodes
    self.directory =
      directory ?? FileManager.default.temporaryDirectory.appendingPathComponent("roost-test-\(UUID().uuidString)").path
    self.firstPort = try firstPort ?? DemoCluster.freePorts(nodes)
    try FileManager.default.createDirectory(atPath: self.directory, withIntermediateDirectories: true)
    demo = Process()
    demo.executableURL = URL(fileURLWithPath: DemoCluster.binary)
    demo.arguments = ["demo", "--nodes", "\(nodes)", "--port", "\(self.firstPort)", "--data", dataDirectory]
    _ = FileManager.default.createFile(atPath: outputFile, contents: nil)
    let output = try FileHandle(forWritingTo: URL(fileURLWithPath: outputFile))
    demo.standardOutput = output
    demo.standardError = output
    demo.standardInput = FileHandle.nullDevice
    try demo.run()
  }

  var dataDirectory: String { directory + "/data" }
  private var outputFile: String { directory + "/demo-\(firstPort).log" }
  var output: String { (try? String(contentsOfFile: outputFile, encoding: .utf8)) ?? "" }

  func port(_ node: Int) -> Int { firstPort + node - 1 }

  private func waitUntilReady() async throws {
    try await eventually("the cluster is ready", within: .seconds(90)) {
      guard self.demo.isRunning else { throw Failure(description: "the demo ended:\n\(self.output)") }
      return self.output.contains("\nready") || self.output.hasPrefix("ready")
    }
    for node in 1...count { commands[node] = try command(of: try pid(node)) }
  }

  /// Finds a run of SQL ports whose peer ports are free too.
  static func freePorts(_ count: Int) throws -> Int {
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<200 {
      let first = Int.random(in: 20_000..<27_000, using: &generator)
      let all = (0..<count).flatMap { offset in (0...4).map { first + offset + $0 * 1000 } }
      if all.allSatisfy(isFree) { return first }
    }
    throw Failure(description: "no free ports")
  }

  private static func isFree(_ port: Int) -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    return withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
  }

  // MARK: Nodes

  func pid(_ node: Int) throws -> Int32 {
    let file = "\(dataDirectory)/node\(node)/roost.pid"
    guard let text = try? String(contentsOfFile: file, encoding: .utf8),
      let pid = Int32(text.trimmingCharacters(in: .whitespacesAndNewlines))
    else { throw Failure(description: "\(file) has no process id") }
    return pid
  }

  private func command(of pid: Int32) throws -> [String] {
    let raw = try Data(contentsOf: URL(fileURLWithPath: "/proc/\(pid)/cmdline"))
    var words = raw.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    if let place = words.firstIndex(of: "--supervisor") { words.removeSubrange(place...place + 1) }
    return words
  }

  func signal(_ node: Int, _ number: Int32) throws {
    let pid = try pid(node)
    guard kill(pid, number) == 0 else { throw Failure(description: "node \(node) (\(pid)) can't be signalled") }
  }

  /// Starts a node that was killed, with the flags it had.
  func restart(_ node: Int) throws {
    guard let words = commands[node], words.count > 1 else { throw Failure(description: "node \(node) never ran") }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: DemoCluster.binary)
    process.arguments = Array(words.dropFirst())
    process.standardInput = FileHandle.nullDevice
    let log = "\(directory)/restart-\(node)-\(UUID().uuidString).log"
    _ = FileManager.default.createFile(atPath: log, contents: nil)
    let output = try FileHandle(forWritingTo: URL(fileURLWithPath: log))
    process.standardOutput = output
    process.standardError = output
    try process.run()
    restarted[node] = process
  }

  func connect(_ node: Int, timeLimit: TimeAmount = .seconds(5)) async throws -> PostgresClient {
    try await PostgresClient.connect(
      host: "127.0.0.1", port: port(node), timeLimit: timeLimit, group: DemoCluster.group)
  }

  /// Runs one statement over a connection of its own; rows as text.
  func query(_ node: Int, _ text: String) async throws -> [[String?]] {
    let client = try await connect(node)
    defer { Task { try? await client.close() } }
    return try await client.query(text).last?.rows ?? []
  }

  /// `roost status --json` against a node.
  func status(_ node: Int) throws -> [String: Any] {
    let text = try DemoCluster.run(["status", "--json", "--port", "\(port(node))"]).output
    guard let status = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any] else {
      throw Failure(description: "status is no JSON: \(text)")
    }
    return status
  }

  /// The number of the node that leads the data, as seen by `node`.
  func leader(seenBy node: Int) throws -> Int? {
    let nodes = try status(node)["nodes"] as? [[String: Any]] ?? []
    let primary = nodes.first { $0["role"] as? String == "PRIMARY" }?["id"] as? String
    return primary.flatMap { Int($0.dropFirst("node".count)) }
  }

  static func run(
    _ arguments: [String], environment: [String: String] = [:]
  ) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: binary)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: output, as: UTF8.self))
  }

  /// How to prove to a node of this user on this machine that it may be asked, as commands do.
  static func authentication(for address: PeerAddress) throws -> PeerAuthentication {
    switch LocalNodeRegistry(environment: ProcessInfo.processInfo.environment)?.find(address) {
    case .secret(let secret, _)?: return .secret(secret)
    case .insecure?: return .insecure
    case let other: throw Failure(description: "\(address) has not told its secret: \(String(describing: other))")
    }
  }

  // MARK: The end

  /// Asks everything to stop, kills what does not, and removes the directory.
  func end(keepingData: Bool = false) {
    for process in restarted.values where process.isRunning { process.terminate() }
    if demo.isRunning { demo.terminate() }
    let deadline = Date().addingTimeInterval(20)
    while Date() < deadline, demo.isRunning || restarted.values.contains(where: \.isRunning) { usleep(20_000) }
    for process in Array(restarted.values) + [demo] where process.isRunning { kill(process.processIdentifier, SIGKILL) }
    if !keepingData { try? FileManager.default.removeItem(atPath: directory) }
  }
}

/// Waits for a state with a deadline.
func eventually(
  _ what: String, within limit: Duration = .seconds(30), _ holds: () async throws -> Bool
) async throws {
  let deadline = ContinuousClock.now + limit
  while ContinuousClock.now < deadline {
    if try await holds() { return }
    try await Task.sleep(for: .milliseconds(10))
  }
  throw DemoCluster.Failure(description: "not within \(limit): \(what)")
}

/// Runs a test's body with a cluster that is ended whatever happens.
func withCluster<Result>(nodes: Int = 3, _ body: (DemoCluster) async throws -> Result) async throws -> Result {
  let cluster = try await DemoCluster.start(nodes: nodes)
  do {
    let result = try await body(cluster)
    cluster.end()
    return result
  } catch {
    let logs = (1...nodes).map { node in
      let path = "\(cluster.dataDirectory)/node\(node)/roost.log"
      let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? "no log"
      return "node\(node): …\(text.suffix(1500))"
    }
    print("demo: \(cluster.output.suffix(2000))\n\(logs.joined(separator: "\n"))")
    cluster.end()
    throw error
  }
}
