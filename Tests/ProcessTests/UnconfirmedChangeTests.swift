import RoostPostgresClient
import Testing

/// Changes that begin with what their node has applied, at nodes that lag behind one another.
@Suite("Changes through several nodes", .serialized)
struct UnconfirmedChangeTests {
  @Test("a change through any node finds what was acknowledged by another one")
  func oneAfterTheOther() async throws {
    try await withCluster { cluster in
      _ = try await cluster.query(1, "CREATE TABLE t (a int PRIMARY KEY, n int)")
      var clients: [PostgresClient] = []
      for node in 1...3 { clients.append(try await cluster.connect(node)) }
      // The same texts again and again, so that their plans are known.
      let steps = [
        ("INSERT INTO t VALUES (1, 0)", "INSERT 0 1"), ("UPDATE t SET n = n + 1 WHERE a = 1", "UPDATE 1"),
        ("DELETE FROM t WHERE a = 1", "DELETE 1"),
      ]
      for turn in 0..<40 {
        for (number, (text, tag)) in steps.enumerated() {
          // Each statement comes to each node, sooner or later.
          let client = clients[(turn + number * (1 + turn / 3 % 2)) % 3]
          #expect(try await client.query(text).last?.tag == tag, "\(text) in turn \(turn)")
        }
      }
      for client in clients { try await client.close() }
    }
  }

  @Test("a counter that all nodes change at once counts every acknowledged change once")
  func counter() async throws {
    try await withCluster { cluster in
      _ = try await cluster.query(1, "CREATE TABLE t (a int PRIMARY KEY, n int)")
      _ = try await cluster.query(1, "INSERT INTO t VALUES (1, 0)")
      let acknowledged = try await withThrowingTaskGroup(of: Int.self) { group in
        for node in 1...3 {
          group.addTask {
            let client = try await cluster.connect(node)
            var count = 0
            for _ in 0..<60 {
              do {
                if try await client.query("UPDATE t SET n = n + 1 WHERE a = 1").last?.tag == "UPDATE 1" { count += 1 }
              } catch let error as PostgresClientError where error.code == "40001" {
                // Lost ten times in a row: it was not done.
              }
            }
            try await client.close()
            return count
          }
        }
        return try await group.reduce(0, +)
      }
      #expect(acknowledged > 0)
      #expect(try await cluster.query(2, "SELECT n FROM t").first?.first == "\(acknowledged)")
    }
  }
}
