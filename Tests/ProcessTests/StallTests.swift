import Foundation
import RoostPostgresClient
import Testing

/// The machine stalls on which all nodes run, as virtual machines do.
@Suite("All nodes stand still together", .serialized)
struct StallTests {
  @Test("when they go on, who led leads on, in its term, and no client meets an error")
  func stalls() async throws {
    try await withTemporaryDirectory { directory in
      try await withNodes(in: directory) { cluster in
        let client = try await cluster.connect(1)
        _ = try await client.query("CREATE TABLE t (id int PRIMARY KEY)")
        let terms = cluster.status(1)?.groups.map(\.term)
        let load = Task {
          var count = 0
          while !Task.isCancelled {
            _ = try await client.query("INSERT INTO t VALUES (\(count))")
            count += 1
          }
          return count
        }
        for _ in 1...6 {
          for node in cluster.nodes { try cluster.signal(node, SIGSTOP) }
          try await Task.sleep(for: .milliseconds(400))
          for node in cluster.nodes { try cluster.signal(node, SIGCONT) }
          try await Task.sleep(for: .milliseconds(200))
        }
        load.cancel()
        #expect(try await load.value > 0)
        #expect(cluster.status(1)?.groups.map(\.term) == terms)
        try await client.close()
      }
    }
  }
}
