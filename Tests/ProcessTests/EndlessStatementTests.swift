import Foundation
import RoostPostgresClient
import Synchronization
import Testing

/// Statements that would take hours: they end when they are told to, and nobody else notices them.
@Suite("Endless statements", .serialized)
struct EndlessStatementTests {
  /// Joins, frames that are added up anew, long conditions, series: each in another loop over data.
  private static let endless = [
    "SELECT count(*) FROM s a, s b, s c",
    "SELECT max(x) FROM (SELECT sum(f) OVER (ORDER BY id ROWS BETWEEN 10000 PRECEDING AND 10000 FOLLOWING) x FROM s) y",
    "SELECT count(*) FROM s a, s b WHERE "
      + (0..<10_000).map { "a.v = 'x\($0)' || b.v" }.joined(separator: " OR "),
    "SELECT sum(CASE " + (0..<10_000).map { "WHEN a.id + b.id = -\($0) THEN \($0)" }.joined(separator: " ")
      + " ELSE 0 END) FROM s a, s b",
    "SELECT max(x) FROM generate_series(1, 1000000000000) x",
    "SELECT count(*) FROM s a WHERE EXISTS (SELECT 1 FROM s b, s c WHERE b.id + c.id = -a.id)",
    "SELECT a.v, b.v FROM s a, s b, s c ORDER BY a.id + b.id DESC LIMIT 5",
    "DELETE FROM s WHERE id IN (SELECT a.id FROM s a, s b, s c WHERE a.id + b.id + c.id = -1)",
  ]

  private func fill(_ cluster: NodeCluster) async throws {
    let client = try await cluster.connect(1)
    _ = try await client.query("CREATE TABLE s (id int PRIMARY KEY, v text, f float8)")
    _ = try await client.query("INSERT INTO s SELECT i, 'v' || i, i * 0.1 FROM generate_series(1, 20000) i")
    try await client.close()
  }

  @Test("each ends at its limit and at a cancel while other sessions are answered; SIGTERM ends the node")
  func ends() async throws {
    try await withTemporaryDirectory { directory in
      try await withNodes([.init()], in: directory) { cluster in
        try await fill(cluster)
        let limited = try await codes(cluster) { client in
          _ = try await client.query("SET statement_timeout = '2s'")
        }
        #expect(limited == Array(repeating: "57014", count: Self.endless.count))
        let cancelled = try await codes(cluster, cancels: true) { _ in }
        #expect(cancelled == Array(repeating: "57014", count: Self.endless.count))

        // Nobody is told, and the node ends all the same.
        var clients: [PostgresClient] = []
        for text in Self.endless {
          let client = try await cluster.connect(1)
          client.query(text) { _ in }
          clients.append(client)
        }
        try cluster.signal(1, SIGTERM)
        #expect(try await cluster.ended(1, within: .seconds(60)) == 0)
        for client in clients { try? await client.close() }
      }
    }
  }

  /// Runs all statements at once, and short ones meanwhile on two more sessions, for both loops.
  private func codes(
    _ cluster: NodeCluster, cancels: Bool = false, _ prepare: @escaping @Sendable (PostgresClient) async throws -> Void
  ) async throws -> [String] {
    try await withThrowingTaskGroup(of: (Int, String).self) { group in
      for (number, text) in Self.endless.enumerated() {
        let client = try await cluster.connect(1)
        try await prepare(client)
        group.addTask {
          let code = ErrorCode()
          client.query(text) { reply in code.value.withLock { $0 = reply.error?.code ?? "none" } }
          try await eventually("statement \(number) ends", within: .seconds(90)) {
            // What comes before the statement has begun cancels nothing.
            if cancels { try await client.cancel() }
            return code.value.withLock { $0 } != nil
          }
          try await client.close()
          return (number, code.value.withLock { $0 } ?? "")
        }
      }
      let others = [try await cluster.connect(1), try await cluster.connect(1)]
      for number in 0..<100 {
        let result = try await others[number % 2].query("SELECT v FROM s WHERE id = \(number + 1)")
        #expect(result.first?.rows == [["v\(number + 1)"]])
      }
      for other in others { try await other.close() }
      var codes = Array(repeating: "", count: Self.endless.count)
      for try await (number, code) in group { codes[number] = code }
      return codes
    }
  }
}

/// What a statement ended with.
private final class ErrorCode: Sendable {
  let value = Mutex<String?>(nil)
}
