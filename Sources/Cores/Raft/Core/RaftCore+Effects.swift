import RoostBase

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
    beginEffects()
    // Made in one piece: a struct of arrays that is filled bit by bit is copied with all of them.
    let effects = Effects(
      softState: takeSoftState(), messages: takeMessages(), persist: takeStorageAppend(), committed: takeCommitted(),
      reads: readStates.handOver(), abandonedReads: abandonedReads.handOver(), loads: loads.handOver())
    endEffects()
    return effects
  }

  // MARK: Piece by piece

  /// Begins to hand over what ``takeEffects()`` would, for a shell that does so for every message and does not want to move
  /// all of it about: next each of the pieces once, in the order in which they stand here, and ``endEffects()``. Only then
  /// they are carried out, in the same order.
  package mutating func beginEffects() {
    beginReadRound()
    refreshSnapshotsToSend()
  }

  /// Everything was handed over.
  package mutating func endEffects() {
    assert(messages.isEmpty && responses.isEmpty && !log.hasEntriesToPersist, "every piece is taken")
    log.forgetLatest()
    lookAhead()
  }

  /// Role and leader, if they have changed.
  package mutating func takeSoftState() -> SoftState? {
    if softState == takenSoftState { return nil }
    takenSoftState = softState
    return takenSoftState
  }

  /// What is sent at once.
  package mutating func takeMessages() -> [Message] { messages.handOver() }

  /// What is written, and the responses that wait for it.
  package mutating func takeStorageAppend() -> StorageAppend? {
    let isNewHardState = hardState != takenHardState
    let entries = log.takeEntriesToPersist()
    let snapshot = log.hasSnapshotToPersist ? log.takeSnapshotToPersist() : nil
    if !isNewHardState, entries.isEmpty, snapshot == nil, responses.isEmpty { return nil }
    var mustSync = !entries.isEmpty || snapshot != nil
    if isNewHardState {
      mustSync = mustSync || term != takenHardState.term || vote != takenHardState.vote
      takenHardState = hardState
    }
    // Storage's own report comes last, so that a leader counts its acknowledgement first. Every write makes one
    // while anything is not known to be durable: an earlier one may have been ignored, see
    // `handleStorageAppended`.
    if log.hasUnstable || snapshot != nil {
      let last = log.hasUnstable ? log.last : EntryLog.Position(index: .zero, term: .zero)
      responses.append(
        Message(
          .storageAppended, from: id, to: id, term: term, logTerm: last.term, index: last.index, snapshot: snapshot))
    }
    return StorageAppend(
      hardState: isNewHardState ? takenHardState : nil, entries: entries, snapshot: snapshot,
      responses: responses.handOver(), mustSync: mustSync)
  }

  /// What is applied.
  package mutating func takeCommitted() -> [Entry] { log.takeCommittedToApply() }

  /// What is seldom there: answers to reads, and entries that are wanted.
  package mutating func takeReadsAndLoads() -> (reads: [ReadState], abandoned: [UInt64], loads: [LoadRequest])? {
    if readStates.isEmpty, abandonedReads.isEmpty, loads.isEmpty { return nil }
    return (readStates.handOver(), abandonedReads.handOver(), loads.handOver())
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
