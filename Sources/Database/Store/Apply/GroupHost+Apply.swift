import RoostPlatform
import RoostRaft
import RoostStorage

/// Writing what is decided into the state engine; ``ApplyScheduler`` says when.
extension GroupHost {
  private static let keptBatchBytes = 1 << 20

  /// Writes the next step of some replicas as one batch.
  func writeNextStep(of replicas: [Replica]) {
    // Its memory is used again, unless it was a very large one.
    var batch = EngineBatch()
    swap(&batch, &roundBatch)
    defer {
      if batch.byteCount > GroupHost.keptBatchBytes { batch = EngineBatch() }
      batch.removeAll()
      swap(&batch, &roundBatch)
    }
    var round: [Replica] = []
    do throws(EngineError) {
      for replica in replicas where try replica.appendNextStep(to: &batch, sweptBefore: sweptBefore) {
        round.append(replica)
      }
      guard !round.isEmpty else { return }
      let oldest = round.reduce(Timestamp.max) { min($0, $1.backlog.oldestWrite) }
      try excludingViews(from: oldest) { () throws(EngineError) in try engine.write(batch) }
    } catch {
      if error.kind == .noSpace { return stateEngineIsFull(round) }
      return engineFailed(error, "the state engine refused a batch")
    }
    // All of them first: what hears of one may look at another.
    let done = round.map { replica in
      let wasUnfolding = replica.isUnfolding
      let change = replica.takeWritten(sweptBefore: sweptBefore)
      applies.note(replica)
      if wasUnfolding, !replica.isUnfolding {
        loop.execute { [self] in if !isStopped, !replica.isSuspended { unfoldingEnded(of: replica) } }
      }
      return change
    }
    for (replica, change) in zip(round, done) {
      if let change { announce(change, of: replica) }
      if replica.core.hasEffects { markDirty(replica) }
      applies.continueUnfolding(replica)
    }
  }

  /// Everything stays staged, in order, and reads go on with what is applied.
  private func stateEngineIsFull(_ round: [Replica]) {
    for replica in round { applies.note(replica) }
    giveBallastBack()
    applies.blocked { [self] in replicas.all }
  }

  /// What waited behind a bulk commit follows.
  private func unfoldingEnded(of replica: Replica) {
    let entries = replica.unfoldingIsOver()
    if !entries.isEmpty { decide(entries, of: replica) }
    replica.applyNow()
  }

  /// Tells whoever waits that the state of a replica has changed.
  private func announce(_ change: Replica.AppliedChange, of replica: Replica) {
    replica.answerApplyWaiters()
    // A new leader serves once its first entry is applied: what waited for it may come now.
    if change.beginsServing { router.unparkSoon() }
    if !change.systemWrites.isEmpty { delegate?.systemWritesApplied(change.systemWrites) }
    if change.changesMembers {
      if let write = replica.beginCommitWrite() { keep(write, of: replica) }
      delegate?.configurationChanged(replica.group)
    }
  }
}
