import RoostBase
import RoostPlatform
import RoostSimulation
import RoostStore
import Testing

@testable import RoostClusterSimulation

/// A node is cut off; another one starts again on another port meanwhile, and leads. It needs the answers of the first one,
/// which only the third one can tell where to send them.
@Suite("A leader on another port")
struct MovedLeaderTests {
  @Test("is found by a node that was cut off", arguments: 1...6 as ClosedRange<UInt64>)
  func isFound(seed: UInt64) throws {
    let stage = NodeStage(seed: seed, size: 3, faults: [])
    let (world, cluster) = (stage.world, stage.cluster)
    defer { cluster.close() }
    stage.play(.seconds(4)) {}
    #expect(cluster.missing() == nil)
    // Each of the six pairs, for who of two dials is a matter of their numbers.
    let moved = cluster.machines[Int(seed) % 3]
    let others = cluster.machines.filter { $0 != moved }
    let away = others[Int(seed) / 3 % 2]

    world.network.isolate(away)
    cluster.movesAtNextStart = [moved]
    try #require(world.node(moved)).crash(.kill, restartAfter: .milliseconds(100))
    world.run(for: .seconds(4))
    #expect(cluster.moveCount == 1)
    let target = try #require(cluster.host(on: moved)).host.configuration.node
    for machine in others where machine != away {
      let (process, host) = try #require(cluster.host(on: machine))
      world.visit(process) { for group in GroupDescriptor.all { host.transferLeadership(of: group.id, to: target) } }
    }
    world.run(for: .seconds(2))
    #expect(cluster.leader == moved)

    world.network.heal()
    let end = world.now + .seconds(15)
    while cluster.missing() != nil, world.now < end { world.run(for: .milliseconds(100)) }
    #expect(cluster.missing() == nil)
    #expect(cluster.violations == [])
  }
}
