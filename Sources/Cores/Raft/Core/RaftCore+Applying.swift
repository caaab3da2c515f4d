import RoostBase

/// What the state machine reports, and configuration changes as they come into force.
extension RaftCore {
  /// The shell has applied everything up to `index`. It must have passed every configuration change up to there
  /// to ``applyConfigurationChange(_:)``, and none after it.
  public mutating func applied(through index: LogIndex) {
    defer { lookAhead() }
    let bytes = log.applied(through: index)
    uncommittedBytes = max(0, uncommittedBytes - bytes)
    if log.pendingSnapshot == nil { appliedConfiguration = tracker.configuration }
    leaveJointIfDue()
  }

  /// Takes a committed configuration change into force. The shell calls it when it applies such an entry, and
  /// stores the configuration that is returned with the applied index.
  ///
  /// A change that can't be made to the configuration in force changes nothing; as all members apply the same
  /// changes to the same configuration, all of them agree on that.
  @discardableResult
  public mutating func applyConfigurationChange(_ change: ConfigurationChange) -> Configuration {
    defer { lookAhead() }
    if let result = try? ConfigurationChanger(tracker, lastIndex: log.lastIndex).apply(change) {
      take(result)
    }
    return tracker.configuration
  }

  private mutating func take(_ result: ConfigurationChanger.Result) {
    tracker.replace(result.configuration, members: result.members)
    configurationChanged()
    reads.endLease()
    guard role == .leader else { return }
    if !isVoter {
      switch settings.removal {
      case .handsOver: beginDeparture()
      case .stepsDownAtOnce:
        becomeFollower(term, leader: .none)
        return
      case .goesOnLeading: return
      }
    }
    if advanceCommit() {
      // A smaller quorum may have committed more.
      releasePostponedReads()
      broadcastAppend()
    } else {
      // Newcomers need not wait for the next heartbeat.
      for position in tracker.members.indices where tracker.members[position].id != id {
        sendAppend(to: position, evenIfEmpty: false)
      }
    }
    if transferee != .none, !tracker.isVoter(transferee) { abandonTransfer() }
    confirmReads()
    continueDeparture()
  }

  // MARK: Storage

  mutating func handleStorageAppended(_ message: Message) {
    // Entries written under an earlier term may have been replaced, and the replacement may still be on its way to
    // the disk, even if it looks the same by now. Only what was written under this term is taken as durable; every
    // change of term causes a write, so this is made good for soon.
    if message.term == term, message.index > .zero {
      log.becameStable(EntryLog.Position(index: message.index, term: message.logTerm))
    }
    // A snapshot is committed state, whatever the term.
    if let snapshot = message.snapshot {
      log.snapshotBecameStable(snapshot.index)
      if log.pendingSnapshot == nil { appliedConfiguration = tracker.configuration }
      leaveJointIfDue()
    }
  }
}
