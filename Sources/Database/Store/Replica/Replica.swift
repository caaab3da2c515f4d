import RoostBase
import RoostMembership
import RoostPlatform
import RoostRaft
import RoostStorage

/// One replica of one group: the shell around a ``RaftCore``.
///
/// It turns commit requests into proposals (on the leader), committed entries into engine batches, and read requests
/// into views. It owns no thread and does no waiting; its host calls it on the loop, takes what it has for the network
/// and the log once per tick (``takeEffects()``), and tells it when something became durable. It knows
/// its host only as ``ReplicaHost``; what it stages is written when the ``ApplyScheduler`` says so, which it may ask for. Touched on the host's loop only; for `@exclusivity(unchecked)` see ``GroupHost``.
///
/// Life of a commit on the leader, with the field that holds it:
/// ```
/// evaluate ─► batch ─(flush: propose)─► inflight ─(entry committed)─► completion, and staged ─► state engine
///    │                                     └─(another entry took its index)─► rerouted: it certainly did not happen
///    └─ conflict, or conflictsWaiting while the change that decides is itself in flight
/// ```
final class Replica: @unchecked Sendable {
  typealias CommitCompletion = @Sendable (Result<Timestamp, LocalFailure>) -> Void
  typealias IndexCompletion = @Sendable (Result<LogIndex, LocalFailure>) -> Void
  typealias ViewCompletion = @Sendable (Result<any LocalReadView, LocalFailure>) -> Void

  /// A commit between its evaluation and the entry that decides it.
  struct Proposal {
    var index = LogIndex.zero
    var term = Term.zero
    var timestamp: Timestamp
    /// Empty for an entry of a bulk commit.
    var writes: [CommitRequest.Write]
    /// The bulk commit whose last entry it is.
    var bulk: UInt64?
    /// When the one who waits is told that the outcome is unknown.
    var deadline: Instant
    /// Nil once that happened.
    var completion: CommitCompletion?
  }

  /// A commit that waits for the fate of a proposal it conflicts with.
  struct ConflictWaiter {
    var deadline: Instant
    var hold: RequestHold?
    var completion: CommitCompletion
  }

  /// Whether the replica takes part in its group.
  enum Stage {
    case active
    /// A snapshot is being installed: the core is not fed until it is done.
    case installing
    /// What is committed here contradicts what the others have committed: it takes no part any more.
    case diverged(isInstalling: Bool)
  }

  /// A read that waits for a quorum to confirm the leader.
  struct ReadWaiter {
    var deadline: Instant
    var completion: IndexCompletion
  }

  /// A read whose index is known, waiting for this replica to apply it.
  struct ApplyWaiter {
    var index: LogIndex
    var deadline: Instant
    var completion: ViewCompletion
  }

  let descriptor: GroupDescriptor
  let environment: ReplicaEnvironment
  /// It owns its replicas and outlives whatever calls them. Looked at so often that counting references to it shows.
  unowned(unsafe) let host: any ReplicaHost
  /// Changed by the replica alone; its host gives it inputs (``input(_:)``).
  @exclusivity(unchecked) var core: RaftCore
  @exclusivity(unchecked) var state: GroupState
  @exclusivity(unchecked) var window: ConflictWindow

  /// The highest timestamp given out or applied; the next one is greater.
  @exclusivity(unchecked) var lastTimestamp: Timestamp
  /// On a leader: the index of the no-op that began its term. It serves once this is applied, for only then does its
  /// state hold everything that earlier leaders acknowledged.
  @exclusivity(unchecked) var leadershipIndex: LogIndex?

  @exclusivity(unchecked) var batch: [Proposal] = []
  @exclusivity(unchecked) var batchPayloads: [[UInt8]] = []
  @exclusivity(unchecked) var inflight = ProposalQueue()
  /// Commits that lose against the proposal at this timestamp, if it is applied.
  var conflictsWaiting: [Timestamp: [ConflictWaiter]] = [:]

  /// Reads that came in this tick, answered by one quorum round together.
  @exclusivity(unchecked) var newReads: [ReadWaiter] = []
  var readRounds: [UInt64: [ReadWaiter]] = [:]
  var nextReadContext: UInt64 = 1
  /// Views waiting until this index is applied, in no particular order.
  var applyWaiters: [ApplyWaiter] = []

  /// The view of the current state, shared by all readers until something is applied.
  var cachedView: EngineReadView? {
    didSet { if cachedView !== oldValue { environment.viewsAtHand.replace(cachedView, of: group) } }
  }
  /// Of the keys of its range: views have their values at hand.
  let pinnedKeys: [Key]
  /// Their values in the current state; nil if they have to be read.
  var pinned: PinnedValues?

