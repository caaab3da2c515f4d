import Foundation
import RoostPlatform
import RoostSimulation
import Testing

/// A five-node cluster under every fault, seed by seed.
///
/// `ROOST_SIM_SEED=n swift test --filter ClusterSimulationTests` runs one seed and prints its story;
/// `ROOST_SIM_SEEDS=n` sets how many there are.
@Suite("A simulated cluster stays linearizable and gets on")
struct ClusterSimulationTests {
  private static let shardCount: UInt64 = 8

  private static func setting(_ name: String) -> UInt64? {
    ProcessInfo.processInfo.environment[name].flatMap { UInt64($0) }
  }

  @Test(arguments: 0..<shardCount)
  func everySeedIsFine(shard: UInt64) {
    let seeds: [UInt64]
    if let seed = ClusterSimulationTests.setting("ROOST_SIM_SEED") {
      seeds = shard == 0 ? [seed] : []
    } else {
      let count = ClusterSimulationTests.setting("ROOST_SIM_SEEDS") ?? 200
      seeds = (0..<count).filter { $0 % ClusterSimulationTests.shardCount == shard }
    }
    for seed in seeds {
      let run = ClusterRun(seed: seed)
      #expect(run.isFine, "ROOST_SIM_SEED=\(seed) swift test --filter everySeedIsFine\n\(run.story)")
      #expect(run.answered > 20, "seed \(seed)")
      print("seed \(seed): \(run.hash) \(run.events) events, \(run.answered) ok, \(run.unknown) unknown, "
        + "\(run.conflicts) conflicts, \(run.tally)")
      if seeds.count == 1 { print((run.operations + [run.story]).joined(separator: "\n")) }
    }
  }

  @Test func theSameSeedIsTheSameRun() {
    var hashes: Set<TraceHash> = []
    for seed in 1000..<1004 as Range<UInt64> {
      let first = ClusterRun(seed: seed)
      let second = ClusterRun(seed: seed)
      #expect(first.hash == second.hash && first.events == second.events, "seed \(seed)")
      hashes.insert(first.hash)
    }
    #expect(hashes.count == 4)
  }

  @Test func answeringBeforeTheSyncIsFound() {
    var profile = ClusterRun.Profile()
    profile.faults = [.blackout, .powerLoss]
    profile.duration = .seconds(3)
    var found = 0
    for seed in 2000..<2010 as Range<UInt64> {
      #expect(ClusterRun(seed: seed, profile).isFine, "seed \(seed) without the bug")
      var planted = profile
      planted.syncDelay = .milliseconds(50)
      let run = ClusterRun(seed: seed, planted)
      if case .violation = run.verdict { found += 1 }
      print("planted \(seed): \(run.complaints)")
    }
    #expect(found > 3)
  }
}
