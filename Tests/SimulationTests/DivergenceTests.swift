import RoostBase
import RoostMembership
import RoostPlatform
import RoostRaft
import RoostSimulation
import RoostStorage
import Testing

@testable import RoostClusterSimulation
@testable import RoostStore

/// Disks lose the end of what they had said to keep, on one node or on several: somebody says so, and nobody serves what
/// contradicts what the others serve.
@Suite("Logs that lose their ends")
struct DivergenceTests {
  private static let key = Key([1, 75, 1])

  private static let partition = GroupDescriptor(id: GroupID(3), range: KeyRange(Key([2]), Key([3])))

  private func makeCluster(
    _ seed: UInt64, size: Int = 3, _ change: (inout ClusterOptions) -> Void = { _ in }
  ) -> (World, SimulatedCluster) {
    let world = World(seed: seed)
    var options = ClusterOptions()
    options.size = size
    change(&options)
    let cluster = SimulatedCluster(world, options)
    cluster.start()
    world.run(for: .seconds(3))
    return (world, cluster)
  }

  private func answer(_ world: World, to request: Request, through node: NodeID) -> Response? {
    let connection = world.network.connectClient(to: node)
    defer { connection.close() }
    var answer: Response?
    connection.onPayload = { payload in answer = try? NativePayload.decodeResponse(payload).response }
    connection.onOpen = { connection.send(NativePayload.request(1, request)) }
    _ = world.run(limit: .seconds(12)) { answer != nil }
    return answer
  }

  private func isCommitted(_ response: Response?) -> Bool { if case .committed = response { true } else { false } }

  private func write(_ count: UInt8, _ world: World, through node: NodeID) {
    for value in 1...count {
      let put = Request.put(key: Self.key, value: [UInt8](repeating: value, count: 100))
      #expect(isCommitted(answer(world, to: put, through: node)))
    }
  }