  /// The last hard state the core handed out, written or not.
  @exclusivity(unchecked) private var newestHardState: HardState
  /// The last one the log was given to keep.
  @exclusivity(unchecked) private var keptHardState: HardState
  /// Storage writes handed to the log and not yet durable.
  @exclusivity(unchecked) private(set) var pendingLogWrites = 0
  /// What is decided and not yet in the state engine.
  @exclusivity(unchecked) var backlog: ApplyBacklog
  @exclusivity(unchecked) var applySlot = ApplySlot()
  /// The bulk commits that this leader takes.
  @exclusivity(unchecked) var bulks = BulkQueue()
  /// When a client last wanted something of this leader: worth staying awake for.
  @exclusivity(unchecked) var lastActivity = Instant.origin
  /// Kept by the host, which counts who is awake.
  @exclusivity(unchecked) var isCountedAwake = false
  /// Where this replica stands in the host's queue of deadlines; kept by that.
  @exclusivity(unchecked) var armedDeadline = Instant.distantFuture
  @exclusivity(unchecked) var sweepSlot = SweepSlot()
  /// Waits for the flush at the end of the tick.
  @exclusivity(unchecked) var isDirty = false
  /// A snapshot that is whole and waits for the core's verdict.
  private var offeredSnapshot: SnapshotReceiver?
  @exclusivity(unchecked) private(set) var stage = Stage.active

  var group: GroupID { descriptor.id }

  /// - Parameter gathered: the keys of the slices that the state keeps.
  init(
    descriptor: GroupDescriptor, environment: ReplicaEnvironment, host: any ReplicaHost, core: RaftCore,
    state: GroupState,
    gathered: SortedKeySet
  ) {
    newestHardState = HardState(term: core.term, vote: core.vote, commit: core.commitIndex)
    keptHardState = newestHardState
    self.descriptor = descriptor
    self.environment = environment
    self.host = host
    self.core = core
    self.state = state
    window = ConflictWindow(floor: state.timestamp)
    pinnedKeys = environment.configuration.keySpace.pinnedKeys(in: descriptor.range)
    backlog = ApplyBacklog(of: descriptor.id, gathered: gathered, pinnedKeys: pinnedKeys)
    lastTimestamp = state.timestamp
  }

  /// Whether this replica leads and may evaluate commits.
  var isServing: Bool {
    guard core.role == .leader, !core.isHandingOver, !isSuspended, let leadershipIndex else { return false }
    return state.applied >= leadershipIndex
  }

  // MARK: Stages

  /// Neither fed nor asked.
  @inline(__always)
  var isSuspended: Bool { if case .active = stage { false } else { true } }

  var isInstalling: Bool {
    switch stage {
    case .active: false
    case .installing: true
    case .diverged(let isInstalling): isInstalling
    }
  }

  var isDiverged: Bool { if case .diverged = stage { true } else { false } }

  /// Takes no part any more; whatever waits here fails with `error`.
  func exclude(_ error: StoreError) {
    stage = .diverged(isInstalling: isInstalling)
    failEverything(error)
  }

  /// Keeps a snapshot that is whole, while `body` has the core decide whether it wants it: if so,
  /// ``beginInstallation(through:)`` takes it. Returns whether that happened.
  func offering(_ received: SnapshotReceiver, _ body: () throws(StepError) -> Void) throws(StepError) -> Bool {
    offeredSnapshot = received
    defer { offeredSnapshot = nil }
    try body()
    return offeredSnapshot == nil
  }

  /// The core has accepted the snapshot that was offered to it. Returns that; nil if none was, which must not be.
  func beginInstallation(through index: LogIndex) -> SnapshotReceiver? {
    guard let received = offeredSnapshot else { return nil }
    offeredSnapshot = nil
    stage = isDiverged ? .diverged(isInstalling: true) : .installing
    abandonProposals(through: index)
    dropStaged()
    window.withdrawAll()
    cachedView = nil
    return received
  }

  /// The state engine has the state of the snapshot.
  func adopt(_ outcome: SnapshotInstallation.Outcome) {
    state = outcome.state
    (cachedView, pinned) = (nil, nil)
    backlog = ApplyBacklog(of: group, gathered: outcome.gathered, pinnedKeys: pinnedKeys)
    lastTimestamp = max(lastTimestamp, outcome.state.timestamp)
    window.reset(floor: outcome.state.timestamp)
  }

  /// The log has a marker in place of the entries that led to the state before.
  func endInstallation(through index: LogIndex) {
    stage = isDiverged ? .diverged(isInstalling: false) : .active
    environment.observer?.logged(in: group)
    core.applied(through: index)
  }

  // MARK: Inputs

  /// An input for the core, which may lead to something.
  func input<Result>(_ body: (inout RaftCore) throws -> Result) rethrows -> Result { try body(&core) }

  /// - Parameter now: read after the message arrived.
  func step(_ message: Message, now: Instant) throws(StepError) {
    guard !isSuspended else { return }
    try core.step(message, now: now)
  }

  /// What the core has sent itself. Returns how many of its messages it refused.
  func stepOwn(_ messages: [Message], now: Instant) -> Int { isSuspended ? 0 : core.stepOwn(messages, now: now) }

