import RoostBase
import RoostPlatform
import RoostRaft
import RoostStorage

/// Doing what the replicas want done: what they send, keep, decide and tell.
extension GroupHost {
  /// Has a replica propose what gathered during the tick, and does what it wants done.
  ///
  /// - Parameter now: when the flush of the tick began.
  func flush(_ replica: Replica, _ now: Instant) {
    guard !replica.isSuspended else { return }
    replica.propose(now)
    performEffects(of: replica)
    if replica.mayFallSilent(now), replica.fallSilent(now, isReachable: isReachable) { performEffects(of: replica) }
  }

  private func performEffects(of replica: Replica) {
    while replica.hasEffects {
      let effects = replica.takeEffects()
      if let role = effects.role {
        replica.roleChanged(to: role)
        delegate?.leadershipChanged(replica.group)
        router.leaderChanged(of: replica.group, to: replica.core.leader)
      }
      for place in effects.messages.indices {
        if effects.messages[place].kind == .snapshot {
          sendSnapshot(of: replica, effects.messages[place])
        } else {
          send(effects.messages[place], of: replica)
        }
      }
      if let write = effects.write { persist(write, of: replica) }
      if !effects.committed.isEmpty { decide(effects.committed, of: replica) }
      if let rest = effects.rest {
        replica.answer(rest.reads, abandoning: rest.abandoned)
        for load in rest.loads { self.load(load, for: replica) }
      }
    }
  }

  private func send(_ message: Message, of replica: Replica) {
    if !outbox.add(message, of: replica.group) { replica.lost(message) }
  }

  // MARK: The log

  private func persist(_ write: StorageAppend, of replica: Replica) {
    if let snapshot = write.snapshot {
      replica.noteSnapshotWrite(write)
      return install(snapshot, write, into: replica)
    }
    guard let kept = replica.beginLogWrite(for: write) else {
      return deliver(write.responses, of: replica, now: loop.now)
    }
    for entry in write.entries { bytesSinceFlush += entry.payload.count + 64 }
    log.add(kept, responses: write.responses, of: replica)
  }

  /// Has the log keep something that the core of the replica knows nothing of.
  func keep(_ write: LogWrite, of replica: Replica) {
    log.add(write, responses: [], of: replica)
    scheduleFlush()
  }

  /// Something handed to the log is durable: answers that waited for it may go.
  func writeIsDurable(_ responses: [Message], of replica: Replica, now: Instant) {
    replica.persisted()
    deliver(responses, of: replica, now: now)
  }

  /// Hands out answers of a replica, to itself, too.
  func deliver(_ responses: [Message], of replica: Replica, now: Instant) {
    var isForSelf = false
    for place in responses.indices {
      if responses[place].to == configuration.node {
        isForSelf = true
      } else {
        send(responses[place], of: replica)
        scheduleFlush()
      }
    }
    guard isForSelf, !replica.isSuspended else { return }
    let refused = replica.stepOwn(responses, now: now)
    if refused > 0 { count(\.refusedMessages, by: refused) }
    settle(replica, now)
  }

  // MARK: The state

  /// Has a replica decide what is committed.
  func decide(_ entries: [Entry], of replica: Replica) {
    do { try replica.decide(entries) } catch {
      fail(
        "an entry of partition \(replica.group) between \(entries[0].index) and \(entries[entries.count - 1].index) can't "
          + "be decoded: \(error)")
    }
  }
}
