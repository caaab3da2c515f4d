import Foundation
import Testing

/// Nodes in network namespaces, between which packets are dropped one way, while clients record what they see.
@Suite("Cuts between real processes", .serialized)
struct PartitionTests {
  @Test(
    "one-way cuts around the leader and a follower: writes go on and the history is linearizable",
    .enabled(if: SystemTools.canCutNetworks, "needs root, ip netns, bridges and iptables"))
  func oneWay() async throws {
    let network = try NamespaceNetwork(nodes: 3)
    try await withTemporaryDirectory { directory in
      try await withNodes((1...3).map(network.launch), in: directory) { cluster in
        let load = HistoryLoad(cluster.nodes.map(cluster.peerAddress))
        load.start()
        try await load.moreWrites(100)
        let cuts = [
          "the leader hears nobody", "nobody hears the leader", "a follower hears nobody", "a follower is cut off",
        ]
        for cut in cuts {
          let leader = try #require(cluster.leader())
          let followers = cluster.nodes.filter { $0 != leader }
          switch cut {
          case "the leader hears nobody": try network.deafen(leader, to: followers)
          case "nobody hears the leader": for follower in followers { try network.deafen(follower, to: [leader]) }
          case "a follower hears nobody": try network.deafen(followers[0], to: [leader, followers[1]])
          default:
            try network.deafen(followers[0], to: [leader, followers[1]])
            for other in [leader, followers[1]] { try network.deafen(other, to: [followers[0]]) }
          }
          let gap = try await load.nextWrite()
          print("\(cut): next write after \(gap)")
          try await load.moreWrites(100)
          try network.heal()
          try await eventually("the cluster is whole again") {
            cluster.nodes.allSatisfy { cluster.activeNodes(seenBy: $0) == 3 }
          }
          try await load.moreWrites(100)
        }
        try await cluster.converging(load)
      }
    }
    network.end()
  }
}
