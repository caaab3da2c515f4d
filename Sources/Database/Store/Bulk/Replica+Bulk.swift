import RoostBase
import RoostPlatform
import RoostRaft

/// Bulk commits on the leader: takes them one after the other, a step in each turn of the loop.
extension Replica {
  /// Queues a bulk commit. Only the leader decides; see ``isServing``.
  func evaluate(
    _ request: BulkRequest, deadline: Instant, hold: RequestHold? = nil, completion: @escaping CommitCompletion
  ) {
    guard isServing else { return completion(.failure(.notLeader)) }
    guard request.byteCount <= BulkRequest.maximumBytes else {
      return completion(
        .failure(
          .store(.tooLarge(what: "a transaction", size: request.byteCount, limit: BulkRequest.maximumBytes))))
    }
    guard owns(request) else { return completion(.failure(.store(.wrongPartition(group: group.rawValue)))) }
    guard bulks.waitingCount < environment.configuration.bulk.queued else {
      return completion(.failure(.store(.overloaded(.proposals))))
    }
    bulks.append(request, deadline: deadline, hold: hold, completion: completion)
    scheduleBulk()
  }

  private static let pauseBetweenTurns = Duration.microseconds(50)

  /// Goes on with the bulk commit under way, in another turn.
  func scheduleBulk() {
    guard !bulks.isScheduled, bulks.current != nil else { return }
    bulks.isScheduled = true
    host.schedule(after: Replica.pauseBetweenTurns) { [self] in
      bulks.isScheduled = false
      advanceBulk()
    }
  }

  private func advanceBulk() {
    // No copy is kept: what changes would be copied for it.
    guard let number = bulks.current?.number, let isFinishing = bulks.current?.isFinishing,
      let isReading = bulks.current?.isReading
    else { return }
    if !isFinishing, bulks.current?.hold?.isOver == true { return endBulk(.failure(.store(.cancelled))) }
    guard isServing || isFinishing else { return endBulk(.failure(.notLeader)) }
    // Behind one that is being unfolded, slices would fill the room for what is decided and not applied, and answers to
    // others would wait for that.
    if isUnfolding, !isReading { return }
    switch bulks.step(environment.loop.now, bytesInFlight: environment.configuration.bulk.bytesInFlight) {
    case .wait: break
    case .again: scheduleBulk()
    case .judge where isUnfolding: break
    case .judge:
      guard let request = bulks.current?.request, let keys = bulks.current?.keys else { return }
      guard owns(keys) else { return endBulk(.failure(.store(.wrongPartition(group: group.rawValue)))) }
      if let full = host.fullDisk(of: self, forRemoval: request.onlyRemoves) {
        return endBulk(.failure(.store(.diskFull(node: full))))
      }
      let isBlind = request.readKeys.isEmpty && request.readRanges.isEmpty && !keys.hasReads
      guard let writes = isBlind ? .nothing : window.recentWrites(after: request.readTimestamp) else {
        return endBulk(.failure(.store(.conflict)))
      }
      bulks.beginJudgement(by: writes)
      scheduleBulk()
    case .propose(let slices):
      propose(slices, of: number)
      scheduleBulk()
    case .finish: finishBulk()
    case .refuse(let error): endBulk(.failure(.store(error)))
    case .malformed(let reason):
      endBulk(.failure(.store(.storage("malformed bulk commit: \(reason)"))))
    }
  }

  private func propose(_ slices: Range<Int>, of number: UInt64) {
    guard let commit = bulks.current else { return }
    for place in slices {
      let slice = commit.request.slices[place]
      let bytes = slice.count
      batchPayloads.append(slice)
      batch.append(
        Proposal(timestamp: .zero, writes: [], deadline: commit.deadline) { [weak self] result in
          self?.settleSlice(of: number, bytes: bytes, result)
        })
    }
    host.markDirty(self)
  }

  private func settleSlice(of number: UInt64, bytes: Int, _ result: Result<Timestamp, LocalFailure>) {
    // Once the last entry is proposed that decides: without its slices it will not be committed either.
    guard let current = bulks.current, current.number == number, !current.isFinishing else { return }
    switch result {
    case .success:
      bulks.sliceCommitted(of: number, bytes: bytes)
      scheduleBulk()
    case .failure(.store(.unknownOutcome)):
      // Without its last entry it certainly did not happen.
      endBulk(.failure(current.deadline <= environment.loop.now ? .store(.timedOut) : .notLeader))
    case .failure(let failure): endBulk(.failure(failure))
    }
  }

