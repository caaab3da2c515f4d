import ArgumentParser
import Foundation
import NIOCore
import NIOPosix
import RoostCluster
import RoostPlatform
import RoostTransport

/// `roost bench`: a closed loop against a running cluster.
struct BenchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Measures throughput and latency of a running cluster in a closed loop.",
    discussion: """
      put, get and scan speak the native protocol with the node that leads the data; sql-insert, sql-select and bank (a
      transfer between two accounts) run prepared statements, one connection for each client, spread over all nodes. Each
      client has one operation under way. Tables and keys are left in the cluster: roost_bench_….
      """)

  @Argument(help: ArgumentHelp("put, get, scan, sql-insert, sql-select or bank.", valueName: "kind"))
  var kind: LoadKind

  @OptionGroup var remote: RemoteOptions

  @Option(help: ArgumentHelp("Clients.", valueName: "N"))
  var clients = 16

  @Option(
    help: ArgumentHelp("Connections that the native clients share. (default: one for 16 clients)", valueName: "N"))
  var connections: Int?

  @Option(help: ArgumentHelp("How long to measure.", valueName: "S"))
  var seconds = 5.0

  @Option(help: ArgumentHelp("How long to run before that, uncounted.", valueName: "S"))
  var warmUp = 1.0

  @Option(help: ArgumentHelp("Bytes of a value.", valueName: "BYTES"))
  var valueSize = 256

  @Option(help: ArgumentHelp("How many keys, rows or accounts.", valueName: "N"))
  var keys = 10_000

  @Option(
    help: ArgumentHelp(
      "Spread the keys over the cluster's N key-value partitions (put, get and scan); 0: beside the data.",
      valueName: "N"))
  var partitions = 0

  @Flag(help: "Read what the node has applied, without asking the leader (get and scan).")
  var stale = false

  @Flag(help: "Print JSON.")
  var json = false

  func validate() throws {
    guard (1...4096).contains(clients) else { throw ValidationError("--clients must lie between 1 and 4096") }
    guard seconds > 0, seconds <= 3600 else { throw ValidationError("--seconds must lie between 0 and 3600") }
    guard warmUp >= 0, warmUp <= 600 else { throw ValidationError("--warm-up must lie between 0 and 600") }
    guard (0...1 << 20).contains(valueSize) else {
      throw ValidationError("--value-size must lie between 0 and 1048576")
    }
    guard (1...10_000_000).contains(keys) else { throw ValidationError("--keys must lie between 1 and 10000000") }
    guard partitions >= 0, partitions <= keys else {
      throw ValidationError("--partitions must lie between 0 and the number of keys")
    }
    if let connections, !(1...clients).contains(connections) {
      throw ValidationError("--connections must lie between 1 and the number of clients")
    }
  }

  func run() async throws {
    let plan = LoadPlan(
      kind: kind, clients: clients, connections: kind.isSQL ? clients : connections ?? max(1, clients / 16),
      seconds: seconds, warmUpSeconds: warmUp, valueSize: valueSize, keys: keys, isStale: stale,
      partitions: partitions)
    let cluster = RemoteCluster(remote)
    let status = try await cluster.statusWithLeaders()
    // house: a client draws its keys
    var generator = SystemRandomNumberGenerator()
    var before = LoadReport.cpuMicroseconds()
    let record: LoadRecord
    var cost: (before: ServerCost, after: ServerCost)?
    if kind.isSQL {
      let addresses = status.nodes.filter { $0.status == "active" }.compactMap { PeerAddress($0.sql_address) }
      guard !addresses.isEmpty else { throw CommandFailure("no node is active") }
      record = try await SQLLoad(plan, seed: generator.next()).run(cluster, addresses: addresses)
    } else {
      let placement = try KeyPlacement(status, partitions: partitions)
      let load = NativeLoad(
        plan, placement: placement, authentication: try cluster.authentication(for: placement.leaders[0]),
        loop: NIOLoop(cluster.group.next()), seed: generator.next())
      try await load.prepare()
      let costBefore = await ServerCost.sample(cluster, status.nodes)
      before = LoadReport.cpuMicroseconds()
      record = await load.run()
      cost = (costBefore, await ServerCost.sample(cluster, status.nodes))
    }
    var report = LoadReport(
      record, kind: kind.rawValue, clients: clients, connections: plan.connections, seconds: seconds,
      cpuMicroseconds: (LoadReport.cpuMicroseconds() - before) * seconds / (seconds + warmUp))
    if let cost, report.operations > 0 {
      // The nodes work during the warm-up too, whose operations are not counted.
      let share = seconds / (seconds + warmUp) / Double(report.operations)
      report.server_cpu_us_per_op = cost.after.cpuMicroseconds(since: cost.before).map { $0 * share }
      report.syncs_per_op = cost.after.syncsOfANode(since: cost.before).map { $0 * share }
    }
    await cluster.shutDown()
    try show(report)
    if let failure = report.failure { throw failure }
  }

  private func show(_ report: LoadReport) throws {
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
      return Terminal.print(String(decoding: try encoder.encode(report), as: UTF8.self))
    }
    func number(_ value: Double) -> String { String(format: "%.3f", value) }
    var table = TextTable([
      ("kind", .left), ("clients", .right), ("ops/s", .right), ("p50 ms", .right), ("p99 ms", .right),
      ("p99.9 ms", .right), ("max ms", .right), ("errors", .right), ("client µs/op", .right),
      ("servers µs/op", .right), ("syncs/op", .right),
    ])
    table.append([
      report.kind, String(report.clients), String(format: "%.0f", report.ops_per_second), number(report.p50_ms),
      number(report.p99_ms), number(report.p999_ms), number(report.max_ms), String(report.errors),
      String(format: "%.1f", report.client_cpu_us_per_op),
      report.server_cpu_us_per_op.map { String(format: "%.1f", $0) } ?? "–",
      report.syncs_per_op.map { String(format: "%.4f", $0) } ?? "–",
    ])
    for line in table.lines { Terminal.print(line) }
    for (reason, count) in report.error_reasons.sorted(by: { $0.key < $1.key }) {
      Terminal.print("\(count) × \(reason)")
    }
  }
}
