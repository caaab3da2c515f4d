import RoostPlatform
import RoostRaft
import RoostStorage

/// Keeping the log short: the engine is flushed now and then, and what is both flushed and older than followers
/// usually need is dropped from the log.
struct CompactionState {
  /// From the start of a flush to its answer; also while one that found the disk full waits to be tried again.
  var isRunning = false
  /// Whether the last flush found the disk full.
  var isDiskFull = false
  /// Groups whose log is to be dropped as far as the engine has its entries, because a part of it can't be read.
  var unreadable: Set<GroupID> = []
}

extension GroupHost {
  /// After a flush that found the disk full. The state engine looks for room by itself every five seconds.
  private static let flushRetryInterval = Duration.seconds(1)

  /// Starts a flush when enough was logged since the last one.
  func compactIfNeeded() {
    guard !compaction.isRunning else { return }
    guard bytesSinceFlush >= configuration.flushAfterLogBytes else { return }
    compaction.isRunning = true
    count(\.engineFlushes)
    bytesSinceFlush = 0
    flushEngine()
  }

  /// Flushes now, and keeps nothing of the group's log for followers that lag.
  func compactFully(_ group: GroupID) {
    compaction.unreadable.insert(group)
    if let replica = replica(of: group) { applyStaged(of: replica) }
    guard !compaction.isRunning else { return }
    compaction.isRunning = true
    count(\.engineFlushes)
    flushEngine()
  }

  private func flushEngine() {
    let applied = replicas.all.map { (group: $0.group, index: $0.state.applied) }
    let engine = engine
    let loop = loop
    stateWorker.submit { [self] in
      let result = Result { () throws(EngineError) in try engine.flush() }
      loop.execute { [self] in
        guard !isStopped else { return }
        switch result {
        case .failure(let error) where error.kind == .noSpace:
          // Nothing is lost: the log keeps what the engine has not made durable.
          compaction.isDiskFull = true
          loop.schedule(at: loop.now + GroupHost.flushRetryInterval) { [self] in if !isStopped { flushEngine() } }
        case .failure(let error): engineFailed(error, "the state engine can't be flushed")
        case .success:
          let unreadable = compaction.unreadable
          compaction = CompactionState()
          for (group, index) in applied {
            compact(group, flushedThrough: index, keeping: unreadable.contains(group) ? 0 : nil)
          }
          forgetOldVersions()
        }
      }
    }
  }

  private func compact(_ group: GroupID, flushedThrough flushed: LogIndex, keeping: UInt64?) {
    guard let replica = replica(of: group), !replica.isInstalling else { return }
    let keep = keeping ?? configuration.maximumLogEntries
    let applied = replica.state.applied
    guard applied.rawValue > keep else { return }
    let index = min(flushed, applied - keep)
    guard index >= replica.core.firstIndex, let term = replica.core.term(at: index) else { return }
    replica.core.compact(through: index)
    logWriter.append(
      [
        LogWrite(
          group: group,
          snapshot: SnapshotMetadata(index: index, term: term, configuration: replica.state.configuration))
      ], on: loop
    ) { [self] in
      if !isStopped { logWriter.release(group, through: index) }
    }
  }
}
