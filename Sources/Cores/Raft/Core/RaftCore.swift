public import RoostBase

/// One member of one Raft group, as a value: the state of the consensus protocol and the rules that change it.
///
/// ## How it is used
/// The shell gives it inputs (messages, proposals, the passage of time, news from its storage and its state
/// machine) and then takes the effects. The core does no I/O, knows no clock and never blocks:
/// ```
///   messages, proposals,           ┌──────────┐   takeEffects()
///   tick(now:), connectionClosed ─▶│ RaftCore │──────┬──▶ messages ────▶ network          at once
///                                  └──────────┘      ├──▶ persist ─────▶ log, sync        beside sending
///        ▲      ▲                                    │      └ responses ▶ network, step() when durable
///        │      └── step(storageAppended) ◀──────────┤
///        └───────── applied(through:) ◀──────────────┴──▶ committed ───▶ state machine
/// ```
/// A leader's entries travel to its followers while it writes them itself; what it acknowledges to itself is one
/// of the responses of the write, so it counts its own copy only when that is durable, like any other.
///
/// ## What is promised (Raft paper, figure 3)
/// At most one leader per term; a leader never changes its log but at the end; logs that agree on the term of an
/// entry agree on everything before it; what is committed is in the log of every later leader; and so all members
/// apply the same entries in the same order. These hold as long as storage keeps what it has acknowledged,
/// whatever messages are lost, repeated, delayed or reordered. Clocks matter for progress only (and for
/// ``RaftConfiguration/ReadMode/lease``). Every `now` is read from a monotonic clock after the input arrived.
///
/// ## Elections
/// A follower that hears from no leader for its election timeout asks all voters whether they would vote for it
/// (pre-vote), which disturbs nobody; only if a majority would, it raises the term and asks for real votes. A voter
/// grants one vote in a term, and only to a log that has at least what its own has.
///
/// With check-quorum, members that heard from a leader within the shortest election timeout ignore requests to
/// vote, so a member that was cut off cannot depose a leader that works. A **closed connection** ends
/// that early: a killed leader closes all of its connections at once, and every follower that sees it
/// (``connectionClosed(to:now:)``) forgets the leader, is free to vote, and stands for election after a short
/// random delay. If the leader lives and only one connection broke, the others, which still hear from it, ignore
/// the pre-vote, the leader ignores it too, and the next heartbeat ends the attempt without a change of term. A
/// follower whose own connection to the dead leader has not closed yet refuses for a while; the candidate tries again a few times in short order (``hastyCampaigns``), then at the usual pace.
///
/// ## Quiescence
/// See ``quiesce(among:now:)``.
///
/// ## Reads
/// See ``readIndex(context:now:)``.
public struct RaftCore: Sendable {
  // The order of the fields is the order in memory: a node has thousands of members, and what most inputs need of one lies
  // together, what few need at the end (docs/decisions/0012).

  // A call that only reads copies the whole core first when the core is an object's or is being changed. So what shells
  // look at often is stored, and what the core itself asks for every message is `@inline(__always)`.
  public let id: NodeID
  public internal(set) var term: Term
  /// Who got this member's vote in this term.
  public internal(set) var vote: NodeID
  /// The leader of this term; ``NodeID/none`` if unknown.
  public internal(set) var leader = NodeID.none
  /// To whom leadership is being given; see ``transferLeadership(to:now:)``.
  @usableFromInline var transferee = NodeID.none
  /// When ``tick(now:)`` has something to do, as far as is known now. It may change with every input.
  public internal(set) var nextDeadline = Instant.distantFuture
  public internal(set) var role = Role.follower
  /// Whether ``takeEffects()`` has anything to give.
  public internal(set) var hasEffects = false
  /// Whether nothing is to be expected from or told to anybody until something happens; see ``quiesce(among:now:)``.
  public internal(set) var isQuiescent = false
  /// Whether proposals are refused because a transfer of leadership is in its last step.
  public internal(set) var isHandingOver = false
  /// Whether this member is in the group without a vote.
  public internal(set) var isLearner = false
  /// Whether this member has lost part of its log and has not got it back yet. It follows and acknowledges like any
  /// other, but does not stand for election, and votes only for members whose logs reach as far as its own did.
  /// Storage may forget ``RestoredState/repairThrough`` when this is false.
  public internal(set) var isRepairing = false
  /// Whether storage does not answer: see ``storageStalled(_:now:)``.
  public internal(set) var isStorageStalled = false
  /// Whether this member votes, and whether there is anybody else.
  var isVoter = false
  var isAlone = true
  /// Whether one of the messages is a snapshot.
  var hasSnapshotToSend = false
  /// How far this leader is on its way out of the group.
  var departure = Departure.none
  var takenSoftState: SoftState
  var takenHardState: HardState

  // Time. All deadlines are counted from these two.
  var now: Instant
  /// When this member last heard from a leader, granted a vote or began a campaign; as a leader, when it last
  /// looked whether a quorum is there.
  var electionReset: Instant
  var heartbeatReset: Instant
  /// When followers are told what is committed, unless entries tell them before.
  var commitDeadline: Instant?
  /// Until then this member helps nobody to be elected.
  var promiseEnd = Instant.origin
  /// Whether the last deadline was put off because this member had stood still.
  var wasExcused = false
  /// Nanoseconds from `electionReset` until a follower stands for election.
  var campaignDelay: Int64 = 0
  /// What the settings say, in nanoseconds.
  let electionTimeout: Int64
  let heartbeatInterval: Int64
  let commitDelay: Int64

  @usableFromInline var log: EntryLog
  /// An estimate of the bytes in the log that are not applied, for ``RaftConfiguration/maxUncommittedBytes``.
  var uncommittedBytes = 0

