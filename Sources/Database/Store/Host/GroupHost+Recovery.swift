import RoostBase
public import RoostPlatform
import RoostRaft
public import RoostStorage

/// What a node can't start from.
public struct RecoveryError: Error, Sendable, CustomStringConvertible {
  public var description: String

  public init(description: String) { self.description = description }
}

extension GroupHost {
  /// Brings the log in line with the state engine where either was damaged, before anything is written: from then on
  /// every group can be recovered from both. What was found and done is in ``storageReport``.
  func repairLog() throws {
    storageReport += logStore.damageReport.map(\.description)
    let groupsOfState = try readingState { try GroupHost.groups(in: engine) }
    for group in Set(logStore.groups).union(groupsOfState).sorted() {
      let state = try groupState(group)
      var stand = SnapshotMetadata(index: state.applied, term: state.appliedTerm, configuration: state.configuration)
      if !state.installing.isEmpty {
        // Will be what the file is of, as soon as the group is recovered.
        stand = try readingState {
          let (file, header) = try SnapshotFile.open(state.installing, on: disk)
          file.close()
          return header.metadata
        }
      }
      switch try logStore.repair(group, stateAt: stand) {
      case .nothing: break
      case .markerMoved(let index):
        guard !logStore.damageReport.isEmpty else { break }
        storageReport.append("partition \(group): nothing is missing, its state has everything up to \(index)")
      case .cutBack(let last, let through):
        storageReport.append(
          "partition \(group): entries up to \(last) are sound; the rest is fetched from the other nodes, and this one "
            + "takes no part in elections before it has everything up to \(through)")
      }
    }
    try logStore.finishRepair()
  }

  /// Builds a replica from what the log and the engine kept.
  ///
  /// - Parameter founders: Who was in the group before its first entry.
  func recover(_ descriptor: GroupDescriptor, founders: Set<NodeID>) throws -> Replica {
    let group = descriptor.id
    var state = try groupState(group)
    // Kept with the state from the first entry on: later nobody asks who founded the group.
    if state.applied == .zero { state.configuration = Configuration(voters: founders) }
    if !state.installing.isEmpty {
      let old = state
      state = try readingState {
        try installFile(old.installing, of: group, range: descriptor.range, replacing: old, engine: engine, disk: disk)
      }
    }
    let log = logStore.group(group)
    let marker = log?.snapshot ?? SnapshotMetadata()
    let lastIndex = log?.lastIndex ?? .zero
    guard state.applied >= marker.index, log?.damage == nil else {
      throw RecoveryError(description: "partition \(group): its log and its state do not fit each other")
    }
    // The state engine opened with what it had made durable. Without this a group in which nothing happens any more would
    // keep the segments with what its marker replaced.
    logStore.release(group, through: marker.index)
    var restored = RestoredState(
      hardState: log?.hardState ?? HardState(), snapshot: marker, applied: state.applied,
      configuration: state.configuration, repairThrough: log?.repairThrough ?? .zero)
    if lastIndex > marker.index {
      restored.entries = try logStore.entries(
        of: group, from: marker.index.next, through: lastIndex, maxBytes: .max)
    }
    restored.hardState.commit = max(restored.hardState.commit, state.applied)

    var settings = RaftConfiguration(
      id: configuration.node, electionTimeout: configuration.electionTimeout,
      heartbeatInterval: configuration.heartbeatInterval,
      randomSeed: configuration.randomSeed &+ group.rawValue &* 0x9E37_79B9_7F4A_7C15)
    settings.maxCachedBytes = HostConfiguration.cachedLogBytes(ofEachOf: replicas.all.count + 1)
    settings.maxEntriesBytesPerMessage = configuration.maximumAppendBytes
    settings.commitDelay = HostConfiguration.commitDelay
    let core = try RaftCore(configuration: settings, restoring: restored, now: loop.now)
    let gathered = try readingState { try state.gatheredKeys(of: group, in: engine) }
    let replica = Replica(
      descriptor: descriptor, environment: environment, host: self, core: core, state: state, gathered: gathered)
    if restored.repairThrough > .zero { repairing.append(replica) }
    return replica
  }

