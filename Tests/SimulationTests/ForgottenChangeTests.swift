import RoostBase
import RoostPlatform
import RoostRaft
import RoostSimulation
import RoostStore
import Testing

@testable import RoostClusterSimulation

/// A change of members that everybody has applied, and nothing after it; then all lose power, and one its disk.
@Suite("A change of members before a power cut")
struct ForgottenChangeTests {
  @Test(arguments: 1...8 as ClosedRange<UInt64>)
  func isStillKnown(seed: UInt64) throws {
    let world = World(seed: seed)
    defer { world.close() }
    var options = ClusterOptions()
    options.size = 3
    options.groups = [.data]
    let cluster = SimulatedCluster(world, options)
    cluster.start()
    world.run(for: .seconds(3))
    let leader = try #require(cluster.leader)
    let others = cluster.members.filter { $0 != leader }
    // It votes no more, and then again: so the voters of before lack one of those that remain.
    for step in [ConfigurationChange.Step(.addLearner, others[0]), ConfigurationChange.Step(.addVoter, others[0])] {
      let member = try #require(cluster.running[leader])
      world.visit(member.process) {
        #expect(throws: Never.self) {
          try member.host.propose(ConfigurationChange([step]), in: GroupDescriptor.data.id)
        }
      }
      world.run(for: .seconds(1))
    }
    for member in cluster.members {
      #expect(cluster.statuses(of: member).first?.configuration.voters == Set(cluster.members))
    }
    let lost = others[1]
    for node in world.nodes { node.crash(.powerLoss, restartAfter: node.id == lost ? nil : .milliseconds(50)) }
    world.run(for: .seconds(5))
    for member in cluster.members where member != lost {
      let status = try #require(cluster.statuses(of: member).first)
      #expect(status.leader != .none && status.leader != lost)
    }
    #expect(cluster.violations.isEmpty)
  }
}
