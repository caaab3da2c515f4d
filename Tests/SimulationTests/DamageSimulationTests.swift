import RoostClusterSimulation
import RoostSimulation
import Testing

/// A five-node cluster one of whose disks rots: nothing acknowledged is lost, and the node comes back repaired, or says
/// that it must be replaced.
@Suite("A damaged disk costs no promise")
struct DamageSimulationTests {
  @Test(arguments: 0..<3)
  func rotAndMisdirectedWrites(_ shard: UInt64) {
    var options = NemesisOptions()
    options.faults = [.flippedBit, .flippedBit, .misdirectedWrite, .kill, .powerLoss, .isolation]
    options.interval = .milliseconds(100)...(.milliseconds(500))
    var answered = 0
    for seed in stride(from: 7100 + shard, to: 7124, by: 3) {
      var plan = ClusterPlan(seed: seed)
      plan.nemesis = options
      let run = ClusterRun(plan)
      #expect(run.isFine, "seed \(seed)\n\(run.story)")
      answered += run.answered
    }
    #expect(answered > 1000)
  }
}
