public import RoostBase

/// The leader's side of replication: what to send to whom, and what their answers mean (Raft paper, section 5.3).
///
/// Sending is a matter of each follower's ``Progress``: as soon as something can be sent it is, without waiting for
/// answers, until the window is full.
extension RaftCore {
  // MARK: Sending

  mutating func broadcastAppend() {
    // One piece of memory of the right size, instead of one that grows.
    if messages.isEmpty { messages.reserveCapacity(tracker.members.count - 1) }
    for position in tracker.members.indices where tracker.members[position].id != id {
      sendAppend(to: position, evenIfEmpty: true)
    }
  }

  /// Sends what comes next to a member. An empty message still carries the commit index. Returns whether something
  /// was sent.
  @discardableResult
  mutating func sendAppend(to position: Int, evenIfEmpty: Bool) -> Bool {
    // Field by field: a computed property would be asked of a copy of all that is known about the member.
    let state = tracker.members[position].state
    if state == .snapshot || tracker.members[position].isFlowPaused || tracker.members[position].isLoading {
      return false
    }
    let next = tracker.members[position].next
    if !evenIfEmpty, next > log.lastIndex { return false }
    guard !needsFoundingState(position), let previousTerm = log.term(at: next - 1) else {
      return sendSnapshot(to: position)
    }
    var entries: [Entry] = []
    // A full window does not stop empty messages: when all messages of a window are lost, the answer to an empty
    // one (which is let through once per heartbeat) is what opens it again.
    let mayCarryEntries = state != .replicate || !tracker.members[position].inflights.isFull
    if mayCarryEntries, next <= log.lastIndex {
      if next < log.firstCached {
        tracker.members[position].isLoading = true
        loads.append(
          LoadRequest(
            follower: tracker.members[position].id, from: next, maxBytes: settings.maxEntriesBytesPerMessage))
        return false
      }
      entries = log.entries(from: next, maxBytes: settings.maxEntriesBytesPerMessage)
    }
    if entries.isEmpty, !evenIfEmpty { return false }
    send(entries, to: position, previousTerm: previousTerm)
    return true
  }

  /// The configuration a group was founded with is in no entry. A member with an empty log may be a founder that
  /// knows it or a newcomer that does not, so once anything is committed such a member gets the state, in which
  /// the configuration is, even if the log still begins with the first entry.
  private func needsFoundingState(_ position: Int) -> Bool {
    log.firstIndex == LogIndex(1) && tracker.members[position].next == LogIndex(1) && log.commit > .zero
  }

  private mutating func send(_ entries: [Entry], to position: Int, previousTerm: Term) {
    let next = tracker.members[position].next
    var size = 0
    for entry in entries { size += entry.size }
    messages.append(
      Message(
        .append, from: id, to: tracker.members[position].id, term: term, logTerm: previousTerm, index: next - 1,
        commit: log.commit, entries: entries))
    tracker.members[position].sentEntries(count: entries.count, bytes: size)
    tracker.members[position].sentCommit = log.commit
  }

  /// The answer to a ``LoadRequest``: consecutive entries from where it asked, or none if they can't be had now,
  /// in which case they are asked for again after the follower's next answer to a heartbeat.
  public mutating func entriesLoaded(for node: NodeID, entries: [Entry], now instant: Instant) {
    defer { lookAhead() }
    observe(instant)
    guard role == .leader, let position = tracker.position(of: node), tracker.members[position].isLoading else {
      return
    }
    tracker.members[position].isLoading = false
    let next = tracker.members[position].next
    guard let first = entries.first else {
      // Compacted meanwhile? Then a snapshot is needed, else patience.
      if log.term(at: next - 1) == nil {
        sendSnapshot(to: position)
      } else {
        tracker.members[position].isFlowPaused = true
      }
      return
    }
    // The follower may have said meanwhile that it needs others; and what was read must be what this log holds.
    guard first.index == next, isOwn(entries), let previousTerm = log.term(at: next - 1) else {
      sendAppend(to: position, evenIfEmpty: false)
      return
    }
    send(entries, to: position, previousTerm: previousTerm)
    while sendAppend(to: position, evenIfEmpty: false) {}
  }

  /// Whether these are consecutive entries of the log as it is now.
  private func isOwn(_ entries: [Entry]) -> Bool {
    var index = entries[0].index
    for entry in entries {
      if entry.index != index || log.term(at: index) != entry.term { return false }
      index = index.next
    }
    return true
  }

  // MARK: The commit index

  /// Sees to it that followers learn how far the log is committed: with the next entries if there are some soon, else
  /// with a message of its own after ``RaftConfiguration/commitDelay``. Under load that saves one message and one answer
  /// of every three, for nobody waits for what followers apply but readers there, and for those there is
  /// ``tellCommit(to:)``.
  private mutating func spreadCommit() {
    if commitDelay == 0 { return broadcastAppend() }
    for position in tracker.members.indices where tracker.members[position].id != id {
      sendAppend(to: position, evenIfEmpty: false)
    }
    // Put off again and again while commits follow each other, for the entries between them carry the news. At a multiple
    // of the delay, so that the groups of a node speak together.
    let due = now.advanced(by: 2 * commitDelay - 1).nanoseconds
    commitDeadline = Instant(nanoseconds: due - due % commitDelay)
  }

  /// Tells whoever does not know it what is committed.
  mutating func tellCommit() {
    commitDeadline = nil
    for position in tracker.members.indices where tracker.members[position].id != id {
      tellCommit(at: position)
    }
  }

