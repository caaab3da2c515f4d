import RoostPlatform
import RoostRaft
import RoostStorage

/// Committed entries that are decided and not yet in the state engine.
struct StagedApply {
  /// For the host's observer; empty if there is none.
  var entries: [Entry] = []
  var batch: EngineBatch
  /// About what the batch takes.
  var bytes = 0
  /// What the replica's state will be.
  var state: GroupState
  var systemWrites: [CommitRequest.Write] = []
  /// The lowest timestamp that is written at; the greatest there is if nothing is written.
  private(set) var oldestWrite = Timestamp.max
  var changesMembers = false
  /// Whether the replica serves as a leader since it was applied.
  var beginsServing = false

  init(state: GroupState, into batch: EngineBatch) {
    self.state = state
    self.batch = batch
  }

  mutating func noteWrite(at timestamp: Timestamp) { oldestWrite = min(oldestWrite, timestamp) }
}

/// A proposal whose fate is known.
struct SettledProposal {
  var proposal: Replica.Proposal
  var happened: Bool
}

extension Replica {
  /// Decides committed entries: answers who waited for their outcome, and stages what they write for the state engine.
  ///
  /// A change of members comes into force when it is applied, and only then: behind a bulk commit that is being unfolded, it
  /// and all that follows it wait for the end of that.
  func apply(_ entries: [Entry]) {
    if postponed.isEmpty { decide(entries) } else { postponed += entries }
  }

  /// A bulk commit is unfolded: what waited behind it is applied, and the next one may go on.
  func unfoldingIsOver() {
    scheduleBulk()
    let entries = postponed
    postponed = []
    if !entries.isEmpty { apply(entries) }
    if pendingApplies.isEmpty, staged != nil { host.applyStaged(of: self) }
  }

  private func decide(_ entries: [Entry]) {
    // Its memory is used again, by whichever replica is next.
    var settled: [SettledProposal] = []
    swap(&settled, &host.settledProposals)
    defer {
      settled.removeAll(keepingCapacity: settled.count <= GroupHost.keptSettledProposals)
      swap(&settled, &host.settledProposals)
    }
    do {
      try stage(entries, &settled)
    } catch {
      // They are committed, but this node can't apply them: they will be, by others or after a restart.
      for place in settled.indices { finish(settled[place].proposal, .failure(.store(.unknownOutcome))) }
      return host.fail(
        "an entry of partition \(group) between \(entries[0].index) and \(entries[entries.count - 1].index) can't be "
          + "decoded: \(error)")
    }
    for place in settled.indices {
      let timestamp = settled[place].proposal.timestamp
      finish(settled[place].proposal, settled[place].happened ? .success(timestamp) : .failure(.notLeader))
    }
    if isStateWanted { host.applyStaged(of: self) }
  }

  /// Turns entries into a batch, behind what is staged already.
  private func stage(_ entries: [Entry], _ settled: inout [SettledProposal]) throws {
    window.limit = host.windowLimit
    core.maxCachedBytes = host.cachedLogBytes
    for place in entries.indices {
      let entry = entries[place]
      if entry.kind == .configurationChange, !pendingApplies.isEmpty {
        postponed = Array(entries[place...])
        break
      }
      let own = settle(entry, into: &settled)
      // Changed where it lies: it is large, and mostly one entry at a time comes to it.
      if staged == nil {
        staged = StagedApply(state: decidedState, into: host.applies.takeBatch(expecting: stagedBytes))
      }
      staged?.bytes += entry.payload.count + Replica.entryOverhead
      // The leader whose bulk commit it is has been replaced.
      if let bulk = staged?.state.bulk, bulk.term != entry.term { abandonGathered(next: nil) }
      switch entry.kind {
      case .command where entry.payload.isEmpty: break
      case .command:
        if let own {
          stage(own)
        } else {
          switch try GroupCommand(decoding: entry.payload) {
          case .writes(let command): stage(command)
          case let command: try stageBulk(command, entry)
          }
        }
        // It was the end of a bulk commit, which is a batch of its own.
        if staged == nil { continue }
      case .configurationChange:
        guard let change = ConfigurationChange(decoding: entry.payload) else {
          throw DecodingFailure("a malformed change of configuration")
        }
        let configuration = core.applyConfigurationChange(change)
        staged?.state.configuration = configuration
        staged?.changesMembers = true
      }
      staged?.state.applied = entry.index
      staged?.state.appliedTerm = entry.term
      if host.observer != nil { staged?.entries.append(entry) }
      // Behind a bulk commit batches are kept small: each is applied in one turn.
      if !pendingApplies.isEmpty, let bytes = staged?.bytes, bytes >= Replica.batchBehindBulk { sealStaged() }
    }
    host.noteStaged(self)
  }

