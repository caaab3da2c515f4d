import RoostBase
import RoostPlatform
import RoostRaft
import RoostSimulation
import RoostStore

/// The world of one run with all who play in it: a cluster, its clients, its operator and its nemesis.
final class ClusterStage {
  let world: World
  let cluster: SimulatedCluster
  let record = ClusterRecord()
  let administrator: ClusterOperator
  let nemesis: Nemesis
  private let keys: ClusterKeys
  private let padding: Int
  private var clients: [ClusterClient] = []

  private static let clientCount = 5

  init(_ plan: ClusterPlan) {
    var choice = SeededGenerator(seed: plan.seed ^ 0x636C_7573_7465_7221)
    world = World(seed: plan.seed, network: ClusterStage.wires(&choice))
    var options = ClusterOptions()
    options.size = plan.size
    options.syncDelay = plan.syncDelay
    var prefixes = ["k"]
    if choice.chance(0.5) {
      options.groups = [.data]
    } else {
      let (left, right) = ClusterStage.halves
      options.groups = [left, right]
      prefixes.append("t")
    }
    if choice.chance(0.6) {
      options.flushAfterLogBytes = 1 << (9 + choice.below(4))
      options.maximumLogEntries = 5 + UInt64(choice.below(40))
    }
    if choice.chance(0.5) { options.segmentBytes = 8 << 10 }
    if plan.seed % 2 == 0 { options.ballastBytes = 32 << 10 }
    if plan.seed % 5 < 2 {
      options.maximumLogBytes = 6 * options.segmentBytes
      options.flushAfterLogBytes = min(options.flushAfterLogBytes, options.maximumLogBytes / 4)
    }
    // Entries that travel one by one, so that those of different terms don't come together.
    if plan.seed % 4 == 3 { options.maximumAppendBytes = 100 }
    // Clients write several keys at once, and that is so much that it goes in slices; in half of these seeds only if the value
    // is long.
    let wide = plan.seed % 7 == 0 ? plan.seed / 7 : nil
    let width = wide.map { 3 + Int($0 % 6) } ?? 1
    let mixesSizes = wide.map { $0 % 2 == 0 } ?? false
    if let wide {
      options.bulk.sliceWrites = 1
      if wide % 3 > 0 { options.bulk.bytesInFlight = 1 }
      if mixesSizes { options.bulk.bytes = 12 * width } else { options.bulk.writes = 1 }
    }
    padding = choice.chance(0.25) ? 800 : choice.below(60)
    keys = ClusterKeys(
      prefixes: prefixes.map { GroupDescriptor.data.range.lower.bytes + Array($0.utf8) }, hasLulls: plan.seed % 3 == 2,
      width: width, mixesSizes: mixesSizes)
    cluster = SimulatedCluster(world, options)
    world.network.mayRepeat = GroupHost.isRepeatable
    administrator = ClusterOperator(cluster)
    let faults = plan.nemesis ?? ClusterStage.faults(plan.faults, &choice)
    nemesis = Nemesis(world, options: faults) { [unowned cluster] in cluster.leader }
    nemesis.replace = { [unowned cluster] node in cluster.replace(node) }
    nemesis.copied = { [unowned cluster] node in cluster.memory(of: node) }
  }

  private static let middle = Key(GroupDescriptor.data.range.lower.bytes + Array("m".utf8))

  /// The data in two partitions.
  private static let halves = (
    GroupDescriptor(
      id: GroupDescriptor.data.id, range: KeyRange(GroupDescriptor.data.range.lower, ClusterStage.middle)),
    GroupDescriptor(id: GroupID(3), range: KeyRange(ClusterStage.middle, GroupDescriptor.data.range.upper))
  )

  /// Most seeds play everything, some a few faults again and again.
  private static func faults(_ all: [Fault], _ choice: inout SeededGenerator) -> NemesisOptions {
    var options = NemesisOptions()
    options.faults = choice.chance(0.4) ? (0..<3).map { _ in all[choice.below(all.count)] } : all
    options.duration = .milliseconds(30)...(choice.chance(0.3) ? .milliseconds(400) : .milliseconds(1500))
    if choice.chance(0.3) { options.interval = .milliseconds(10)...(.milliseconds(200)) }
    return options
  }

  private static func wires(_ choice: inout SeededGenerator) -> NetworkOptions {
    var options = NetworkOptions()
    if choice.chance(0.3) { options.dropRate = 0.01 }
    if choice.chance(0.2) { options.resetRate = 0.002 }
    if choice.chance(0.2) { options.reorderRate = 0.02 }
    return options
  }

  // MARK: The two phases

  /// Safety: clients work while everything goes wrong.
  func play(_ plan: ClusterPlan) {
    cluster.start()
    addClients(ClusterStage.clientCount)
    if plan.changesMembers { administrator.run() }
    if let scheduledFaults = plan.scheduledFaults { nemesis.start(scheduledFaults) } else { nemesis.start() }
    let end = world.now + plan.duration
    while world.now < end, cluster.violations.isEmpty { world.run(until: min(end, world.now + .milliseconds(500))) }
  }

  /// Liveness: everything is healed; within seconds all machines vote everywhere, a write and a read of every partition
  /// get through each of them, and all hold the same. Returns what is missing.
  func recover() -> [String] {
    guard cluster.violations.isEmpty else { return [] }
    nemesis.heal()
    administrator.restore()
    // Machines that were down start now, and one that finds its disk damaged is replaced.
    world.run(for: .seconds(1))
    guard holds(within: .seconds(20), isWhole) else {
      return ["not every machine votes again in every partition 20 s after healing"]
    }
    for member in cluster.members { addClients(1, home: member) }
    let pinned = clients.suffix(cluster.members.count)
    let groups = Set(cluster.options.groups.map(\.id))
    guard holds(within: .seconds(20), { pinned.allSatisfy { $0.writes == groups && $0.reads == groups } }) else {
      return ["no progress through every machine within 20 s after everything was healed"]
    }
    for client in clients { client.isRunning = false }
    guard holds(within: .seconds(10), cluster.standsEqually) else {
      return ["the machines don't come to hold the same within 10 s"]
    }
    cluster.verifyContents()
    return []
  }

  private func isWhole() -> Bool {
    let members = Set(cluster.members)
    return cluster.options.groups.allSatisfy { group in
      guard let leader = cluster.invariants.leader(of: group.id),
        let replica = cluster.invariants.replicas[.init(node: leader, group: group.id)]
      else { return false }
      return replica.configuration.voters == members && !replica.configuration.isJoint
    }
  }

  /// Whether something comes true in time, as long as nothing is violated.
  private func holds(within limit: Duration, _ condition: () -> Bool) -> Bool {
    let end = world.now + limit
    while world.now < end {
      if condition() || !cluster.violations.isEmpty { return true }
      world.run(for: .milliseconds(50))
    }
    return condition()
  }

  private func addClients(_ count: Int, home: NodeID? = nil) {
    for _ in 0..<count {
      let client = ClusterClient(
        cluster, process: clients.count, record: record, keys: keys, home: home, padding: padding)
      clients.append(client)
      client.run()
    }
  }
}
