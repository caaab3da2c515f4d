import ArgumentParser
import Foundation
import RoostCluster
import RoostPlatform
import RoostTransport

/// `roost demo`: a whole cluster on this machine, each node a process of its own.
struct DemoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo", abstract: "Starts a cluster of several nodes on this machine.",
    discussion: """
      Node N (from 1) keeps its data in DIR/nodeN, listens for SQL on PORT + N - 1 and logs to DIR/nodeN/roost.log.
      Ctrl-C and SIGTERM stop all nodes (SIGHUP does not: a closed terminal leaves them running); the next start continues with their data. A node that dies is not restarted:
      its command is printed, for you to see what the others do meanwhile. A node that you start by hand with that
      command, or that still runs from before, counts as one of them; the demo leaves it to you to stop it.
      """)

  @Option(help: ArgumentHelp("How many nodes.", valueName: "COUNT"))
  var nodes = 3

  @Option(
    help: ArgumentHelp("The SQL port of the first node; 0 picks free ones at the first start.", valueName: "PORT"))
  var port = 5432

  @Option(help: ArgumentHelp("The address the nodes listen on.", valueName: "ADDR"))
  var host = "127.0.0.1"

  @Option(help: ArgumentHelp("The folder of the cluster.", valueName: "DIR"))
  var data = "data"

  @Option(help: ArgumentHelp("A SQL script to load into a cluster that does not have it yet.", valueName: "FILE"))
  var load: String?

  @Option(
    help: ArgumentHelp("Key-value partitions to found a new cluster with, beside the data.", valueName: "N"))
  var partitions = 0

  @Flag(help: "Nodes without a join secret: whoever connects to them is believed.")
  var insecure = false
  /// How the caller names the port: the Makefile has a variable for it.
  @Flag(help: .hidden)
  var calledByMake = false

  private var portFlag: String { calledByMake ? "make run PORT=" : "--port " }
  private var dataFlag: String { calledByMake ? "make run DATA=" : "--data " }

  func validate() throws {
    guard (0...20_000).contains(partitions) else {
      throw ValidationError("--partitions \(partitions) is not between 0 and 20000")
    }
    guard DemoPlan.nodeCounts.contains(nodes) else {
      throw ValidationError(
        "--nodes \(nodes) is not between \(DemoPlan.nodeCounts.lowerBound) and \(DemoPlan.nodeCounts.upperBound)")
    }
    let highest = 65_535 - 4000 - (nodes - 1)
    guard (0...highest).contains(port) else {
      throw ValidationError(
        "--port \(port) is not between 0 and \(highest), which leaves room for the nodes' other ports")
    }
    guard !data.isEmpty else { throw ValidationError("--data must not be empty") }
    guard !insecure || PeerAddress(host: host, port: 0).isLoopback else {
      throw ValidationError("--insecure is for loopback addresses only, and \(host) can be reached from other machines")
    }
  }

  func run() throws {
    let signals = try SignalWatch.start()
    if let load, !FileManager.default.isReadableFile(atPath: load) {
      throw CommandFailure("cannot read \(load)")
    }
    var directory = try DemoDirectory(checking: data, nodeCount: nodes)
    let plan = try choosePorts(earlier: directory.port)
    try directory.establish(port: plan.nodes[0].ports.sql)
    let claim = try DemoClaim.take(data)
    defer { claim.release() }
    if !insecure {
      do { _ = try JoinSecretFile.keep(JoinSecret(), at: plan.joinSecretFile) } catch {
        throw CommandFailure("\(error)")
      }
    }
    var supervisor = try DemoSupervisor(plan: plan, directory: directory, signals: signals)
    if try supervisor.run(loading: load) == .failed { throw ExitCode.failure }
  }

  /// What to do about a port that is taken. Nodes that were made at a port can't have another one.
  static func remedy(hasNodes: Bool, calledByMake: Bool) -> String {
    switch (hasNodes, calledByMake) {
    case (false, true): "end it, or choose another port: make run PORT=N"
    case (false, false): "end it, or choose another port: --port N"
    case (true, true): "end it, or start other nodes in another directory: make run DATA=DIR PORT=N"
    case (true, false): "end it, or start other nodes in another directory: --data DIR --port N"
    }
  }

  private func choosePorts(earlier: Int?) throws -> DemoPlan {
    if let earlier, port != 0, port != earlier {
      throw CommandFailure(
        "the nodes in \(data) know one another at port \(earlier) and up; use \(portFlag)\(earlier), or another "
          + "directory: \(dataFlag)DIR")
    }
    let wanted = earlier ?? port
    guard wanted == 0 else {
      let plan = DemoPlan(
        nodeCount: nodes, host: host, firstPort: wanted, directory: data, partitions: partitions,
        isInsecure: insecure)
      if let running = DirectoryOwner.holder(of: data + "/" + DemoClaim.fileName) {
        throw CommandFailure(DemoClaim.refusal(data, running))
      }
      let obstacle = plan.obstacle(
        isRunning: { DirectoryOwner.process(of: $0.directory) != nil }, probe: PortProbe.obstacle)
      if let obstacle {
        throw CommandFailure("\(obstacle); \(Self.remedy(hasNodes: earlier != nil, calledByMake: calledByMake))")
      }
      return plan
    }
    for _ in 0..<100 {
      let first = try PortProbe.freePort(host: host)
      guard first <= 65_535 - 4000 - nodes else { continue }
      let plan = DemoPlan(
        nodeCount: nodes, host: host, firstPort: first, directory: data, partitions: partitions,
        isInsecure: insecure)
      if plan.obstacle(probe: PortProbe.obstacle) == nil { return plan }
    }
    throw CommandFailure("no \(nodes) free ports in a row were found; name a --port")
  }
}
