public import RoostBase

/// A member whose storage does not answer: it must not lead, for it would hold up everything that it commits itself and
/// apply nothing, and it can't win an election, whose first vote is its own and has to be durable.
extension RaftCore {
  /// Storage has not answered for long, or answers again.
  ///
  /// A leader gives leadership away without waiting for its storage: it asks the voter that has most of its log to stand
  /// for election at once, and follows. What it had proposed may still be committed, by whoever leads next.
  public mutating func storageStalled(_ isStalled: Bool, now instant: Instant) {
    defer { lookAhead() }
    observe(instant)
    guard isStalled != isStorageStalled else { return }
    isStorageStalled = isStalled
    if isStalled {
      if role == .leader { resign() } else if role != .follower { becomeFollower(term, leader: .none) }
    } else {
      electionReset = now
    }
  }

  private mutating func resign() {
    wake()
    var target: Progress?
    for member in tracker.members where member.id != id && tracker.isVoter(member.id) && member.isRecentlyActive {
      if !member.isRepairing, member.match > target?.match ?? .zero { target = member }
    }
    // Whoever has most of this log has all that is committed: a quorum without it would have had more.
    if let target { sendTimeoutNow(to: target.id) }
    becomeFollower(term, leader: .none)
  }
}
