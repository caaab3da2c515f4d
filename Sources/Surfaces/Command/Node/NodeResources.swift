import RoostBase
import RoostPlatform
import RoostPostgresWire
import RoostTransport
import Synchronization

/// What the system grants this process: descriptors and memory, and how they are divided.
struct NodeResources: Sendable {
  let descriptors: DescriptorBudget
  let memory: NodeMemory
  private let setting: Int?
  /// The SQL port, once it is open.
  let sql = ServerSlot()

  /// Raises the limit of descriptors, and looks how much memory there is.
  init(_ settings: NodeSettings) throws(CommandFailure) {
    let limit = DescriptorLimit.raise()
    guard limit >= DescriptorBudget.minimum else {
      throw CommandFailure(
        "a node needs at least \(DescriptorBudget.minimum) open files, and the system allows \(limit): "
          + "raise the limit (ulimit -n)")
    }
    ResidentMemory.prepare()
    guard let reclaimer = MemoryReclaimer() else { throw CommandFailure("the system refuses to start a thread") }
    descriptors = DescriptorBudget(limit: limit)
    setting = settings.limits.memory
    memory = NodeMemory(
      limit: MemoryLimits.read().limit(setting: setting), resident: { ResidentMemory.bytes() },
      reclaim: { done in reclaimer.reclaim(done) })
  }

  /// What is used and what was refused, for the node's status.
  var counters: [String: UInt64] {
    var counters = [
      "descriptor_limit": UInt64(descriptors.limit), "memory_limit": UInt64(clamping: memory.limit),
      "memory_reserved": UInt64(clamping: memory.used), "memory_refusals": UInt64(clamping: memory.refusals),
    ]
    if let inUse = DescriptorLimit.inUse() { counters["descriptors_used"] = UInt64(inUse) }
    if let resident = ResidentMemory.bytes() { counters["memory_resident"] = UInt64(clamping: resident) }
    if let statistics = sql.statistics {
      counters["sql_connections"] = UInt64(clamping: statistics.openConnections)
      counters["sql_sessions"] = UInt64(clamping: statistics.sessions)
      counters["sql_refused_connections"] = UInt64(clamping: statistics.refusedConnections)
    }
    return counters
  }

  /// Follows changes of the control group's limit, which an operator may make while the node runs.
  func watch(on loop: NIOLoop) {
    loop.schedule(at: loop.now + .seconds(1)) { [self] in
      if let limits = MemoryLimits.readAgain() { memory.setLimit(limits.limit(setting: setting)) }
      watch(on: loop)
    }
  }
}

/// The SQL server of a node, which opens after the counters were asked for the first time.
final class ServerSlot: Sendable {
  private let server = Mutex<PostgresServer?>(nil)

  func set(_ server: PostgresServer) { self.server.withLock { $0 = server } }

  var statistics: PostgresServerStatistics? { server.withLock { $0 }?.statistics }
}

/// Returns freed memory to the system on a thread of its own, one request at a time: it takes too long for a loop.
final class MemoryReclaimer: Sendable {
  private let worker: ThreadWorker
  private let isUnderWay = Atomic(false)

  init?() {
    guard let worker = ThreadWorker() else { return nil }
    self.worker = worker
  }

  /// Calls `done` afterwards, unless a reclamation is under way already.
  func reclaim(_ done: @escaping @Sendable () -> Void) {
    guard !isUnderWay.exchange(true, ordering: .relaxed) else { return }
    worker.submit { [self] in
      ResidentMemory.trim()
      done()
      isUnderWay.store(false, ordering: .relaxed)
    }
  }
}
