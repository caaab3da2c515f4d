import RoostBase
import RoostMembership
import RoostPlatform
import RoostRaft
import RoostSimulation
import RoostStorage
import Testing

@testable import RoostClusterSimulation
@testable import RoostStore

/// Full disks are no one-way street: overwriting does not fill them, removing goes on, and writes come back by themselves.
@Suite("Full disks")
struct FullDiskTests {
  private static let key = Key([1, 75, 1])

  private func makeCluster(
    _ seed: UInt64, capacity: Int = .max, _ change: (inout ClusterOptions) -> Void
  ) -> (World, SimulatedCluster) {
    let world = World(seed: seed)
    var options = ClusterOptions()
    options.size = 3
    options.segmentBytes = 8 << 10
    change(&options)
    let cluster = SimulatedCluster(world, options)
    for node in world.nodes { node.medium.capacity = capacity }
    cluster.start()
    world.run(for: .seconds(3))
    return (world, cluster)
  }

  private func answer(
    _ world: World, to request: Request, through node: NodeID, limit: Duration = .seconds(12)
  ) -> Response? {
    let connection = world.network.connectClient(to: node)
    defer { connection.close() }
    var answer: Response?
    connection.onPayload = { payload in answer = try? NativePayload.decodeResponse(payload).response }
    connection.onOpen = { connection.send(NativePayload.request(1, request)) }
    _ = world.run(limit: limit) { answer != nil }
    return answer
  }

  private func isCommitted(_ response: Response?) -> Bool { if case .committed = response { true } else { false } }
  private func isRefused(_ response: Response?) -> Bool {
    if case .failure(.diskFull) = response { true } else { false }
  }

  private static let capacity = 1 << 20
  private static let ballast = SpaceGuard.ballast(of: capacity)

