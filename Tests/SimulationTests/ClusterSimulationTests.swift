import Foundation
import RoostClusterSimulation
import RoostPlatform
import RoostSimulation
import Testing

/// A five-node cluster under every fault, seed by seed.
///
/// `ROOST_SIM_SEED=n swift test --filter everySeedIsFine` runs one seed alone and tells its story;
/// `ROOST_SIM_SEEDS=n` sets how many there are.
@Suite("A simulated cluster stays linearizable and gets on")
struct ClusterSimulationTests {
  private static let shardCount: UInt64 = 8

  private static func setting(_ name: String) -> UInt64? {
    ProcessInfo.processInfo.environment[name].flatMap { UInt64($0) }
  }

  /// In shards, so that every core has work: a world belongs to one thread.
  @Test(arguments: 0..<shardCount)
  func everySeedIsFine(shard: UInt64) {
    if let seed = ClusterSimulationTests.setting("ROOST_SIM_SEED") {
      if shard == 0 { tell(seed) }
      return
    }
    let count = ClusterSimulationTests.setting("ROOST_SIM_SEEDS") ?? 200
    var tally = ClusterTally()
    var answered = 0
    var unknown = 0
    var conflicts = 0
    for seed in stride(from: shard, to: count, by: Int(ClusterSimulationTests.shardCount)) {
      let run = ClusterRun(ClusterPlan(seed: seed))
      if !run.isFine {
        Issue.record("ROOST_SIM_SEED=\(seed) swift test --filter everySeedIsFine\n\(run.story)")
      }
      tally.add(run.tally)
      answered += run.answered
      unknown += run.unknown
      conflicts += run.conflicts
    }
    // Runs in which nothing happens would show nothing. Each shard has ten seeds or more.
    guard count >= 80 else { return }
    #expect(answered > 1000 && unknown > 10 && conflicts > 10, "\(answered) \(unknown) \(conflicts)")
    #expect(tally.crashes > 10 && tally.reigns > 10 && tally.forwarded > 100 && tally.changes > 5, "\(tally)")
    #expect(tally.flushes > 10 && tally.snapshots > 0, "\(tally)")
  }

  private func tell(_ seed: UInt64) {
    let run = ClusterRun(ClusterPlan(seed: seed))
    print(String(decoding: RoostHistoryWriter(run.history).bytes, as: UTF8.self))
    print("seed \(seed): trace \(run.hash), \(run.events) events, \(run.answered) answers, \(run.tally)\n\(run.story)")
    #expect(run.isFine)
  }

  @Test func theSameSeedIsTheSameRun() {
    var hashes: Set<TraceHash> = []
    for seed in 1000..<1006 as Range<UInt64> {
      let first = ClusterRun(ClusterPlan(seed: seed))
      let second = ClusterRun(ClusterPlan(seed: seed))
      #expect(
        first.hash == second.hash
          && RoostHistoryWriter(first.history).bytes == RoostHistoryWriter(second.history).bytes, "seed \(seed)")
      hashes.insert(first.hash)
    }
    #expect(hashes.count == 6)
  }

  /// It shows as a lie to a client, or as a log that proves on its own that it forgot something.
  @Test func answeringBeforeTheSyncIsFound() {
    var found = 0
    for seed in 2000..<2006 as Range<UInt64> {
      #expect(ClusterRun(.blackouts(seed: seed)).isFine, "seed \(seed) without the bug")
      if !ClusterRun(.blackouts(seed: seed, syncDelay: .milliseconds(200))).isFine { found += 1 }
    }
    #expect(found >= 2, "a cluster that answers before its logs are durable passed for a sound one")
  }

  @Test func aRunCanBePlayedAgainFromItsFaults() {
    for seed in 3000..<3004 as Range<UInt64> {
      let first = ClusterRun(ClusterPlan(seed: seed))
      var plan = ClusterPlan(seed: seed)
      plan.scheduledFaults = first.scheduledFaults
      let second = ClusterRun(plan)
      #expect(!first.scheduledFaults.isEmpty && second.scheduledFaults == first.scheduledFaults, "seed \(seed)")
      #expect(
        RoostHistoryWriter(first.history).bytes == RoostHistoryWriter(second.history).bytes, "seed \(seed)")
    }
  }

  @Test func aFailingRunIsShortened() throws {
    let failing = try #require(
      (2000..<2100 as Range<UInt64>).lazy.map { ClusterRun(.blackouts(seed: $0, syncDelay: .milliseconds(200))) }
        .first { !$0.isFine && $0.scheduledFaults.count > 2 })
    let small = ClusterShrinker().shrink(failing)
    #expect(!small.isFine && small.scheduledFaults.count < failing.scheduledFaults.count, "\(small.story)")
  }
}