  /// Tells a member at once what is committed, because somebody there waits for it.
  public mutating func tellCommit(to node: NodeID) {
    defer { lookAhead() }
    guard role == .leader, node != id, let position = tracker.position(of: node) else { return }
    tellCommit(at: position)
  }

  private mutating func tellCommit(at position: Int) {
    if tracker.members[position].canLearnCommit(log.commit) { sendAppend(to: position, evenIfEmpty: true) }
  }

  mutating func broadcastHeartbeat() {
    let round = reads.beginRound(now: now)
    for position in tracker.members.indices where tracker.members[position].id != id {
      // Never more than the follower is known to have: it would commit what it does not hold, or holds wrongly.
      let commit = min(tracker.members[position].match, log.commit)
      messages.append(
        Message(
          .heartbeat, from: id, to: tracker.members[position].id, term: term, commit: commit, context: round))
      tracker.members[position].sentCommit = commit
    }
  }

  // MARK: Answers

  mutating func handleAppendResponse(_ message: Message) throws(StepError) {
    guard let position = tracker.position(of: message.from) else { return }
    if !message.reject, message.index > log.lastIndex { throw .malformed(.acknowledgement) }
    tracker.members[position].isRecentlyActive = true
    tracker.members[position].isRepairing = message.isRepairing
    if message.reject {
      handleRejection(message, from: position)
    } else {
      handleAcknowledgement(message, from: position)
    }
  }

  /// ## Finding where two logs part
  /// A refused append says: I don't have your entry before these. Going back one entry per round trip would take as
  /// long as the logs have diverged. Two facts make it one step per term:
  ///
  /// The follower answers with the last of its entries whose term is not above the refused entry's (`rejectHint`,
  /// `logTerm`): whatever it has with a higher term can't be the leader's, whose terms only fall towards the front.
  ///
  /// The leader in turn skips all of its entries whose terms are above that `logTerm`: the follower's log does not
  /// reach that term at or before that index, so it can't hold any of them.
  private mutating func handleRejection(_ message: Message, from position: Int) {
    var hint = message.rejectHint
    if message.logTerm > .zero { hint = log.lastPossibleMatch(hint, term: message.logTerm).index }
    if message.isRepairing, tracker.members[position].match > message.commit {
      tracker.members[position].fallBack(to: message.commit, hint: min(hint, log.lastIndex))
      sendAppend(to: position, evenIfEmpty: true)
      return
    }
    if tracker.members[position].decrease(rejected: message.index, hint: hint) {
      if tracker.members[position].state == .replicate { tracker.members[position].becomeProbe() }
      sendAppend(to: position, evenIfEmpty: true)
    }
  }

  private mutating func handleAcknowledgement(_ message: Message, from position: Int) {
    // An acknowledgement of what was known matters only to a probe, which it ends.
    let isNews = tracker.members[position].acknowledge(message.index)
    let endsProbe = tracker.members[position].match == message.index && tracker.members[position].state == .probe
    guard isNews || endsProbe else { return }
    switch tracker.members[position].state {
    case .probe:
      tracker.members[position].becomeReplicate()
    case .snapshot:
      // Whatever snapshot it got, from whomever: if the log can take it further, go on.
      if tracker.members[position].match.next >= log.firstIndex {
        tracker.members[position].becomeProbe()
        tracker.members[position].becomeReplicate()
      }
    case .replicate:
      tracker.members[position].inflights.free(through: message.index)
    }
    let isSelf = message.from == id
    if advanceCommit() {
      releasePostponedReads()
      spreadCommit()
    } else if !isSelf, commitDeadline == nil, tracker.members[position].canLearnCommit(log.commit) {
      sendAppend(to: position, evenIfEmpty: true)
    }
    if isSelf { return }
    // There may be room in the window now, for more than one message.
    while sendAppend(to: position, evenIfEmpty: false) {}
    if message.from == transferee { continueTransfer(at: position) }
    continueDeparture()
  }

  /// Commits what a quorum has, if it is of this term (Raft paper, section 5.4.2: entries of earlier terms can be
  /// replaced even when a quorum has them, unless one of this term is committed after them). Returns whether
  /// anything was.
  mutating func advanceCommit() -> Bool {
    let index = tracker.quorum.committedIndex(of: tracker.members)
    guard index > log.commit, log.term(at: index) == term else { return false }
    log.commit(through: index)
    return true
  }

  mutating func handleHeartbeatResponse(_ message: Message) {
    guard let position = tracker.position(of: message.from) else { return }
    tracker.members[position].isRecentlyActive = true
    tracker.members[position].isFlowPaused = false
    // Something is missing there, or a probe waits for an answer that may have been lost.
    if tracker.members[position].match < log.lastIndex || tracker.members[position].state == .probe {
      sendAppend(to: position, evenIfEmpty: true)
    }
    tracker.members[position].acknowledgedRound = max(
      tracker.members[position].acknowledgedRound, min(message.context, reads.round))
    confirmReads()
    if message.from == transferee { continueTransfer(at: position) }
    continueDeparture()
  }

  // MARK: News from the shell

  /// What was sent to a member last may not have arrived.
  public mutating func reportUnreachable(_ node: NodeID) {
    defer { lookAhead() }
    guard role == .leader, node != id, let position = tracker.position(of: node) else { return }
    if tracker.members[position].state == .replicate { tracker.members[position].becomeProbe() }
    if node == transferee { abandonTransfer() }
  }
}
