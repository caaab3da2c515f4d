import Foundation
import RoostSimulation
import Testing

/// Whole nodes under faults. A failure names its seed; `ROOST_SIM_SEED=n` runs that one alone and tells its story.
@Suite("The store in bad worlds")
struct StoreSimulationTests {
  /// Seeds that found a bug once; always run.
  static let remembered: [UInt64] = []
  static let chosen = ProcessInfo.processInfo.environment["ROOST_SIM_SEED"].flatMap { UInt64($0) }
  static let seedCount = ProcessInfo.processInfo.environment["ROOST_SIM_SEEDS"].flatMap { UInt64($0) } ?? 80
  static let shareCount: UInt64 = 8

  private func run(_ seed: UInt64) throws -> StoreSimulation.Report {
    let report = try StoreSimulation(seed: seed).run()
    for failure in report.failures {
      Issue.record("seed \(seed): \(failure) (ROOST_SIM_SEED=\(seed) runs it again; trace \(report.hash))")
    }
    return report
  }

  /// In shares, so that every core has work.
  @Test("nothing acknowledged is lost, and healed clusters get on", .enabled(if: chosen == nil), arguments: 0..<shareCount)
  func seeds(share: UInt64) throws {
    var okCount = 0
    var crashes: UInt64 = 0
    var snapshots: UInt64 = 0
    let seeds = stride(from: share, to: Self.seedCount, by: Int(Self.shareCount))
    for seed in Array(seeds) + Self.remembered.filter({ $0 % Self.shareCount == share }) {
      let report = try run(seed)
      okCount += report.okCount
      crashes += report.crashes
      snapshots += report.snapshotsInstalled
    }
    print("share \(share): \(okCount) answers, \(crashes) crashes, \(snapshots) snapshots installed")
    let count = Int(Self.seedCount / Self.shareCount)
    #expect(okCount > 100 * count && crashes > UInt64(count), "the runs did too little to show anything")
  }

  @Test("one seed again, with its story", .enabled(if: chosen != nil))
  func chosenSeed() throws {
    let seed = try #require(Self.chosen)
    let report = try run(seed)
    for line in report.story { print(line) }
    print("seed \(seed): trace \(report.hash), \(report.eventCount) events, \(report.okCount) answers")
  }

  @Test("the same seed is the same run", .enabled(if: chosen == nil))
  func reproducible() throws {
    for seed in 0..<4 as Range<UInt64> {
      let first = try StoreSimulation(seed: seed).run()
      let second = try StoreSimulation(seed: seed).run()
      #expect(first.hash == second.hash && first.eventCount == second.eventCount && first.okCount == second.okCount)
      #expect(try StoreSimulation(seed: seed + 1).run().hash != first.hash)
    }
  }

  /// Not only does such a cluster get stuck over the holes in its logs: it forgets what it acknowledged.
  @Test("answering before the sync is found", .enabled(if: chosen == nil))
  func plantedBug() throws {
    for seed in 0..<200 as Range<UInt64> {
      var simulation = StoreSimulation(seed: seed)
      simulation.answersBeforeSync = true
      let failures = try simulation.run().failures
      if failures.contains(where: { $0.contains("not linearizable") }) {
        return print("seed \(seed) with the planted bug: \(failures)")
      }
    }
    Issue.record("a store that answers before its log is durable was not caught losing anything in 200 seeds")
  }
}
