public import RoostBase

/// One record of a replicated log.
public struct Entry: Hashable, Sendable {
  /// What an entry's payload is for.
  public enum Kind: UInt8, Hashable, Sendable, Codable {
    /// A command of the state machine; an empty payload is the no-op that starts a term.
    case command = 0
    /// An encoded ``ConfigurationChange``.
    case configurationChange = 1
  }

  public var index: LogIndex
  public var term: Term
  public var kind: Kind
  public var payload: [UInt8]

  public init(index: LogIndex, term: Term, kind: Kind = .command, payload: [UInt8] = []) {
    self.index = index
    self.term = term
    self.kind = kind
    self.payload = payload
  }
}

/// What a member must remember across a crash besides its log (Raft paper, figure 2), plus the commit index,
/// which is only a hint there.
public struct HardState: Hashable, Sendable {
  public var term: Term
  public var vote: NodeID
  public var commit: LogIndex

  public init(term: Term = .zero, vote: NodeID = .none, commit: LogIndex = .zero) {
    self.term = term
    self.vote = vote
    self.commit = commit
  }
}

/// Where a snapshot stands: it replaces all entries up to and including `index`.
public struct SnapshotMetadata: Hashable, Sendable {
  public var index: LogIndex
  public var term: Term
  /// The configuration in force at `index`.
  public var configuration: Configuration

  public init(index: LogIndex = .zero, term: Term = .zero, configuration: Configuration = Configuration()) {
    self.index = index
    self.term = term
    self.configuration = configuration
  }
}

/// Who belongs to a group. During a joint change both majorities must agree (Raft dissertation, section 4.3).
public struct Configuration: Hashable, Sendable {
  public var voters: Set<NodeID>
  /// The voters of the configuration that is being left; empty outside a joint change.
  public var outgoingVoters: Set<NodeID>
  public var learners: Set<NodeID>
  /// Voters that become learners when the joint change is left.
  public var nextLearners: Set<NodeID>
  /// Whether the leader leaves the joint configuration by itself once it is committed.
  public var autoLeave: Bool

  public init(
    voters: Set<NodeID> = [], outgoingVoters: Set<NodeID> = [], learners: Set<NodeID> = [],
    nextLearners: Set<NodeID> = [], autoLeave: Bool = false
  ) {
    self.voters = voters
    self.outgoingVoters = outgoingVoters
    self.learners = learners
    self.nextLearners = nextLearners
    self.autoLeave = autoLeave
  }

  public var isJoint: Bool { !outgoingVoters.isEmpty }
  /// Every member in any capacity.
  public var members: Set<NodeID> { voters.union(outgoingVoters).union(learners).union(nextLearners) }
}
