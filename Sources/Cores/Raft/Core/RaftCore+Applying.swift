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
}
