import RoostClusterSimulation
import RoostSimulation

/// One run of whole nodes, and how long it took.
struct NodeReport: Sendable {
  let run: NodeRun
  let real: Duration

  init(_ play: () -> NodeRun) {
    // house: how long it took is for people; nothing in a world knows of it
    let clock = ContinuousClock()
    let began = clock.now
    run = play()
    real = began.duration(to: clock.now)
  }

  var line: String {
    let ratio = SimulationReport.number(run.elapsed) / max(0.000_001, SimulationReport.number(real))
    return "seed \(run.seed): \(run.isFine ? "fine" : "VIOLATED"), trace \(run.hash), "
      + "\(run.acknowledged) writes and \(run.reads) reads answered, \(run.starts) starts, "
      + "\(run.replacements) machines replaced, \(run.removals) nodes taken out, \(run.scheduledFaults.count) faults, "
      + "\(SimulationReport.seconds(run.elapsed)) virtual seconds in \(SimulationReport.seconds(real)) s "
      + "(\(Int(ratio)) times real time)"
  }

  /// For programs. Names are part of the interface.
  struct Summary: Encodable {
    var seed: UInt64
    var ok: Bool
    var trace: String
    var virtual_seconds: Double
    var real_seconds: Double
    var answered: Int
    var starts: Int
    var replacements: Int
    var removals: Int
    var events: Int
    var violations: [String]
    var faults: [String]
    var departures: [String]
  }

  var summary: Summary {
    Summary(
      seed: run.seed, ok: run.isFine, trace: "\(run.hash)", virtual_seconds: SimulationReport.number(run.elapsed),
      real_seconds: SimulationReport.number(real), answered: run.acknowledged + run.reads, starts: run.starts,
      replacements: run.replacements, removals: run.removals, events: run.events, violations: run.violations,
      faults: run.scheduledFaults.map(\.description), departures: run.departures)
  }
}
