import RoostBase
import RoostPlatform
import RoostRaft
import RoostStorage

/// Replacing a group's state by a received snapshot, so that a crash at any point loses nothing.
///
/// 1. the group's record names the file (one engine batch): from here on the old data count for nothing;
/// 2. the old data are deleted and the file's pairs written, in batches, on the state worker;
/// 3. the record names the new applied index and no file; the engine is flushed;
/// 4. the log gets a marker in place of the entries it had; then the core's response goes out and the file is removed.
///
/// The engine recovers a prefix of its batches. Before 1 the old state is whole; between 1 and 3 recovery sees the
/// file's name and runs 2 and 3 again; after 3 only the marker may be missing, and recovery writes it.
///
/// ## Small states
/// Thousands of groups may hold next to nothing, and installing one must not cost files and a flush of its own. A state
/// that came in one chunk never touches a file: one engine batch deletes the old data, writes the new and the record
/// with the new applied index, so it is there wholly or not at all. The flush is still needed, for the marker forgets
/// the entries that led to the old state, and a marker without the state would leave the node with neither. But all
/// that came while the last flush ran share the next, and their markers share a sync of the log.
extension GroupHost {
  func install(_ snapshot: SnapshotMetadata, _ write: StorageAppend, into replica: Replica) {
    guard let receiver = replica.receivedSnapshot else {
      return fail("a snapshot was accepted that was never received")
    }
    replica.receivedSnapshot = nil
    replica.isInstalling = true
    replica.abandonProposals(through: snapshot.index)
    dropStaged(of: replica)
    replica.window.withdrawAll()
    replica.cachedView = nil
    count(\.snapshotsInstalled)
    if let pairs = receiver.wholeState {
      snapshots.installs.append(
        SmallInstall(replica: replica, snapshot: snapshot, write: write, header: receiver.header, pairs: pairs))
      return installSmall()
    }
    installFile(of: receiver, snapshot, write, into: replica)
  }

  private func installFile(
    of receiver: SnapshotReceiver, _ snapshot: SnapshotMetadata, _ write: StorageAppend, into replica: Replica
  ) {
    let group = replica.group
    let range = replica.descriptor.range
    let old = replica.state
    let engine = engine
    let disk = disk
    let loop = loop
    stateWorker.submit { [self] in
      let result = Result {
        let state = try RoostStore.installFile(
          receiver.fileName, of: group, range: range, replacing: old, engine: engine, disk: disk)
        return (state, try state.gatheredKeys(of: group, in: engine))
      }
      loop.execute { [self] in
        guard !isStopped else { return }
        switch result {
        case .failure(let error) where GroupHost.mayBeTriedAgain(error):
          retryInstall { [self] in installFile(of: receiver, snapshot, write, into: replica) }
        case .failure(let error): fail("a snapshot of partition \(group) can't be installed: \(error)")
        case .success((let state, let gathered)):
          installed(state, gathered, snapshot, write, receiver.fileName, on: replica)
        }
      }
    }
  }

  /// Everything may be done once more, for it replaces what was there.
  private func retryInstall(_ again: @escaping @Sendable () -> Void) {
    loop.schedule(at: loop.now + GroupHost.installRetryInterval) { [self] in if !isStopped { again() } }
  }

  private static let installRetryInterval = Duration.milliseconds(500)

  /// Whether an installation failed for want of room or of descriptors.
  private static func mayBeTriedAgain(_ error: any Error) -> Bool {
    if let error = error as? DiskError { return error.isOutOfSpace || error.isOutOfDescriptors }
    return (error as? EngineError)?.kind == .noSpace
  }

  /// Writes all small states that wait, flushes once, and goes on with those that came meanwhile.
  private func installSmall() {
    guard !snapshots.isInstalling, !snapshots.installs.isEmpty else { return }
    snapshots.isInstalling = true
    let round = snapshots.installs
    snapshots.installs = []
    installSmall(round)
  }

