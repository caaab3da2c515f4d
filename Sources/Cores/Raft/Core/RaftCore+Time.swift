public import RoostBase

/// Time: what is due, and when something will be.
///
/// The core has no timers. The shell calls ``tick(now:)`` at ``nextDeadline`` or a little later; calling it more
/// often does no harm.
extension RaftCore {
  @inline(__always)
  var deadline: Instant {
    if isQuiescent { return .distantFuture }
    if role != .leader { return isPromotable ? campaignDeadline : .distantFuture }
    // A group of one needs no heartbeats, and its leader always has its quorum.
    if isAlone && transferee == .none { return .distantFuture }
    let own = min(heartbeatReset.advanced(by: heartbeatInterval), electionReset.advanced(by: electionTimeout))
    return commitDeadline.map { min($0, own) } ?? own
  }

  @inline(__always)
  var campaignDeadline: Instant { max(electionReset.advanced(by: campaignDelay), promiseEnd) }

  /// Does what is due: begin a campaign, send heartbeats, look whether a quorum is still there.
  public mutating func tick(now instant: Instant) {
    defer { lookAhead() }
    observe(instant)
    if isQuiescent { return }
    if role == .leader {
      tickLeader()
    } else if isPromotable, now >= campaignDeadline {
      if leader != .none, isExcused(since: campaignDeadline) {
        electionReset = now.advanced(by: heartbeatInterval - campaignDelay)
        return
      }
      electionReset = now
      startCampaign(settings.preVote ? .preVote : .election)
    }
  }

  private mutating func tickLeader() {
    let deadline = electionReset.advanced(by: electionTimeout)
    if now >= deadline {
      if isExcused(since: deadline) {
        electionReset = now.advanced(by: heartbeatInterval - electionTimeout)
      } else {
        electionReset = now
        if settings.checkQuorum { checkQuorum() }
        // A step of a transfer that takes longer than an election is given up, and proposals are taken again.
        if role == .leader { abandonTransfer() }
      }
    }
    if role == .leader, let commitDeadline, now >= commitDeadline { tellCommit() }
    if role == .leader, now >= heartbeatReset.advanced(by: heartbeatInterval) {
      heartbeatReset = now
      broadcastHeartbeat()
    }
  }

  /// Whether what was due at `deadline` is put off by a heartbeat's time. A shell that looks at the time so much too late
  /// has stood still, and what this member misses may lie unread. It is put off once: what is late again is due.
  private mutating func isExcused(since deadline: Instant) -> Bool {
    wasExcused = !wasExcused && now >= deadline.advanced(by: heartbeatInterval)
    return wasExcused
  }

  /// Steps down if no quorum was heard of since the last time.
  private mutating func checkQuorum() {
    if !tracker.isQuorumActive { becomeFollower(term, leader: .none) }
    for position in tracker.members.indices where tracker.members[position].id != id {
      tracker.members[position].isRecentlyActive = false
    }
  }

  /// Time never runs backwards here, whatever the shell's clock does.
  mutating func observe(_ instant: Instant) { now = max(now, instant) }

  /// Whether this member must not help to depose the leader it knows.
  var isInLease: Bool {
    settings.checkQuorum && leader != .none
      && (isQuiescent || now < electionReset.advanced(by: electionTimeout))
  }

  /// Draws the time until this member stands for election, counted from `electionReset`.
  mutating func drawCampaignDelay() {
    let base = electionTimeout
    if hastyCampaigns > 0 {
      // Long enough for an election to succeed, much shorter than the time in which a silent leader is missed.
      campaignDelay = base / 5 + random.nanoseconds(below: base * 2 / 5)
    } else {
      campaignDelay = base + random.nanoseconds(below: base)
    }
    campaignDelay += reluctance(base)
  }

  /// What a member of lesser priority waits in addition, at most `whole`.
  func reluctance(_ whole: Int64) -> Int64 {
    whole / Int64(UInt8.max) * Int64(UInt8.max - settings.priority)
  }

  /// Sets the time until this member stands for election, for scripts that must know it.
  package mutating func setCampaignDelay(_ delay: Duration) {
    defer { lookAhead() }
    campaignDelay = delay.wholeNanoseconds
  }
}

extension Instant {
  /// As `+`, without the detour through `Duration`.
  func advanced(by nanoseconds: Int64) -> Instant {
    let (sum, overflow) = self.nanoseconds.addingReportingOverflow(nanoseconds)
    return overflow ? .distantFuture : Instant(nanoseconds: sum)
  }
}
