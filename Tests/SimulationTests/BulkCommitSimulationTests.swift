import RoostBase
import RoostPlatform
import RoostSimulation
import RoostStore
import Testing

@testable import RoostClusterSimulation

/// One bulk commit at a time, in a cluster to which something happens at each moment of its way.
@Suite("Bulk commits in a cluster")
struct BulkCommitSimulationTests {
  private static let group = GroupDescriptor.data.id
  private static let width = 40

  private static func key(_ number: Int) -> Key { Key([1, 75, UInt8(number)]) }

  private func makeCluster(_ seed: UInt64) -> (World, SimulatedCluster) {
    let world = World(seed: seed)
    var options = ClusterOptions()
    options.size = 3
    options.bulk.writes = 1
    options.bulk.sliceWrites = 1
    options.bulk.bytesInFlight = 64
    let cluster = SimulatedCluster(world, options)
    cluster.start()
    world.run(for: .seconds(3))
    return (world, cluster)
  }

  private func commit(
    _ value: UInt8, timeLimit: Duration = .seconds(10), through member: SimulatedMember, _ world: World
  ) -> (RequestHold, BulkAnswer) {
    let (hold, answer) = (RequestHold(), BulkAnswer())
    let request = CommitRequest(
      readTimestamp: .zero, writes: (0..<Self.width).map { .init(key: Self.key($0), value: [value]) })
    world.visit(member.process) {
      member.host.commit(request, in: Self.group, timeLimit: timeLimit, hold: hold) { answer.take($0) }
    }
    return (hold, answer)
  }

  /// What a node that serves shows of all keys.
  private func values(_ world: World) throws -> [UInt8] {
    let connection = world.network.connectClient(to: NodeID(1))
    defer { connection.close() }
    var answer: Response?
    connection.onPayload = { payload in answer = try? NativePayload.decodeResponse(payload).response }
    connection.onOpen = {
      connection.send(
        NativePayload.request(
          1, .scan(KeyRange(Self.key(0), Self.key(Self.width)), limit: Self.width + 1, level: .linearizable)))
    }
    _ = world.run(limit: .seconds(12)) { answer != nil }
    guard case .pairs(let pairs) = try #require(answer) else {
      Issue.record("\(String(describing: answer))")
      return []
    }
    return pairs.flatMap(\.value)
  }

  /// Whole, or not there; and there, or not, if the answer says so.
  private func judge(_ answer: BulkAnswer, _ world: World, _ cluster: SimulatedCluster, _ when: String) throws {
    #expect(answer.results.count == 1, "told once \(when): \(answer.results)")
    let values = try values(world)
    #expect(values.isEmpty || values == [UInt8](repeating: 7, count: Self.width), "whole \(when): \(values)")
    switch answer.results.first {
    case .success: #expect(!values.isEmpty, "there \(when)")
    case .failure(.unknownOutcome): break
    case .failure: #expect(values.isEmpty, "not there \(when)")
    case nil: break
    }
    #expect(cluster.violations.isEmpty, "\(cluster.violations) \(when)")
  }

  @Test("given up at any moment, at the leader and at a follower", arguments: [true, false])
  func givenUp(atLeader: Bool) throws {
    var cancelled = 0
    for step in 0..<24 {
      let (world, cluster) = makeCluster(UInt64(300 + step))
      defer { world.close() }
      let leader = try #require(cluster.invariants.leader(of: Self.group))
      let node = atLeader ? leader : try #require(cluster.members.first { $0 != leader })
      let member = try #require(cluster.running[node])
      let (hold, answer) = commit(7, through: member, world)
      world.run(for: .milliseconds(Int64(step * 2)))
      world.visit(member.process) { member.host.giveUp(hold) }
      world.run(for: .seconds(1))
      if case .failure(.cancelled) = answer.results.first { cancelled += 1 }
      try judge(answer, world, cluster, "given up after \(step * 2) ms")
      // The next one has its turn.
      let (_, next) = commit(7, through: member, world)
      world.run(for: .seconds(2))
      #expect((try? next.results.first?.get()) != nil, "\(next.results)")
    }
    #expect(cancelled > 2)
  }

  @Test("its time is over, or its leader is cut off, paused or killed, at any moment", arguments: 0..<4)
  func trouble(kind: Int) throws {
    for step in 0..<16 {
      let (world, cluster) = makeCluster(UInt64(400 + 16 * kind + step))
      defer { world.close() }
      let leader = try #require(cluster.invariants.leader(of: Self.group))
      let node = step % 2 == 0 ? leader : try #require(cluster.members.first { $0 != leader })
      let member = try #require(cluster.running[node])
      let moment = Duration.milliseconds(Int64(step * 3))
      let (_, answer) = commit(7, timeLimit: kind == 0 ? moment : .seconds(10), through: member, world)
      world.run(for: moment)
      switch kind {
      case 1: for other in cluster.members where other != leader { world.node(other)?.pause() }
      case 2: world.node(leader)?.pause()
      case 3: world.node(leader)?.crash(.kill)
      default: break
      }
      world.run(for: .milliseconds(step % 3 == 0 ? 50 : 1500))
      for other in cluster.members { world.node(other)?.resume() }
      if kind == 3 { world.node(leader)?.start() }
      world.run(for: .seconds(13))
      if kind == 3, node == leader {
        #expect(answer.results.count <= 1, "its process is dead")
        let values = try values(world)
        #expect(values.isEmpty || values == [UInt8](repeating: 7, count: Self.width))
      } else {
        try judge(answer, world, cluster, "trouble \(kind) after \(moment)")
      }
      let last = try #require(cluster.running[cluster.members[0]])
      let (_, next) = commit(7, through: last, world)
      world.run(for: .seconds(2))
      #expect((try? next.results.first?.get()) != nil, "\(next.results)")
      #expect(cluster.violations.isEmpty, "\(cluster.violations)")
    }
  }

  @Test("a small commit that would change what it has read waits for it, and is done")
  func blockedByReservation() throws {
    let (world, cluster) = makeCluster(500)
    defer { world.close() }
    let leader = try #require(cluster.invariants.leader(of: Self.group))
    let member = try #require(cluster.running[leader])
    let (bulk, small) = (BulkAnswer(), BulkAnswer())
    let read = Key([1, 76])
    world.visit(member.process) {
      let now = (try? member.host.openStaleView(of: Self.group).timestamp) ?? .zero
      let request = CommitRequest(
        readTimestamp: now, readKeys: [read], writes: (0..<Self.width).map { .init(key: Self.key($0), value: [7]) })
      member.host.commit(request, in: Self.group, timeLimit: .seconds(10)) { bulk.take($0) }
    }
    world.run(for: .milliseconds(5))
    world.visit(member.process) {
      let request = CommitRequest(readTimestamp: .zero, writes: [.init(key: read, value: [1])])
      member.host.commit(request, in: Self.group, timeLimit: .seconds(10)) { small.take($0) }
    }
    world.run(for: .milliseconds(1))
    #expect(bulk.results.isEmpty && small.results.isEmpty)
    world.run(for: .seconds(2))
    let (first, second) = (try #require(bulk.results.first).get(), try #require(small.results.first).get())
    #expect(first < second)
  }
}

/// All answers to one commit. Unchecked sendable: guarded by the world's thread.
private final class BulkAnswer: @unchecked Sendable {
  private(set) var results: [Result<Timestamp, StoreError>] = []

  func take(_ result: Result<Timestamp, StoreError>) { results.append(result) }
}
