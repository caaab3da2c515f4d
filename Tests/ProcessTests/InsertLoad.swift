import Foundation
import NIOCore
import RoostPostgresClient
import Synchronization

/// Clients that insert rows with ids of their own through given nodes, each waiting for its answer, and remember what
/// was acknowledged. A client whose connection breaks goes on with the next node; whose statement fails, with the next
/// id.
final class InsertLoad: Sendable {
  struct Record: Sendable {
    var acknowledged: [Int] = []
    /// Sent, but the answer was lost or told of an unknown outcome.
    var unknown = Set<Int>()
    /// When acknowledgements came, in seconds of the monotonic clock.
    var times: [Double] = []
    var errors: [String: Int] = [:]
  }

  private let ports: [Int]
  private let record = Mutex(Record())
  private let isStopped = Atomic(false)
  private let tasks = Mutex<[Task<Void, Never>]>([])

  init(ports: [Int]) { self.ports = ports }

  var snapshot: Record { record.withLock { $0 } }

  static var now: Double { Double(clock_gettime_nsec()) / 1e9 }

  func start(clients: Int, firstID: Int) {
    tasks.withLock { tasks in
      for client in 0..<clients {
        tasks.append(Task { await self.run(client, clients: clients, firstID: firstID) })
      }
    }
  }

  func stop() async -> Record {
    isStopped.store(true, ordering: .sequentiallyConsistent)
    for task in tasks.withLock({ $0 }) { await task.value }
    return snapshot
  }

  private func run(_ client: Int, clients: Int, firstID: Int) async {
    var id = firstID + client
    var target = client
    var connection: PostgresClient?
    while !isStopped.load(ordering: .sequentiallyConsistent) {
      if connection == nil {
        let port = ports[target % ports.count]
        connection = try? await PostgresClient.connect(
          host: "127.0.0.1", port: port, timeLimit: .seconds(1), group: DemoCluster.group)
        if connection == nil {
          target += 1
          try? await Task.sleep(for: .milliseconds(5))
          continue
        }
      }
      guard let current = connection else { continue }
      do {
        _ = try await current.query("INSERT INTO load VALUES (\(id), 'client \(client)')")
        let now = InsertLoad.now
        let done = id
        record.withLock { record in
          record.acknowledged.append(done)
          record.times.append(now)
        }
      } catch {
        let code = (error as? PostgresClientError)?.code ?? "?"
        let failed = id
        record.withLock { record in
          record.errors[code, default: 0] += 1
          record.unknown.insert(failed)
        }
        if code.hasPrefix("08") || code.hasPrefix("57") {
          try? await current.close()
          connection = nil
          target += 1
        }
      }
      id += clients
    }
    try? await connection?.close()
  }
}

private func clock_gettime_nsec() -> UInt64 {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}