  private func installSmall(_ round: [SmallInstall]) {
    let engine = engine
    let loop = loop
    stateWorker.submit { [self] in
      let result = Result {
        for install in round { try engine.write(install.batch) }
        try engine.flush()
        return try round.map { try GroupState($0.header).gatheredKeys(of: $0.replica.group, in: engine) }
      }
      loop.execute { [self] in
        guard !isStopped else { return }
        if case .failure(let error) = result, GroupHost.mayBeTriedAgain(error) {
          return retryInstall { [self] in installSmall(round) }
        }
        snapshots.isInstalling = false
        switch result {
        case .failure(let error): fail("snapshots can't be installed: \(error)")
        case .success(let gathered):
          for (install, keys) in zip(round, gathered) {
            installed(GroupState(install.header), keys, install.snapshot, install.write, nil, on: install.replica)
          }
        }
        installSmall()
      }
    }
  }

  private func installed(
    _ state: GroupState, _ gathered: SortedKeySet, _ snapshot: SnapshotMetadata, _ write: StorageAppend,
    _ fileName: String?,
    on replica: Replica
  ) {
    replica.state = state
    replica.backlog = ApplyBacklog(of: replica.group, gathered: gathered)
    // Views of the state before it: the versions that came have timestamps before which old ones are let go.
    if sweptBefore > .zero { viewHorizon.raise(toPosition: engine.position) }
    replica.lastTimestamp = max(replica.lastTimestamp, state.timestamp)
    replica.window.reset(floor: state.timestamp)
    let responses = LogBatchOfOne(responses: write.responses)
    logWriter.append(
      [LogWrite(group: replica.group, hardState: write.hardState, snapshot: snapshot)], on: loop
    ) { [self] in
      guard !isStopped else { return }
      let disk = disk
      if let fileName { stateWorker.submit { try? disk.remove("\(SnapshotFile.directory)/\(fileName)") } }
      replica.isInstalling = false
      observer?.logged(in: replica.group)
      replica.core.applied(through: snapshot.index)
      replica.deliver(responses.responses, now: loop.now)
      markDirty(replica)
      replica.answerApplyWaiters()
      delegate?.snapshotInstalled(replica.group)
    }
  }
}

private struct LogBatchOfOne: @unchecked Sendable {  // handed from the loop to the loop
  var responses: [Message]
}

/// Steps 1 to 3; safe to run again after a crash. Runs on a worker.
func installFile(
  _ fileName: String, of group: GroupID, range: KeyRange, replacing old: GroupState, engine: any Engine, disk: any Disk
) throws -> GroupState {
  var state = old
  state.installing = fileName
  var begin = EngineBatch()
  begin.put(LocalKeys.groupState(group), state.encoded())
  begin.deleteVersions(from: range.lower.bytes, to: range.upper.bytes)
  begin.deleteSlices(of: group)
  try engine.write(begin)

  let (file, header) = try SnapshotFile.open(fileName, on: disk)
  defer { file.close() }
  while let pairs = try file.nextPairs() {
    var batch = EngineBatch()
    for pair in pairs { batch.put(pair.key, pair.value) }
    try engine.write(batch)
  }
  state = GroupState(header)
  var end = EngineBatch()
  end.put(LocalKeys.groupState(group), state.encoded())
  try engine.write(end)
  try engine.flush()
  return state
}

/// A state that came in one chunk.
struct SmallInstall: Sendable {
  var replica: Replica
  var snapshot: SnapshotMetadata
  var write: StorageAppend
  var header: SnapshotHeader
  var pairs: [(key: [UInt8], value: [UInt8])]

  /// Replaces everything of the group, as one step.
  var batch: EngineBatch {
    var batch = EngineBatch()
    let range = replica.descriptor.range
    batch.deleteVersions(from: range.lower.bytes, to: range.upper.bytes)
    batch.deleteSlices(of: replica.group)
    for pair in pairs { batch.put(pair.key, pair.value) }
    batch.put(LocalKeys.groupState(replica.group), GroupState(header).encoded())
    return batch
  }
}

extension GroupState {
  /// The state that a snapshot brings.
  init(_ header: SnapshotHeader) {
    self.init()
    applied = header.metadata.index
    appliedTerm = header.metadata.term
    timestamp = header.timestamp
    configuration = header.metadata.configuration
    bulk = header.bulk
  }
}
