/// Handing over what is to be done.
extension RaftCore {
  var softState: SoftState { SoftState(role: role, leader: leader) }
  var hardState: HardState { HardState(term: term, vote: vote, commit: log.commit) }

  /// Brings up to date what shells look at after every input. Everything public that changes the core ends with it.
  mutating func lookAhead() {
    endRepairIfDue()
    hasEffects =
      !messages.isEmpty || !responses.isEmpty || log.hasEntriesToPersist || log.hasCommittedToApply
      || !readStates.isEmpty || !abandonedReads.isEmpty || !loads.isEmpty || log.hasSnapshotToPersist
      || (role == .leader && reads.wantsRound) || softState != takenSoftState || hardState != takenHardState
    nextDeadline = deadline
  }

  /// Hands over all effects since the last time. They must be carried out, all of them, in the order of the calls.
  public mutating func takeEffects() -> Effects {
    defer { lookAhead() }
    beginReadRound()
    refreshSnapshotsToSend()
    var effects = Effects()
    if softState != takenSoftState {
      takenSoftState = softState
      effects.softState = softState
    }
    swap(&effects.messages, &messages)
    swap(&effects.reads, &readStates)
    swap(&effects.abandonedReads, &abandonedReads)
    swap(&effects.loads, &loads)
    effects.persist = takeStorageAppend()
    effects.committed = log.takeCommittedToApply()
    log.forgetLatest()
    return effects
  }

  private mutating func takeStorageAppend() -> StorageAppend? {
    var write = StorageAppend()
    if hardState != takenHardState {
      write.mustSync = hardState.term != takenHardState.term || hardState.vote != takenHardState.vote
      write.hardState = hardState
      takenHardState = hardState
    }
    write.entries = log.takeEntriesToPersist()
    write.snapshot = log.takeSnapshotToPersist()
    write.mustSync = write.mustSync || !write.entries.isEmpty || write.snapshot != nil
    swap(&write.responses, &responses)
    if write.hardState == nil, write.entries.isEmpty, write.snapshot == nil, write.responses.isEmpty { return nil }
    // Storage's own report comes last, so that a leader counts its acknowledgement first. Every write makes one
    // while anything is not known to be durable: an earlier one may have been ignored, see
    // `handleStorageAppended`.
    if log.hasUnstable || write.snapshot != nil {
      let last = log.hasUnstable ? log.last : EntryLog.Position(index: .zero, term: .zero)
      write.responses.append(
        Message(
          .storageAppended, from: id, to: id, term: term, logTerm: last.term, index: last.index,
          snapshot: write.snapshot))
    }
    return write
  }
}
