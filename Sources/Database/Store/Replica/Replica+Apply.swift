import RoostPlatform
import RoostRaft
import RoostStorage

extension Replica {
  /// Applies committed entries as one engine batch together with the new applied index, then answers who waited for
  /// them.
  func apply(_ entries: [Entry]) {
    var engineBatch = EngineBatch()
    var systemWrites: [CommitRequest.Write] = []
    var settled: [(proposal: Proposal, happened: Bool)] = []
    var configurationChanged = false
    let wasServing = isServing
    for entry in entries {
      let own = settle(entry, into: &settled)
      do {
        switch entry.kind {
        case .command where entry.payload.isEmpty: break
        case .command:
          let command = try own ?? WriteCommand(decoding: entry.payload)
          for write in command.writes {
            engineBatch.putVersion(write.key.bytes, at: command.timestamp.rawValue, write.value)
          }
          window.apply(command.writes, at: command.timestamp)
          state.timestamp = command.timestamp
          lastTimestamp = max(lastTimestamp, command.timestamp)
          if group == .system { systemWrites.append(contentsOf: command.writes) }
        case .configurationChange:
          guard let change = ConfigurationChange(decoding: entry.payload) else {
            throw DecodingFailure("a malformed change of configuration")
          }
          state.configuration = core.applyConfigurationChange(change)
          configurationChanged = true
        }
      } catch {
        abandon(settled)
        host.fail("entry \(entry.index) of partition \(group) can't be decoded: \(error)")
        return
      }
      state.applied = entry.index
      state.appliedTerm = entry.term
    }
    engineBatch.put(LocalKeys.groupState(group), state.encoded())
    do { try host.engine.write(engineBatch) } catch {
      abandon(settled)
      host.fail("the state engine refused a batch: \(error)")
      return
    }
    host.observer?.applied(entries, at: state.timestamp, in: group, core)
    cachedView = nil
    core.applied(through: state.applied)
    for (proposal, happened) in settled {
      finish(proposal, happened ? .success(proposal.timestamp) : .failure(.notLeader))
    }
    answerApplyWaiters()
    // A new leader serves once its first entry is applied: what waited for it may come now.
    if !wasServing, isServing { host.unparkSoon() }
    if !systemWrites.isEmpty { host.delegate?.systemWritesApplied(systemWrites) }
    if configurationChanged { host.configurationChanged(self) }
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
