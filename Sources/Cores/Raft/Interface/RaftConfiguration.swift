public import RoostBase

/// How a member behaves: its identity, its clocks and its limits.
public struct RaftConfiguration: Sendable {
  /// Where the right to answer a read comes from.
  public enum ReadMode: UInt8, Hashable, Sendable {
    /// A quorum confirms the leader after the read was asked for. Safe whatever clocks do.
    case quorum
    /// The leader answers from its lease while it holds one, else as `quorum`. Safe as long as no clock gains or
    /// loses more than a tenth, and the shell reads its clock after a read was asked for. Followers promise not to
    /// elect another leader for ``RaftConfiguration/leaseDuration``, so a crashed leader is replaced that much later.
    /// All members must have the same mode and duration.
    case lease
  }

  public var id: NodeID
  /// The shortest time without a leader after which a follower stands for election. The real time is drawn
  /// uniformly between this and twice this, anew for every term.
  public var electionTimeout: Duration
  public var heartbeatInterval: Duration
  /// Ask before an election whether it could be won (Raft dissertation, section 9.6).
  public var preVote = true
  /// A leader that does not hear from a quorum for an election timeout steps down, and members that hear from a
  /// leader don't take part in an election against it (section 6.2).
  public var checkQuorum = true
  public var readMode = ReadMode.quorum
  /// With ``ReadMode/lease``, how long a member that hears from its leader helps nobody else to be elected; the
  /// leader's lease is three quarters of it. The election timeout if nil, and never more. A shorter one shortens the
  /// time without a leader, but below two heartbeats leases run out before they are renewed.
  public var leaseDuration: Duration?
  /// How eager this member is to lead: one of lesser priority waits longer before it stands for election, up to
  /// one election timeout more for priority 0, so that those of highest priority are a term ahead.
  public var priority: UInt8 = .max
  /// The longest a member waits, by a random choice, before it stands for election when the connection to its
  /// leader closes.
  public var electionDelayAfterClose: Duration = .milliseconds(30)

  /// How long after the last commit a leader waits for entries to carry the commit index to followers before it sends it
  /// alone: this long at least, twice as long at most. Zero: not at all. A shell that reads on followers calls
  /// ``RaftCore/tellCommit(to:)`` for them.
  public var commitDelay: Duration = .zero

  /// The bytes of entries in one append message; one entry is sent whatever its size.
  public var maxEntriesBytesPerMessage = 1 << 20
  /// Append messages on their way to one follower.
  public var maxInflightMessages = 256
  /// Bytes on their way to one follower.
  public var maxInflightBytes = 16 << 20
  /// Bytes of entries that a leader takes while older ones are not applied yet.
  public var maxUncommittedBytes = 64 << 20
  /// Bytes of committed entries that are handed out and not yet applied.
  public var maxCommittedBytesPerApply = 16 << 20
  /// Bytes of entries kept in memory for followers; what is not durable or not handed out to be applied stays beyond it.
  public var maxCachedBytes = 16 << 20
  /// Reads waiting for confirmation.
  public var maxPendingReads = 1 << 16
  /// Seeds the generator of election timeouts. Members of a group must have different seeds.
  public var randomSeed: UInt64

  /// Whether committed entries are handed out before this member has made them durable itself. Then a crash can
  /// leave a state that is ahead of the log, which is the shell's to handle: only scripts that describe shells
  /// without parallel writes turn it on.
  package var appliesBeforeDurable = false
  /// Whether elections tell what is committed. Published scripts know nothing of it.
  package var electionsTellCommit = true
  /// Whether the target of a transfer has to answer before proposals are held for it. Published scripts hold them from
  /// the start.
  package var transferAwaitsAnswer = true
  /// What a leader does that applies its own removal.
  package enum Removal: UInt8, Hashable, Sendable {
    /// It sees to it that the others can go on, then gives leadership away.
    case handsOver
    case stepsDownAtOnce
    case goesOnLeading
  }

  /// Scripts describe the simpler ways.
  package var removal = Removal.handsOver
  /// Whether a leader refuses configuration changes that can't be applied to the configuration in force.
  package var validatesConfigurationChanges = true

  public init(
    id: NodeID, electionTimeout: Duration = .milliseconds(150), heartbeatInterval: Duration = .milliseconds(50),
    randomSeed: UInt64
  ) {
    self.id = id
    self.electionTimeout = electionTimeout
    self.heartbeatInterval = heartbeatInterval
    self.randomSeed = randomSeed
  }
}
