import RoostBase
import RoostPlatform
import RoostRaft
import RoostSimulation
import RoostStore
import Testing

@testable import RoostClusterSimulation

/// Whole nodes in which nothing happens, or whose disks fail them: who leads, who is silent, and what goes on.
@Suite("Liveness of nodes instead of groups, and disks in trouble")
struct LivenessTests {
  private static let groupCount: UInt64 = 40

  private func makeCluster(_ seed: UInt64, groups: UInt64 = groupCount) -> (World, SimulatedCluster) {
    let world = World(seed: seed)
    var options = ClusterOptions()
    options.size = 3
    options.groups = [.system, .data]
    for number in 0..<groups {
      let lower = [0xFF, UInt8(number)]
      options.groups.append(
        GroupDescriptor(id: GroupID(3 + number), range: KeyRange(Key([0xFF] + lower), Key([0xFF] + lower + [0xFF]))))
    }
    let cluster = SimulatedCluster(world, options)
    cluster.start()
    world.run(for: .seconds(5))
    return (world, cluster)
  }

  private func leaders(_ cluster: SimulatedCluster) -> [GroupID: NodeID] {
    var leaders: [GroupID: (node: NodeID, term: Term)] = [:]
    for member in cluster.members {
      for status in cluster.statuses(of: member) where status.role == .leader {
        if leaders[status.id].map({ $0.term < status.term }) ?? true { leaders[status.id] = (member, status.term) }
      }
    }
    return leaders.mapValues(\.node)
  }

  private func isLed(_ cluster: SimulatedCluster, by alive: Set<NodeID>) -> Bool {
    let leaders = leaders(cluster)
    return cluster.options.groups.allSatisfy { leaders[$0.id].map(alive.contains) ?? false }
  }

  private func isSilent(_ cluster: SimulatedCluster) -> Bool {
    cluster.members.allSatisfy { member in
      cluster.statuses(of: member).count { $0.isQuiescent } == cluster.options.groups.count
    }
  }

  @Test func idleGroupsSendNothingAndLeadershipIsSpread() {
    let (world, cluster) = makeCluster(1)
    defer { world.close() }
    #expect(isLed(cluster, by: Set(cluster.members)) && isSilent(cluster))
    let shares = Dictionary(grouping: leaders(cluster).values, by: { $0 }).mapValues(\.count)
    #expect(shares.count == 3 && shares.values.allSatisfy { $0 > 5 }, "\(shares)")
    var messages = 0
    var turns = 0
    world.observer = { _, kind, _ in
      if kind == .message { messages += 1 }
      if kind == .timers { turns += 1 }
    }
    world.run(for: .seconds(20))
    // Six directions, four heartbeats a second each.
    #expect(messages >= 470 && messages <= 490, "\(messages)")
    #expect(turns < 3 * 20 * 12, "no group has a timer: \(turns)")
    #expect(cluster.violations.isEmpty)
  }

  /// A cluster that is ready may lose a node: who only learns in one group does not count yet.
  @Test func whoOnlyLearnsIsNotReady() throws {
    let (world, cluster) = makeCluster(4, groups: 0)
    defer { world.close() }
    func ready() -> Set<NodeID> {
      cluster.members.reduce(into: []) { ready, node in
        guard let member = cluster.running[node] else { return }
        world.visit(member.process) { if member.host.isReady { ready.insert(node) } }
      }
    }
    let everybody = Set(cluster.members)
    let leader = try #require(leaders(cluster)[GroupDescriptor.data.id])
    let learner = try #require(cluster.members.first { $0 != leader })
    let leading = try #require(cluster.running[leader])
    #expect(ready() == everybody)
    for (operation, expected) in [
      (ConfigurationChange.Operation.addLearner, everybody.subtracting([learner])), (.addVoter, everybody),
    ] {
      let change = ConfigurationChange([.init(operation, learner)])
      world.visit(leading.process) {
        #expect(throws: Never.self) { try leading.host.propose(change, in: GroupDescriptor.data.id) }
      }
      world.run(for: .seconds(1))
      #expect(ready() == expected)
    }
    #expect(cluster.violations.isEmpty)
  }

  @Test(arguments: [CrashKind.kill, .powerLoss])
  func theGroupsOfADeadNodeAreLedAgain(_ kind: CrashKind) {
    for seed in 10..<14 as Range<UInt64> {
      let (world, cluster) = makeCluster(seed)
      defer { world.close() }
      let dead = NodeID(1 + seed % 3)
      let others = Set(cluster.members).subtracting([dead])
      world.node(dead)?.crash(kind)
      #expect(world.run(limit: .seconds(2)) { isLed(cluster, by: others) }, "seed \(seed)")
      world.run(for: .seconds(2))
      #expect(others.allSatisfy { cluster.statuses(of: $0).allSatisfy(\.isQuiescent) }, "silent without the dead one")
      world.node(dead)?.start()
      #expect(world.run(limit: .seconds(20)) { isSilent(cluster) }, "the one that is back learns who leads")
      world.run(for: .milliseconds(100))
      #expect(cluster.standsEqually() && cluster.violations.isEmpty, "\(cluster.violations)")
    }
  }

