public import RoostBase

/// What members of a group say to each other.
///
/// One flat struct serves every kind: most kinds use a few fields and leave the others at zero, which costs a
/// little space in memory and nothing on a wire whose codec omits zeroes. The comment at each kind names the
/// fields it uses.
///
/// ## Who may send what
/// The shell must make sure that `from` is the member at the other end of the connection a message came from,
/// and that it is not the receiver itself: messages from a member to itself are the answers of its own storage
/// (``StorageAppend/responses``), and the core believes them.
public struct Message: Hashable, Sendable {
  public enum Kind: UInt8, Hashable, Sendable, CaseIterable {
    /// Leader to follower: `entries` follow the entry (`index`, `logTerm`); everything up to `commit` is committed.
    case append = 0
    /// Follower to leader: the log matches the leader's up to `index`; or `reject`: it does not have
    /// (`index`, `logTerm` of the request), try (`rejectHint`, `logTerm`). Or it has lost what it acknowledged after
    /// `commit` (`isRepairing` together with `reject`).
    case appendResponse = 1
    /// Candidate to voter: vote for me in `term`; my log ends with (`index`, `logTerm`), and is committed up to
    /// (`commit`, `commitTerm`). `context` is ``Message/transferCampaign`` if the old leader itself asked for this
    /// election.
    case vote = 2
    /// The answer, `reject` or not; the voter's log is committed up to (`commit`, `commitTerm`).
    case voteResponse = 3
    /// Would you vote for me in `term`, which is the sender's next one? Changes no state at the receiver.
    case preVote = 4
    /// The answer: with the term of the request if granted, with the receiver's own if `reject`.
    case preVoteResponse = 5
    /// Leader to follower: here is the whole state at `snapshot`, sent apart from this message.
    case snapshot = 6
    /// Leader to follower: I still lead, and you may commit up to `commit`. `context` is the number of the round.
    case heartbeat = 7
    /// The answer, with the same `context`.
    case heartbeatResponse = 8
    /// Member to leader: give leadership to the member whose id is in `context`.
    case transferLeader = 9
    /// Leader to follower: start an election at once, without a pre-vote.
    case timeoutNow = 10
    /// Member to leader: which index must I have applied to answer the read `context`?
    case readIndex = 11
    /// The answer: `index`, for the read `context`.
    case readIndexResponse = 12
    /// Member to leader: append `entries` (their indexes and terms mean nothing).
    case propose = 13
    /// A member's storage to the member itself: the log up to (`index`, `logTerm`), and `snapshot` if there is
    /// one, are durable. Never comes from the network.
    case storageAppended = 14
    /// Leader to follower: everything up to (`index`, `logTerm`) is committed, and I will be silent until something
    /// happens; if that is where your log ends, don't wait for me.
    case quiesce = 15
  }

  public var kind: Kind
  public var from: NodeID
  public var to: NodeID
  /// The sender's term; zero where the kind has none (`readIndex`, `propose`).
  public var term: Term
  public var logTerm: Term
  public var index: LogIndex
  public var commit: LogIndex
  /// The term of the entry at `commit`; zero where the kind does not use it.
  public var commitTerm: Term
  public var rejectHint: LogIndex
  public var context: UInt64
  public var reject: Bool
  /// Of the answers of a follower: it has lost part of its log and can't lead (``RaftCore/isRepairing``).
  public var isRepairing: Bool
  public var entries: [Entry]
  @Boxed public var snapshot: SnapshotMetadata?

  public init(
    _ kind: Kind, from: NodeID, to: NodeID, term: Term = .zero, logTerm: Term = .zero, index: LogIndex = .zero,
    commit: LogIndex = .zero, commitTerm: Term = .zero, rejectHint: LogIndex = .zero, context: UInt64 = 0,
    reject: Bool = false, isRepairing: Bool = false, entries: [Entry] = [], snapshot: SnapshotMetadata? = nil
  ) {
    self.kind = kind
    self.from = from
    self.to = to
    self.term = term
    self.logTerm = logTerm
    self.index = index
    self.commit = commit
    self.commitTerm = commitTerm
    self.rejectHint = rejectHint
    self.context = context
    self.reject = reject
    self.isRepairing = isRepairing
    self.entries = entries
    self.snapshot = snapshot
  }

  /// The `context` of a vote request that the leader itself asked for: it is granted even by members that hear
  /// from that leader.
  public static let transferCampaign: UInt64 = 1
}