  /// The groups that a state engine has anything of. If it has any, there was a log; that may know nothing of one whose
  /// snapshot was installed just before.
  public static func groups(in engine: any Engine) throws(EngineError) -> [GroupID] {
    let cursor = try engine.snapshot().cursor(lower: LocalKeys.firstGroupState, upper: LocalKeys.endOfGroupStates)
    var groups: [GroupID] = []
    cursor.next()
    while cursor.isValid {
      if let group = LocalKeys.group(ofState: cursor.key) { groups.append(group) }
      cursor.next()
    }
    try cursor.checkStatus()
    return groups
  }

  private func groupState(_ group: GroupID) throws -> GroupState {
    try readingState {
      guard let bytes = try engine.get(LocalKeys.groupState(group)) else { return GroupState() }
      return try GroupState(decoding: bytes)
    }
  }

  /// Damage met while a node starts has the same effect as later: the next start rebuilds the state.
  private func readingState<Result>(_ body: () throws -> Result) throws -> Result {
    do { return try body() } catch {
      let isDamage =
        (error as? EngineError)?.kind == .corruption || error is SnapshotFile.Damaged
        || error is DecodingFailure
      guard isDamage else { throw error }
      try StateDirectory.markDamaged("\(error)", on: disk)
      throw RecoveryError(
        description:
          "the state is damaged: \(error); start the node again to rebuild it from the log and the other nodes")
    }
  }

  /// Takes note of members that have made good for what they had lost, so that no later start treats them as if they
  /// had not.
  func noteFinishedRepairs() {
    guard !repairing.isEmpty else { return }
    let finished = repairing.filter { !$0.isSuspended && !$0.core.isRepairing }
    guard !finished.isEmpty else { return }
    repairing.removeAll { replica in finished.contains { $0 === replica } }
    logWriter.append(finished.map { LogWrite(group: $0.group, repairThrough: .zero) }, on: loop) {}
  }

  /// What was received and not installed before the last end is of no use any more; what was, neither.
  func removeSnapshotFiles() {
    // A group that is created later may still have its installation before it.
    var needed: Set<String> = []
    for group in logStore.groups {
      if let state = try? groupState(group), !state.installing.isEmpty, replica(of: group) == nil {
        needed.insert(state.installing)
      }
    }
    let names = (try? disk.list(SnapshotFile.directory)) ?? []
    for name in names where !needed.contains(name) { try? disk.remove("\(SnapshotFile.directory)/\(name)") }
  }
}

/// Damage that shows while the node runs.
extension GroupHost {
  /// The state engine refused something. A damaged one is marked, so that the next start puts it aside and rebuilds the
  /// state from the log and the other nodes. The process ends in any case. Call it on the loop.
  public func engineFailed(_ error: EngineError, _ what: String) {
    guard !isStopped else { return }
    guard error.kind == .corruption else { return fail("\(what): \(error)") }
    guard !isMarkingDamage else { return }
    isMarkingDamage = true
    let disk = disk
    let loop = loop
    stateWorker.submit { [self] in
      let reason = "\(what): \(error)"
      let marked = Result { () throws(DiskError) in try StateDirectory.markDamaged(reason, on: disk) }
      loop.execute { [self] in
        switch marked {
        case .success:
          fail("\(reason); the next start puts the state aside and rebuilds it from the log and the other nodes")
        case .failure(let failure):
          fail("\(reason); and that could not be noted (\(failure)): remove the state directory before the next start")
        }
      }
    }
  }

  /// A record of the log can't be read back. Followers that need it get a snapshot, and everything that the state engine
  /// has is dropped from the log, the damage with it.
  func logIsDamaged(_ error: LogError, group: GroupID) {
    if reportedDamage.insert(error.description).inserted {
      storageReport.append(error.description)
      delegate?.storageDamaged("\(error.description); partition \(group) is compacted beyond it")
    }
    compactFully(group)
  }
}
