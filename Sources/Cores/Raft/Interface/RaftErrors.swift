public import RoostBase

/// Why a message was not taken. But for ``lostLog(acknowledged:)`` and ``diverged(at:)`` the member's state is sound; the
/// shell drops the message, and may close a connection that brings such ones.
public enum StepError: Error, Hashable, Sendable {
  /// It is addressed to another member.
  case notAddressedToThisMember(NodeID)
  /// A kind that only a member's own storage sends came from another member.
  case localKindFromPeer
  /// An answer from someone who is not in the configuration.
  case unknownSender(NodeID)
  /// Its fields contradict each other or what every correct sender knows.
  case malformed(Malformation)
  /// The leader has acknowledgements of this member up to that index, and the log ends before: it was lost, and
  /// storage did not know (see ``RestoredState/repairThrough``). Nobody can tell what else is lost, votes for
  /// instance, so a member that is told this must not go on.
  case lostLog(acknowledged: LogIndex)
  /// The leader's log has another entry at that index than the one that this member knows to be committed. No leader can
  /// be elected without everything that is committed (Raft paper, section 5.4.3), so some members have lost what they
  /// had made durable: this one or a majority of the others. Whoever is right, the member must not go on.
  case diverged(at: LogIndex)
  /// It is a forwarded proposal that can't be taken.
  case proposalRefused(ProposalError)

  public enum Malformation: UInt8, Hashable, Sendable {
    /// No sender, or a sender that can't be one.
    case sender
    /// A term that no group reaches.
    case term
    /// An index that no log reaches.
    case index
    /// Entries that don't follow each other, or terms that decrease or are above the message's.
    case entries
    /// An acknowledgement of what was never sent.
    case acknowledgement
    case snapshot
  }
}

/// Why a proposal (or a read) was not taken. Nothing of it is in the log.
public enum ProposalError: Error, Hashable, Sendable {
  /// This member does not lead; ``NodeID/none`` if it knows no leader.
  case notLeader(leader: NodeID)
  /// This member leads but is no longer in the group.
  case removed
  /// Leadership is being handed over; try again with the next leader.
  case transferring(to: NodeID)
  /// Too much is in the log that is not applied yet; try again later.
  case tooManyUncommitted
  case tooManyReads
  /// An earlier configuration change may not be applied yet.
  case configurationChangePending(through: LogIndex)
  case configurationChange(ConfigurationChangeError)
  /// A proposal without entries, or with an undecodable configuration change.
  case invalid
}
