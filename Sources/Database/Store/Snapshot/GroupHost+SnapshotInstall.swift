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
extension GroupHost {
  func install(_ snapshot: SnapshotMetadata, _ write: StorageAppend, into replica: Replica) {
    guard let receiver = replica.receivedSnapshot else {
      return fail("a snapshot was accepted that was never received")
    }
    replica.receivedSnapshot = nil
    replica.isInstalling = true
    replica.abandonProposals(through: snapshot.index)
    replica.dropBlockedApplies()
    replica.window.withdrawAll()
    replica.cachedView = nil
    count(\.snapshotsInstalled)
    let group = replica.group
    let range = replica.descriptor.range
    let old = replica.state
    let engine = engine
    let disk = disk
    let loop = loop
    stateWorker.submit { [self] in
      let result = Result {
        try installFile(receiver.fileName, of: group, range: range, replacing: old, engine: engine, disk: disk)
      }
      loop.execute { [self] in
        guard !isStopped else { return }
        switch result {
        case .failure(let error): fail("a snapshot of partition \(group) can't be installed: \(error)")
        case .success(let state): installed(state, snapshot, write, receiver.fileName, on: replica)
        }
      }
    }
  }

  private func installed(
    _ state: GroupState, _ snapshot: SnapshotMetadata, _ write: StorageAppend, _ fileName: String, on replica: Replica
  ) {
    replica.state = state
    replica.lastTimestamp = max(replica.lastTimestamp, state.timestamp)
    replica.window.reset(floor: state.timestamp)
    let responses = LogBatchOfOne(responses: write.responses)
    logWriter.append(
      [LogWrite(group: replica.group, hardState: write.hardState, snapshot: snapshot)], on: loop
    ) { [self] in
      guard !isStopped else { return }
      let disk = disk
      stateWorker.submit { try? disk.remove("\(SnapshotFile.directory)/\(fileName)") }
      replica.isInstalling = false
      observer?.logged(in: replica.group)
      replica.core.applied(through: snapshot.index)
      replica.deliver(responses.responses)
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
  try engine.write(begin)

  let (file, header) = try SnapshotFile.open(fileName, on: disk)
  defer { file.close() }
  while let pairs = try file.nextPairs() {
    var batch = EngineBatch()
    for pair in pairs { batch.put(pair.key, pair.value) }
    try engine.write(batch)
  }
  state = GroupState()
  state.applied = header.metadata.index
  state.appliedTerm = header.metadata.term
  state.timestamp = header.timestamp
  state.configuration = header.metadata.configuration
  var end = EngineBatch()
  end.put(LocalKeys.groupState(group), state.encoded())
  try engine.write(end)
  try engine.flush()
  return state
}
