import Foundation
import Testing

/// Leadership given away on request, under load. Times are printed, never asserted.
@Suite("Planned changes of the leader", .serialized)
struct TransferTests {
  /// `ROOST_TRANSFERS` runs more of them.
  private static let count = ProcessInfo.processInfo.environment["ROOST_TRANSFERS"].flatMap { Int($0) } ?? 6

  private struct Transfer: Decodable {
    var partition: Int
    var to: String
    var milliseconds: Double
  }

  @Test("leadership goes round under load, and no request fails")
  func transfersUnderLoad() async throws {
    try await withCluster { cluster in
      _ = try await cluster.query(1, "CREATE TABLE load (id bigint PRIMARY KEY, note text)")
      let load = InsertLoad(ports: (1...3).map(cluster.port))
      load.start(clients: 8, firstID: 1)
      try await eventually("the load runs") { load.snapshot.acknowledged.count > 200 }
      var times: [Double] = []
      for turn in 0..<Self.count {
        let target = turn % 3 + 1
        let before = load.snapshot.acknowledged.count
        let result = try DemoCluster.run([
          "transfer", "node\(target)", "--partition", "2", "--json", "--port", "\(cluster.port(target))",
        ])
        #expect(result.status == 0, "\(result.output)")
        let transfers = try JSONDecoder().decode([Transfer].self, from: Data(result.output.utf8))
        #expect(transfers.allSatisfy { $0.to == "node\(target)" && $0.partition == 2 })
        times += transfers.map(\.milliseconds)
        try await eventually("node\(target) leads") { try cluster.leader(seenBy: target) == target }
        try await eventually("writes go on") { load.snapshot.acknowledged.count > before + 50 }
      }
      let record = await load.stop()
      #expect(record.errors.isEmpty, "\(record.errors)")
      let rows = try await cluster.query(2, "SELECT count(*) FROM load")
      #expect(rows.first?.first == "\(record.acknowledged.count)")
      times.sort()
      if let longest = times.last {
        print(
          "\(times.count) transfers of leadership: median \(Int(times[times.count / 2])) ms, worst \(Int(longest)) ms")
      }
    }
  }

  @Test("what can't lead is refused with the reason")
  func refusals() async throws {
    try await withCluster { cluster in
      func transfer(_ arguments: String...) throws -> (status: Int32, output: String) {
        try DemoCluster.run(["transfer"] + arguments + ["--port", "\(cluster.port(1))"])
      }
      let unknown = try transfer("node9")
      // In the order in which they joined.
      let names = ["node1", "node2", "node3"]
      #expect(unknown.status == 1 && names.allSatisfy { unknown.output.contains($0) }, "\(unknown.output)")
      let missing = try transfer("node2", "--partition", "77")
      #expect(missing.status == 1 && missing.output.contains("no partition 77"), "\(missing.output)")
      #expect(try transfer("node1").status == 0)
      #expect(try transfer("node1").output.contains("leads already"))
      try cluster.signal(3, SIGKILL)
      try await eventually("node3 is seen dead") { try cluster.transferRefusal(to: "node3").contains("down") }
    }
  }
}

extension DemoCluster {
  fileprivate func transferRefusal(to node: String) throws -> String {
    try DemoCluster.run(["transfer", node, "--port", "\(port(1))"]).output
  }
}