  private func stage(_ command: WriteCommand) {
    for write in command.writes {
      staged?.batch.putVersion(write.key.bytes, at: command.timestamp.rawValue, write.value)
    }
    staged?.noteWrite(at: command.timestamp)
    window.apply(command.writes, at: command.timestamp)
    staged?.state.timestamp = command.timestamp
    lastTimestamp = max(lastTimestamp, command.timestamp)
    if group == .system { staged?.systemWrites.append(contentsOf: command.writes) }
  }

  private static let batchBehindBulk = 64 << 10
  /// What an entry without payload counts when staged bytes are counted.
  private static let entryOverhead = 64

  /// Whether what is staged should be applied at once: a reader waits for it, a new leader serves only then, or the
  /// cluster's own records or members change.
  private var isStateWanted: Bool {
    guard let end = staged?.state.applied, let changesMembers = staged?.changesMembers, pendingApplies.isEmpty else {
      return false
    }
    if group == .system || changesMembers { return true }
    if let leadershipIndex, state.applied < leadershipIndex { return true }
    return applyWaiters.contains { $0.index <= end }
  }

  /// Adds what is to be applied next to a batch for the engine, with the new applied index. False if nothing is.
  func appendStaged(to batch: inout EngineBatch) throws(EngineError) -> Bool {
    guard !isSuspended else { return false }
    switch pendingApplies.first {
    case .bulk(let unfolding):
      try unfolding.appendStep(of: group, state, sweptBefore: host.sweptBefore, engine: host.engine, to: &batch)
    case .batch(let staged): append(staged.batch, staged.state, to: &batch)
    case nil:
      guard let ready = staged?.batch, let state = staged?.state else { return false }
      append(ready, state, to: &batch)
    }
    return true
  }

  private func append(_ ready: EngineBatch, _ state: GroupState, to batch: inout EngineBatch) {
    batch.append(ready)
    batch.put(LocalKeys.groupState(group), state.encoded())
  }

  /// The state engine has taken what was to be applied next: the state stands there now. Returns what has to be announced;
  /// nil if nothing has changed that anyone sees.
  func takeApplied() -> StagedApply? {
    guard var done = takeNext() else { return nil }
    let wasServing = isServing
    state = done.state
    stagedBytes = min(done.batch.byteCount, ApplyState.largestSpare)
    var batch = EngineBatch()
    swap(&batch, &done.batch)
    host.applies.giveBack(batch)
    host.observer?.applied(done.entries, at: state.timestamp, in: group, core)
    cachedView = nil
    core.applied(through: state.applied)
    done.beginsServing = !wasServing && isServing
    return done
  }

  private func takeNext() -> StagedApply? {
    switch pendingApplies.first {
    case nil: return staged.take()
    case .batch(let staged):
      pendingApplies.removeFirst()
      return staged
    case .bulk(var unfolding):
      guard unfolding.isLast(sweptBefore: host.sweptBefore) else {
        unfolding.stepDone()
        pendingApplies[0] = .bulk(unfolding)
        state.bulk?.committedAt = unfolding.timestamp
        return nil
      }
      pendingApplies.removeFirst()
      var done = StagedApply(state: unfolding.end, into: EngineBatch())
      if host.observer != nil { done.entries = [unfolding.entry] }
      return done
    }
  }

  /// Tells whoever waits that the state has changed.
  func announce(_ done: StagedApply) {
    answerApplyWaiters()
    // A new leader serves once its first entry is applied: what waited for it may come now.
    if done.beginsServing { host.unparkSoon() }
    if !done.systemWrites.isEmpty { host.delegate?.systemWritesApplied(done.systemWrites) }
    if done.changesMembers { host.configurationChanged(self) }
  }

  /// Takes the proposals that `entry` decides out of the queue: one at its index happened if its term is the entry's,
  /// the others lost their place in the log. Returns the command, decoded already, if the entry is this replica's own
  /// proposal.
  private func settle(_ entry: Entry, into settled: inout [SettledProposal]) -> WriteCommand? {
    while let proposal = inflight.popFirst(through: entry.index) {
      let happened = proposal.index == entry.index && proposal.term == entry.term
      settled.append(SettledProposal(proposal: proposal, happened: happened))
      // An entry of a bulk commit is staged as on any other replica.
      if happened, !proposal.writes.isEmpty {
        return WriteCommand(timestamp: proposal.timestamp, writes: proposal.writes)
      }
    }
    return nil
  }
}
