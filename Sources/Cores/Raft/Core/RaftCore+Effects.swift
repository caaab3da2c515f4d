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
    beginReadRound()
    refreshSnapshotsToSend()
    let isNewSoftState = softState != takenSoftState
    takenSoftState = softState
    let persist = takeStorageAppend()
    let committed = log.takeCommittedToApply()
    log.forgetLatest()
    // Made in one piece: a struct of arrays that is filled bit by bit is copied with all of them.
    let effects = Effects(
      softState: isNewSoftState ? takenSoftState : nil, messages: messages.handOver(), persist: persist,
      committed: committed, reads: readStates.handOver(), abandonedReads: abandonedReads.handOver(),
      loads: loads.handOver())
    lookAhead()
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

extension Array {
  /// The elements, which are here no longer.
  @inline(__always)
  fileprivate mutating func handOver() -> [Element] {
    if isEmpty { return [] }
    let elements = self
    self = []
    return elements
  }
}
