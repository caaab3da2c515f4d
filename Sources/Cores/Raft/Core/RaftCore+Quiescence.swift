public import RoostBase

/// Silence by agreement, so that a node can hold thousands of groups in which nothing happens.
///
/// ## How a group falls silent, and how it wakes
/// A leader whose log is committed, applied and known to be the same on every member tells them so (`quiesce`) and then
/// neither sends heartbeats nor looks for its quorum. A follower whose log ends where the leader says stops waiting for
/// it. From here on somebody else has to watch the nodes: the shell, with one heartbeat per pair of nodes whatever the
/// number of groups. It says ``connectionClosed(to:now:head:)`` when the leader's node seems dead, and ``wake()`` when a
/// leader has lost its quorum or a member came back that may not know what it missed.
///
/// Everything else wakes by itself: a proposal, a read, any message of the group. A follower that did not get the
/// message, or whose log ends elsewhere, stays awake, stands for election in its time (with a pre-vote, which the others
/// ignore) and so wakes the leader.
///
/// Silence concerns progress only: who leads and what is committed is decided by votes and quorums as ever, and reads
/// are confirmed as ever.
extension RaftCore {
  /// Falls silent as the leader, if there is nothing left to do. Returns whether it did.
  ///
  /// - Parameter isReachable: Whether a member's node is there. One that is not need not be waited for, as long as a
  ///   quorum is.
  public mutating func quiesce(among isReachable: (NodeID) -> Bool, now instant: Instant) -> Bool {
    defer { lookAhead() }
    observe(instant)
    guard mayQuiesce else { return false }
    let last = log.last
    for member in tracker.members where member.id != id && isReachable(member.id) {
      guard member.state == .replicate, member.match == last.index, !member.isRepairing,
        member.acknowledgedRound >= roundBeforeSilence
      else { return false }
    }
    guard tracker.quorum.voteResult({ $0 == id || isReachable($0) }) == .won else { return false }
    for member in tracker.members where member.id != id && isReachable(member.id) {
      messages.append(
        Message(
          .quiesce, from: id, to: member.id, term: term, logTerm: last.term, index: last.index, commit: log.commit))
    }
    isQuiescent = true
    return true
  }

  /// Whether everything is settled here: nothing to replicate, to apply, to make durable, to answer or to hand over.
  private var mayQuiesce: Bool {
    role == .leader && !isQuiescent && transferee == .none && departure == .none && !tracker.configuration.isJoint
      && log.commit == log.lastIndex && log.applied == log.commit && !log.hasUnstable && reads.count == 0
      && loads.isEmpty && messages.isEmpty && responses.isEmpty && hasCommittedInTerm
  }

  mutating func handleQuiesce(_ message: Message) {
    let last = EntryLog.Position(index: message.index, term: message.logTerm)
    guard log.last == last, !log.hasUnstable else {
      isQuiescent = false
      return
    }
    log.commit(through: last.index)
    repair?.matches(through: last.index)
    isQuiescent = true
  }

  /// Ends the silence: a leader sends heartbeats again and counts its quorum from now on, a follower waits for them.
  public mutating func wake(now instant: Instant) {
    defer { lookAhead() }
    observe(instant)
    wake()
  }

  mutating func wake() {
    guard isQuiescent else { return }
    isQuiescent = false
    // Before it falls silent again, everybody who is there must have answered: one who asked may lack something.
    roundBeforeSilence = reads.round + 1
    electionReset = now
    // The next tick is due at once: those who were told to be silent hear that it is over.
    heartbeatReset = Instant(nanoseconds: now.nanoseconds - heartbeatInterval)
  }

  /// Somebody asks for a vote although this leader lives: it did not hear that all is quiet, and hears it now.
  mutating func answerFromQuiescence() {
    guard isQuiescent, role == .leader else { return }
    wake()
  }
}
