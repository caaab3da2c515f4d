import RoostPlatform
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

  @Test(
    "with all faults nothing acknowledged is lost, and in the end all are there",
    arguments: 1...40 as ClosedRange<UInt64>)
  func faults(seed: UInt64) {
    let run = NodeRun(seed: seed)
    #expect(run.violations == [], "seed \(seed): \(run.deeds.map { "\($0)" }.joined(separator: "; "))")
    #expect(run.acknowledged > 0)
  }

  @Test("the same seed gives the same run")
  func determinism() {
    let runs = (1...2).map { _ in NodeRun(seed: 7, duration: .seconds(5)) }
    #expect(runs[0].hash == runs[1].hash && runs[0].events == runs[1].events)
  }
}
