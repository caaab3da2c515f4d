import RoostPlatform
import RoostRaft
import RoostStorage

/// Committed entries on their way into the state engine.
///
/// Who waits for a commit hears of it as soon as it is decided; the state follows a little later, and for all groups
/// together: what came within a few milliseconds is one batch, with one record for each group. Nobody sees the
/// difference, for before a view is opened what is decided in its group is applied. Only a state engine without room
/// keeps it from that: then linearizable reads wait, stale ones see what was applied before, and writes are refused as soon
/// as the disk is looked at.
///
/// A record of a group costs as much as an entry, so every group waits up to fifty milliseconds for more. But what
/// gathered over that time, written at once, would keep everybody waiting for milliseconds, on all nodes together: each
/// tick writes its share, as many groups as keep all of them at their fifty milliseconds, while the disks and the peers
/// are busy with what the tick has sent.
struct ApplyState {
  /// Replicas that staged something since they were last applied from here, in the order in which they did.
  fileprivate(set) var waiting: [Replica] = []
  fileprivate var bytes = 0
  /// Of the last round; its memory is used again.
  fileprivate var batch = EngineBatch()
  fileprivate var pace = ApplyPace()
  /// The end of the wait, be it for more entries or for room.
  fileprivate var timer: (any LoopTimer)?
  fileprivate var isScheduled = false
  /// The state engine has no room: everything waits until it has.
  fileprivate(set) var isBlocked = false

  func cancel() { timer?.cancel() }

  /// Empty batches whose memory waits for its next use, the last one used on top: it may still be in the caches.
  private var spare: [EngineBatch] = []
  private static let keptSpares = 16
  /// Of content, so that a batch's memory is at most about twice as large. No more is expected to be staged again, either.
  static let largestSpare = 64 << 10

  /// An empty batch with room for about so many bytes.
  mutating func takeBatch(expecting bytes: Int) -> EngineBatch {
    var batch = spare.popLast() ?? EngineBatch()
    batch.reserveCapacity(bytes)
    return batch
  }

  /// Takes back a batch that the state engine has.
  mutating func giveBack(_ batch: consuming EngineBatch) {
    guard spare.count < ApplyState.keptSpares, batch.byteCount <= ApplyState.largestSpare else { return }
    batch.removeAll()
    spare.append(batch)
  }
}

/// How many of those who wait are served at a time, if all of them are to be within a certain time.
struct ApplyPace {
  /// Until when those who waited have got their share.
  private var pacedUntil = Instant.origin

  /// Somebody waits where nobody did.
  mutating func begin(at now: Instant) { pacedUntil = now }

  /// How many of `waiting`, the oldest first, are due now: as many as keep up if always so many wait, and everybody who
  /// has waited for `delay`.
  ///
  /// - Parameter since: When the one at a place began to wait.
  mutating func takeShare(of waiting: Int, at now: Instant, delay: Duration, since: (Int) -> Instant) -> Int {
    let count = Int64(waiting)
    let whole = delay.wholeNanoseconds
    let share = count * min(now.nanoseconds - pacedUntil.nanoseconds, whole) / whole
    pacedUntil = share == count ? now : Instant(nanoseconds: pacedUntil.nanoseconds + share * whole / count)
    var due = Int(share)
    while due < waiting, since(due) + delay <= now { due += 1 }
    return due
  }
}

extension GroupHost {
  /// How long a decided entry stays out of the state while nobody asks for it.
  private static let applyDelay = Duration.milliseconds(50)
  /// What one piece has at least, if so much is due.
  private static let applyBytes = 32 << 10
  /// How much of every group is waited for.
  private static let applyBytesOfGroup = 8 << 10
  private static let keptBatchBytes = 1 << 20
  /// After the state engine had no room.
  private static let applyRetryInterval = Duration.milliseconds(200)

  /// Takes note that what a replica has staged has changed. What comes behind a bulk commit does not count before that is
  /// unfolded: until then it can't be applied.
  func noteStaged(_ replica: Replica) {
    let bytes = replica.pendingApplies.isEmpty ? replica.staged?.bytes ?? 0 : 0
    applies.bytes += bytes - replica.countedBytes
    replica.countedBytes = bytes
    guard !replica.isWaitingToApply, replica.staged != nil, replica.pendingApplies.isEmpty else { return }
    let now = loop.now
    if applies.waiting.isEmpty { applies.pace.begin(at: now) }
    replica.isWaitingToApply = true
    replica.waitsToApplySince = now
    applies.waiting.append(replica)
  }

