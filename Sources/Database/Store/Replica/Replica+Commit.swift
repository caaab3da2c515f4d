import RoostPlatform
import RoostRaft

extension Replica {
  /// Decides a commit request against everything newer than its read timestamp and, if nothing changed, queues it for
  /// this
  /// tick's proposal. Only the leader decides; see ``isServing``.
  func evaluate(_ request: CommitRequest, deadline: Instant, completion: @escaping CommitCompletion) {
    guard isServing else { return completion(.failure(.notLeader)) }
    guard request.writes.allSatisfy({ descriptor.range.contains($0.key) }) else {
      return completion(.failure(.store(.unavailable("a key lies outside of partition \(group)"))))
    }
    switch window.judge(request) {
    case .conflict:
      completion(.failure(.store(.conflict)))
    case .pending(let timestamp):
      conflictsWaiting[timestamp, default: []].append(completion)
    case .clear:
      let timestamp = max(lastTimestamp.next, Timestamp(milliseconds: host.wallClock()))
      lastTimestamp = timestamp
      window.propose(request.writes, at: timestamp)
      batchPayloads.append(WriteCommand.encode(request.writes, at: timestamp))
      batch.append(
        Proposal(timestamp: timestamp, writes: request.writes, deadline: deadline, completion: completion))
      host.markDirty(self)
    }
  }

  /// Ends a proposal and whoever waited for its fate.
  func finish(_ proposal: Proposal, _ result: Result<Timestamp, LocalFailure>) {
    window.withdraw(proposal.writes, at: proposal.timestamp)
    proposal.completion?(result)
    guard let losers = conflictsWaiting.removeValue(forKey: proposal.timestamp) else { return }
    for completion in losers { completion(.failure(.store(.conflict))) }
  }

  /// Tells those who have waited too long that the outcome is unknown; the proposals stay, for they may still happen.
  /// Commits
  /// that wait behind them were never proposed, so they may be tried again.
  func expireProposals(_ now: Instant) {
    while let proposal = inflight.expireFirst(now) {
      proposal.completion?(.failure(.store(.unknownOutcome)))
      for completion in conflictsWaiting.removeValue(forKey: proposal.timestamp) ?? [] {
        completion(.failure(.notLeader))
      }
    }
  }

  /// A snapshot took the place of entries whose fate is now unknown.
  func abandonProposals(through index: LogIndex) {
    while let proposal = inflight.first, proposal.index <= index {
      _ = inflight.popFirst()
      finish(proposal, .failure(.store(.unknownOutcome)))
    }
  }
}
