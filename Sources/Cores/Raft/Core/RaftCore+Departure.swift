import RoostBase

/// A leader that is a voter no longer, and its way out (Raft dissertation, section 4.2.2).
///
/// Configurations come into force when they are applied, so a leader that has applied its own removal may be the
/// only one that knows it to be in force. If it left at once, the others might ask *it* for a vote, for as long as
/// it takes, and it may be switched off by then. So it takes no more proposals, and
/// 1. brings a majority of the new voters to the end of its log;
/// 2. tells them that all of it is committed, in a round of heartbeats, and waits until a majority has answered;
/// 3. asks one of them to stand for election at once, and steps down.
///
/// Now a majority holds the whole log and knows the configuration, so any of these can be elected without it.
extension RaftCore {
  enum Departure: Hashable, Sendable {
    case none
    case replicating
    case confirming(round: UInt64)
  }

  mutating func beginDeparture() {
    if departure == .none { departure = .replicating }
  }

  /// Takes the next step if it can be taken.
  mutating func continueDeparture() {
    guard role == .leader else { return }
    switch departure {
    case .none: break
    case .replicating:
      guard log.commit == log.lastIndex else { return }
      broadcastHeartbeat()
      departure = .confirming(round: reads.round)
    case .confirming(let round):
      guard reads.confirmedRound >= round else { return }
      let target = tracker.members.indices.first { position in
        tracker.isVoter(tracker.members[position].id) && canTakeOver(position)
          && tracker.members[position].acknowledgedRound >= round
      }
      if let target { sendTimeoutNow(to: tracker.members[target].id) }
      becomeFollower(term, leader: .none)
    }
  }
}
