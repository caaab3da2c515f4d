import RoostBase
import RoostPlatform
import RoostSimulation
import RoostStore
import Testing

@testable import RoostClusterSimulation

/// Leadership given to a node that stands still, while a client writes without a pause.
@Suite("Transfers of leadership in whole nodes")
struct TransferTests {
  /// One write after the other through one node, and when each was answered.
  private final class Writer {
    private let connection: SimulatedClientConnection
    private let world: World
    private var number: UInt64 = 0
    private(set) var longest = Duration.zero
    private(set) var committed = 0
    private(set) var surprises: [Response?] = []
    private var last: Instant

    init(_ world: World, through node: NodeID) {
      self.world = world
      last = world.now
      connection = world.network.connectClient(to: node)
      connection.onOpen = { [unowned self] in write() }
      connection.onPayload = { [unowned self] in answered($0) }
    }

    private func write() {
      number += 1
      connection.send(NativePayload.request(number, .put(key: Key([1, 75, UInt8(number % 200)]), value: [7])))
    }

    private func answered(_ payload: [UInt8]) {
      let response = try? NativePayload.decodeResponse(payload).response
      if case .committed = response { committed += 1 } else { surprises.append(response) }
      longest = max(longest, world.now - last)
      last = world.now
      write()
    }

    /// From here on only what comes counts.
    func begin() {
      longest = .zero
      committed = 0
      last = world.now
    }

    func close() { connection.close() }
  }

  private func order(_ cluster: SimulatedCluster, from leader: NodeID, to target: NodeID) throws {
    let member = try #require(cluster.running[leader])
    cluster.world.visit(member.process) { member.host.transferLeadership(of: GroupDescriptor.data.id, to: target) }
  }

  @Test(arguments: 70..<76 as Range<UInt64>)
  func aPausedTargetHoldsNoWriteUp(seed: UInt64) throws {
    let world = World(seed: seed)
    var options = ClusterOptions()
    options.size = 3
    let cluster = SimulatedCluster(world, options)
    defer { cluster.close() }
    cluster.start()
    world.run(for: .seconds(3))
    let leader = try #require(cluster.leader)
    let target = try #require(cluster.members.first { $0 != leader })
    var writer = Writer(world, through: leader)
    world.run(for: .seconds(1))
    if seed % 2 == 0 {
      // The target has everything, and the group is silent: only an answer can tell that nobody is there.
      writer.close()
      world.run(for: .seconds(2))
      world.node(target)?.pause()
      try order(cluster, from: leader, to: target)
      writer = Writer(world, through: leader)
    } else {
      world.node(target)?.pause()
    }
    writer.begin()
    // An operator who does not give up.
    for _ in 0..<60 {
      try order(cluster, from: leader, to: target)
      world.run(for: .milliseconds(50))
    }
    #expect(cluster.leader == leader && writer.committed > 200 && writer.surprises.isEmpty)
    #expect(writer.longest < .milliseconds(100), "a write waited \(writer.longest)")

    world.node(target)?.resume()
    writer.begin()
    for _ in 0..<100 where cluster.leader != target {
      try order(cluster, from: leader, to: target)
      world.run(for: .milliseconds(50))
    }
    #expect(cluster.leader == target, "and it leads when it is back")
    world.run(for: .seconds(1))
    #expect(writer.committed > 100 && writer.surprises.isEmpty, "no request fails: \(writer.surprises)")
    #expect(cluster.violations.isEmpty, "\(cluster.violations)")
    writer.close()
  }
}
