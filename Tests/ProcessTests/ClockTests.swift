import Foundation
import Testing

/// Nodes whose clocks jump, while clients record what they see.
@Suite("Clocks of real processes", .serialized)
struct ClockTests {
  /// Jumps of wall clocks are nobody's business: time between events is measured on the monotonic clock, and timestamps
  /// only ever grow.
  @Test(
    "wall clocks jump by hours in both directions: the history is linearizable",
    .enabled(if: SystemTools.fakeTime != nil, "needs libfaketime (Debian: faketime)"))
  func wallClocks() async throws {
    let library = try #require(SystemTools.fakeTime)
    try await withTemporaryDirectory { directory in
      let files = (1...3).map { "\(directory)/time\($0)" }
      for file in files { try Data("+0\n".utf8).write(to: URL(fileURLWithPath: file)) }
      let launches = files.map {
        NodeCluster.Launch(environment: [
          "LD_PRELOAD": library, "FAKETIME_TIMESTAMP_FILE": $0, "FAKETIME_NO_CACHE": "1",
          "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        ])
      }
      try await withNodes(launches, in: directory) { cluster in
        let load = HistoryLoad(cluster.nodes.map(cluster.peerAddress))
        load.start()
        try await load.moreWrites(100)
        for offset in ["+3h", "-3h", "+30d", "+0"] {
          let leader = try #require(cluster.leader())
          try Data("\(offset)\n".utf8).write(to: URL(fileURLWithPath: files[leader - 1]))
          try await load.nextWrite()
          try await load.moreWrites(50)
          // The next leader's clock is hours behind what the last one stamped.
          try cluster.signal(leader, SIGKILL)
          try await load.nextWrite()
          _ = try await cluster.ended(leader)
          try cluster.start(leader)
          try await eventually("it takes part again") { cluster.activeNodes(seenBy: leader % 3 + 1) == 3 }
          try await load.moreWrites(50)
        }
        try await cluster.converging(load)
      }
    }
  }
}
