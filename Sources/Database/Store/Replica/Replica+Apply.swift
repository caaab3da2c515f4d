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
  func apply(_ entries: [Entry]) {
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
    // Changed where it lies: it is large, and mostly one entry at a time comes to it.
    if staged == nil { staged = StagedApply(state: state, into: host.applies.takeBatch(expecting: stagedBytes)) }
    var bytes = 0
    for entry in entries {
      let own = settle(entry, into: &settled)
      bytes += entry.payload.count + Replica.entryOverhead
      switch entry.kind {
      case .command where entry.payload.isEmpty: break
      case .command:
        let command = try own ?? WriteCommand(decoding: entry.payload)
        for write in command.writes {
          staged?.batch.putVersion(write.key.bytes, at: command.timestamp.rawValue, write.value)
        }
        staged?.noteWrite(at: command.timestamp)
        window.apply(command.writes, at: command.timestamp)
        staged?.state.timestamp = command.timestamp
        lastTimestamp = max(lastTimestamp, command.timestamp)
        if group == .system { staged?.systemWrites.append(contentsOf: command.writes) }
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
    }
    precondition(staged != nil, "what is decided was staged")
    staged?.bytes += bytes
    if host.observer != nil { staged?.entries.append(contentsOf: entries) }
    host.noteStaged(self, bytes: bytes)
  }

  /// What an entry without payload counts when staged bytes are counted.
  private static let entryOverhead = 64

  /// Whether what is staged should be applied at once: a reader waits for it, a new leader serves only then, or the
  /// cluster's own records or members change.
  private var isStateWanted: Bool {
    guard let end = staged?.state.applied, let changesMembers = staged?.changesMembers else { return false }
    if group == .system || changesMembers { return true }
    if let leadershipIndex, state.applied < leadershipIndex { return true }
    return applyWaiters.contains { $0.index <= end }
  }

  /// Adds what is staged to a batch for the engine, with the new applied index. False if nothing is.
  func appendStaged(to batch: inout EngineBatch) -> Bool {
    guard let ready = staged?.batch, let state = staged?.state, !isSuspended else { return false }
    batch.append(ready)
    batch.put(LocalKeys.groupState(group), state.encoded())
    return true
  }

  /// The state engine has taken what was staged: the state stands there now. Returns what has to be announced.
  func takeApplied() -> StagedApply? {
    guard var done = staged.take() else { return nil }
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
      if happened { return WriteCommand(timestamp: proposal.timestamp, writes: proposal.writes) }
    }
    return nil
  }
}
