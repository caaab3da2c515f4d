import RoostBase
import RoostMembership
import RoostPlatform
import RoostRaft
import RoostStore

/// Ends what ``MembershipDriver`` has carried out, where this node leads the system group: a node that is in no group any
/// more is written down as gone, and learns of it. And it forgets nodes that were admitted and never came.
///
/// ```
///   member ──(order)──▶ leaving ──(in no group any more)──▶ removed
///      └──(admitted, never ready, away for too long)──▶ leaving
/// ```
/// A leader that has diverged in some partition does not judge, for its own copy of that one tells nothing of the others:
/// it gives the system group to a voter that has not.
///
/// It keeps no plan: whoever leads next looks at the same records. How long somebody was away begins anew then. Touched on
/// the host's loop only.
final class DepartureDriver: @unchecked Sendable {
  private unowned let service: ClusterService
  /// How long a node that was admitted and never voted everywhere may be away.
  private let admissionTimeLimit: Duration
  private var absentSince: [NodeID: Instant] = [:]
  private var timer: (any LoopTimer)?
  private var task: Task<Void, Never>?

  private static let interval = Duration.milliseconds(250)
  /// Groups that are asked for their present members at the same time.
  private static let batch = 64

  init(service: ClusterService, admissionTimeLimit: Duration) {
    self.service = service
    self.admissionTimeLimit = admissionTimeLimit
  }

  func start() { arm() }

  func stop() {
    timer?.cancel()
    task?.cancel()
  }

  private func arm() {
    timer = service.host.loop.schedule(at: service.host.loop.now + DepartureDriver.interval) { [weak self] in
      guard let self else { return }
      look()
      arm()
    }
  }

  private func look() {
    guard service.leadsSystem, !handOverIfDiverged() else { return absentSince.removeAll() }
    forgetAbsent()
    guard task == nil, !service.registry.nodes(.leaving).isEmpty else { return }
    let orders = service.orders(service.registry)
    let out = orders.registry.nodes(.leaving).filter { orders.partitions(of: $0) == 0 }
    guard !out.isEmpty else { return }
    task = Task(executorPreference: service.executor) { [self] in
      for record in out { await finish(record.id) }
      task = nil
    }
  }

  /// Gives the leadership of the system group away if this node has diverged in some partition.
  ///
  /// - Returns: whether it has diverged, and so must not judge.
  private func handOverIfDiverged() -> Bool {
    let host = service.host
    let own = host.configuration.node
    guard host.condition(of: own).contains(.diverged) else { return false }
    let voters = host.status(of: .system)?.configuration.voters ?? []
    let leaving = Set(service.registry.nodes(.leaving).map(\.id))
    let judges = DepartureDriver.judges(
      among: voters.subtracting([own]).subtracting(leaving), condition: { host.condition(of: $0) },
      isReachable: { host.isReachable($0) }, match: { host.matchedIndex(of: $0, in: .system) ?? .zero })
    if let best = judges.first { host.transferLeadership(of: .system, to: best) }
    return true
  }

  /// Who can judge instead of a leader that has diverged: voters that are there and have not, the one with most of the log
  /// first; who has trouble with its disk only if nobody else is left.
  static func judges(
    among voters: Set<NodeID>, condition: (NodeID) -> NodeCondition, isReachable: (NodeID) -> Bool,
    match: (NodeID) -> LogIndex
  ) -> [NodeID] {
    voters.filter { isReachable($0) && !condition($0).contains(.diverged) }.sorted { left, right in
      let (leftIsWell, rightIsWell) = (condition(left).isEmpty, condition(right).isEmpty)
      if leftIsWell != rightIsWell { return leftIsWell }
      let (leftMatch, rightMatch) = (match(left), match(right))
      return leftMatch == rightMatch ? left < right : leftMatch > rightMatch
    }
  }

  /// Writes down that a node is gone, once every group's leader confirms that it is no member: this node's own copies may
  /// lag behind.
  private func finish(_ node: NodeID) async {
    let groups = service.host.status().map(\.id)
    let options = TransactionOptions(timeLimit: .seconds(5))
    do {
      for first in stride(from: 0, to: groups.count, by: DepartureDriver.batch) {
        try Task.checkCancellation()
        let host = service.host
        try await withThrowingTaskGroup(of: Void.self) { tasks in
          for group in groups[first..<min(first + DepartureDriver.batch, groups.count)] {
            tasks.addTask { _ = try await ClusterBackend(host: host, group: group).openView(options) }
          }
          try await tasks.waitForAll()
        }
      }
      guard service.leadsSystem, !service.host.status().contains(where: { $0.configuration.members.contains(node) })
      else { return }
      let now = service.wallClock()
      try await service.system.withTransaction(options) { transaction in
        let key = NodeRecord.key(of: node)
        guard var record = try await transaction.get(key).flatMap({ NodeRecord.decode($0, of: node) }),
          record.standing == .leaving
        else { return }
        record.retiredAt = now
        try transaction.put(key, record.encoded())
      }
    } catch {
      // Leadership changed, or a group has no majority just now: the next look tries again.
    }
  }

  // MARK: Nodes that never came

  private func forgetAbsent() {
    let host = service.host
    let absent = service.registry.nodes(.member).filter {
      $0.id != host.configuration.node && !host.isConnected(to: $0.id)
    }
    let ids = Set(absent.map(\.id))
    absentSince = absentSince.filter { ids.contains($0.key) }
    guard !absent.isEmpty else { return }
    let groups = host.status()
    for record in absent {
      guard !groups.allSatisfy({ $0.configuration.voters.contains(record.id) }) else { continue }
      let since = absentSince[record.id] ?? host.loop.now
      absentSince[record.id] = since
      guard since + admissionTimeLimit <= host.loop.now else { continue }
      absentSince[record.id] = nil
      service.forget(record)
    }
  }
}

extension ClusterService {
  /// Takes out a node that was admitted and never became ready.
  func forget(_ record: NodeRecord) {
    let known = orders(registry)
    let now = wallClock()
    Task(executorPreference: executor) { [self] in
      let outcome = try? await system.withTransaction(TransactionOptions(timeLimit: .seconds(5))) { transaction in
        let outcome = known.with(try await Registry(in: transaction)).takeOut(record.name, number: record.id.rawValue)
        if case .allowed(var record) = outcome, record.standing == .member {
          record.leavingAt = now
          record.departure = .neverReady
          try transaction.put(NodeRecord.key(of: record.id), record.encoded())
        }
        return outcome
      }
      switch outcome {
      case .allowed?: events(.forgotten(record.name, nil))
      case .refused(let reason)?: events(.forgotten(record.name, reason))
      default: break
      }
    }
  }
}
