import RoostClusterSimulation
import RoostSimulation

/// One run, and how long it took.
struct SimulationReport: Sendable {
  let run: ClusterRun
  let real: Duration

  init(_ plan: ClusterPlan) {
    // house: how long it took is for people; nothing in a world knows of it
    let clock = ContinuousClock()
    let began = clock.now
    run = ClusterRun(plan)
    real = began.duration(to: clock.now)
  }

  /// How much faster virtual time went by than real time.
  var ratio: Double { SimulationReport.number(run.elapsed) / max(0.000_001, SimulationReport.number(real)) }

  var line: String {
    "seed \(run.plan.seed): \(run.isFine ? "fine" : "VIOLATED"), trace \(run.hash), "
      + "\(run.answered) operations answered, \(run.scheduledFaults.count) faults, "
      + "\(SimulationReport.seconds(run.elapsed)) virtual seconds in \(SimulationReport.seconds(real)) s "
      + "(\(Int(ratio)) times real time)"
  }

  var details: [String] {
    let tally = run.tally
    var faults: [Fault: Int] = [:]
    for scheduled in run.scheduledFaults { faults[scheduled.fault, default: 0] += 1 }
    let played = Fault.allCases.compactMap { fault in faults[fault].map { "\(fault.rawValue) \($0)" } }
    return [
      "operations: \(run.answered) answered, \(run.unknown) of unknown outcome, \(run.conflicts) conflicts, "
        + "\(run.staleReads) stale reads",
      "cluster: \(tally.reigns) elections won, \(tally.crashes) crashes, \(tally.departures) processes that ended "
        + "themselves, \(tally.snapshots) snapshots installed, \(tally.flushes) flushes, "
        + "\(tally.forwarded) requests forwarded",
      "members: \(tally.changes) changes, \(tally.transfers) transfers of leadership, "
        + "\(tally.replacements) machines replaced",
      "faults: \(played.isEmpty ? "none" : played.joined(separator: ", "))",
      "history: \(run.verdict == .linearizable ? "linearizable" : "\(run.verdict)"); \(run.events) events",
    ]
  }

  static func number(_ duration: Duration) -> Double {
    let (seconds, attoseconds) = duration.components
    return Double(seconds) + Double(attoseconds) * 1e-18
  }

  /// With one decimal.
  static func seconds(_ duration: Duration) -> String { "\((number(duration) * 10).rounded() / 10)" }

  /// For programs. Names are part of the interface.
  struct Summary: Encodable {
    var seed: UInt64
    var ok: Bool
    var trace: String
    var virtual_seconds: Double
    var real_seconds: Double
    var answered: Int
    var unknown: Int
    var conflicts: Int
    var stale_reads: Int
    var events: Int
    var tally: ClusterTally
    var linearizable: Bool
    var violations: [String]
    var faults: [String]
    var departures: [String]
  }

  var summary: Summary {
    Summary(
      seed: run.plan.seed, ok: run.isFine, trace: "\(run.hash)", virtual_seconds: SimulationReport.number(run.elapsed),
      real_seconds: SimulationReport.number(real), answered: run.answered, unknown: run.unknown,
      conflicts: run.conflicts, stale_reads: run.staleReads, events: run.events, tally: run.tally,
      linearizable: run.verdict == .linearizable, violations: run.complaints,
      faults: run.scheduledFaults.map(\.description), departures: run.departures)
  }
}
