import RoostPlatform
import RoostRaft
import RoostStorage

/// What a node can't start from.
public struct RecoveryError: Error, Sendable, CustomStringConvertible {
  public var description: String
}

extension GroupHost {
  /// Builds a replica from what the log and the engine kept.
  ///
  /// - Parameter founders: Who was in the group before its first entry.
  func recover(_ descriptor: GroupDescriptor, founders: Set<NodeID>) throws -> Replica {
    let group = descriptor.id
    var state = try groupState(group)
    // Kept with the state from the first entry on: later nobody asks who founded the group.
    if state.applied == .zero { state.configuration = Configuration(voters: founders) }
    if !state.installing.isEmpty {
      state = try installFile(
        state.installing, of: group, range: descriptor.range, replacing: state, engine: engine, disk: disk)
    }
    let log = logStore.recoveredGroups.first { $0.group == group }
    let marker = log?.snapshot ?? SnapshotMetadata()
    let lastIndex = log?.lastIndex ?? .zero
    guard state.applied >= marker.index else {
      throw RecoveryError(
        description: "partition \(group): the state stands at \(state.applied), before the log's beginning at "
          + "\(marker.index); the data directory is damaged and this node must be replaced")
    }
    var restored = RestoredState(
      hardState: log?.hardState ?? HardState(), snapshot: marker, applied: state.applied,
      configuration: state.configuration)
    if state.applied > marker.index, logStore.term(of: state.applied, in: group) != state.appliedTerm {
      // A snapshot was installed, but the log's marker did not get there before the crash. The log ends before it, or
      // goes on past it with entries of a leader that lost.
      restored.snapshot = SnapshotMetadata(
        index: state.applied, term: state.appliedTerm, configuration: state.configuration)
      restored.hardState.term = max(restored.hardState.term, state.appliedTerm)
      _ = try logStore.write([LogWrite(group: group, hardState: restored.hardState, snapshot: restored.snapshot)])
      try logStore.sync()
    } else if lastIndex > marker.index {
      restored.entries = try logStore.entries(
        of: group, from: marker.index.next, through: lastIndex, maxBytes: .max)
    }
    restored.hardState.commit = max(restored.hardState.commit, state.applied)

    var settings = RaftConfiguration(
      id: configuration.node, electionTimeout: configuration.electionTimeout,
      heartbeatInterval: configuration.heartbeatInterval,
      randomSeed: configuration.randomSeed &+ group.rawValue &* 0x9E37_79B9_7F4A_7C15)
    settings.maxCachedBytes = HostConfiguration.cachedLogBytes
    settings.commitDelay = HostConfiguration.commitDelay
    let core = try RaftCore(configuration: settings, restoring: restored, now: loop.now)
    return Replica(descriptor: descriptor, host: self, core: core, state: state)
  }

  private func groupState(_ group: GroupID) throws -> GroupState {
    guard let bytes = try engine.get(LocalKeys.groupState(group)) else { return GroupState() }
    return try GroupState(decoding: bytes)
  }

  /// What was received and not installed before the last end is of no use any more; what was, neither.
  func removeSnapshotFiles() {
    let names = (try? disk.list(SnapshotFile.directory)) ?? []
    for name in names { try? disk.remove("\(SnapshotFile.directory)/\(name)") }
  }
}
