import Foundation
import RoostPlatform
import RoostSQL
import RoostSimulation
import Testing

@testable import RoostClusterSimulation

/// Whole nodes: they found a cluster, join it, are killed and replaced, and serve clients meanwhile.
@Suite("Whole nodes in simulation")
struct NodeRunTests {
  @Test("without faults a cluster is founded, all join, and clients are served")
  func calm() {
    let run = NodeRun(seed: 1, duration: .seconds(3), faults: [])
    #expect(run.violations == [])
    #expect(run.starts == 3 && run.departures == [])
    #expect(run.acknowledged > 50 && run.reads > 50)
  }

  @Test("with all faults nothing acknowledged is lost, and in the end all are there")
  func faults() {
    var (starts, replacements, moves, departures) = (0, 0, 0, 0)
    for seed in 1...40 as ClosedRange<UInt64> {
      let run = NodeRun(seed: seed)
      #expect(run.violations == [], "seed \(seed): \(run.deeds.map { "\($0)" }.joined(separator: "; "))")
      #expect(run.acknowledged > 0 && run.reads > 0, "seed \(seed)")
      starts += run.starts
      replacements += run.replacements
      moves += run.moves
      departures += run.departures.count
    }
    // Runs in which nothing happens would show nothing.
    let seen = "\(starts) starts, \(replacements) replacements, \(moves) moves, \(departures) departures"
    #expect(starts > 240 && replacements > 3 && moves > 5 && departures > 5, "\(seen)")
  }

  @Test("the same seed gives the same run")
  func determinism() {
    let runs = (1...2).map { _ in NodeRun(seed: 7, duration: .seconds(5)) }
    #expect(runs[0].hash.value == runs[1].hash.value && runs[0].events == runs[1].events)
  }
}

/// The same, with SQL sessions on the nodes.
@Suite("SQL on whole nodes in simulation")
struct SQLNodeTests {
  private static let seeds = ProcessInfo.processInfo.environment["ROOST_SQL_SEEDS"].flatMap { UInt64($0) } ?? 12

  private func play(_ seed: UInt64, faults: [Fault], _ duration: Duration) -> (SQLWorkload, [String], [Deed]) {
    let stage = NodeStage(seed: seed, size: 3, faults: faults, keySpaces: [Database.keySpace])
    let workload = SQLWorkload(stage)
    stage.play(duration) { workload.start() }
    var violations = stage.cluster.violations + stage.recover { workload.isRunning = false }
    if violations.isEmpty { workload.judge() }
    violations += workload.violations + stage.cluster.violations
    stage.cluster.close()
    return (workload, violations, stage.deeds)
  }

  @Test("without faults sessions do what they are asked")
  func calm() {
    let (workload, violations, _) = play(1, faults: [], .seconds(4))
    #expect(violations == [])
    #expect(workload.inserts > 10 && workload.increments > 10 && workload.blocks > 10)
  }

  @Test("with all faults no row is lost or doubled, no count is wrong, no sum is seen in between")
  func faults() {
    var (inserts, increments, blocks) = (0, 0, 0)
    for seed in 1...SQLNodeTests.seeds {
      let (workload, violations, deeds) = play(seed, faults: NodeRun.faults, .seconds(12))
      #expect(violations == [], "seed \(seed): \(deeds.map { "\($0)" }.joined(separator: "; "))")
      inserts += workload.inserts
      increments += workload.increments
      blocks += workload.blocks
    }
    let least = 10 * Int(SQLNodeTests.seeds)
    #expect(inserts > least && increments > least && blocks > least, "\(inserts) \(increments) \(blocks)")
  }
}