  /// A message could not be sent.
  func lost(_ message: Message) {
    switch message.kind {
    case .append: core.reportUnreachable(message.to)
    case .snapshot: core.reportSnapshot(message.to, succeeded: false)
    default: break
    }
  }

  /// - Parameter isReachable: which nodes are.
  func tick(_ now: Instant, isReachable: (NodeID) -> Bool) {
    guard !isSuspended else { return }
    if !fallSilent(now, isReachable: isReachable) { core.tick(now: now) }
  }

  // MARK: Output

  /// Whether a flush would do anything with what the core has been given: it wants something done, or may fall silent.
  func wantsFlush(_ now: Instant) -> Bool { core.hasEffects || mayFallSilent(now) }

  /// What the core wants done. It is to be done in this order.
  struct Effects {
    var role: SoftState?
    var messages: [Message]
    var write: StorageAppend?
    var committed: [Entry]
    var rest: (reads: [ReadState], abandoned: [UInt64], loads: [LoadRequest])?
  }

  /// Whether the core wants something done.
  @inline(__always)
  var hasEffects: Bool { core.hasEffects && !isSuspended }

  // Inlined, so that five arrays are not moved about as one (docs/decisions/0012).
  @inline(__always)
  func takeEffects() -> Effects {
    core.beginEffects()
    defer { core.endEffects() }
    return Effects(
      role: core.takeSoftState(), messages: core.takeMessages(), write: core.takeStorageAppend(),
      committed: core.takeCommitted(), rest: core.takeReadsAndLoads())
  }

  func roleChanged(to softState: SoftState) {
    if softState.role == .leader {
      leadershipIndex = core.lastIndex
    } else if leadershipIndex != nil {
      leadershipIndex = nil
      window.withdrawAll()
      endBulks(.notLeader)
    }
    environment.observer?.roleChanged(in: group, core)
  }

  // MARK: The log

  /// Begins a write that the core wants. Returns what the log has to keep, ``persisted()`` ends it; nil if it has to keep nothing,
  /// and nothing earlier is under way that the responses would have to wait for.
  func beginLogWrite(for write: StorageAppend) -> LogWrite? {
    if let hardState = write.hardState { newestHardState = hardState }
    // Only the commit index moved, which recovery does not need.
    if !write.mustSync, write.entries.isEmpty, pendingLogWrites == 0 { return nil }
    pendingLogWrites += 1
    environment.observer?.logging(write, in: group, core)
    let hardState = hardStateToKeep(with: write)
    if let hardState { keptHardState = hardState }
    return LogWrite(group: group, hardState: hardState, commit: newestHardState.commit, entries: write.entries)
  }

  /// A snapshot that the core wants takes the place of the log: with it everything of the hard state is kept.
  func noteSnapshotWrite(_ write: StorageAppend) {
    if let hardState = write.hardState { newestHardState = hardState }
    keptHardState = newestHardState
    environment.observer?.logging(write, in: group, core)
  }

  /// A change of members is in force. That it is committed is kept at once: if all members lost power before that is
  /// written down with something else, they would ask the voters of before, of whom one may be gone for good by then.
  ///
  /// - Returns: what the log has to keep, ``persisted()`` ends it; nil if that is kept already.
  func beginCommitWrite() -> LogWrite? {
    guard !isSuspended, keptHardState.commit < state.applied else { return nil }
    newestHardState.commit = max(newestHardState.commit, state.applied)
    keptHardState = newestHardState
    pendingLogWrites += 1
    environment.observer?.logging(StorageAppend(hardState: newestHardState, mustSync: true), in: group, core)
    return LogWrite(group: group, hardState: newestHardState, commit: newestHardState.commit)
  }

  /// What of the hard state has to be kept with a write: term and vote when they have changed. That only the commit index
  /// moved is not worth a record, and may be forgotten; but whoever keeps a change of members must also keep that the one
  /// before is committed. Otherwise, started again, it would ask the voters of two changes ago, of whom a majority need not
  /// have a member in common with one of today's.
  private func hardStateToKeep(with write: StorageAppend) -> HardState? {
    guard write.mustSync else { return nil }
    let changesMembers = write.entries.contains { $0.kind == .configurationChange }
    if changesMembers || newestHardState.term != keptHardState.term || newestHardState.vote != keptHardState.vote {
      return newestHardState
    }
    return nil
  }

  /// Something of this group that its core knows nothing of is on its way through the log, or is done.
  func logWriteBegan() { pendingLogWrites += 1 }
  func logWriteEnded() { pendingLogWrites -= 1 }

  /// Something handed to the log is durable.
  func persisted() {
    pendingLogWrites -= 1
    environment.observer?.logged(in: group)
  }
}

/// Why a replica could not do something by itself.
enum LocalFailure: Error, Equatable {
  /// It certainly did not happen here; the leader may be asked.
  case notLeader
  case store(StoreError)
}
