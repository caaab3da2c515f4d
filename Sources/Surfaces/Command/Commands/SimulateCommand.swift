import ArgumentParser
import Foundation
import RoostClusterSimulation
import RoostSQLSimulation
import RoostSimulation

/// `roost simulate`: whole clusters in virtual time, from seeds.
struct SimulateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulate", abstract: "Runs simulated clusters under faults and checks what they do.",
    discussion: """
      The nodes run the code of real ones, over disks, networks and clocks that fail as the seed says. While faults are
      played, invariants of the protocol are checked at every step; then everything is healed, and every node has to
      get on; in the end, what clients saw has to be linearizable. The same seed is the same run, to the last message.
      Exit status 1 means that something was violated; the command that repeats the run is printed.

      With --whole-nodes the nodes are founded, join, move to new machines and are replaced as real ones are, and serve SQL
      sessions, too, whose transactions have to be strictly serializable; without it, their members are fixed and changed
      by the simulator.

      Faults:
      \(SimulationFaults.help)
      """)

  @Option(help: ArgumentHelp("The seed, or the first of several.", valueName: "N"))
  var seed: UInt64 = 1

  @Option(help: ArgumentHelp("How many seeds to run, one after the other.", valueName: "COUNT"))
  var seeds = 1

  @Option(help: ArgumentHelp("Nodes of the cluster, 3 to 9. (default: 5)", valueName: "N"))
  var nodes: Int?

  @Flag(help: "Run whole nodes, which found their cluster and join it. Three of them, unless --nodes says otherwise.")
  var wholeNodes = false

  @Option(help: ArgumentHelp("Virtual minutes under faults.", valueName: "M"))
  var minutes: Double?

  @Option(help: ArgumentHelp("Virtual seconds under faults, instead of minutes. (default: 120)", valueName: "S"))
  var seconds: Double?

  @Option(
    help: ArgumentHelp(
      "What may go wrong: names with commas between, default, all, or help. \"all,-pause\" leaves one out.",
      valueName: "LIST"))
  var faults = "default"

  @Option(
    help: ArgumentHelp(
      "Where to write what clients saw; with several seeds, of the first that fails.", valueName: "FILE"))
  var history: String?

  @Option(help: ArgumentHelp("Runs at the same time. (default: one for each core)", valueName: "N"))
  var jobs: Int?

  @Flag(help: "When a run fails, look for fewer faults with which it still fails.")
  var shrink = false

  @Flag(help: "Print JSON, a line for each run.")
  var json = false

  @Flag(help: "Print every fault that was played.")
  var verbose = false

  private var duration: Duration { .milliseconds(Int64((seconds ?? (minutes ?? 2) * 60) * 1000)) }

  func validate() throws {
    if let nodes, !(3...9).contains(nodes) {
      throw ValidationError("--nodes must lie between 3 and 9")
    }
    if wholeNodes, history != nil || shrink {
      throw ValidationError("--history and --shrink can't be had with --whole-nodes")
    }
    guard seeds >= 1 else { throw ValidationError("--seeds must be at least 1") }
    guard seconds == nil || minutes == nil else { throw ValidationError("give either --seconds or --minutes") }
    let length = seconds ?? (minutes ?? 2) * 60
    guard length > 0, length <= 86_400 else { throw ValidationError("a run lasts up to a day of virtual time") }
    if let jobs, !(1...256).contains(jobs) { throw ValidationError("--jobs must lie between 1 and 256") }
    guard seed <= UInt64.max - UInt64(seeds) else { throw ValidationError("--seed is too large") }
    if faults != "help" { _ = try SimulationFaults.parse(faults) }
  }

  func run() async throws {
    guard faults != "help" else { return Terminal.print(SimulationFaults.help) }
    try DeterministicHashing.require()
    let list = try SimulationFaults.parse(faults)
    if wholeNodes { return try await runWholeNodes(list) }
    let (first, duration, size) = (seed, duration, nodes ?? SimulateCommand.usualNodes)
    let batch = SimulationBatch(count: UInt64(seeds), jobs: wantedJobs) { number in
      var plan = ClusterPlan(seed: first + number)
      plan.size = size
      plan.duration = duration
      plan.faults = list
      return SimulationReport(plan)
    }
    var total = SimulationTotal()
    var failing: ClusterRun?
    var failures = 0
    var kept: ClusterRun?
    let real = try await batch.run { report in
      total.add(report.run)
      if kept == nil { kept = report.run }
      if !report.run.isFine {
        failures += 1
        if failing == nil { failing = report.run }
      }
      try show(report)
    }
    if let history, let run = failing ?? kept { try write(run.history, to: history) }
    if seeds > 1, !json { Terminal.print(total.summary(failures: failures, real: real)) }
    guard let failing else { return }
    if shrink { try show(shrunk: failing) }
    throw CommandFailure(
      failures == 1 ? "seed \(failing.plan.seed) was violated" : "\(failures) of \(seeds) seeds were violated")
  }

  private static let usualNodes = 5
  private var wantedJobs: Int { jobs ?? ProcessInfo.processInfo.activeProcessorCount }

  private func runWholeNodes(_ faults: [Fault]) async throws {
    let (first, duration, size) = (seed, duration, nodes ?? 3)
    let played = faults.filter(NodeRun.faults.contains)
    let batch = SimulationBatch(count: UInt64(seeds), jobs: wantedJobs) { number in
      NodeReport {
        NodeRun(
          seed: first + number, size: size, duration: duration, faults: played, keySpaces: SQLWorkload.keySpaces
        ) { stage in SQLWorkload(stage) }
      }
    }
    var failing: [UInt64] = []
    let real = try await batch.run { report in
      if !report.run.isFine { failing.append(report.run.seed) }
      try show(report)
    }
    if seeds > 1, !json {
      Terminal.print(
        "\(seeds) seeds: \(failing.isEmpty ? "nothing violated" : "\(failing.count) VIOLATED") in "
          + "\(SimulationReport.seconds(real)) s")
    }
    guard let first = failing.first else { return }
    throw CommandFailure(
      failing.count == 1 ? "seed \(first) was violated" : "\(failing.count) of \(seeds) seeds were violated")
  }

  // MARK: Output

  private func show(_ report: NodeReport) throws {
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys]
      return Terminal.print(String(decoding: try encoder.encode(report.summary), as: UTF8.self))
    }
    Terminal.print(report.line)
    if verbose || !report.run.isFine {
      for scheduled in report.run.scheduledFaults { Terminal.print("  " + scheduled.description) }
      for departure in report.run.departures { Terminal.print("  " + departure) }
    }
    for violation in report.run.violations { Terminal.print("  VIOLATED: " + violation) }
    if !report.run.isFine {
      Terminal.print("  again: " + command(for: report.run.seed) + " --whole-nodes")
    }
  }

  private func show(_ report: SimulationReport) throws {
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys]
      return Terminal.print(String(decoding: try encoder.encode(report.summary), as: UTF8.self))
    }
    Terminal.print(report.line)
    if seeds == 1 || !report.run.isFine { for line in report.details { Terminal.print("  " + line) } }
    if verbose || !report.run.isFine {
      for scheduled in report.run.scheduledFaults { Terminal.print("  " + scheduled.description) }
      for departure in report.run.departures { Terminal.print("  " + departure) }
    }
    for complaint in report.run.complaints { Terminal.print("  VIOLATED: " + complaint) }
    if !report.run.isFine { Terminal.print("  again: " + command(for: report.run.plan.seed)) }
  }

  private func command(for seed: UInt64) -> String {
    let length = seconds ?? (minutes ?? 2) * 60
    let seconds = length == length.rounded() ? String(Int(length)) : String(length)
    let nodes = nodes ?? (wholeNodes ? 3 : SimulateCommand.usualNodes)
    return "roost simulate --seed \(seed) --nodes \(nodes) --seconds \(seconds)"
      + (faults == "default" ? "" : " --faults \(faults)")
  }

  private func show(shrunk failing: ClusterRun) throws {
    let small = ClusterShrinker().shrink(failing) { scheduledFaults, runs in
      if runs.isMultiple(of: 10) { Terminal.complain("shrinking: \(scheduledFaults) faults left after \(runs) runs") }
    }
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys]
      let lines = ["shrunk": small.scheduledFaults.map(\.description), "violations": small.complaints]
      return Terminal.print(String(decoding: try encoder.encode(lines), as: UTF8.self))
    }
    Terminal.print(
      "seed \(failing.plan.seed) still fails with \(small.scheduledFaults.count) of \(failing.scheduledFaults.count) faults:"
    )
    for scheduled in small.scheduledFaults { Terminal.print("  " + scheduled.description) }
    for complaint in small.complaints { Terminal.print("  VIOLATED: " + complaint) }
  }

  private func write(_ history: KeyValueHistory, to path: String) throws {
    do {
      try Data(RoostHistoryWriter(history).bytes).write(to: URL(fileURLWithPath: path))
    } catch { throw CommandFailure("cannot write \(path): \(error.localizedDescription)") }
  }
}