  /// Somebody else's file takes the last byte of every disk.
  private func fill(_ world: World, _ cluster: SimulatedCluster) throws {
    for node in cluster.members {
      let disk = SimulatedDisk(try #require(world.node(node)).medium)
      let file = try disk.open("foreign", create: true)
      try file.zeroFill(to: try disk.space().free)
      try file.sync()
      try disk.syncDirectory("")
    }
  }

  private func empty(_ world: World, _ cluster: SimulatedCluster) throws {
    for node in cluster.members {
      let disk = SimulatedDisk(try #require(world.node(node)).medium)
      try disk.remove("foreign")
      try disk.syncDirectory("")
    }
  }

  private func bytes(of directory: String, on node: NodeID, _ world: World) -> Int {
    world.node(node)?.medium.files().filter { $0.path.hasPrefix(directory) }.reduce(0) { $0 + $1.size } ?? 0
  }

  /// Sixteen times as much as the disk takes, all of it over the same key. Entries alone would not bound the log: it may
  /// keep ten thousand of them.
  @Test func overwritingFillsNoDisk() throws {
    let (world, cluster) = makeCluster(51, capacity: 256 << 10) { options in
      options.maximumLogBytes = 64 << 10
      options.flushAfterLogBytes = 16 << 10
    }
    defer { world.close() }
    for round in 0..<2048 {
      let put = Request.put(key: Self.key, value: [UInt8](repeating: UInt8(round & 255), count: 2048))
      let response = answer(world, to: put, through: NodeID(1))
      guard isCommitted(response) else {
        Issue.record("write \(round) is answered by \(String(describing: response))")
        return
      }
    }
    for node in cluster.members {
      let log = bytes(of: "log/", on: node, world)
      #expect(log < 128 << 10, "node \(node) keeps \(log) bytes")
    }
    #expect(cluster.violations.isEmpty, "\(cluster.violations)")
  }

  /// The log's bytes follow the disk unless they are set, and the state engine is written out often enough for them.
  @Test func theLogsBytesFollowTheDisk() {
    func limits(_ bytes: Int?, disk: Int) -> [Int] {
      var host = HostConfiguration(
        node: NodeID(1), founders: [], incarnation: Incarnation(epoch: 1, nonce: 1), randomSeed: 1)
      host.limitLog(bytes, on: DiskSpace(capacity: disk, free: disk))
      return [host.maximumLogBytes, host.flushAfterLogBytes]
    }
    #expect(limits(32 << 20, disk: 1 << 40) == [32 << 20, 8 << 20])
    #expect(limits(nil, disk: 400 << 20) == [50 << 20, (50 << 20) / 4])
    #expect(limits(nil, disk: 1 << 40) == [256 << 20, 32 << 20])
    #expect(limits(nil, disk: 1 << 20) == [8 << 20, 2 << 20])
  }

  /// A node that was away for longer than the log reaches back gets a snapshot.
  @Test func whoLagsBeyondTheBytesGetsASnapshot() throws {
    let (world, cluster) = makeCluster(52) { options in
      options.maximumLogBytes = 64 << 10
      options.flushAfterLogBytes = 16 << 10
    }
    defer { world.close() }
    let away = try #require(cluster.members.first { $0 != cluster.leader })
    let other = try #require(cluster.members.first { $0 != away })
    world.node(away)?.crash(.kill)
    for round in 0..<200 {
      let put = Request.put(key: Self.key, value: [UInt8](repeating: UInt8(round & 255), count: 1024))
      #expect(isCommitted(answer(world, to: put, through: other)))
    }
    world.node(away)?.start()
    #expect(world.run(limit: .seconds(20)) { cluster.standsEqually() })
    #expect(cluster.total.snapshots > 0)
    #expect(cluster.violations.isEmpty, "\(cluster.violations)")
  }

  /// Somebody else takes the last byte of every disk. What removes goes through all the same, also after a restart; what
  /// grows is refused until the other one gives room back.
  @Test(arguments: [false, true])
  func somebodyElseFillsTheDisks(_ restarts: Bool) throws {
    let (world, cluster) = makeCluster(restarts ? 54 : 53, capacity: Self.capacity) { options in
      options.ballastBytes = Self.ballast
      options.maximumLogBytes = 64 << 10
      options.flushAfterLogBytes = 16 << 10
    }
    defer { world.close() }
    let put = Request.put(key: Self.key, value: [UInt8](repeating: 7, count: 1024))
    for _ in 0..<20 { #expect(isCommitted(answer(world, to: put, through: NodeID(1)))) }
    #expect(
      world.run(limit: .seconds(10)) {
        cluster.members.allSatisfy { bytes(of: "ballast", on: $0, world) == Self.ballast }
      })
    try fill(world, cluster)
    if restarts {
      for node in cluster.members { world.node(node)?.crash(.kill) }
      for node in cluster.members { world.node(node)?.start() }
      world.run(for: .seconds(3))
    }
    // It is looked now and then, also while nothing is written.
    world.run(for: .seconds(5))
    #expect(isRefused(answer(world, to: put, through: NodeID(1))))
    #expect(cluster.members.allSatisfy { bytes(of: "ballast", on: $0, world) == 0 }, "it was given back")
    for round in 0..<400 {
      let response = answer(
        world, to: .delete(key: Key([1, 75, UInt8(round & 255)])), through: NodeID(1 + UInt64(round % 3)))
      guard isCommitted(response) else {
        Issue.record("removal \(round) is answered by \(String(describing: response))")
        return
      }
    }
    #expect(isRefused(answer(world, to: put, through: NodeID(2))))
    try empty(world, cluster)
    world.run(for: .seconds(3))
    #expect(isCommitted(answer(world, to: put, through: NodeID(3))), "without a restart")
    #expect(
      world.run(limit: .seconds(10)) {
        cluster.members.allSatisfy { bytes(of: "ballast", on: $0, world) == Self.ballast }
      })
    #expect(cluster.violations.isEmpty, "\(cluster.violations)")
  }

  /// A merge writes everything anew: while writes are still taken, it has to be worth it.
  @Test func aTightDiskIsMergedWhenItPays() throws {
    let (world, cluster) = makeCluster(56, capacity: Self.capacity) { $0.maximumLogBytes = 64 << 10 }
    defer { world.close() }
    let reserve = SpaceGuard.reserve(of: Self.capacity)
    let disk = SimulatedDisk(try #require(world.node(NodeID(1))).medium)
    let file = try disk.open("foreign", create: true)
    try file.zeroFill(to: try disk.space().free - reserve * 9 / 5)
    let host = try #require(cluster.running[NodeID(1)]).host
    func put(_ count: Int) {
      let put = Request.put(key: Self.key, value: [UInt8](repeating: 7, count: count))
      #expect(isCommitted(answer(world, to: put, through: NodeID(1))))
    }
    world.run(for: .seconds(10))
    let before = host.counters.engineFlushes
    for _ in 0..<60 {
      put(100)
      world.run(for: .seconds(1))
    }
    #expect(host.counters.engineFlushes == before, "little was written")
    for _ in 0..<14 { put(2048) }
    world.run(for: .seconds(10))
    let merged = host.counters.engineFlushes
    #expect(merged > before && merged <= before + 3)
    put(100)
    world.run(for: .seconds(60))
    #expect(host.counters.engineFlushes == merged)
    world.run(for: .seconds(300))
    #expect(host.counters.engineFlushes == merged + 1, "what little there is goes after a while")
    #expect(cluster.violations.isEmpty, "\(cluster.violations)")
  }

  /// A node ends between the marker that replaces a group's entries and the dropping of their segments; then nothing
  /// happens in that group any more.
  @Test func whatAMarkerReplacedKeepsNoSegmentAfterARestart() throws {
    let quiet = GroupDescriptor(id: GroupID(3), range: KeyRange(Key([2]), Key([3])))
    let (world, cluster) = makeCluster(57) { options in
      options.groups = [.system, .data, quiet]
      options.maximumLogBytes = 64 << 10
      options.flushAfterLogBytes = 16 << 10
    }
    defer { world.close() }
    let put = Request.put(key: Key([2, 1]), value: [1])
    for _ in 0..<5 { #expect(isCommitted(answer(world, to: put, through: NodeID(1)))) }
    // An election would add an entry.
    let leader = try #require(
      cluster.members.first { cluster.running[$0]?.host.replica(of: quiet.id)?.core.role == .leader })
    let follower = try #require(cluster.members.first { $0 != leader })
    let node = try #require(world.node(follower))
    func write(_ count: Int, until condition: () -> Bool = { false }) {
      for round in 0..<count {
        let connection = world.network.connectClient(to: leader)
        defer { connection.close() }
        var isAnswered = false
        connection.onPayload = { _ in isAnswered = true }
        let put = Request.put(key: Self.key, value: [UInt8](repeating: UInt8(round & 255), count: 1024))
        connection.onOpen = { connection.send(NativePayload.request(1, put)) }
        let isOver = world.run(limit: .seconds(5)) { isAnswered || condition() }
        #expect(isOver)
        if condition() { return }
      }
    }
    let log = try #require(cluster.running[follower]).host.logStore
    func marker() -> LogIndex { log.group(quiet.id)?.snapshot.index ?? .zero }
    let last = try #require(log.group(quiet.id)).lastIndex
    write(400) { marker() == last }
    #expect(marker() == last)
    node.crash(.kill)
    node.start()
    world.run(for: .seconds(2))
    write(400)
    let bytes = bytes(of: "log/", on: follower, world)
    #expect(bytes < 128 << 10, "it keeps \(bytes) bytes")
    #expect(cluster.violations.isEmpty, "\(cluster.violations)")
  }

  /// One node has no room at all, and the others go on. Its sessions are told so: first when they have waited for as long as
  /// they would, then at once; and when there is room again it follows by itself.
  @Test func aFullNodeSaysThatItIsLeftBehind() throws {
    let (world, cluster) = makeCluster(56, capacity: Self.capacity) { _ in }
    defer { world.close() }
    let full = try #require(cluster.members.first { $0 != cluster.leader })
    let other = try #require(cluster.members.first { $0 != full })
    let medium = try #require(world.node(full)).medium
    medium.capacity = medium.files().reduce(0) { $0 + $1.size }
    let put = Request.put(key: Self.key, value: [UInt8](repeating: 7, count: 4096))
    for _ in 0..<8 { #expect(isCommitted(answer(world, to: put, through: other))) }
    let get = Request.get(key: Self.key, level: .linearizable)
    let leftBehind = Response.failure(.leftBehind(node: "\(full)"))
    #expect(answer(world, to: get, through: full) == leftBehind)
    world.run(for: .seconds(5))
    #expect(answer(world, to: get, through: full, limit: .milliseconds(500)) == leftBehind, "without waiting")
    #expect(answer(world, to: get, through: other) == .value([UInt8](repeating: 7, count: 4096)))
    medium.capacity = Self.capacity
    world.run(for: .seconds(5))
    #expect(answer(world, to: get, through: full) == .value([UInt8](repeating: 7, count: 4096)))
    #expect(cluster.violations.isEmpty, "\(cluster.violations)")
  }

  /// A client can't call a put a removal; only what the node's own layers record with one passes.
  @Test func nobodyPassesAPutForARemoval() throws {
    let (world, cluster) = makeCluster(55, capacity: Self.capacity) { $0.ballastBytes = Self.ballast }
    defer { world.close() }
    world.run(for: .seconds(2))
    try fill(world, cluster)
    world.run(for: .seconds(5))
    let write = CommitRequest.Write(key: Self.key, value: [1])
    let request = CommitRequest(readTimestamp: .zero, writes: [write], recordsRemoval: true)
    #expect(isRefused(answer(world, to: .commit(GroupDescriptor.data.id, request), through: NodeID(1))))
    // From inside it is taken.
    let member = try #require(cluster.running[NodeID(1)])
    let outcome = Outcome()
    world.visit(member.process) {
      member.host.commit(request, in: GroupDescriptor.data.id, timeLimit: .seconds(5)) { outcome.take($0) }
    }
    #expect(world.run(limit: .seconds(6)) { outcome.isSuccess != nil } && outcome.isSuccess == true)
  }
}

/// Guarded by the world's thread, which is what `@unchecked` relies on.
private final class Outcome: @unchecked Sendable {
  private(set) var isSuccess: Bool?

  func take(_ result: Result<Timestamp, StoreError>) {
    if case .success = result { isSuccess = true } else { isSuccess = false }
  }
}
