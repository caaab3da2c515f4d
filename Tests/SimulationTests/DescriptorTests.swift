import RoostBase
import RoostPlatform
import RoostSimulation
import Testing

@testable import RoostClusterSimulation
@testable import RoostStore

/// A process that has used up its descriptors waits for some: nothing is wrong with its disk.
@Suite("Want of descriptors")
struct DescriptorTests {
  private func makeCluster(
    _ seed: UInt64, _ change: (inout ClusterOptions) -> Void = { _ in }
  ) -> (World, SimulatedCluster) {
    let world = World(seed: seed)
    var options = ClusterOptions()
    options.size = 3
    options.segmentBytes = 8 << 10
    change(&options)
    let cluster = SimulatedCluster(world, options)
    cluster.start()
    world.run(for: .seconds(3))
    return (world, cluster)
  }

  private func write(_ numbers: Range<Int>, bytes: Int, _ world: World, through node: NodeID) {
    let connection = world.network.connectClient(to: node)
    defer { connection.close() }
    var committed = 0
    connection.onPayload = { payload in
      if case .committed = try? NativePayload.decodeResponse(payload).response { committed += 1 }
    }
    connection.onOpen = {
      for number in numbers {
        let key = Key([1, 75, UInt8(number >> 8), UInt8(number & 255)])
        let value = [UInt8](repeating: UInt8(number & 255), count: bytes)
        connection.send(NativePayload.request(UInt64(number), .put(key: key, value: value)))
      }
    }
    #expect(world.run(limit: .seconds(10)) { committed == numbers.count })
  }

  /// The leader has to open segments to read what a follower lacks.
  @Test func aLeaderLetsTheFollowerWait() throws {
    let (world, cluster) = makeCluster(71)
    defer { world.close() }
    let leader = try #require(cluster.leader)
    let away = try #require(cluster.members.first { $0 != leader })
    world.node(away)?.crash(.kill)
    write(0..<200, bytes: 1024, world, through: leader)
    let medium = try #require(world.node(leader)).medium
    medium.refusesToOpen = true
    world.node(away)?.start()
    world.run(for: .seconds(3))
    #expect(cluster.running[leader] != nil && !cluster.standsEqually())
    medium.refusesToOpen = false
    #expect(world.run(limit: .seconds(20)) { cluster.standsEqually() })
    #expect(cluster.total.snapshots == 0, "it is no reason for a snapshot")
    #expect(cluster.violations.isEmpty, "\(cluster.violations)")
  }

  /// A received snapshot has to be opened to be installed.
  @Test func anInstallationWaits() throws {
    let (world, cluster) = makeCluster(72) { options in
      options.maximumLogBytes = 64 << 10
      options.flushAfterLogBytes = 16 << 10
    }
    defer { world.close() }
    let away = try #require(cluster.members.first { $0 != cluster.leader })
    let other = try #require(cluster.members.first { $0 != away })
    world.node(away)?.crash(.kill)
    for first in stride(from: 0, to: 400, by: 5) { write(first..<first + 5, bytes: 2048, world, through: other) }
    let node = try #require(world.node(away))
    node.start()
    #expect(
      world.run(limit: .seconds(20)) {
        cluster.running[away]?.host.replica(of: GroupDescriptor.data.id)?.isInstalling == true
      })
    node.medium.refusesToOpen = true
    world.run(for: .seconds(3))
    #expect(cluster.running[away] != nil && !cluster.standsEqually())
    node.medium.refusesToOpen = false
    #expect(world.run(limit: .seconds(20)) { cluster.standsEqually() })
    #expect(cluster.violations.isEmpty, "\(cluster.violations)")
  }
}
