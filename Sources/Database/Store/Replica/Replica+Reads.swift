import RoostBase
import RoostPlatform
import RoostRaft
import RoostStorage

extension Replica: KeepsRequestsWaiting {
  /// On the leader: an index such that whoever has applied it sees everything acknowledged before this call. All reads
  /// of a tick share one quorum round (ReadIndex, Raft dissertation, section 6.4).
  func readIndex(deadline: Instant, completion: @escaping IndexCompletion) {
    guard core.role == .leader else { return completion(.failure(.notLeader)) }
    newReads.append(ReadWaiter(deadline: deadline, completion: completion))
    host.markDirty(self)
  }

  func startReadRound() {
    guard !newReads.isEmpty else { return }
    let context = nextReadContext
    nextReadContext += 1
    let waiters = newReads
    newReads.removeAll(keepingCapacity: true)
    do {
      try core.readIndex(context: context, now: host.loop.now)
      readRounds[context] = waiters
    } catch {
      let failure: LocalFailure =
        error == .tooManyReads ? .store(.overloaded(.reads)) : .notLeader
      for waiter in waiters { waiter.completion(.failure(failure)) }
    }
  }

  /// A view of the state once `index` is applied; fails at `deadline`, or as soon as it is clear that this node can't
  /// apply it for want of room.
  func view(at index: LogIndex, deadline: Instant, completion: @escaping ViewCompletion) {
    if backlog.isWholeStep { host.applies.applyNow(self) }
    if state.applied >= index, !isSuspended {
      completion(.success(currentView()))
    } else if host.isLeftBehind(host.loop.now) {
      completion(.failure(.store(host.leftBehind)))
    } else {
      applyWaiters.append(ApplyWaiter(index: index, deadline: deadline, completion: completion))
    }
  }

  func answerApplyWaiters() {
    guard !applyWaiters.isEmpty, !isSuspended else { return }
    let ready = applyWaiters.filter { $0.index <= state.applied }
    guard !ready.isEmpty else { return }
    applyWaiters.removeAll { $0.index <= state.applied }
    let view = currentView()
    for waiter in ready { waiter.completion(.success(view)) }
  }

  /// Whether anyone waits here whose deadline has to be watched.
  var hasWaiters: Bool {
    !applyWaiters.isEmpty || !inflight.isEmpty || !newReads.isEmpty || !conflictsWaiting.isEmpty || !bulks.isEmpty
      || readRounds.values.contains { !$0.isEmpty }
  }

  func expire(_ now: Instant) {
    expireProposals(now)
    expireBulks(now)
    for context in readRounds.keys.sorted() {
      guard let waiters = readRounds[context], waiters.contains(where: { $0.deadline <= now }) else { continue }
      // An empty round stays until the core answers or abandons it.
      readRounds[context] = waiters.filter { $0.deadline > now }
      for waiter in waiters where waiter.deadline <= now { waiter.completion(.failure(.store(.timedOut))) }
    }
    expireViews(now)
  }

  private func expireViews(_ now: Instant) {
    guard !applyWaiters.isEmpty else { return }
    let isHopeless = host.isLeftBehind(now)
    let expired = applyWaiters.filter { isHopeless || $0.deadline <= now }
    guard !expired.isEmpty else { return }
    applyWaiters.removeAll { isHopeless || $0.deadline <= now }
    let reason = host.isRefusedRoom ? host.leftBehind : .timedOut
    for waiter in expired { waiter.completion(.failure(.store(reason))) }
  }

  /// Ends everything that waits here; commits that were proposed have an unknown outcome.
  func failEverything(_ error: StoreError) {
    endBulks(.store(error))
    let proposals = batch
    batch.removeAll()
    batchPayloads.removeAll()
    for proposal in proposals { finish(proposal, .failure(.store(error))) }
    abandonProposals(through: LogIndex(.max))
    host.dropStaged(of: self)
    let reads = newReads + readRounds.keys.sorted().flatMap { readRounds[$0] ?? [] }
    newReads.removeAll()
    readRounds.removeAll()
    for read in reads { read.completion(.failure(.store(error))) }
    let waiters = applyWaiters
    applyWaiters.removeAll()
    for waiter in waiters { waiter.completion(.failure(.store(error))) }
  }

  private static let viewLifetime = Duration.seconds(1)

  /// A view of what is decided here by now, but for a bulk commit that unfolds and what follows it: linearizable only after a
  /// read index that is applied, stale otherwise.
  func currentView() -> EngineReadView {
    if backlog.isWholeStep { host.applies.applyNow(self) }
    // Where nothing is written the view stays true, but must not grow old.
    let now = host.loop.now
    if let cachedView, cachedView.openedAt + Replica.viewLifetime > now, !cachedView.isTooOld { return cachedView }
    let view = EngineReadView(
      snapshot: host.engine.snapshot(), timestamp: state.timestamp, openedAt: now, horizon: host.viewHorizon)
    cachedView = view
    return view
  }

  /// Lets go of a view that nobody would get any more.
  func dropOldView(_ now: Instant) {
    if let cachedView, cachedView.openedAt + Replica.viewLifetime <= now { self.cachedView = nil }
  }
}
