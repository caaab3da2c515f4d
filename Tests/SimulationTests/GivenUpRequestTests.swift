import RoostBase
import RoostPlatform
import RoostSimulation
import RoostStore
import Testing

@testable import RoostClusterSimulation

/// Callers that stop waiting for a group without a majority: each is told at once what may have become of its request,
/// and what certainly did not happen never does.
@Suite("Requests that are given up")
struct GivenUpRequestTests {
  private static let group = GroupDescriptor.data.id
  private static let key = Key([1, 75, 1])

  private func makeCluster(_ seed: UInt64) -> (World, SimulatedCluster) {
    let world = World(seed: seed)
    var options = ClusterOptions()
    options.size = 3
    let cluster = SimulatedCluster(world, options)
    cluster.start()
    world.run(for: .seconds(3))
    return (world, cluster)
  }

  private func commit(
    _ value: UInt8, reading: [Key] = [], through member: SimulatedMember, _ world: World
  ) -> (RequestHold, Answer) {
    let (hold, answer) = (RequestHold(), Answer())
    world.visit(member.process) {
      let now = try? member.host.openStaleView(of: Self.group).timestamp
      let request = CommitRequest(
        readTimestamp: now ?? .zero, readKeys: reading, writes: [.init(key: Self.key, value: [value])])
      member.host.commit(request, in: Self.group, timeLimit: .seconds(10), hold: hold) { answer.take($0) }
    }
    return (hold, answer)
  }

  private func giveUp(_ hold: RequestHold, of member: SimulatedMember, _ world: World) {
    world.visit(member.process) { member.host.giveUp(hold) }
  }

  /// What the group holds under the key, once it has a majority again.
  private func value(_ world: World, _ cluster: SimulatedCluster) throws -> [UInt8]? {
    let connection = world.network.connectClient(to: NodeID(1))
    defer { connection.close() }
    var answer: Response?
    connection.onPayload = { payload in answer = try? NativePayload.decodeResponse(payload).response }
    connection.onOpen = {
      connection.send(NativePayload.request(1, .get(key: Self.key, level: .linearizable)))
    }
    _ = world.run(limit: .seconds(12)) { answer != nil }
    guard case .value(let value) = try #require(answer) else {
      Issue.record("\(String(describing: answer))")
      return nil
    }
    return value
  }

  /// The leader is alone: what it proposed may still happen, and what waits for that did not.
  @Test func whatWasProposedMayHappen() throws {
    let (world, cluster) = makeCluster(71)
    defer { world.close() }
    let leader = try #require(cluster.invariants.leader(of: Self.group))
    let member = try #require(cluster.running[leader])
    for node in cluster.members where node != leader { world.node(node)?.pause() }
    let (first, proposed) = commit(1, through: member, world)
    let (second, waiting) = commit(2, reading: [Self.key], through: member, world)
    world.run(for: .milliseconds(20))
    #expect(proposed.error == nil && waiting.error == nil)
    giveUp(first, of: member, world)
    giveUp(second, of: member, world)
    #expect(proposed.error == .unknownOutcome)
    #expect(waiting.error == .cancelled)
    world.run(for: .seconds(12))
    #expect(proposed.count == 1 && waiting.count == 1, "told once")
    #expect(cluster.violations.isEmpty, "\(cluster.violations)")
  }

  /// A follower that knows no leader has sent its request to nobody, and never will.
  @Test func whatWasParkedNeverHappens() throws {
    let (world, cluster) = makeCluster(72)
    defer { world.close() }
    let leader = try #require(cluster.invariants.leader(of: Self.group))
    let follower = try #require(cluster.members.first { $0 != leader })
    let member = try #require(cluster.running[follower])
    for node in cluster.members where node != follower { world.node(node)?.crash(.kill) }
    world.run(for: .seconds(5))
    let (hold, parked) = commit(3, through: member, world)
    world.run(for: .milliseconds(100))
    #expect(parked.error == nil)
    giveUp(hold, of: member, world)
    #expect(parked.error == .cancelled)
    for node in cluster.members where node != follower { world.node(node)?.start() }
    world.run(for: .seconds(12))
    #expect(try value(world, cluster) == nil)
    #expect(parked.count == 1, "told once")
    #expect(cluster.violations.isEmpty, "\(cluster.violations)")
  }

  /// What was sent to a leader whose answer does not come may have happened there.
  @Test func whatWasForwardedMayHappen() throws {
    let (world, cluster) = makeCluster(73)
    defer { world.close() }
    let leader = try #require(cluster.invariants.leader(of: Self.group))
    let follower = try #require(cluster.members.first { $0 != leader })
    let member = try #require(cluster.running[follower])
    world.node(leader)?.pause()
    let (hold, forwarded) = commit(4, through: member, world)
    world.run(for: .milliseconds(20))
    giveUp(hold, of: member, world)
    #expect(forwarded.error == .unknownOutcome)
    // A hold that was let go of before the request came.
    let early = RequestHold()
    let answer = Answer()
    let request = CommitRequest(readTimestamp: .zero, writes: [.init(key: Self.key, value: [5])])
    world.visit(member.process) {
      member.host.giveUp(early)
      member.host.commit(request, in: Self.group, timeLimit: .seconds(10), hold: early) { answer.take($0) }
    }
    #expect(answer.error == .cancelled)
  }

  @Test func aReadIsGivenUp() throws {
    let (world, cluster) = makeCluster(74)
    defer { world.close() }
    let leader = try #require(cluster.invariants.leader(of: Self.group))
    for reader in cluster.members {
      let member = try #require(cluster.running[reader])
      for node in cluster.members where node != reader { world.node(node)?.pause() }
      let (hold, answer) = (RequestHold(), Answer())
      world.visit(member.process) {
        member.host.openView(of: Self.group, timeLimit: .seconds(10), hold: hold) { answer.take($0) }
      }
      world.run(for: .milliseconds(20))
      #expect(answer.error == nil, "\(reader), with \(leader) as the leader")
      giveUp(hold, of: member, world)
      #expect(answer.error == .cancelled)
      for node in cluster.members { world.node(node)?.resume() }
      world.run(for: .seconds(12))
      #expect(answer.count == 1)
    }
    #expect(cluster.violations.isEmpty, "\(cluster.violations)")
  }
}

/// Guarded by the world's thread, which is what `@unchecked` relies on.
private final class Answer: @unchecked Sendable {
  private(set) var count = 0
  private(set) var error: StoreError?

  func take<Value>(_ result: Result<Value, StoreError>) {
    count += 1
    if case .failure(let error) = result { self.error = error }
  }
}
