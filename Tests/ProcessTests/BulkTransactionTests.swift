import Foundation
import RoostPostgresClient
import Testing

/// Transactions of many thousand rows between real processes, which go from node to node and into the log in slices.
@Suite("Large transactions", .serialized)
struct BulkTransactionTests {
  private static let rows = 20_000

  @Test("through any node, beside small writers of the same and of another table, nobody loses and the leader stays")
  func besideSmallWriters() async throws {
    try await withTemporaryDirectory { directory in
      try await withNodes(in: directory) { cluster in
        let setup = try await cluster.connect(1)
        _ = try await setup.query("CREATE TABLE t (id int PRIMARY KEY, v text)")
        // A machine that stands still for a moment may cost the leader its place, but not with each transaction.
        var calm = 0
        for node in cluster.nodes {
          let term = cluster.status(1)?.groups.last?.term
          let small = Task {
            let client = try await cluster.connect(node)
            var count = 0
            while !Task.isCancelled {
              // A row of its own in the table that is filled, outside what is inserted there.
              _ = try await client.query("INSERT INTO t VALUES (\(-1 - count - node * 1_000_000), 'small')")
              count += 1
            }
            try await client.close()
            return count
          }
          let client = try await cluster.connect(node)
          let first = node * Self.rows
          for statement in [
            "BEGIN", "INSERT INTO t SELECT \(first) + i, 'x' FROM generate_series(1, \(Self.rows)) i", "COMMIT",
            "UPDATE t SET v = 'y' WHERE id > \(first)",
          ] { _ = try await client.query(statement) }
          try await client.close()
          small.cancel()
          let count = try await small.value
          #expect(count > 0)
          #expect(
            try await setup.query("SELECT count(*) FROM t WHERE v = 'y' AND id > \(first)").last?.rows.first?.first
              == "\(Self.rows)")
          if cluster.status(1)?.groups.last?.term == term { calm += 1 }
        }
        #expect(calm >= 2, "of three times nobody stood for election")
        try await setup.close()
      }
    }
  }

  @Test("killed anywhere, a large transaction is there as a whole or not at all, and it is if it was acknowledged")
  func kills() async throws {
    try await withTemporaryDirectory { directory in
      try await withNodes(in: directory) { cluster in
        let setup = try await cluster.connect(1)
        _ = try await setup.query("CREATE TABLE t (round int, id int, PRIMARY KEY (round, id))")
        try await setup.close()
        for round in 1...6 {
          guard let leader = cluster.leader() else { throw DemoCluster.Failure(description: "no leader") }
          let through = round.isMultiple(of: 2) ? leader : leader % 3 + 1
          let victim = round.isMultiple(of: 3) ? through : leader
          let client = try await cluster.connect(through)
          let insert = Task {
            try? await client.query(
              "INSERT INTO t SELECT \(round), i FROM generate_series(1, \(Self.rows)) i"
            ).last?.tag == "INSERT 0 \(Self.rows)"
          }
          // Another moment in each round: while it computes, is sent, proposed, or unfolded.
          try await Task.sleep(for: .milliseconds(40 + 80 * round))
          try cluster.signal(victim, SIGKILL)
          let isAcknowledged = await insert.value ?? false
          _ = try await cluster.ended(victim)
          try cluster.start(victim)
          try await eventually("node\(victim) is back", within: .seconds(30)) {
            cluster.leader().map { cluster.activeNodes(seenBy: $0) == 3 } ?? false
          }
          for node in cluster.nodes {
            let reader = try await cluster.connect(node)
            let count = try await reader.query("SELECT count(*) FROM t WHERE round = \(round)").last?.rows.first?.first
            #expect(count == "\(Self.rows)" || (count == "0" && !isAcknowledged), "round \(round) at node\(node)")
            try? await reader.close()
          }
        }
      }
    }
  }
}
