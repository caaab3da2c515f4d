import NIOCore
import NIOPosix
import RoostBase
import RoostPlatform
import RoostPostgresClient
import RoostTransport
import Synchronization

/// A closed loop over SQL: every client has a connection of its own, spread over the nodes given, and runs prepared
/// statements.
final class SQLLoad: Sendable {
  private struct State {
    var record = LoadRecord()
    var nextRow: UInt64
    var generator: SeededGenerator
    var running = 0
  }

  private let plan: LoadPlan
  private let state: Mutex<State>
  private let payload: String

  /// Accounts of `bank`; each starts with this much.
  private static let balance = 1000

  init(_ plan: LoadPlan, seed: UInt64) {
    self.plan = plan
    // Rows of several runs must not collide: ids begin at a random place well below 2^53.
    state = Mutex(State(nextRow: seed >> 12 & ~0xFF_FFFF, generator: SeededGenerator(seed: seed)))
    payload = String(repeating: "v", count: plan.valueSize)
  }

  func run(_ cluster: RemoteCluster, addresses: [PeerAddress]) async throws(CommandFailure) -> LoadRecord {
    do {
      try await prepareTable(cluster)
      let clock = NIOLoop(cluster.group.next())
      let countsFrom = clock.now + .seconds(plan.warmUpSeconds)
      let endsAt = countsFrom + .seconds(plan.seconds)
      try await withThrowingTaskGroup(of: Void.self) { tasks in
        for number in 0..<plan.clients {
          let address = addresses[number % addresses.count]
          tasks.addTask {
            let client = try await cluster.sql(at: address, applicationName: "roost bench")
            try await client.prepare(self.statement, name: "s")
            await self.loop(client, clock, countsFrom, endsAt)
            try? await client.close()
          }
        }
        try await tasks.waitForAll()
      }
      return state.withLock { $0.record }
    } catch {
      throw CommandFailure("\(error)")
    }
  }

  private var statement: String {
    switch plan.kind {
    case .sqlInsert: "INSERT INTO roost_bench_rows VALUES ($1, $2)"
    case .bank: "UPDATE roost_bench_accounts SET balance = balance + $2 WHERE id = $1"
    default: "SELECT value FROM roost_bench_keys WHERE id = $1"
    }
  }

  private func prepareTable(_ cluster: RemoteCluster) async throws {
    let client = try await cluster.sql()
    switch plan.kind {
    case .sqlInsert:
      _ = try await client.query("CREATE TABLE IF NOT EXISTS roost_bench_rows (id bigint PRIMARY KEY, value text)")
    case .bank:
      try await fill(
        client, table: "roost_bench_accounts", columns: "id bigint PRIMARY KEY, balance bigint",
        value: "\(SQLLoad.balance)")
    default:
      try await fill(
        client, table: "roost_bench_keys", columns: "id bigint PRIMARY KEY, value text", value: "'\(payload)'")
    }
    try? await client.close()
  }

  private func fill(_ client: PostgresClient, table: String, columns: String, value: String) async throws {
    _ = try await client.query("DROP TABLE IF EXISTS \(table)")
    _ = try await client.query("CREATE TABLE \(table) (\(columns))")
    for first in stride(from: 0, to: plan.keys, by: 500) {
      let rows = (first..<min(first + 500, plan.keys)).map { "(\($0), \(value))" }
      _ = try await client.query("INSERT INTO \(table) VALUES \(rows.joined(separator: ", "))")
    }
  }

  private func loop(_ client: PostgresClient, _ clock: NIOLoop, _ countsFrom: Instant, _ endsAt: Instant) async {
    if plan.kind == .bank { return await transfers(client, clock, countsFrom, endsAt) }
    await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
      @Sendable func issue() {
        let start = clock.now
        guard start < endsAt else { return continuation.resume() }
        client.execute("s", parameters: parameters(), keepsRows: false) { [self] reply in
          let now = clock.now
          if start >= countsFrom, now <= endsAt {
            state.withLock { state in
              if let error = reply.error {
                state.record.failed(error.code)
              } else {
                state.record.succeeded(nanoseconds: now.nanoseconds - start.nanoseconds)
              }
            }
          }
          if reply.error?.code.hasPrefix("08") == true { continuation.resume() } else { issue() }
        }
      }
      issue()
    }
  }

  private func parameters() -> [String?] {
    state.withLock { state in
      guard plan.kind == .sqlInsert else { return [String(state.generator.next() % UInt64(plan.keys))] }
      state.nextRow += 1
      return [String(state.nextRow), payload]
    }
  }

  /// Moves one unit between two accounts in a transaction; a conflict counts as an error and is not tried again.
  private func transfers(_ client: PostgresClient, _ clock: NIOLoop, _ countsFrom: Instant, _ endsAt: Instant) async {
    while clock.now < endsAt {
      let start = clock.now
      let (from, to) = state.withLock { state in
        (state.generator.next() % UInt64(plan.keys), state.generator.next() % UInt64(plan.keys))
      }
      var failure: String?
      do {
        _ = try await client.query("BEGIN")
        try await client.execute("s", parameters: [String(from), "-1"])
        try await client.execute("s", parameters: [String(to), "1"])
        _ = try await client.query("COMMIT")
      } catch {
        failure = (error as? PostgresClientError)?.code ?? "\(error)"
        _ = try? await client.query("ROLLBACK")
      }
      let now = clock.now
      guard start >= countsFrom, now <= endsAt else { continue }
      state.withLock { state in
        if let failure {
          state.record.failed(failure)
        } else {
          state.record.succeeded(nanoseconds: now.nanoseconds - start.nanoseconds)
        }
      }
    }
  }
}
