public import RoostBase

/// Snapshots: the state instead of the entries that led to it (Raft paper, section 7).
///
/// ## How one travels
/// 1. The leader finds that a follower needs entries that are compacted, and emits a message of kind `snapshot`.
///    Its metadata stands for *the state as it is applied when the effects are taken*: the shell takes hold of
///    exactly that state before it applies anything more, and streams it. A shell that applies elsewhere may send a
///    later state instead, if it puts that state's own index, term and configuration into the message.
/// 2. The receiver's shell collects the whole state, durably and apart from the one in use, and only then steps the
///    message into its core.
/// 3. If the core wants it, the next write (``StorageAppend/snapshot``) says so: the shell puts the new state in
///    place of the old one and forgets its log, as one durable step. Nothing is applied until that is reported. If
///    the next write does not ask for it, the state is outdated and the shell throws it away.
/// 4. The sender's shell reports the outcome (``reportSnapshot(_:succeeded:)``). The follower's acknowledgement
///    does the same job; the report matters when that is lost, and when sending fails.
extension RaftCore {
  /// Sends the state to a member, if there is anybody to receive it. Returns whether it was sent.
  @discardableResult
  mutating func sendSnapshot(to position: Int) -> Bool {
    guard tracker.members[position].isRecentlyActive else { return false }
    let index = log.applied
    // A member whose joining is being applied just now would find itself missing in the state; it gets the next one.
    guard let snapshotTerm = log.term(at: index), index > .zero,
      appliedConfiguration.members.contains(tracker.members[position].id)
    else { return false }
    tracker.members[position].becomeSnapshot(index)
    let metadata = SnapshotMetadata(index: index, term: snapshotTerm, configuration: appliedConfiguration)
    messages.append(
      Message(.snapshot, from: id, to: tracker.members[position].id, term: term, snapshot: metadata))
    hasSnapshotToSend = true
    return true
  }

  /// Moves the snapshots in the messages about to be taken to the state as it is now: more may have been applied
  /// since it was decided to send them. What can't be moved is not sent.
  mutating func refreshSnapshotsToSend() {
    if !hasSnapshotToSend { return }
    hasSnapshotToSend = false
    let index = log.applied
    let snapshotTerm = role == .leader ? log.term(at: index) : nil
    messages.removeAll { message in
      guard message.kind == .snapshot, message.snapshot?.index != index else { return false }
      return snapshotTerm == nil || message.term != term || !appliedConfiguration.members.contains(message.to)
    }
    guard let snapshotTerm else { return }
    for number in messages.indices where messages[number].kind == .snapshot {
      messages[number].snapshot = SnapshotMetadata(
        index: index, term: snapshotTerm, configuration: appliedConfiguration)
      if let position = tracker.position(of: messages[number].to), tracker.members[position].state == .snapshot {
        tracker.members[position].becomeSnapshot(index)
      }
    }
  }

  /// The state sent to a member arrived as a whole, or did not.
  public mutating func reportSnapshot(_ node: NodeID, succeeded: Bool) {
    defer { lookAhead() }
    guard role == .leader, let position = tracker.position(of: node), tracker.members[position].state == .snapshot
    else { return }
    if !succeeded { tracker.members[position].pendingSnapshot = .zero }
    tracker.members[position].becomeProbe()
    // After a success the follower's acknowledgement is due; after a failure the next heartbeat is soon enough.
    tracker.members[position].isFlowPaused = true
  }

  mutating func handleSnapshot(_ message: Message) throws(StepError) {
    guard let snapshot = message.snapshot else { throw .malformed(.snapshot) }
    if snapshot.index <= log.commit, let own = log.term(at: snapshot.index), own != snapshot.term {
      throw .diverged(at: snapshot.index)
    }
    let index = restore(snapshot) ? log.lastIndex : log.commit
    acknowledge(index, to: message.from)
  }

  /// Takes a snapshot into the log. False if it brings nothing.
  private mutating func restore(_ snapshot: SnapshotMetadata) -> Bool {
    guard snapshot.index > log.commit, snapshot.configuration.members.contains(id) else { return false }
    if log.matches(EntryLog.Position(index: snapshot.index, term: snapshot.term)) {
      // The log has all of it already, and now knows that it is committed.
      log.commit(through: snapshot.index)
      return false
    }
    log.restore(snapshot)
    tracker.resetVotes()
    tracker.restore(snapshot.configuration, lastIndex: log.lastIndex)
    configurationChanged()
    return true
  }

  // MARK: Compaction

  /// The log up to `index`, which must be applied, is not needed any more by this member. Followers that need it
  /// get snapshots, so leave some of it.
  public mutating func compact(through index: LogIndex) {
    defer { lookAhead() }
    log.compact(through: min(index, log.applied))
  }
}
