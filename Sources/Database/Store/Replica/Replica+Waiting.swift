import RoostBase
import RoostPlatform
import RoostRaft

/// Whoever waits with a replica: for the fate of a commit, for a quorum, for the state.
extension Replica: KeepsRequestsWaiting {
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
    let isHopeless = host.refusalOfReads(now, isExpired: false) != nil
    let expired = applyWaiters.filter { isHopeless || $0.deadline <= now }
    guard !expired.isEmpty else { return }
    applyWaiters.removeAll { isHopeless || $0.deadline <= now }
    let refusal = host.refusalOfReads(now, isExpired: true) ?? .timedOut
    for waiter in expired { waiter.completion(.failure(.store(refusal))) }
  }

  /// Ends everything that waits here; commits that were proposed have an unknown outcome.
  func failEverything(_ error: StoreError) {
    cachedView = nil
    endBulks(.store(error))
    let proposals = batch
    batch.removeAll()
    batchPayloads.removeAll()
    for proposal in proposals { finish(proposal, .failure(.store(error))) }
    abandonProposals(through: LogIndex(.max))
    dropStaged()
    let reads = newReads + readRounds.keys.sorted().flatMap { readRounds[$0] ?? [] }
    newReads.removeAll()
    readRounds.removeAll()
    for read in reads { read.completion(.failure(.store(error))) }
    let waiters = applyWaiters
    applyWaiters.removeAll()
    for waiter in waiters { waiter.completion(.failure(.store(error))) }
  }
}
