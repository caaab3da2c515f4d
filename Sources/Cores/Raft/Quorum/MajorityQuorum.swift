public import RoostBase

/// More than half of a set of voters.
///
/// The two questions asked of a quorum are how far its members agree (``committedIndex(_:)``) and whether they
/// elected somebody (``voteResult(_:)``). Both answers of the empty set are the ones that don't hinder the other
/// half of a joint quorum: everything is committed, every election is won.
public struct MajorityQuorum: Hashable, Sendable {
  /// Sorted, without duplicates.
  public let voters: [NodeID]

  public init(_ voters: Set<NodeID>) { self.voters = voters.sorted() }

  /// The highest index that more than half of the voters acknowledge. `acknowledged` is nil for a voter that has
  /// not been heard of. The largest index there is if there are no voters.
  public func committedIndex(_ acknowledged: (NodeID) -> LogIndex?) -> LogIndex {
    let count = voters.count
    if count == 0 { return LogIndex(.max) }
    if count == 1 { return acknowledged(voters[0]) ?? .zero }
    return withUnsafeTemporaryAllocation(of: LogIndex.self, capacity: count) { indexes in
      // Insertion sort: groups are small, and nothing may be allocated for every acknowledgement.
      for position in 0..<count {
        let index = acknowledged(voters[position]) ?? .zero
        var hole = position
        while hole > 0, indexes[hole - 1] > index {
          indexes.initializeElement(at: hole, to: indexes[hole - 1])
          hole -= 1
        }
        indexes.initializeElement(at: hole, to: index)
      }
      // Sorted ascending, everything from here on (a majority) is at least this.
      return indexes[count - (count / 2 + 1)]
    }
  }

  /// What the votes cast so far amount to. `vote` is nil for a voter that has not answered.
  public func voteResult(_ vote: (NodeID) -> Bool?) -> VoteResult {
    if voters.isEmpty { return .won }
    var granted = 0
    var missing = 0
    for voter in voters {
      switch vote(voter) {
      case true?: granted += 1
      case nil: missing += 1
      case false?: break
      }
    }
    let needed = voters.count / 2 + 1
    if granted >= needed { return .won }
    return granted + missing >= needed ? .pending : .lost
  }
}

/// The state of an election.
public enum VoteResult: UInt8, Hashable, Sendable {
  case pending
  case lost
  case won
}
