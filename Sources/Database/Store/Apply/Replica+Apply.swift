import RoostBase
import RoostPlatform
import RoostRaft
import RoostStorage

/// A proposal whose fate is known.
struct SettledProposal {
  var proposal: Replica.Proposal
  var happened: Bool
}

extension Replica: ApplyMember {
  var wholeStepBytes: Int { backlog.wholeStepBytes }
  var isUnfolding: Bool { backlog.isUnfolding }
  var isStateAwaited: Bool { !applyWaiters.isEmpty }

  /// Decides committed entries: answers who waited for their outcome, and stages what they write for the state engine.
  ///
  /// - Throws: entries that can't be decoded. They are committed, but this node can't apply them: they will be, by others or
  ///   after a restart.
  func decide(_ entries: [Entry]) throws {
    try environment.withSettledProposals { settled in
      do { try stage(entries, &settled) } catch {
        for place in settled.indices { finish(settled[place].proposal, .failure(.store(.unknownOutcome))) }
        throw error
      }
      for place in settled.indices {
        let timestamp = settled[place].proposal.timestamp
        finish(settled[place].proposal, settled[place].happened ? .success(timestamp) : .failure(.notLeader))
      }
    }
    if isStateWanted { environment.applies.applyNow(self) }
  }

  /// A bulk commit is unfolded: the next one may go on. Returns what waited behind it to be decided.
  func unfoldingIsOver() -> [Entry] {
    scheduleBulk()
    return backlog.takePostponed()
  }

  /// Writes what is staged, if it can be written in one step.
  func applyNow() {
    if backlog.isWholeStep { environment.applies.applyNow(self) }
  }

  /// Turns entries into what is to be written, behind what is staged already.
  private func stage(_ entries: [Entry], _ settled: inout [SettledProposal]) throws {
    window.limit = environment.windowLimit
    core.maxCachedBytes = environment.cachedLogBytes
    for place in entries.indices {
      let entry = entries[place]
      guard backlog.canDecide(entry) else {
        backlog.postpone(entries[place...])
        break
      }
      let own = settle(entry, into: &settled)
      backlog.begin(entry, after: state) { environment.spareBatches.take(expecting: $0) }
      switch entry.kind {
      case .command where entry.payload.isEmpty: break
      case .command:
        if let own {
          stage(own)
        } else {
          switch try GroupCommand(decoding: entry.payload) {
          case .writes(let command): stage(command)
          case .slice(let isFirst): try backlog.stageSlice(entry, isFirst: isFirst)
          case .abandon: backlog.abandonSlices()
          case .finish(let timestamp, let slices):
            let keys = try backlog.stageFinish(entry, at: timestamp, slices: slices)
            window.apply(keys, at: timestamp)
            lastTimestamp = max(lastTimestamp, timestamp)
            environment.applies.continueUnfolding(self)
            continue
          }
        }
      case .configurationChange:
        guard let change = ConfigurationChange(decoding: entry.payload) else {
          throw DecodingFailure("a malformed change of configuration")
        }
        backlog.stage(core.applyConfigurationChange(change))
      }
      backlog.end(entry, isKept: environment.observer != nil)
    }
    environment.applies.note(self)
  }

  private func stage(_ command: WriteCommand) {
    backlog.stage(command)
    window.apply(command.writes, at: command.timestamp)
    lastTimestamp = max(lastTimestamp, command.timestamp)
  }

  /// Whether what is staged should be applied at once: a reader waits for it, a new leader serves only then, or the
  /// cluster's own records or members change.
  private var isStateWanted: Bool {
    guard let end = backlog.wholeStepEnd else { return false }
    if group == .system || end.changesMembers { return true }
    if let leadershipIndex, state.applied < leadershipIndex { return true }
    return applyWaiters.contains { $0.index <= end.index }
  }

  /// Adds what is to be applied next to a batch for the engine, with the new applied index. False if nothing is.
  ///
  /// - Parameter sweptBefore: old versions are let go of up to here.
  func appendNextStep(to batch: inout EngineBatch, sweptBefore: Timestamp) throws(EngineError) -> Bool {
    guard !isSuspended else { return false }
    return try backlog.appendNext(after: state, sweptBefore: sweptBefore, engine: environment.engine, to: &batch)
  }

  /// What has to be announced of a step that was applied.
  struct AppliedChange {
    var systemWrites: [CommitRequest.Write]
    var changesMembers: Bool
    /// Whether the replica serves as a leader since then.
    var beginsServing: Bool
  }

  /// The state engine has taken what was to be applied next: the state stands there now. Nil if nothing has changed that
  /// anyone sees.
  func takeWritten(sweptBefore: Timestamp) -> AppliedChange? {
    switch backlog.takeWritten(sweptBefore: sweptBefore) {
    case nil: return nil
    case .part(let timestamp):
      state.bulk?.committedAt = timestamp
      return nil
    case .whole(var done):
      let wasServing = isServing
      state = done.state
      var batch = EngineBatch()
      swap(&batch, &done.batch)
      environment.spareBatches.giveBack(batch)
      environment.observer?.applied(done.entries, at: state.timestamp, in: group, core)
      cachedView = nil
      if done.mayChangePinned { pinned = nil }
      core.applied(through: state.applied)
      return AppliedChange(
        systemWrites: done.systemWrites, changesMembers: done.changesMembers, beginsServing: !wasServing && isServing)
    }
  }

  /// Forgets what is staged: a snapshot takes its place, or the node stops.
  func dropStaged() {
    backlog = ApplyBacklog(of: group, pinnedKeys: pinnedKeys)
    environment.applies.note(self)
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
