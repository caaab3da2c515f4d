public import RoostBase

/// Linearizable reads; the protocol is told above ``ReadQueue``.
extension RaftCore {
  /// Asks for the index that a read must wait for. The answer comes in ``Effects/reads`` with the same context, or
  /// the context comes back in ``Effects/abandonedReads`` if leadership is lost before.
  ///
  /// `now` is read from the clock after the read was asked for: see ``RaftConfiguration/ReadMode/lease``.
  ///
  /// Only the leader answers. A group of one answers at once; a leader that has not committed an entry of its term
  /// yet answers when it has. Reads asked for before the same ``takeEffects()`` share one round of heartbeats.
  public mutating func readIndex(context: UInt64, now instant: Instant) throws(ProposalError) {
    defer { lookAhead() }
    observe(instant)
    guard role == .leader else { throw .notLeader(leader: leader) }
    wake()
    try begin(ReadQueue.Read(context: context, from: id))
  }

  /// The index for reads of a voter that asks for it as a follower of this leader in `term`: its question confirms the
  /// leader as its answer to a round would that began after the reads came. Nil where a round is needed: the two of them
  /// are no quorum, or it asked in another term.
  ///
  /// - Parameter term: The asker's when the question left it, at or after which all of these reads had come.
  public func readIndex(vouchedBy voter: NodeID, in term: Term) -> LogIndex? {
    guard role == .leader, term == self.term, hasCommittedInTerm,
      tracker.quorum.voteResult({ $0 == id || $0 == voter }) == .won
    else { return nil }
    return log.commit
  }

  private mutating func begin(_ read: ReadQueue.Read) throws(ProposalError) {
    if reads.count >= settings.maxPendingReads { throw .tooManyReads }
    // Alone, everything this member commits it commits now, and nobody else can lead.
    if tracker.quorum.isSingleton, isVoter, hasCommittedInTerm {
      answer(read, index: log.commit)
    } else if !hasCommittedInTerm {
      reads.postpone(read)
    } else {
      confirm(read)
    }
  }

  private mutating func confirm(_ read: ReadQueue.Read) {
    if settings.readMode == .lease, holdsLease {
      answer(read, index: log.commit)
    } else {
      reads.add(read, commit: log.commit)
    }
  }

  /// The first entry of this term is committed: reads may be confirmed from now on.
  mutating func releasePostponedReads() {
    if reads.postponed.isEmpty { return }
    let isAlone = tracker.quorum.isSingleton && isVoter
    for read in reads.takePostponed() {
      if isAlone { answer(read, index: log.commit) } else { confirm(read) }
    }
  }

  /// Begins a round of heartbeats if reads wait for one.
  mutating func beginReadRound() {
    guard role == .leader, reads.wantsRound else { return }
    broadcastHeartbeat()
    // A leader may have become its group's only voter after the read came.
    confirmReads()
  }

  /// Answers the reads that a quorum has confirmed by now.
  mutating func confirmReads() {
    let own = reads.round
    if own == reads.confirmedRound { return }
    let round = tracker.quorum.confirmedRound(of: tracker.members, leader: id, own: own)
    for read in reads.confirm(round) { answer(read, index: read.index) }
  }

  private mutating func answer(_ read: ReadQueue.Read, index: LogIndex) {
    if read.from == id {
      readStates.append(ReadState(context: read.context, index: index))
    } else {
      messages.append(
        Message(.readIndexResponse, from: id, to: read.from, term: term, index: index, context: read.context))
    }
  }

  /// A read forwarded by another member. One that can't be taken is dropped: its asker asks again.
  mutating func handleReadIndex(_ message: Message) {
    if role == .leader { try? begin(ReadQueue.Read(context: message.context, from: message.from)) }
  }

  mutating func handleReadIndexResponse(_ message: Message) {
    if role == .follower, message.from == leader {
      readStates.append(ReadState(context: message.context, index: message.index))
    }
  }
}
