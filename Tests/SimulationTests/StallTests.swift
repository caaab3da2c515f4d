import RoostBase
import RoostPlatform
import RoostRaft
import RoostSimulation
import RoostStore
import Testing

@testable import RoostClusterSimulation

/// A machine that hosts all processes stalls: every deadline has passed when they go on, and every answer lies unread.
@Suite("All processes stand still together")
struct StallTests {
  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func nobodyIsDeposed(seed: UInt64) {
    let world = World(seed: seed)
    defer { world.close() }
    var options = ClusterOptions()
    options.size = 3
    options.groups = [.system, .data]
    let cluster = SimulatedCluster(world, options)
    cluster.start()
    world.run(for: .seconds(3))
    func terms() -> [Term] {
      cluster.members.flatMap { member in cluster.statuses(of: member).map(\.term) }
    }
    let before = terms()
    #expect(before.count == 6 && cluster.leader != nil)
    var acknowledged = 0
    let connection = world.network.connectClient(to: NodeID(1))
    defer { connection.close() }
    connection.onPayload = { payload in
      if case .committed? = try? NativePayload.decodeResponse(payload).response { acknowledged += 1 }
    }
    for round in 0..<5 as Range<UInt8> {
      // Awake groups have deadlines.
      connection.send(NativePayload.request(UInt64(round), .put(key: Key([1, 75, round]), value: [round])))
      world.run(for: .milliseconds(30))
      for node in world.nodes { node.pause() }
      world.run(for: .milliseconds(400))
      for node in world.nodes { node.resume() }
      world.run(for: .milliseconds(200))
    }
    #expect(terms() == before && acknowledged == 5)
    #expect(cluster.violations.isEmpty)
  }
}