  // Effects that wait to be taken.
  var messages: [Message] = []
  /// Messages that may leave only when everything accepted so far is durable.
  var responses: [Message] = []
  var readStates: [ReadState] = []
  var abandonedReads: [UInt64] = []
  var loads: [LoadRequest] = []

  var tracker: ProgressTracker
  var reads = ReadQueue()
  /// What this member once had and has to get back; nil unless it ``isRepairing``.
  var repair: Repair? {
    didSet { isRepairing = repair != nil }
  }
  /// Campaigns that still follow each other quickly because a leader's connection closed.
  var hastyCampaigns = 0
  /// What the target of a transfer has to show before proposals are held for it.
  var transferGoal = TransferGoal.none
  /// Whether leadership was being handed over in this term: the next leader may then ignore leases.
  var hasForfeitedLease = false
  /// The round of heartbeats that members must have answered before this leader falls silent.
  var roundBeforeSilence: UInt64 = 0
  /// At or after the last configuration change in the log. None is proposed until this is applied.
  var pendingConfigurationIndex = LogIndex.zero
  /// The configuration in force at the applied index. The tracker's may be one change ahead while the shell is
  /// about to report that it has applied that change.
  var appliedConfiguration: Configuration
  let leaseDuration: Int64
  var random: TimeoutGenerator
  let settings: RaftConfiguration

  /// Starts a member with what its storage gave back. Throws if that can't be any member's state.
  public init(
    configuration settings: RaftConfiguration, restoring state: RestoredState, now: Instant
  ) throws(RestoreError) {
    precondition(settings.id != .none, "a member has an id")
    precondition(
      settings.heartbeatInterval > .zero && settings.electionTimeout > settings.heartbeatInterval,
      "followers must hear a heartbeat within the election timeout")
    precondition(
      settings.leaseDuration ?? .zero <= settings.electionTimeout, "a promise is over when an election is due")
    try state.validate()
    self.settings = settings
    id = settings.id
    electionTimeout = settings.electionTimeout.wholeNanoseconds
    heartbeatInterval = settings.heartbeatInterval.wholeNanoseconds
    leaseDuration = (settings.leaseDuration ?? settings.electionTimeout).wholeNanoseconds
    commitDelay = settings.commitDelay.wholeNanoseconds
    term = state.hardState.term
    vote = state.hardState.vote
    log = EntryLog(state, settings: settings)
    tracker = ProgressTracker(
      maxInflightMessages: settings.maxInflightMessages, maxInflightBytes: settings.maxInflightBytes)
    appliedConfiguration = state.configuration
    self.now = now
    electionReset = now
    heartbeatReset = now
    random = TimeoutGenerator(seed: settings.randomSeed, id: settings.id)
    takenSoftState = SoftState(role: .follower, leader: .none)
    takenHardState = HardState(term: term, vote: vote, commit: log.commit)
    tracker.restore(state.configuration, lastIndex: log.lastIndex)
    configurationChanged()
    beginRepair(state)
    keepFormerPromise()
    becomeFollower(term, leader: .none)
    lookAhead()
  }

  /// Bytes of entries kept in memory for followers, in the beginning that of the configuration. A change takes effect
  /// with the next entries.
  public var maxCachedBytes: Int {
    get { log.maxCachedBytes }
    set { log.maxCachedBytes = newValue }
  }

  // MARK: Looking

  @inlinable public var isLeader: Bool { role == .leader }
  @inlinable public var commitIndex: LogIndex { log.commit }
  @inlinable public var appliedIndex: LogIndex { log.applied }
  /// The first entry that the log still has (or would have).
  @inlinable public var firstIndex: LogIndex { log.firstIndex }
  @inlinable public var lastIndex: LogIndex { log.lastIndex }
  public var lastTerm: Term { log.last.term }
  /// The configuration in force.
  public var configuration: Configuration { tracker.configuration }
  /// To whom leadership is being given; ``NodeID/none`` if it is not. Proposals are taken until ``isHandingOver``.
  @inlinable public var leadershipTransferee: NodeID { transferee }
  /// Whether the leader has committed an entry of its own term, and so knows all that is committed.
  @inline(__always)
  public var hasCommittedInTerm: Bool { role == .leader && log.term(at: log.commit) == term }
  /// The term of an entry; nil if it was compacted away or does not exist.
  public func term(at index: LogIndex) -> Term? { log.term(at: index) }
  /// What a leader knows about a member; nil if that is not in the configuration. On others it means nothing.
  public func progress(of node: NodeID) -> Progress? { tracker.position(of: node).map { tracker.members[$0] } }

  /// Whether this member may stand for election.
  @inline(__always)
  var isPromotable: Bool { isVoter && !isRepairing && !log.hasPendingSnapshot && !isStorageStalled }

  /// Takes note of what the configuration in force makes of this member.
  mutating func configurationChanged() {
    isLearner = tracker.configuration.learners.contains(id)
    isVoter = tracker.isVoter(id)
    isAlone = tracker.members.allSatisfy { $0.id == id }
  }
}

extension RestoredState {
  func validate() throws(RestoreError) {
    do { try configuration.validate() } catch { throw .invalidConfiguration(error) }
    var position = EntryLog.Position(index: snapshot.index, term: snapshot.term)
    for entry in entries {
      if entry.index.rawValue != position.index.rawValue &+ 1 { throw .gapInLog(at: entry.index) }
      if entry.term < position.term || entry.term > hardState.term { throw .termOutOfOrder(at: entry.index) }
      position = EntryLog.Position(index: entry.index, term: entry.term)
    }
    if applied < snapshot.index { throw .appliedBeforeSnapshot }
    let needed = repairThrough == .zero ? max(applied, hardState.commit) : applied
    if needed > position.index { throw .logEndsBefore(needed) }
  }
}