  /// Takes the last bytes that were written to a machine's log, as a disk does that never kept them.
  private func cut(_ count: Int, _ world: World, _ node: NodeID) throws {
    let disk = SimulatedDisk(try #require(world.node(node)).medium)
    let names = try disk.list("log").filter { $0.hasPrefix("segment-") && $0.hasSuffix(".log") }
    for name in names.reversed() {
      let file = try disk.open("log/" + name, create: false)
      let bytes = try file.read(at: 0, count: try file.size)
      guard let last = bytes.lastIndex(where: { $0 != 0 }) else { continue }
      let begin = max(0, last + 1 - count)
      try file.put([UInt8](repeating: 0, count: last + 1 - begin), at: begin)
      try file.sync()
      return
    }
  }

  private func remove(_ path: String, _ world: World, _ node: NodeID) throws {
    let disk = SimulatedDisk(try #require(world.node(node)).medium)
    if disk.exists(path) { try disk.remove(path) }
    try disk.syncDirectory("")
  }

  /// A lone node has nobody who could tell it.
  @Test func aLoneNodeWhoseLogLostItsEndSaysSo() throws {
    let (world, cluster) = makeCluster(61, size: 1)
    defer { world.close() }
    write(40, world, through: NodeID(1))
    let node = try #require(world.node(NodeID(1)))
    node.crash(.kill)
    try cut(5000, world, NodeID(1))
    node.start()
    world.run(for: .seconds(2))
    #expect(!cluster.violations.isEmpty)
    #expect(cluster.violations.allSatisfy { $0.contains("the log ends with batch") }, "\(cluster.violations)")
  }

  @Test func twoOfThreeWhoseLogsLostTheirEndsDoNotStart() throws {
    let (world, cluster) = makeCluster(62)
    defer { world.close() }
    write(40, world, through: NodeID(1))
    for node in world.nodes { node.crash(.kill) }
    for node in cluster.members.suffix(2) { try cut(5000, world, node) }
    for node in world.nodes { node.start() }
    world.run(for: .seconds(3))
    #expect(!cluster.violations.isEmpty)
    #expect(cluster.violations.allSatisfy { $0.contains("the log ends with batch") }, "\(cluster.violations)")
    #expect(cluster.running[NodeID(1)] != nil)
  }

  /// Their own witnesses are gone, too; the third remembers how far they were, although it was started anew.
  @Test func aRestartedNodeRemembersHowFarTheLogsOfOthersWere() throws {
    let (world, cluster) = makeCluster(63)
    defer { world.close() }
    write(40, world, through: NodeID(1))
    world.run(for: .seconds(3))
    for node in world.nodes { node.crash(.kill) }
    for node in cluster.members.suffix(2) {
      try cut(5000, world, node)
      try remove("log/witness", world, node)
    }
    world.node(NodeID(1))?.start()
    world.run(for: .seconds(1))
    world.node(NodeID(2))?.start()
    world.run(for: .seconds(2))
    #expect(cluster.violations.contains { $0.contains("its log ends before what it had made durable") })
    #expect(cluster.running[NodeID(1)] != nil)
  }

  /// Nothing that remembers is left: the two elect one of themselves and write. The third, which has what they lost, is
  /// contradicted: it says so, serves the partition no more, and goes on running, also after a restart.
  @Test func aMemberWhoseCommittedEntriesAreContradictedServesThemNoMore() throws {
    let (world, cluster) = makeCluster(64)
    defer { world.close() }
    write(40, world, through: NodeID(1))
    world.run(for: .seconds(3))
    for node in world.nodes { node.crash(.kill) }
    for node in cluster.members {
      try remove("log/witness", world, node)
      try remove("watermarks", world, node)
    }
    for node in cluster.members.suffix(2) {
      try cut(2500, world, node)
      world.node(node)?.start()
    }
    world.run(for: .seconds(3))
    let put = Request.put(key: Self.key, value: [99])
    #expect(isCommitted(answer(world, to: put, through: NodeID(2))))
    let told = cluster.violations.count

    let third = try #require(world.node(NodeID(1)))
    third.start()
    let get = Request.get(key: Self.key, level: .linearizable)
    var answers: Set<String> = []
    for _ in 0..<30 {
      switch answer(world, to: get, through: NodeID(1)) {
      case .value(let value): #expect(value == [99], "it serves what the others have not")
      case .failure(let error): answers.insert("\(error)")
      default: break
      }
    }
    let report = try #require(cluster.violations.dropFirst(told).first { $0.contains("is committed here") })
    #expect(report.contains("serves the partition no more"))
    #expect(answers.contains { $0.contains("contradicts what the others have committed") }, "\(answers)")
    #expect(isCommitted(answer(world, to: put, through: NodeID(3))), "the others go on")

    let stale = Request.get(key: Self.key, level: .stale)
    third.crash(.kill)
    third.start()
    world.run(for: .milliseconds(200))
    for request in [get, stale, put] {
      guard case .failure(.diverged) = answer(world, to: request, through: NodeID(1)) else {
        Issue.record("\(request) is served after a restart")
        continue
      }
    }
    #expect(cluster.running[NodeID(1)] != nil, "it goes on running")
    let member = try #require(cluster.running[NodeID(1)])
    world.visit(member.process) {
      #expect(
        member.host.trouble(of: NodeID(1)).contains { $0.contains("contradict") || $0.contains("committed here") })
    }
    let other = try #require(cluster.running[NodeID(2)])
    world.run(for: .seconds(1))
    world.visit(other.process) {
      #expect(other.host.condition(of: NodeID(1)).contains(.diverged), "everybody's status tells it")
    }
  }

  private func isDiverged(_ response: Response?) -> Bool {
    if case .failure(.diverged) = response { true } else { false }
  }

  /// Partitions of their own are opened after the start, when the system group says so.
  @Test func aPartitionThatIsOpenedLaterIsNotServedAgain() throws {
    let (world, cluster) = makeCluster(65)
    defer { world.close() }
    func open(on node: NodeID) throws {
      let member = try #require(cluster.running[node])
      var result = Result<Void, any Error>.success(())
      world.visit(member.process) {
        result = Result { try member.host.createGroup(Self.partition, founders: Set(cluster.founders)) }
      }
      try result.get()
    }
    for node in cluster.members { try open(on: node) }
    let key = Key([2, 1])
    let put = Request.put(key: key, value: [7])
    #expect(isCommitted(answer(world, to: put, through: NodeID(1))))
    let node = try #require(world.node(NodeID(1)))
    node.crash(.kill)
    let report = "partition 3: it was contradicted"
    try Divergence.save([Divergence(group: Self.partition.id, report: report)], on: SimulatedDisk(node.medium))
    node.start()
    world.run(for: .seconds(1))
    try open(on: NodeID(1))
    world.run(for: .seconds(1))
    for request in [put, .get(key: key, level: .linearizable), .get(key: key, level: .stale)] {
      #expect(isDiverged(answer(world, to: request, through: NodeID(1))), "\(request)")
    }
    #expect(isCommitted(answer(world, to: put, through: NodeID(2))), "the others go on")
    #expect(isCommitted(answer(world, to: .put(key: Self.key, value: [1]), through: NodeID(1))), "so do its others")
    let member = try #require(cluster.running[NodeID(1)])
    world.visit(member.process) { #expect(member.host.trouble(of: NodeID(1)).contains(report)) }
  }

  /// What the state has goes from the log as ever. The rest, which nobody will apply, is kept, and keeps nothing else.
  @Test func aContradictedPartitionDoesNotKeepTheLogOfOthers() throws {
    let (world, cluster) = makeCluster(66) { options in
      options.groups = [.system, .data, Self.partition]
      options.segmentBytes = 8 << 10
      options.maximumLogBytes = 64 << 10
      options.flushAfterLogBytes = 16 << 10
    }
    defer { world.close() }
    write(40, world, through: NodeID(1))
    let node = try #require(world.node(NodeID(1)))
    let member = try #require(cluster.running[NodeID(1)])
    let replica = try #require(member.host.replica(of: GroupDescriptor.data.id))
    // Something is committed and not yet in the state.
    let connection = world.network.connectClient(to: NodeID(2))
    connection.onOpen = { connection.send(NativePayload.request(1, .put(key: Self.key, value: [77]))) }
    #expect(world.run(limit: .seconds(5)) { !replica.backlog.isEmpty && replica.pendingLogWrites == 0 })
    world.visit(member.process) { member.host.diverged(replica, at: replica.core.commitIndex, says: NodeID(2)) }
    connection.close()

    func evidence() throws -> [Entry] {
      let host = try #require(cluster.running[NodeID(1)]).host
      let state = try #require(host.replica(of: GroupDescriptor.data.id)).state
      return try host.logStore.entries(
        of: GroupDescriptor.data.id, from: state.applied.next, through: LogIndex(.max), maxBytes: .max)
    }
    let kept = try evidence()
    #expect(!kept.isEmpty)
    for restarts in 0...1 {
      for round in 0..<400 {
        let put = Request.put(key: Key([2, 1]), value: [UInt8](repeating: UInt8(round & 255), count: 1024))
        #expect(isCommitted(answer(world, to: put, through: NodeID(2))))
      }
      let log = node.medium.files().filter { $0.path.hasPrefix("log/") }.reduce(0) { $0 + $1.size }
      #expect(log < 128 << 10, "it keeps \(log) bytes after \(restarts) restarts")
      #expect(try evidence() == kept, "after \(restarts) restarts")
      #expect(isDiverged(answer(world, to: .get(key: Self.key, level: .stale), through: NodeID(1))))
      node.crash(.kill)
      node.start()
      world.run(for: .seconds(1))
    }
  }
}
