import RoostBase
import RoostPlatform
import RoostSimulation
import Testing

@Suite("The nemesis: faults from a seed, and what they bring to light")
struct NemesisTests {
  private struct Outcome {
    var hash: TraceHash
    var verdict: LinearizabilityChecker<KeyValueModel>.Verdict
    var answered: Int
    var crashes: UInt64
    var recovered: Bool
  }

  private func run(_ seed: UInt64, answersBeforeSync: Bool) -> Outcome {
    let world = World(seed: seed)
    defer { world.close() }
    let node = world.addNode(NodeID(1)) { process in
      do {
        return try LoneKeeper(process, answersBeforeSync: answersBeforeSync)
      } catch {
        process.exit(restartAfter: .milliseconds(20))
        return nil
      }
    }
    node.start()
    let record = RegisterClient.HistoryRecord()
    for process in 0..<3 { RegisterClient(world, process: process, record: record).run() }
    var options = NemesisOptions()
    options.faults = [.kill, .powerLoss, .tornWrite, .pause, .slowDisk, .hungDisk, .clockDrift]
    options.duration = .milliseconds(20)...(.milliseconds(300))
    let nemesis = Nemesis(world, options: options)
    nemesis.start()
    world.run(for: .seconds(3))
    nemesis.heal()
    world.run(for: .seconds(1))
    let before = record.history.okCount
    world.run(for: .seconds(1))
    return Outcome(
      hash: world.traceHash,
      verdict: LinearizabilityChecker(KeyValueModel(initial: [0])).check(record.history),
      answered: record.history.okCount, crashes: node.incarnation - 1, recovered: record.history.okCount > before)
  }

  @Test func aServiceThatSyncsFirstIsNeverBlamed() {
    var crashes: UInt64 = 0
    for seed in 0..<30 as Range<UInt64> {
      let outcome = run(seed, answersBeforeSync: false)
      #expect(outcome.verdict == .linearizable, "seed \(seed)")
      #expect(outcome.recovered && outcome.answered > 20, "seed \(seed)")
      crashes += outcome.crashes
    }
    #expect(crashes > 30)
  }

  @Test func answeringBeforeTheSyncIsFound() {
    let found = (0..<30 as Range<UInt64>).count { seed in
      if case .violation = run(seed, answersBeforeSync: true).verdict { true } else { false }
    }
    #expect(found > 3)
  }

  @Test func theSameSeedIsTheSameRun() {
    for seed in 100..<105 as Range<UInt64> {
      #expect(run(seed, answersBeforeSync: false).hash == run(seed, answersBeforeSync: false).hash)
    }
    #expect(Set((100..<110 as Range<UInt64>).map { run($0, answersBeforeSync: false).hash }).count == 10)
  }

  @Test func everyFaultIsPlayedAndHealed() {
    for fault in Fault.allCases {
      let world = World(seed: 5)
      defer { world.close() }
      let notes = Notes()
      for id in 1...5 { world.addNode(NodeID(UInt64(id))) { Listener($0, notes, peers: 5) }.start() }
      world.run(for: .milliseconds(200))
      var options = NemesisOptions()
      options.faults = [fault]
      let nemesis = Nemesis(world, options: options) { NodeID(3) }
      nemesis.start()
      world.run(for: .seconds(5))
      // These nodes keep no files that could rot, and a machine is lost once.
      let fewest = fault == .flippedBit ? 0 : fault == .wipe || fault == .rollback ? 1 : 3
      #expect(nemesis.scheduledFaults.count >= fewest, "\(fault)")
      nemesis.heal()
      world.run(for: .seconds(3))
      #expect(
        world.nodes.allSatisfy { $0.isUp && !$0.isPaused && !$0.diskIsStalled && $0.clock.drift == 0 }, "\(fault)")
      for first in 1...5 {
        for second in (first + 1)..<6 {
          #expect(world.network.isConnected(NodeID(UInt64(first)), NodeID(UInt64(second))), "\(fault)")
        }
      }
    }
  }
}
