import RoostBase
import RoostPlatform
import RoostRaft
import RoostStorage

/// Replaces a group's state by a received snapshot, so that a crash at any point loses nothing.
///
/// 1. the group's record names the file (one engine batch): from here on the old data count for nothing;
/// 2. the old data are deleted and the file's pairs written, in batches, on the state worker;
/// 3. the record names the new applied index and no file; the engine is flushed;
/// 4. the log gets a marker in place of the entries it had; then the core's response goes out and the file is removed.
///
/// Steps 1 to 3 are done here, step 4 by the host. The engine recovers a prefix of its batches. Before 1 the old state is
/// whole; between 1 and 3 recovery sees the file's name and runs 2 and 3 again; after 3 only the marker may be missing, and
/// recovery writes it.
///
/// ## Small states
/// Thousands of groups may hold next to nothing, and installing one must not cost files and a flush of its own. A state
/// that came in one chunk never touches a file: one engine batch deletes the old data, writes the new and the record
/// with the new applied index, so it is there wholly or not at all. The flush is still needed, for the marker forgets
/// the entries that led to the old state, and a marker without the state would leave the node with neither. But all
/// that came while the last flush ran share the next, and their markers share a sync of the log.
///
/// Touched on its loop only, which is what `@unchecked` relies on.
final class SnapshotInstaller: @unchecked Sendable {
  private let loop: any Loop
  private let engine: any Engine
  private let disk: any Disk
  private let worker: any BlockingWorker
  /// Small states that wait for the flush they share.
  private var waiting: [SmallState] = []
  /// Whether a round of small states is being installed.
  private var isRoundUnderWay = false
  private var isStopped = false

  /// After an installation that found no room or no descriptor.
  private static let retryInterval = Duration.milliseconds(500)

  init(loop: any Loop, engine: any Engine, disk: any Disk, worker: any BlockingWorker) {
    self.loop = loop
    self.engine = engine
    self.disk = disk
    self.worker = worker
  }

  /// Nothing is completed afterwards.
  func stop() {
    isStopped = true
    waiting.removeAll()
  }

  func install(_ installation: SnapshotInstallation) {
    guard let pairs = installation.received.wholeState else { return installLarge(installation) }
    waiting.append(SmallState(installation: installation, pairs: pairs))
    installWaiting()
  }

  /// Removes the file of what is installed, once the log has the marker.
  func removeFile(of received: SnapshotReceiver) {
    guard received.wholeState == nil else { return }
    let disk = disk
    worker.submit { SnapshotFile.remove(received.fileName, from: disk) }
  }

  private func installLarge(_ installation: SnapshotInstallation) {
    let engine = engine
    let disk = disk
    let loop = loop
    worker.submit { [self] in
      let result = Result<SnapshotInstallation.Outcome, any Error> {
        let state = try installFile(
          installation.received.fileName, of: installation.group, range: installation.range,
          replacing: installation.replaced, engine: engine, disk: disk)
        return SnapshotInstallation.Outcome(
          state: state, gathered: try state.gatheredKeys(of: installation.group, in: engine))
      }
      loop.execute { [self] in
        guard !isStopped else { return }
        if case .failure(let error) = result, SnapshotInstaller.mayBeTriedAgain(error) {
          return retry { [self] in installLarge(installation) }
        }
        installation.completion(result)
      }
    }
  }

  /// Writes all small states that wait, flushes once, and goes on with those that came meanwhile.
  private func installWaiting() {
    guard !isRoundUnderWay, !waiting.isEmpty else { return }
    isRoundUnderWay = true
    let round = waiting
    waiting = []
    install(round)
  }

  private func install(_ round: [SmallState]) {
    let engine = engine
    let loop = loop
    worker.submit { [self] in
      let result = Result<[SnapshotInstallation.Outcome], any Error> {
        for small in round { try engine.write(small.batch) }
        try engine.flush()
        return try round.map { try $0.outcome(in: engine) }
      }
      loop.execute { [self] in
        guard !isStopped else { return }
        if case .failure(let error) = result, SnapshotInstaller.mayBeTriedAgain(error) {
          return retry { [self] in install(round) }
        }
        isRoundUnderWay = false
        for place in round.indices where !isStopped {
          round[place].installation.completion(result.map { $0[place] })
        }
        installWaiting()
      }
    }
  }

  /// Everything may be done once more, for it replaces what was there.
  private func retry(_ again: @escaping @Sendable () -> Void) {
    loop.schedule(at: loop.now + SnapshotInstaller.retryInterval) { [self] in if !isStopped { again() } }
  }

  /// Whether an installation failed for want of room or of descriptors.
  private static func mayBeTriedAgain(_ error: any Error) -> Bool {
    if let error = error as? DiskError { return error.isOutOfSpace || error.isOutOfDescriptors }
    return (error as? EngineError)?.kind == .noSpace
  }
}

/// A snapshot that a core wants installed in place of a group's state.
struct SnapshotInstallation: Sendable {
  /// What the group has afterwards, and the keys of the slices of a bulk commit among it.
  struct Outcome: Sendable {
    var state: GroupState
    var gathered: SortedKeySet
  }

  let group: GroupID
  let range: KeyRange
  let replaced: GroupState
  let received: SnapshotReceiver
  /// Called on the loop, once.
  let completion: @Sendable (Result<Outcome, any Error>) -> Void
}

/// A state that came in one chunk.
private struct SmallState: Sendable {
  let installation: SnapshotInstallation
  let pairs: [(key: [UInt8], value: [UInt8])]

  private var state: GroupState { GroupState(installation.received.header) }

  /// Replaces everything of the group, as one step.
  var batch: EngineBatch {
    var batch = EngineBatch()
    let range = installation.range
    batch.deleteVersions(from: range.lower.bytes, to: range.upper.bytes)
    batch.deleteSlices(of: installation.group)
    for pair in pairs { batch.put(pair.key, pair.value) }
    batch.put(LocalKeys.groupState(installation.group), state.encoded())
    return batch
  }

  func outcome(in engine: any Engine) throws -> SnapshotInstallation.Outcome {
    let state = state
    return SnapshotInstallation.Outcome(
      state: state, gathered: try state.gatheredKeys(of: installation.group, in: engine))
  }
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
