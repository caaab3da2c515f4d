public import RoostBase

/// Two majorities that must both agree (Raft dissertation, section 4.3). Outside of a joint change the outgoing
/// one is empty and agrees to everything.
public struct JointQuorum: Hashable, Sendable {
  public let incoming: MajorityQuorum
  public let outgoing: MajorityQuorum

  public init(incoming: MajorityQuorum, outgoing: MajorityQuorum = MajorityQuorum([])) {
    self.incoming = incoming
    self.outgoing = outgoing
  }

  public init(_ configuration: Configuration) {
    self.init(
      incoming: MajorityQuorum(configuration.voters), outgoing: MajorityQuorum(configuration.outgoingVoters))
  }

  /// The voters of both, sorted, without duplicates.
  public var voters: [NodeID] { Set(incoming.voters).union(outgoing.voters).sorted() }

  /// Whether one voter decides alone.
  public var isSingleton: Bool { incoming.voters.count == 1 && outgoing.voters.isEmpty }

  /// The highest index that both majorities acknowledge.
  public func committedIndex(_ acknowledged: (NodeID) -> LogIndex?) -> LogIndex {
    let index = incoming.committedIndex(acknowledged)
    return outgoing.voters.isEmpty ? index : min(index, outgoing.committedIndex(acknowledged))
  }

  /// Won if both are won, lost if either is lost.
  public func voteResult(_ vote: (NodeID) -> Bool?) -> VoteResult {
    let first = incoming.voteResult(vote)
    let second = outgoing.voteResult(vote)
    if first == second { return first }
    return first == .lost || second == .lost ? .lost : .pending
  }
}
