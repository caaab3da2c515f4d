public import RoostBase

/// Giving leadership away on request (Raft dissertation, section 3.10), so that nobody waits for a target that is stopped,
/// cut off or far behind.
///
/// ```
///            wish                 the target has answered since, and            the target has
///                                 has what the log held at the wish             the whole log
///   none ───────────▶ approaching ───────────────────────────────▶ handing over ──────────────▶ "stand for election"
///    ▲                     │ proposals are taken                        │ proposals are refused        (timeoutNow)
///    └─────────────────────┴────────────────────────────────────────────┘
///      each of the two steps is given up after an election timeout, or when the target can't be reached
/// ```
/// The dissertation's leader refuses proposals from the start. This one first asks for a sign of life: a target that does
/// not answer then costs nothing, and one that lags is given what it lacks while the group works on. What is still on its
/// way when the last step begins is no more than what came in during the first, which took less than an election timeout.
///
/// Until the last step the leader keeps its lease, for nobody was told to ignore it.
extension RaftCore {
  struct TransferGoal: Sendable {
    /// The round of heartbeats that began with the wish.
    var round: UInt64
    /// The end of the log at that time.
    var index: LogIndex

    static let none = TransferGoal(round: 0, index: .zero)
  }

  /// Gives leadership to a voter: brings its log up to date, then tells it to stand for election at once. Proposals are
  /// refused only for the last step (``isHandingOver``), and for an election timeout at most. A wish that comes to nothing
  /// is given up silently: ``leadershipTransferee`` is ``NodeID/none`` again. A follower passes the wish on to its leader.
  public mutating func transferLeadership(to node: NodeID, now instant: Instant) {
    defer { lookAhead() }
    observe(instant)
    wake()
    guard role == .leader else {
      if role == .follower, leader != .none {
        messages.append(Message(.transferLeader, from: id, to: leader, term: term, context: node.rawValue))
      }
      return
    }
    guard let position = tracker.position(of: node), !tracker.members[position].isLearner, node != transferee else {
      return
    }
    abandonTransfer()
    if node == id { return }
    electionReset = now
    transferee = node
    if settings.transferAwaitsAnswer {
      broadcastHeartbeat()
      transferGoal = TransferGoal(round: reads.round, index: log.lastIndex)
    } else {
      beginHandingOver(at: position)
    }
  }

  /// The target was heard: takes the next step if it can be taken.
  mutating func continueTransfer(at position: Int) {
    if isHandingOver {
      if canTakeOver(position) { sendTimeoutNow(to: transferee) }
    } else if tracker.members[position].acknowledgedRound >= transferGoal.round,
      tracker.members[position].match >= transferGoal.index, !tracker.members[position].isRepairing
    {
      beginHandingOver(at: position)
    }
  }

  private mutating func beginHandingOver(at position: Int) {
    isHandingOver = true
    hasForfeitedLease = true
    electionReset = now
    if canTakeOver(position) {
      sendTimeoutNow(to: transferee)
    } else {
      sendAppend(to: position, evenIfEmpty: true)
    }
  }

  /// Takes proposals again. What the target was told it may do even so: then it is elected, or it is not.
  mutating func abandonTransfer() {
    guard transferee != .none else { return }
    transferee = .none
    isHandingOver = false
    leaveJointIfDue()
  }

  /// Whether a voter has all that this leader has, so that it can win an election at once.
  func canTakeOver(_ position: Int) -> Bool {
    tracker.members[position].match == log.lastIndex && !tracker.members[position].isRepairing
  }

  mutating func sendTimeoutNow(to node: NodeID) {
    messages.append(Message(.timeoutNow, from: id, to: node, term: term))
  }
}
