import RoostBase
import RoostMembership
import RoostPlatform
import RoostRaft
import RoostStorage

/// One replica of one group: the shell around a ``RaftCore``.
///
/// It turns commit requests into proposals (on the leader), committed entries into engine batches, and read requests
/// into views. It owns no thread and does no waiting; its host calls it on the loop, collects what it has for the
/// network and the log once per tick, and calls it back when something became durable. Touched on the host's loop
/// only; for `@exclusivity(unchecked)` see there.
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
  /// It owns its replicas and outlives whatever calls them. Looked at so often that counting references to it shows.
  unowned(unsafe) let host: GroupHost
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
  var cachedView: EngineReadView?

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
    descriptor: GroupDescriptor, host: GroupHost, core: RaftCore, state: GroupState, gathered: SortedKeySet
  ) {
    newestHardState = HardState(term: core.term, vote: core.vote, commit: core.commitIndex)
    keptHardState = newestHardState
    self.descriptor = descriptor
    self.host = host
    self.core = core
    self.state = state
    window = ConflictWindow(floor: state.timestamp)
    backlog = ApplyBacklog(of: descriptor.id, gathered: gathered)
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
    cachedView = nil
    failEverything(error)
  }

  /// Lets the core decide whether it wants a snapshot that is whole. Returns whether it is being installed.
  func offer(_ received: SnapshotReceiver, _ message: Message, now: Instant) throws(StepError) -> Bool {
    guard !isSuspended else { return false }
    // If the core wants it, the write that says so takes it from there.
    offeredSnapshot = received
    defer { offeredSnapshot = nil }
    try step(message, now: now)
    flush(now)
    return offeredSnapshot == nil
  }

  /// The core has accepted the snapshot that was offered to it. Returns that; nil if none was, which must not be.
  func beginInstallation(through index: LogIndex) -> SnapshotReceiver? {
    guard let received = offeredSnapshot else { return nil }
    offeredSnapshot = nil
    stage = isDiverged ? .diverged(isInstalling: true) : .installing
    abandonProposals(through: index)
    host.dropStaged(of: self)
    window.withdrawAll()
    cachedView = nil
    return received
  }

  /// The state engine has the state of the snapshot.
  func adopt(_ outcome: SnapshotInstallation.Outcome) {
    state = outcome.state
    backlog = ApplyBacklog(of: group, gathered: outcome.gathered)
    lastTimestamp = max(lastTimestamp, outcome.state.timestamp)
    window.reset(floor: outcome.state.timestamp)
  }

  /// The log has a marker in place of the entries that led to the state before.
  func endInstallation(through index: LogIndex, _ responses: [Message]) {
    stage = isDiverged ? .diverged(isInstalling: false) : .active
    host.observer?.logged(in: group)
    core.applied(through: index)
    deliver(responses, now: host.loop.now)
    host.markDirty(self)
    answerApplyWaiters()
  }

  // MARK: Inputs

  /// - Parameter now: Read after the message arrived.
  func step(_ message: Message, now: Instant) throws(StepError) {
    guard !isSuspended else { return }
    defer { settle(now) }
    try core.step(message, now: now)
  }

  /// After an input: most answers change nothing that anyone has to hear of, and cost no flush.
  private func settle(_ now: Instant) {
    if core.hasEffects || mayFallSilent(now) { host.markDirty(self) } else { host.settled(self) }
  }

  func tick(_ now: Instant) {
    guard !isSuspended else { return }
    if !fallSilent(now) { core.tick(now: now) }
    host.markDirty(self)
  }

  /// Lets a group that this replica leads fall silent when nothing has happened in it for a while.
  private func fallSilent(_ now: Instant) -> Bool {
    guard core.role == .leader, lastActivity + host.configuration.quiescenceDelay <= now else { return false }
    return core.quiesce(among: { [host] node in host.liveness.nodes.isReachable(node) }, now: now)
  }

  /// A group that was woken for an election or for a member that was away falls silent as soon as all is settled.
  private func mayFallSilent(_ now: Instant) -> Bool {
    core.role == .leader && !core.isQuiescent && core.commitIndex == core.lastIndex
      && lastActivity + host.configuration.quiescenceDelay <= now
  }

  // MARK: Output

  /// Proposes what gathered during the tick and performs every effect of the core.
  ///
  /// - Parameter now: When the flush of the tick began.
  func flush(_ now: Instant) {
    guard !isSuspended else { return }
    if !batch.isEmpty || !newReads.isEmpty { lastActivity = now }
    proposeBatch(now)
    startReadRound()
    performEffects()
    if mayFallSilent(now), fallSilent(now) { performEffects() }
  }

  /// The room for so many proposals is kept for the next ones; a node may hold thousands of replicas.
  private static let keptBatch = 32

  private func proposeBatch(_ now: Instant) {
    guard !batch.isEmpty else { return }
    var proposals: [Proposal] = []
    var payloads: [[UInt8]] = []
    swap(&proposals, &batch)
    swap(&payloads, &batchPayloads)
    defer {
      // Whoever was told of a failure may have proposed again.
      if batch.isEmpty, proposals.count <= Replica.keptBatch {
        proposals.removeAll(keepingCapacity: true)
        payloads.removeAll(keepingCapacity: true)
        swap(&proposals, &batch)
        swap(&payloads, &batchPayloads)
      }
    }
    do {
      let first = try core.propose(payloads, now: now)
      for offset in proposals.indices {
        proposals[offset].index = first + UInt64(offset)
        proposals[offset].term = core.term
      }
      inflight.append(proposals)
    } catch {
      let failure: LocalFailure =
        error == .tooManyUncommitted ? .store(.overloaded(.proposals)) : .notLeader
      for proposal in proposals { finish(proposal, .failure(failure)) }
    }
  }

  private func performEffects() {
    while core.hasEffects, !isSuspended {
      core.beginEffects()
      let softState = core.takeSoftState()
      let messages = core.takeMessages()
      let write = core.takeStorageAppend()
      let committed = core.takeCommitted()
      let rest = core.takeReadsAndLoads()
      core.endEffects()

      if let softState { roleChanged(to: softState) }
      for place in messages.indices {
        if messages[place].kind == .snapshot {
          host.sendSnapshot(of: self, messages[place])
        } else {
          host.enqueue(messages[place], of: self)
        }
      }
      if let write { persist(write) }
      if !committed.isEmpty { apply(committed) }
      if let rest { answer(rest.reads, abandoning: rest.abandoned, loading: rest.loads) }
    }
  }

  private func answer(_ reads: [ReadState], abandoning contexts: [UInt64], loading loads: [LoadRequest]) {
    for read in reads {
      for waiter in readRounds.removeValue(forKey: read.context) ?? [] { waiter.completion(.success(read.index)) }
    }
    for context in contexts {
      for waiter in readRounds.removeValue(forKey: context) ?? [] { waiter.completion(.failure(.notLeader)) }
    }
    for load in loads { host.load(load, for: self) }
  }

  private func persist(_ write: StorageAppend) {
    if let hardState = write.hardState { newestHardState = hardState }
    if let snapshot = write.snapshot {
      keptHardState = newestHardState
      host.observer?.logging(write, in: group, core)
      host.install(snapshot, write, into: self)
      return
    }
    if !write.mustSync, write.entries.isEmpty, pendingLogWrites == 0 {
      // Only the commit index moved, which recovery does not need, and nothing earlier is under way.
      deliver(write.responses, now: host.loop.now)
      return
    }
    for entry in write.entries { host.bytesSinceFlush += entry.payload.count + 64 }
    pendingLogWrites += 1
    host.observer?.logging(write, in: group, core)
    let hardState = hardStateToKeep(with: write)
    if let hardState { keptHardState = hardState }
    host.enqueue(
      LogWrite(group: group, hardState: hardState, commit: newestHardState.commit, entries: write.entries),
      responses: write.responses, of: self)
  }

  /// A change of members is in force. That it is committed is kept at once: if all members lost power before that is
  /// written down with something else, they would ask the voters of before, of whom one may be gone for good by then.
  func keepCommit() {
    guard !isSuspended, keptHardState.commit < state.applied else { return }
    newestHardState.commit = max(newestHardState.commit, state.applied)
    keptHardState = newestHardState
    pendingLogWrites += 1
    host.observer?.logging(StorageAppend(hardState: newestHardState, mustSync: true), in: group, core)
    host.enqueue(
      LogWrite(group: group, hardState: newestHardState, commit: newestHardState.commit), responses: [], of: self)
    host.scheduleFlush()
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

  /// Something handed to the log is durable: answers that waited for it may go.
  func persisted(_ responses: [Message], now: Instant) {
    pendingLogWrites -= 1
    host.observer?.logged(in: group)
    deliver(responses, now: now)
  }

  func deliver(_ responses: [Message], now: Instant) {
    var isForSelf = false
    for place in responses.indices {
      if responses[place].to == core.id {
        isForSelf = true
      } else {
        host.enqueue(responses[place], of: self)
        host.scheduleFlush()
      }
    }
    guard isForSelf, !isSuspended else { return }
    let refused = core.stepOwn(responses, now: now)
    if refused > 0 { host.count(\.refusedMessages, by: refused) }
    settle(now)
  }

  private func roleChanged(to softState: SoftState) {
    if softState.role == .leader {
      leadershipIndex = core.lastIndex
    } else if leadershipIndex != nil {
      leadershipIndex = nil
      window.withdrawAll()
      endBulks(.notLeader)
    }
    host.observer?.roleChanged(in: group, core)
    host.leadershipChanged(self)
  }
}

/// Why a replica could not do something by itself.
enum LocalFailure: Error, Equatable {
  /// It certainly did not happen here; the leader may be asked.
  case notLeader
  case store(StoreError)
}
