import RoostBase
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
  /// Whether the flush is one that is to make room.
  var makesRoom = false
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
    noteFlush()
    flushEngine()
  }

  private func noteFlush() {
    count(\.engineFlushes)
    diskWatch.bytesSinceMerge += bytesSinceFlush
    bytesSinceFlush = 0
  }

  /// Flushes now, and keeps nothing of the group's log for followers that lag.
  func compactFully(_ group: GroupID) {
    compaction.unreadable.insert(group)
    if let replica = replica(of: group) { applies.applyNow(replica) }
    guard !compaction.isRunning else { return }
    compaction.isRunning = true
    count(\.engineFlushes)
    flushEngine()
  }

  /// Flushes now, to make room. Returns false if a flush is under way already.
  func flushForRoom() -> Bool {
    guard !compaction.isRunning else { return false }
    for replica in replicas.all { applies.applyNow(replica) }
    compaction.isRunning = true
    compaction.makesRoom = true
    noteFlush()
    flushEngine()
    return true
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
          giveBallastBack()
          loop.schedule(at: loop.now + GroupHost.flushRetryInterval) { [self] in if !isStopped { flushEngine() } }
        case .failure(let error): engineFailed(error, "the state engine can't be flushed")
        case .success:
          let done = compaction
          compaction = CompactionState()
          shortenLog(flushed: applied, unreadable: done.unreadable)
          forgetOldVersions()
          if done.makesRoom { flushedForRoom() }
        }
      }
    }
  }

  /// Drops from the log what is flushed and beyond what is kept for followers. All groups' markers are one batch.
  private func shortenLog(flushed: [(group: GroupID, index: LogIndex)], unreadable: Set<GroupID>) {
    let limit = isOutOfRoom ? configuration.shortLogLimit : configuration.logLimit
    let points = logStore.compactionPoints(of: flushed.map(\.group), limit)
    let markers = flushed.indices.compactMap { place -> LogWrite? in
      let (group, index) = flushed[place]
      let point = unreadable.contains(group) ? index : min(points[place], index)
      return compact(group, through: point).map { LogWrite(group: group, snapshot: $0) }
    }
    guard !markers.isEmpty else { return carryEvidence() }
    logWriter.append(markers, on: loop) { [self] in
      guard !isStopped else { return }
      for marker in markers {
        if let snapshot = marker.snapshot { logWriter.release(marker.group, through: snapshot.index) }
      }
      carryEvidence()
    }
  }

  /// Lets the core forget entries, that of a contradicted member, too. Returns the marker that takes their place; nil if
  /// there is nothing to forget.
  private func compact(_ group: GroupID, through index: LogIndex) -> SnapshotMetadata? {
    guard let replica = replica(of: group), !replica.isInstalling, index <= replica.state.applied,
      index >= replica.core.firstIndex, let term = replica.core.term(at: index)
    else { return nil }
    input(to: replica, now: loop.now) { $0.compact(through: index) }
    return SnapshotMetadata(index: index, term: term, configuration: replica.state.configuration)
  }
}
