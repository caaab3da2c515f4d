import Foundation
import RoostPostgresClient
import Testing

/// Real processes killed under load. Times are printed, never asserted; what is asserted is that nothing is lost or
/// doubled.
@Suite("Failover of real processes", .serialized)
struct FailoverTests {
  /// `ROOST_KILLS` runs more of them.
  private static let kills = ProcessInfo.processInfo.environment["ROOST_KILLS"].flatMap { Int($0) } ?? 3

  @Test("the leader is killed again and again: no acknowledged row is lost or doubled, and it catches up each time")
  func leaderKilled() async throws {
    try await withCluster { cluster in
      _ = try await cluster.query(1, "CREATE TABLE load (id bigint PRIMARY KEY, note text)")
      var gaps: [Double] = []
      var firstID = 1
      for _ in 0..<Self.kills {
        guard let leader = try cluster.leader(seenBy: 1) else { continue }
        let survivor = leader % 3 + 1
        let load = InsertLoad(ports: (1...3).map(cluster.port))
        load.start(clients: 8, firstID: firstID)
        try await eventually("the load runs") { load.snapshot.acknowledged.count > 200 }
        let killed = InsertLoad.now
        try cluster.signal(leader, SIGKILL)
        try await eventually("writes go on") { (load.snapshot.times.last { $0 > killed }) != nil }
        let before = load.snapshot.acknowledged.count
        try await eventually("many writes go on") { load.snapshot.acknowledged.count > before + 200 }
        try cluster.restart(leader)
        let record = await load.stop()
        gaps.append(Self.longestGap(record.times, after: killed))
        firstID = (record.acknowledged.max() ?? firstID) + 100_000
        try await Self.check(cluster, record, on: survivor)
        // The killed node answers, from its own copy, with everything.
        try await eventually("the killed node catches up") {
          guard let rows = try? await cluster.query(leader, "SELECT count(*) FROM load") else { return false }
          return Int(rows.first?.first.flatMap { $0 } ?? "") ?? 0 >= record.acknowledged.count
        }
        try await eventually("three nodes are active again") { try Self.activeNodes(cluster, survivor) == 3 }
      }
      gaps.sort()
      let median = gaps.isEmpty ? 0 : gaps[gaps.count / 2]
      print(
        "time without a successful write over \(gaps.count) kills: median \(Int(median * 1000)) ms, "
          + "worst \(Int((gaps.last ?? 0) * 1000)) ms")
    }
  }

  @Test("all three are killed under load and started again: every acknowledged row is there")
  func allKilled() async throws {
    try await withCluster { cluster in
      _ = try await cluster.query(1, "CREATE TABLE load (id bigint PRIMARY KEY, note text)")
      let load = InsertLoad(ports: (1...3).map(cluster.port))
      load.start(clients: 8, firstID: 1)
      try await eventually("the load runs") { load.snapshot.acknowledged.count > 500 }
      for node in 1...3 { try cluster.signal(node, SIGKILL) }
      let record = await load.stop()
      for node in 1...3 { try cluster.restart(node) }
      try await eventually("the cluster answers again") {
        (try? await cluster.query(2, "SELECT count(*) FROM load")) != nil
      }
      try await Self.check(cluster, record, on: 3)
      _ = try await cluster.query(1, "INSERT INTO load VALUES (-1, 'after')")
    }
  }

  @Test("with two of three down stale reads answer, writes fail in time, and work again when one returns")
  func minority() async throws {
    try await withCluster { cluster in
      _ = try await cluster.query(1, "CREATE TABLE load (id bigint PRIMARY KEY, note text)")
      _ = try await cluster.query(1, "INSERT INTO load VALUES (1, 'kept')")
      try await eventually("the third node has the row") {
        let rows = try await cluster.query(3, "SET roost.read_level = 'stale'; SELECT count(*) FROM load")
        return rows.first?.first == "1"
      }
      try cluster.signal(1, SIGKILL)
      try cluster.signal(2, SIGKILL)
      let stale = try await cluster.query(3, "SET roost.read_level = 'stale'; SELECT note FROM load")
      #expect(stale == [["kept"]])
      var refusal: PostgresClientError?
      try await eventually("a write is refused") {
        do {
          _ = try await cluster.query(3, "INSERT INTO load VALUES (2, 'refused')")
          Issue.record("a write succeeded without a quorum")
        } catch let error as PostgresClientError where error.code != "40003" {
          refusal = error
        } catch is PostgresClientError {
          // It was on its way to a leader whose end this node had not noticed yet.
        }
        return refusal != nil
      }
      let error = try #require(refusal)
      #expect(error.code.hasPrefix("57P"), "\(error)")
      #expect(error.description.contains("node1") && error.description.contains("node2"), "\(error)")
      try cluster.restart(1)
      try await eventually("writes work again") {
        (try? await cluster.query(3, "INSERT INTO load VALUES (3, 'again')")) != nil
      }
      let rows = try await cluster.query(1, "SELECT id FROM load ORDER BY id")
      #expect(rows.first == ["1"])
      #expect(rows.last == ["3"])
    }
  }

  private static func check(_ cluster: DemoCluster, _ record: InsertLoad.Record, on node: Int) async throws {
    let rows = try await cluster.query(node, "SELECT id FROM load")
    let stored = rows.compactMap { $0.first.flatMap { $0 }.flatMap { Int($0) } }
    let present = Set(stored)
    #expect(present.count == stored.count, "a row is there twice")
    let missing = record.acknowledged.filter { !present.contains($0) }
    #expect(missing.isEmpty, "\(missing.count) acknowledged rows are missing, as \(missing.prefix(5))")
    #expect(
      record.errors.keys.allSatisfy { ["08006", "08003", "08001", "40003", "57P01", "57P03"].contains($0) },
      "\(record.errors)")
  }

  private static func activeNodes(_ cluster: DemoCluster, _ node: Int) throws -> Int {
    let nodes = try cluster.status(node)["nodes"] as? [[String: Any]] ?? []
    return nodes.count { $0["status"] as? String == "active" }
  }

  /// The longest time between two acknowledgements, of those that end after `start`.
  private static func longestGap(_ times: [Double], after start: Double) -> Double {
    let sorted = times.sorted()
    var longest = 0.0
    for (earlier, later) in zip(sorted, sorted.dropFirst()) where later > start {
      longest = max(longest, later - max(earlier, start))
    }
    return longest
  }
}
