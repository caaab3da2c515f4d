import RoostPlatform
import RoostRaft
import RoostSimulation

/// One run of a whole cluster from one seed: a phase of faults, in which nothing false may be told, then healing, after
/// which everything must get on.
struct StoreSimulation {
  var seed: UInt64
  var answersBeforeSync = false
  var faultPhase = Duration.seconds(4)
  /// How long after healing everyone may take to be served and to agree.
  var recoveryLimit = Duration.seconds(10)

  struct Report {
    var hash: TraceHash
    /// What went wrong, in words; empty if nothing.
    var failures: [String]
    var okCount: Int
    var crashes: UInt64
    var snapshotsInstalled: UInt64
    var eventCount: Int
    /// What was done to the cluster, and where it stood in the end.
    var story: [String]
  }

  func run() throws -> Report {
    var choices = SeededGenerator(seed: seed ^ 0x73_686170_65)
    var network = NetworkOptions()
    if choices.chance(0.3) { network.dropRate = 0.01 }
    if choices.chance(0.3) { network.resetRate = 0.002 }
    let world = World(seed: seed, network: network)
    defer { world.close() }
    let cluster = StoreCluster(world, shape(&choices))
    let record = StoreRecord()
    var clients: [StoreClient] = (0..<4).map { NativeStoreClient(cluster, record, process: $0) }
    clients += (4..<6).map { TransactingStoreClient(cluster, record, process: $0) }
    let nemesis = Nemesis(world, options: faults(&choices)) { [weak cluster] in cluster?.leader }

    cluster.start()
    for client in clients { client.think() }
    world.run(for: .milliseconds(400))
    nemesis.start()
    world.run(for: faultPhase)
    nemesis.heal()

    var failures: [String] = []
    let before = clients.map(\.okCount)
    let isServed = world.run(limit: recoveryLimit) { zip(clients, before).allSatisfy { $0.okCount > $1 + 3 } }
    if !isServed { failures.append("after healing some client is not served") }
    record.isOver = true
    let hasConverged = world.run(limit: recoveryLimit) { cluster.hasConverged }
    cluster.inspect()
    if hasConverged { try cluster.compareStates() } else { failures.append("after healing the nodes don't agree") }
    failures += cluster.violations
    switch LinearizabilityChecker(KeyValueModel()).check(record.history) {
    case .linearizable: break
    case .violation(let partition): failures.append("what clients saw of \(partition) is not linearizable")
    case .unknown: failures.append("what clients saw is too hard to judge")
    }
    return Report(
      hash: world.traceHash, failures: failures, okCount: record.history.okCount,
      crashes: world.nodes.reduce(0) { $0 + $1.incarnation - 1 }, snapshotsInstalled: cluster.snapshotsInstalled,
      eventCount: world.eventCount, story: nemesis.deeds + cluster.situation())
  }

  private func shape(_ choices: inout SeededGenerator) -> StoreCluster.Shape {
    var shape = StoreCluster.Shape()
    shape.nodeCount = choices.chance(0.25) ? 3 : 5
    if choices.chance(0.5) {
      shape.maximumLogEntries = 5 + UInt64(choices.below(40))
      shape.flushAfterLogBytes = 500 + choices.below(4000)
    }
    if choices.chance(0.5) { shape.segmentBytes = 8 << 10 }
    shape.answersBeforeSync = answersBeforeSync
    return shape
  }

  /// Some seeds play everything, others a few faults again and again.
  private func faults(_ choices: inout SeededGenerator) -> NemesisOptions {
    var options = NemesisOptions()
    let all = NemesisOptions.Fault.allCases
    if choices.chance(0.6) {
      options.faults = (0..<3).map { _ in all[choices.below(all.count)] }
    } else {
      options.faults = all
    }
    if choices.chance(0.5) { options.duration = .milliseconds(20)...(.milliseconds(400)) }
    if choices.chance(0.3) { options.interval = .milliseconds(10)...(.milliseconds(150)) }
    return options
  }
}