  @Test func aPausedNodeLosesItsSilentGroupsWithinASecond() {
    let (world, cluster) = makeCluster(20)
    defer { world.close() }
    let others: Set<NodeID> = [NodeID(2), NodeID(3)]
    world.node(NodeID(1))?.pause()
    #expect(world.run(limit: .seconds(1)) { isLed(cluster, by: others) })
    world.run(for: .seconds(1))
    world.node(NodeID(1))?.resume()
    #expect(world.run(limit: .seconds(10)) { isSilent(cluster) && isLed(cluster, by: Set(cluster.members)) })
    #expect(cluster.violations.isEmpty)
  }

  @Test func aLeaderThatIsCutOffStepsDownThoughItsGroupsWereSilent() {
    let (world, cluster) = makeCluster(21)
    defer { world.close() }
    world.network.isolate(NodeID(2))
    #expect(
      world.run(limit: .seconds(5)) {
        cluster.statuses(of: NodeID(2)).allSatisfy { $0.role != .leader }
          && isLed(cluster, by: [NodeID(1), NodeID(3)])
      })
    world.network.heal()
    #expect(world.run(limit: .seconds(20)) { isSilent(cluster) })
  }

  // MARK: Disks

  /// Puts through a node until the answer comes.
  private func put(_ world: World, through node: NodeID, limit: Duration = .seconds(12)) -> Response? {
    let connection = world.network.connectClient(to: node)
    defer { connection.close() }
    var answer: Response?
    connection.onPayload = { payload in answer = try? NativePayload.decodeResponse(payload).response }
    connection.onOpen = { connection.send(NativePayload.request(1, .put(key: Key([1, 75, 1]), value: [7]))) }
    _ = world.run(limit: limit) { answer != nil }
    return answer
  }

  private func isCommitted(_ response: Response?) -> Bool { if case .committed = response { true } else { false } }

  @Test func aLeaderWhoseDiskHangsLosesLeadershipWithinTwoSeconds() throws {
    let (world, cluster) = makeCluster(30, groups: 3)
    defer { world.close() }
    let old = try #require(cluster.leader)
    let other = try #require(cluster.members.first { $0 != old })
    world.node(old)?.stallDisk()
    let before = world.now
    // The first one may be under way when the disk stops, and is then told that nobody knows.
    while world.now - before < .seconds(10), !isCommitted(put(world, through: other)) {}
    #expect(world.now - before < .seconds(2))
    #expect(cluster.leader != old)
    world.node(old)?.releaseDisk()
    #expect(isCommitted(put(world, through: old)))
    #expect(cluster.violations.isEmpty)
  }

  @Test func aFullDiskGivesLeadershipAwayAndFullDisksRefuseWritesAndServeReads() throws {
    let (world, cluster) = makeCluster(31, groups: 0)
    defer { world.close() }
    let old = try #require(cluster.leader)
    #expect(isCommitted(put(world, through: old)))
    func fill(_ node: NodeID) { world.node(node)?.medium.capacity = 0 }
    func free(_ node: NodeID) { world.node(node)?.medium.capacity = .max }
    fill(old)
    for _ in 0..<200 { _ = put(world, through: old) }
    #expect(isCommitted(put(world, through: old)), "the others have room")
    #expect(cluster.leader != old)

    for node in cluster.members { fill(node) }
    var refusal: Response?
    for _ in 0..<2000 {
      refusal = put(world, through: old)
      if !isCommitted(refusal) { break }
    }
    world.run(for: .seconds(1))
    refusal = put(world, through: old)
    guard case .failure(.diskFull) = refusal else {
      Issue.record("a full cluster answers a write with \(String(describing: refusal))")
      return
    }
    let connection = world.network.connectClient(to: old)
    var read: Response?
    connection.onPayload = { payload in read = try? NativePayload.decodeResponse(payload).response }
    connection.onOpen = { connection.send(NativePayload.request(1, .get(key: Key([1, 75, 1]), level: .linearizable))) }
    #expect(world.run(limit: .seconds(5)) { read != nil } && read == .value([7]), "\(String(describing: read))")

    for node in cluster.members { free(node) }
    world.run(for: .seconds(2))
    #expect(isCommitted(put(world, through: old)))
    #expect(cluster.violations.isEmpty, "\(cluster.violations)")
  }
}
