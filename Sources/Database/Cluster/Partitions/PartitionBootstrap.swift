import RoostBase
import RoostPlatform
import RoostRaft
import RoostStore

/// Writes the records of the partitions that a cluster is founded with, where this node leads the system group.
///
/// It begins when every node that the cluster is started with is registered and votes, for these become the founders of
/// every partition. Whoever leads finds the plan and the records that are there already, and writes those that are
/// missing; so a leader that dies half-way loses nothing. Touched on the host's loop only.
final class PartitionBootstrap: @unchecked Sendable {
  private let host: GroupHost
  private let system: ClusterBackend
  private let executor: LoopTaskExecutor
  /// What this node was started with.
  private let wantedCount: Int
  private let nodeCount: Int
  /// As applied on this node.
  private(set) var plan: PartitionPlan?
  private var known: Set<GroupID> = []
  private var task: Task<Void, Never>?
  private var timer: (any LoopTimer)?
  /// The registered nodes, in order.
  var nodes: [NodeID] = [] { didSet { look() } }

  private static let interval = Duration.milliseconds(50)
  /// Records that are written in one transaction.
  private static let batch = 256
  /// How long the groups of one transaction are waited for before the next one.
  private static let patience = Duration.seconds(10)

  /// - Parameters:
  ///   - wantedCount: partitions to found, if the cluster has no plan yet.
  ///   - nodeCount: nodes that the cluster is started with.
  init(host: GroupHost, system: ClusterBackend, executor: LoopTaskExecutor, wantedCount: Int, nodeCount: Int) {
    self.host = host
    self.system = system
    self.executor = executor
    self.wantedCount = wantedCount
    self.nodeCount = nodeCount
  }

  /// Whether every partition of the plan is on this node; a plan that is wanted and not there yet is waited for.
  var isComplete: Bool { known.count >= plan?.count ?? wantedCount }

  func stop() {
    timer?.cancel()
    task?.cancel()
  }

  // MARK: What the system group says

  func apply(_ writes: [CommitRequest.Write]) {
    for write in writes {
      if write.key == PartitionPlan.key {
        plan = write.value.flatMap(PartitionPlan.decode)
        look()
      } else if let group = PartitionRecord.group(of: write.key), let value = write.value {
        create(group, value)
      }
    }
  }

  /// Reads everything anew, after a start or a snapshot.
  func load(from view: any LocalReadView) throws(StoreError) {
    plan = try view.get(PartitionPlan.key).flatMap(PartitionPlan.decode)
    try view.forEach(KeyRange(prefix: PartitionRecord.prefix)) { pair in
      if let group = PartitionRecord.group(of: pair.key) { create(group, pair.value) }
    }
    look()
  }

  private func create(_ group: GroupID, _ value: [UInt8]) {
    guard let record = PartitionRecord.decode(value, of: group) else {
      return host.fail("the record of partition \(group) can't be read by this version")
    }
    do {
      try host.createGroup(record.descriptor, founders: Set(record.founders))
      known.insert(group)
    } catch {
      host.fail("partition \(group) can't be opened: \(error)")
    }
  }

  // MARK: Founding

  /// Begins or goes on, if it is this node's turn and something is missing.
  func look() {
    guard task == nil, !isComplete, let status = host.status(of: .system), status.role == .leader else { return }
    guard status.isServing, let plan = plan ?? newPlan(status.configuration) else { return arm() }
    task = Task(executorPreference: executor) { [self] in
      do {
        try await found(plan)
      } catch {
        // Leadership changed, or the quorum is gone: the next look tries again.
        await rest()
      }
      task = nil
      if !Task.isCancelled { look() }
    }
  }

  /// Nil while somebody is missing.
  private func newPlan(_ configuration: Configuration) -> PartitionPlan? {
    guard nodes.count >= nodeCount, !configuration.isJoint, configuration.voters.isSuperset(of: nodes) else {
      return nil
    }
    return PartitionPlan(count: wantedCount, founders: nodes)
  }

  private func arm() {
    timer?.cancel()
    timer = host.loop.schedule(at: host.loop.now + PartitionBootstrap.interval) { [weak self] in self?.look() }
  }

  private func found(_ proposal: PartitionPlan) async throws {
    let options = TransactionOptions(timeLimit: .seconds(5))
    let plan = try await system.withTransaction(options) { transaction in
      if let plan = try await transaction.get(PartitionPlan.key).flatMap(PartitionPlan.decode) { return plan }
      try transaction.put(PartitionPlan.key, proposal.encoded())
      return proposal
    }
    for first in stride(from: 0, to: plan.count, by: PartitionBootstrap.batch) {
      let batch = first..<min(first + PartitionBootstrap.batch, plan.count)
      try Task.checkCancellation()
      try await system.withTransaction(options) { transaction in
        let keys = batch.map { PartitionRecord.key(of: plan.group($0)) }
        for (index, isKnown) in zip(batch, try await transaction.contains(keys)) where !isKnown {
          try transaction.put(PartitionRecord.key(of: plan.group(index)), plan.record(index).encoded())
        }
      }
      try await waitForLeaders(batch.map(plan.group))
    }
  }

  /// Thousands of elections at once would keep all nodes from what keeps their leaders in office.
  private func waitForLeaders(_ groups: [GroupID]) async throws {
    let deadline = host.loop.now + PartitionBootstrap.patience
    for group in groups {
      while host.status(of: group)?.leader == NodeID.none, host.loop.now < deadline {
        try Task.checkCancellation()
        await rest()
      }
    }
  }

  private func rest() async {
    await host.loop.rest(for: .milliseconds(10))
  }
}
