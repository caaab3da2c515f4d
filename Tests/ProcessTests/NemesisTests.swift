import Foundation
import RoostPlatform
import Testing

/// Real processes that are killed and stopped while clients record what they see.
@Suite("Histories of real processes", .serialized)
struct NemesisTests {
  @Test("leader and follower are killed under load and come back: the history is linearizable")
  func killed() async throws {
    try await withTemporaryDirectory { directory in
      try await withNodes(in: directory) { cluster in
        let load = HistoryLoad(cluster.nodes.map(cluster.peerAddress))
        load.start()
        try await load.moreWrites(200)
        for isLeader in [true, false, true] {
          let leader = try #require(cluster.leader())
          let victim = isLeader ? leader : leader % 3 + 1
          try cluster.signal(victim, SIGKILL)
          let gap = try await load.nextWrite()
          print("\(isLeader ? "leader" : "follower") killed: next write after \(gap)")
          _ = try await cluster.ended(victim)
          try await load.moreWrites(100)
          try cluster.start(victim)
          try await eventually("it takes part again") { cluster.activeNodes(seenBy: victim % 3 + 1) == 3 }
          try await load.moreWrites(100)
        }
        try await cluster.converging(load)
      }
    }
  }

  @Test("leader and follower are stopped for longer than an election, then go on: the history is linearizable")
  func stopped() async throws {
    try await withTemporaryDirectory { directory in
      try await withNodes(in: directory) { cluster in
        let load = HistoryLoad(cluster.nodes.map(cluster.peerAddress))
        load.start()
        try await load.moreWrites(200)
        for isLeader in [true, false, true] {
          let leader = try #require(cluster.leader())
          let victim = isLeader ? leader : leader % 3 + 1
          try cluster.signal(victim, SIGSTOP)
          let gap = try await load.nextWrite()
          print("\(isLeader ? "leader" : "follower") stopped: next write after \(gap)")
          try await load.moreWrites(100)
          try cluster.signal(victim, SIGCONT)
          // Clients of the stopped node, and reads it has not answered, go on with what it believes.
          try await load.moreWrites(200)
        }
        try await cluster.converging(load)
      }
    }
  }
}

extension NodeCluster {
  /// Ends a load, waits until every node has everything, and judges what clients saw.
  func converging(_ load: HistoryLoad) async throws {
    try await load.moreWrites(20)
    let reader = leader().map { $0 % launches.count + 1 } ?? 1
    try await load.check(readingThrough: peerAddress(reader))
    try await converged()
    let progress = load.progress
    print("\(progress.writes) writes, \(progress.reads) reads, \(progress.failures.values.reduce(0, +)) unknown")
  }
}