  /// Forgets what a replica has staged: a snapshot takes its place, or the node stops.
  func dropStaged(of replica: Replica) {
    replica.staged = nil
    replica.pendingApplies = []
    replica.postponed = []
    replica.gathered = SortedKeySet()
    noteStaged(replica)
  }

  /// Arranges that what is staged gets applied; called at the end of a tick.
  func scheduleApply() {
    guard !applies.waiting.isEmpty, !applies.isBlocked, !applies.isScheduled else { return }
    let now = loop.now
    // A copy: `applies` itself is being changed while the closure looks.
    let waiting = applies.waiting
    var share = applies.pace.takeShare(of: waiting.count, at: now, delay: GroupHost.applyDelay) { place in
      waiting[place].waitsToApplySince
    }
    if applies.bytes >= GroupHost.applyBytes + GroupHost.applyBytesOfGroup * applies.waiting.count {
      share = max(share, 1)
    }
    if share > 0 {
      applySoon(share)
    } else if applies.timer == nil {
      // Nothing else may happen until then.
      applies.timer = loop.schedule(at: now + GroupHost.applyDelay) { [self] in
        applies.timer = nil
        if !isStopped { scheduleApply() }
      }
    }
  }

  private func applySoon(_ count: Int) {
    applies.isScheduled = true
    loop.execute { [self] in
      applies.isScheduled = false
      applyPiece(of: min(count, applies.waiting.count))
    }
  }

  /// Applies what the first of so many groups have staged, and sees to it that the rest of them follow.
  private func applyPiece(of total: Int) {
    guard !isStopped, !applies.isBlocked, total > 0 else { return }
    var count = 0
    var bytes = 0
    while count < total, bytes < GroupHost.applyBytes {
      let replica = applies.waiting[count]
      replica.isWaitingToApply = false
      bytes += replica.staged?.bytes ?? 0
      count += 1
    }
    let piece = Array(applies.waiting[..<count])
    applies.waiting.removeFirst(count)
    apply(piece)
    guard !applies.isBlocked else { return }
    if count < total { applySoon(total - count) } else { scheduleApply() }
  }

  /// Applies what one group has staged, because somebody wants to see it. Does nothing while the state engine has no
  /// room.
  func applyStaged(of replica: Replica) {
    guard !isStopped, !applies.isBlocked else { return }
    apply([replica])
  }

  private func apply(_ replicas: [Replica]) {
    // Its memory is used again, unless it was a very large one.
    var batch = EngineBatch()
    swap(&batch, &applies.batch)
    defer {
      if batch.byteCount > GroupHost.keptBatchBytes { batch = EngineBatch() }
      batch.removeAll()
      swap(&batch, &applies.batch)
    }
    var round: [Replica] = []
    do throws(EngineError) {
      for replica in replicas where try replica.appendStaged(to: &batch) { round.append(replica) }
      guard !round.isEmpty else { return }
      let oldest = round.reduce(Timestamp.max) { min($0, $1.oldestStagedWrite) }
      try excludingViews(from: oldest) { () throws(EngineError) in try engine.write(batch) }
    } catch {
      if error.kind == .noSpace { return retryApply(of: round) }
      return engineFailed(error, "the state engine refused a batch")
    }
    // All of them first: what hears of one may look at another.
    let done = round.map { replica in
      let wasUnfolding = !replica.pendingApplies.isEmpty
      let change = replica.takeApplied()
      noteStaged(replica)
      if wasUnfolding, replica.pendingApplies.isEmpty {
        loop.execute { [self] in if !isStopped, !replica.isSuspended { replica.unfoldingIsOver() } }
      }
      return change
    }
    for (replica, change) in zip(round, done) {
      if let change { replica.announce(change) }
      if replica.core.hasEffects { markDirty(replica) }
      if !replica.pendingApplies.isEmpty { continueUnfolding(replica) }
    }
  }

  /// Everything stays staged, in order, and reads go on with what is applied.
  private func retryApply(of round: [Replica]) {
    for replica in round { noteStaged(replica) }
    applies.isBlocked = true
    giveBallastBack()
    applies.timer?.cancel()
    applies.timer = loop.schedule(at: loop.now + GroupHost.applyRetryInterval) { [self] in
      applies.timer = nil
      applies.isBlocked = false
      applyPiece(of: applies.waiting.count)
      for replica in replicas.all { continueUnfolding(replica) }
    }
  }
}
