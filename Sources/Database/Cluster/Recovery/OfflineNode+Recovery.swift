import RoostBase
import RoostPlatform
import RoostStorage
import RoostStore

/// Making the node the only one of its cluster.
extension OfflineNode {
  /// Gives back the reserve of disk space if the disk has next to no room left, as a node does at its start.
  ///
  /// - Returns: whether there was any to give back.
  @discardableResult
  public func releaseReserveIfNeeded() throws(NodeError) -> Bool {
    do { return try Ballast.releaseIfNeeded(on: disk) } catch { throw .disk(error) }
  }

  /// Makes this node the only one of its cluster. What a crash interrupts is done by doing it again.
  ///
  /// - Parameter milliseconds: the wall clock.
  public func goOnAlone(milliseconds: UInt64) throws(NodeError) {
    try releaseReserveIfNeeded()
    do {
      let space = try disk.space()
      let engine = try openState(RocksOptions(diskCapacity: space.capacity))
      defer { engine.close() }
      // Only now: a directory whose state does not open stays as it was.
      try disk.replaceFile(OfflineNode.markName, with: Array("run `roost recover-quorum` again\n".utf8))
      let logStore = try LogStore(
        disk: disk, directory: "log", options: LogOptions(diskCapacity: space.capacity), mayCreate: false)
      defer { logStore.close() }
      let groups = try OfflineGroups(
        engine: engine, logStore: logStore, disk: disk, node: node, descriptors: survey.descriptors)
      let context = Array("recover-quorum \(name) \(milliseconds)".utf8)
      // The records come last: as long as they name others, the work is seen to be unfinished.
      for (group, founders) in survey.founders.sorted(by: { $0.key > $1.key }) {
        try groups.makeSoleVoter(
          of: try groups.standing(of: group, founders: founders),
          writing: group == .system ? records(milliseconds) : [], milliseconds: milliseconds, context: context)
      }
      identity.peers = []
      try identity.save(to: disk)
      try disk.remove(OfflineNode.markName)
      try disk.syncDirectory("")
    } catch {
      throw .recovery("\(directory): \(error)")
    }
  }

  /// A state that was found damaged is put aside. One that was found sound and does not open now is not.
  private func openState(_ options: RocksOptions) throws -> RocksEngine {
    guard let damage = survey.stateDamage else {
      return try RocksEngine(path: "\(directory)/\(StateDirectory.name)", options: options)
    }
    if try StateDirectory.damage(on: disk) == nil { try StateDirectory.markDamaged(damage, on: disk) }
    return try StateDirectory.open(on: disk, root: directory, options: options) { _ in }.engine
  }

  /// What the cluster's records say from now on.
  private func records(_ milliseconds: UInt64) -> [CommitRequest.Write] {
    let registry = survey.registry
    var writes: [CommitRequest.Write] = []
    func give(up record: NodeRecord) {
      var record = record
      record.retiredAt = milliseconds
      record.departure = .quorumLost
      writes.append(.init(key: NodeRecord.key(of: record.id), value: record.encoded()))
    }
    for var record in registry.all {
      if record.id == node {
        record.leavingAt = nil
        record.departure = nil
        if record != registry[node] { writes.append(.init(key: NodeRecord.key(of: node), value: record.encoded())) }
      } else if record.standing == .member || record.standing == .leaving {
        give(up: record)
      }
    }
    for other in others where registry[NodeID(other.number)] == nil {
      give(
        up: NodeRecord(
          id: NodeID(other.number), name: other.name, pid: 0, peerAddress: other.peerAddress?.description ?? "",
          sqlAddress: "", locality: [:], startedAt: 0, incarnation: 0))
    }
    // No number is given a second time, not even one that the records have forgotten.
    let next = (registry.ids + others.map { NodeID($0.number) } + [node]).map(\.rawValue).max().map { $0 &+ 1 } ?? 1
    if survey.nextNumber ?? 0 < next {
      writes.append(.init(key: NodeRecord.counterKey, value: NodeRecord.encodedNumber(next)))
    }
    if var plan = survey.plan, plan.founders != [node] {
      // Partitions that are still to be founded are founded here alone.
      plan.founders = [node]
      writes.append(.init(key: PartitionPlan.key, value: plan.encoded()))
    }
    return writes.sorted { $0.key < $1.key }
  }
}
