import RoostBase
import RoostPlatform
import RoostRaft
import RoostStorage

extension Replica {
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
      try core.readIndex(context: context, now: environment.loop.now)
      readRounds[context] = waiters
    } catch {
      let failure: LocalFailure =
        error == .tooManyReads ? .store(.overloaded(.reads)) : .notLeader
      for waiter in waiters { waiter.completion(.failure(failure)) }
    }
  }

  /// Answers reads whose rounds are over.
  func answer(_ reads: [ReadState], abandoning contexts: [UInt64]) {
    for read in reads {
      for waiter in readRounds.removeValue(forKey: read.context) ?? [] { waiter.completion(.success(read.index)) }
    }
    for context in contexts {
      for waiter in readRounds.removeValue(forKey: context) ?? [] { waiter.completion(.failure(.notLeader)) }
    }
  }

  /// A view of the state once `index` is applied; fails at `deadline`, or as soon as it is clear that this node can't
  /// apply it for want of room.
  func view(at index: LogIndex, deadline: Instant, completion: @escaping ViewCompletion) {
    applyNow()
    if state.applied >= index, !isSuspended {
      completion(.success(currentView()))
    } else if let refusal = host.refusalOfReads(environment.loop.now, isExpired: false) {
      completion(.failure(.store(refusal)))
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

  /// A view of what is decided here by now, but for a bulk commit that unfolds and what follows it: linearizable only after a
  /// read index that is applied, stale otherwise.
  func currentView() -> EngineReadView {
    applyNow()
    let now = environment.loop.now
    if let cachedView, cachedView.openedAt + ViewsAtHand.lifetime > now, !cachedView.isTooOld { return cachedView }
    let snapshot = environment.engine.snapshot()
    if pinned == nil {
      // What can't be read says so when it is asked for.
      pinned = try? PinnedValues(of: pinnedKeys, in: MultiVersionReader(snapshot), at: state.timestamp)
    }
    let view = EngineReadView(
      snapshot: snapshot, timestamp: state.timestamp, openedAt: now, horizon: environment.viewHorizon,
      pinned: pinned ?? .none
    )
    cachedView = view
    return view
  }

  /// Lets go of a view that nobody would get any more.
  func dropOldView(_ now: Instant) {
    if let cachedView, cachedView.openedAt + ViewsAtHand.lifetime <= now { self.cachedView = nil }
  }
}
