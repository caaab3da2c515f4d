import RoostPlatform
import RoostRaft
import RoostStorage

/// Committed entries on their way into the state engine: one batch, and what is to be done once it is there.
struct PendingApply {
  var entries: [Entry]
  var batch = EngineBatch()
  /// What the replica's state will be.
  var state: GroupState
  var systemWrites: [CommitRequest.Write] = []
  var settled: [(proposal: Replica.Proposal, happened: Bool)] = []
  var configurationChanged = false
}

extension Replica {
  /// Applies committed entries as one engine batch together with the new applied index, then answers who waited for
  /// them. While the engine's disk is full the batches wait, in order, and reads go on with what is applied.
  func apply(_ entries: [Entry]) {
    guard let pending = stage(entries) else { return }
    blockedApplies.append(pending)
    if blockedApplies.count == 1 { applyBlocked() }
  }

  /// Turns entries into a batch. Nil if they can't be decoded; then the node ends.
  private func stage(_ entries: [Entry]) -> PendingApply? {
    window.limit = host.windowLimit
    core.maxCachedBytes = host.cachedLogBytes
    var pending = PendingApply(entries: entries, state: blockedApplies.last?.state ?? state)
    for entry in entries {
      let own = settle(entry, into: &pending.settled)
      do {
        switch entry.kind {
        case .command where entry.payload.isEmpty: break
        case .command:
          let command = try own ?? WriteCommand(decoding: entry.payload)
          for write in command.writes {
            pending.batch.putVersion(write.key.bytes, at: command.timestamp.rawValue, write.value)
          }
          window.apply(command.writes, at: command.timestamp)
          pending.state.timestamp = command.timestamp
          lastTimestamp = max(lastTimestamp, command.timestamp)
          if group == .system { pending.systemWrites.append(contentsOf: command.writes) }
        case .configurationChange:
          guard let change = ConfigurationChange(decoding: entry.payload) else {
            throw DecodingFailure("a malformed change of configuration")
          }
          pending.state.configuration = core.applyConfigurationChange(change)
          pending.configurationChanged = true
        }
      } catch {
        abandon(pending.settled)
        host.fail("entry \(entry.index) of partition \(group) can't be decoded: \(error)")
        return nil
      }
      pending.state.applied = entry.index
      pending.state.appliedTerm = entry.term
    }
    pending.batch.put(LocalKeys.groupState(group), pending.state.encoded())
    return pending
  }

  /// Writes the batches that wait, until the engine finds no room.
  func applyBlocked() {
    while let pending = blockedApplies.first {
      do throws(EngineError) { try host.engine.write(pending.batch) } catch {
        guard error.kind != .noSpace else { return host.retryApplies(of: self) }
        for blocked in blockedApplies { abandon(blocked.settled) }
        blockedApplies = []
        return host.engineFailed(error, "the state engine refused a batch")
      }
      blockedApplies.removeFirst()
      applied(pending)
    }
  }

  private func applied(_ pending: PendingApply) {
    let wasServing = isServing
    state = pending.state
    host.observer?.applied(pending.entries, at: state.timestamp, in: group, core)
    cachedView = nil
    core.applied(through: state.applied)
    for (proposal, happened) in pending.settled {
      finish(proposal, happened ? .success(proposal.timestamp) : .failure(.notLeader))
    }
    answerApplyWaiters()
    // A new leader serves once its first entry is applied: what waited for it may come now.
    if !wasServing, isServing { host.unparkSoon() }
    if !pending.systemWrites.isEmpty { host.delegate?.systemWritesApplied(pending.systemWrites) }
    if pending.configurationChanged { host.configurationChanged(self) }
  }

  /// A snapshot takes the place of what waits to be applied.
  func dropBlockedApplies() {
    let blocked = blockedApplies
    blockedApplies = []
    for pending in blocked { abandon(pending.settled) }
  }

  /// The entries are committed, but this node can't apply them: they will be, by others or after a restart.
  private func abandon(_ settled: [(proposal: Proposal, happened: Bool)]) {
    for (proposal, _) in settled { finish(proposal, .failure(.store(.unknownOutcome))) }
  }

  /// Takes the proposals that `entry` decides out of the queue: one at its index happened if its term is the entry's,
  /// the others lost their place in the log. Returns the command, decoded already, if the entry is this replica's own
  /// proposal.
  private func settle(_ entry: Entry, into settled: inout [(proposal: Proposal, happened: Bool)]) -> WriteCommand? {
    while let proposal = inflight.first, proposal.index <= entry.index {
      _ = inflight.popFirst()
      let happened = proposal.index == entry.index && proposal.term == entry.term
      settled.append((proposal, happened))
      if happened { return WriteCommand(timestamp: proposal.timestamp, writes: proposal.writes) }
    }
    return nil
  }
}