  private func finishBulk() {
    guard let commit = bulks.current else { return }
    let timestamp = nextTimestamp()
    commit.hold?.mayHappen = true
    window.propose(commit.keys, at: timestamp)
    batchPayloads.append(GroupCommand.encodeFinish(at: timestamp, slices: commit.request.slices.count))
    batch.append(
      Proposal(
        timestamp: timestamp, writes: [], bulk: commit.number, deadline: commit.deadline, completion: commit.completion)
    )
    host.markDirty(self)
    releaseBlockedByReservation()
  }

  /// The fate of a bulk commit whose last entry was to be proposed is known, or nobody here will learn of it.
  func settleBulk(_ number: UInt64, at timestamp: Timestamp, _ result: Result<Timestamp, LocalFailure>) {
    window.withdrawBulk(at: timestamp)
    // One of an earlier reign: its slices are gone with its term.
    guard bulks.current?.number == number else { return }
    // It may have been refused while its slices were not.
    if case .failure(let failure) = result, failure != .store(.unknownOutcome), core.role == .leader {
      proposeAbandon()
    }
    _ = bulks.takeCurrent()
    scheduleBulk()
  }

  /// Ends the bulk commit under way, which did not happen.
  private func endBulk(_ result: Result<Timestamp, LocalFailure>) {
    guard let commit = bulks.takeCurrent() else { return }
    precondition(!commit.isFinishing, "what its last entry decides is decided by nothing else")
    if commit.hasProposed, core.role == .leader { proposeAbandon() }
    commit.completion(result)
    releaseBlockedByReservation()
    scheduleBulk()
  }

  private static let abandonRetryInterval = Duration.milliseconds(100)
  private static let abandonTimeLimit = Duration.seconds(10)

  /// Has the replicas let go of the slices that are proposed, rather than keep them until the next bulk commit or leader.
  private func proposeAbandon() {
    let term = core.term
    batchPayloads.append(GroupCommand.encodedAbandon)
    batch.append(
      Proposal(timestamp: .zero, writes: [], deadline: environment.loop.now + Replica.abandonTimeLimit) {
        [weak self] result in
        guard case .failure(let failure) = result, failure != .store(.unknownOutcome) else { return }
        self?.retryAbandon(in: term)
      })
    host.markDirty(self)
  }

  private func retryAbandon(in term: Term) {
    host.schedule(after: Replica.abandonRetryInterval) { [self] in
      guard core.role == .leader, core.term == term, bulks.current?.hasProposed != true else { return }
      proposeAbandon()
    }
  }

  /// Ends all that can be ended: of one whose last entry is proposed that decides, whoever leads by then.
  func endBulks(_ failure: LocalFailure) {
    let waiting = bulks.takeWaiting { _ in true }
    if bulks.current?.isFinishing == true { _ = bulks.takeCurrent() }
    if bulks.current != nil { endBulk(.failure(failure)) }
    for commit in waiting { commit.completion(.failure(failure)) }
    releaseBlockedByReservation()
  }

  /// Commits that were held back are judged anew.
  private func releaseBlockedByReservation() {
    for waiter in bulks.takeBlockedByReservation() { waiter.completion(.failure(.notLeader)) }
  }

  func expireBulks(_ now: Instant) {
    guard !bulks.isEmpty else { return }
    for commit in bulks.takeWaiting(where: { $0.deadline <= now }) { commit.completion(.failure(.store(.timedOut))) }
    for waiter in bulks.takeBlockedByReservation(where: { $0.deadline <= now }) {
      waiter.completion(.failure(.store(.timedOut)))
    }
    if let current = bulks.current, !current.isFinishing, current.deadline <= now {
      endBulk(.failure(.store(.timedOut)))
    }
  }

  /// Nobody waits any more for a bulk commit, or for a commit that one holds back.
  func forgetBulk(_ hold: RequestHold) {
    _ = bulks.takeWaiting { $0.hold === hold }
    _ = bulks.takeBlockedByReservation { $0.hold === hold }
    if let current = bulks.current, current.hold === hold, !current.isFinishing {
      endBulk(.failure(.store(.cancelled)))
    }
  }

  private func owns(_ request: BulkRequest) -> Bool {
    let range = descriptor.range
    return request.readKeys.allSatisfy(range.contains)
      && request.readRanges.allSatisfy { !($0.lower < range.lower || range.upper < $0.upper) }
  }

  private func owns(_ keys: SortedKeySet) -> Bool {
    guard let first = keys.first, let last = keys.last else { return true }
    return descriptor.range.contains(first) && descriptor.range.contains(last)
  }
}
