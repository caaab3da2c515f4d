import RoostBase
import RoostPlatform
import RoostRaft

extension Replica {
  /// Decides a commit request against everything newer than its read timestamp and, if nothing changed, queues it for
  /// this tick's proposal. Only the leader decides; see ``isServing``.
  ///
  /// - Parameter hold: is told when the request is proposed.
  func evaluate(
    _ request: CommitRequest, deadline: Instant, hold: RequestHold? = nil, completion: @escaping CommitCompletion
  ) {
    guard isServing else { return completion(.failure(.notLeader)) }
    guard owns(request) else {
      return completion(.failure(.store(.wrongPartition(group: group.rawValue))))
    }
    // There is nothing to be ordered.
    guard !request.writes.isEmpty else { return completion(.success(request.readTimestamp)) }
    if let excess = request.excess { return completion(.failure(.store(excess))) }
    if let full = host.fullDisk(of: self, forRemoval: request.onlyRemoves) {
      return completion(.failure(.store(.diskFull(node: full))))
    }
    if bulks.isReserved(against: request) {
      bulks.blockedByReservation.append(ConflictWaiter(deadline: deadline, hold: hold, completion: completion))
      return
    }
    switch window.judge(request) {
    case .conflict:
      completion(.failure(.store(.conflict)))
    case .pending(let timestamp):
      conflictsWaiting[timestamp, default: []].append(
        ConflictWaiter(deadline: deadline, hold: hold, completion: completion))
    case .clear:
      let timestamp = nextTimestamp()
      hold?.mayHappen = true
      window.propose(request.writes, at: timestamp)
      batchPayloads.append(WriteCommand.encode(request.writes, at: timestamp))
      batch.append(
        Proposal(timestamp: timestamp, writes: request.writes, deadline: deadline, completion: completion))
      host.markDirty(self)
    }
  }

  /// - Parameter wall: milliseconds since 1970.
  func forgetOldRuns(_ wall: UInt64) {
    if window.hasRuns { window.forgetOldRuns(wall) }
  }

  /// A timestamp above all that were given out or applied.
  func nextTimestamp() -> Timestamp {
    lastTimestamp = max(lastTimestamp.next, Timestamp(milliseconds: environment.wallClock()))
    return lastTimestamp
  }

  /// Proposes what gathered during the tick.
  ///
  /// - Parameter now: When the flush of the tick began.
  func propose(_ now: Instant) {
    if !batch.isEmpty || !newReads.isEmpty { lastActivity = now }
    proposeBatch(now)
    startReadRound()
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

  /// Ends a proposal and whoever waited for its fate.
  func finish(_ proposal: Proposal, _ result: Result<Timestamp, LocalFailure>) {
    if !proposal.writes.isEmpty { window.withdraw(proposal.writes, at: proposal.timestamp) }
    if let bulk = proposal.bulk { settleBulk(bulk, at: proposal.timestamp, result) }
    proposal.completion?(result)
    guard let waiters = conflictsWaiting.removeValue(forKey: proposal.timestamp) else { return }
    let fate: LocalFailure =
      switch result {
      case .success, .failure(.store(.unknownOutcome)): .store(.conflict)
      // It did not happen, so there is no conflict. What kept it from happening concerns these, too.
      case .failure(let failure): failure
      }
    for waiter in waiters { waiter.completion(.failure(fate)) }
  }

  /// Tells those who have waited too long that the outcome is unknown; the proposals stay, for they may still happen.
  /// Commits that wait for the fate of one were never proposed themselves.
  func expireProposals(_ now: Instant) {
    while let proposal = inflight.expireFirst(now) { proposal.completion?(.failure(.store(.unknownOutcome))) }
    for timestamp in conflictsWaiting.keys.sorted() {
      guard let waiters = conflictsWaiting[timestamp], waiters.contains(where: { $0.deadline <= now }) else { continue }
      let remaining = waiters.filter { $0.deadline > now }
      conflictsWaiting[timestamp] = remaining.isEmpty ? nil : remaining
      for waiter in waiters where waiter.deadline <= now { waiter.completion(.failure(.store(.timedOut))) }
    }
  }

  /// Drops a commit that waits for the fate of another one: nobody waits for it any more. Proposals stay.
  func forget(_ hold: RequestHold) {
    forgetBulk(hold)
    let place = conflictsWaiting.first { $0.value.contains { $0.hold === hold } }
    guard let timestamp = place?.key, let remaining = place?.value.filter({ $0.hold !== hold }) else { return }
    conflictsWaiting[timestamp] = remaining.isEmpty ? nil : remaining
  }

  /// Everything that is read and written lies in this group: only then can it judge.
  private func owns(_ request: CommitRequest) -> Bool {
    let range = descriptor.range
    return request.writes.allSatisfy { range.contains($0.key) } && request.readKeys.allSatisfy(range.contains)
      && request.readRanges.allSatisfy { $0.isEmpty || !($0.lower < range.lower || range.upper < $0.upper) }
  }

  /// A snapshot took the place of entries whose fate is now unknown.
  func abandonProposals(through index: LogIndex) {
    while let proposal = inflight.popFirst(through: index) {
      finish(proposal, .failure(.store(.unknownOutcome)))
    }
  }
}
