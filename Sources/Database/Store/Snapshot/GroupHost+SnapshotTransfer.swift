import RoostBase
import RoostPlatform
import RoostRaft
import RoostStorage

/// How a follower that needs entries which the log has no longer gets the whole state instead.
///
/// ```
/// leader: core emits a snapshot message ─► frozen view at applied ─► chunks (bulk lane, a window of 4) ─┐
/// follower: chunks ─► file ─► acknowledge each; all there and synced ─► step the message into the core ◄┘
///           core accepts ─► install (see Host+SnapshotInstall) ─► log marker ─► the response goes out
/// ```
/// Only a few streams go on at once, and together no faster than ``SnapshotThrottle`` allows. A connection that breaks
/// suspends a stream; the next one resumes it after the last chunk that was acknowledged. A receiver that restarted
/// meanwhile knows nothing of the stream and refuses it, and Raft starts another.
extension GroupHost {
  // MARK: Leader

  /// Called before anything more is applied, so that the engine stands exactly at the message's index.
  func sendSnapshot(of replica: Replica, _ message: Message) {
    let target = SnapshotTarget(group: replica.group, node: message.to)
    if let sender = snapshots.outgoing[target] {
      // This leader's own is on its way already. One of an earlier term is of no use to anybody.
      if sender.term == message.term { return }
      snapshots.outgoing[target] = nil
    }
    guard let metadata = message.snapshot, connectedPeers.contains(message.to), metadata.index == replica.state.applied
    else { return replica.core.reportSnapshot(message.to, succeeded: false) }
    if snapshots.activeStreams >= snapshots.throttle.maximumStreams { return snapshots.throttle.wait(target) }
    begin(target, of: replica, metadata, term: message.term)
  }

  private func begin(_ target: SnapshotTarget, of replica: Replica, _ metadata: SnapshotMetadata, term: Term) {
    let header = SnapshotHeader(
      metadata: metadata, timestamp: replica.state.timestamp, leaderTerm: term, bulk: replica.state.bulk)
    do throws(EngineError) {
      let sender = try SnapshotSender(
        target: target, stream: snapshots.nextStream, header: header, snapshot: engine.snapshot(),
        range: replica.descriptor.range, now: loop.now)
      snapshots.nextStream += 1
      snapshots.outgoing[target] = sender
      count(\.snapshotsSent)
      pumpSnapshots()
      watch(sender)
    } catch {
      engineFailed(error, "the state engine can't be read")
    }
  }

  /// Begins what waited for its turn, with the state as it is now.
  private func beginWaitingSnapshots() {
    while snapshots.activeStreams < snapshots.throttle.maximumStreams, let target = snapshots.throttle.next() {
      guard let replica = replica(of: target.group), replica.core.role == .leader,
        replica.core.progress(of: target.node)?.state == .snapshot, snapshots.outgoing[target] == nil
      else { continue }
      let state = replica.state
      let metadata = SnapshotMetadata(
        index: state.applied, term: state.appliedTerm, configuration: state.configuration)
      if connectedPeers.contains(target.node), !replica.isSuspended, state.configuration.members.contains(target.node) {
        begin(target, of: replica, metadata, term: replica.core.term)
      } else {
        replica.core.reportSnapshot(target.node, succeeded: false)
        markDirty(replica)
      }
    }
  }

  /// Sends what windows and throttle allow, one chunk of each stream in turn.
  private func pumpSnapshots() {
    var isMoving = true
    while isMoving, !isStopped {
      isMoving = false
      for target in snapshots.outgoing.keys.sorted() {
        guard let sender = snapshots.outgoing[target] else { continue }
        guard snapshots.throttle.maySend(loop.now) else { return wakePump() }
        if sendChunk(of: sender) { isMoving = true }
      }
    }
  }

  private func sendChunk(of sender: SnapshotSender) -> Bool {
    do throws(EngineError) {
      guard let chunk = try sender.nextChunk() else { return false }
      let bytes = chunk.encoded()
      guard network.send(bytes, to: sender.target.node, lane: .bulk) else {
        if connectedPeers.contains(sender.target.node) { end(sender, succeeded: false) } else { sender.suspend() }
        return false
      }
      snapshots.throttle.sent(bytes.count, loop.now)
      return true
    } catch {
      engineFailed(error, "the state engine can't be read")
      return false
    }
  }

  private func wakePump() {
    guard snapshots.timer == nil else { return }
    snapshots.timer = loop.schedule(at: snapshots.throttle.nextSend) { [self] in
      snapshots.timer = nil
      if !isStopped { pumpSnapshots() }
    }
  }

  private func watch(_ sender: SnapshotSender) {
    loop.schedule(at: loop.now + SnapshotSender.patience) { [self] in
      guard !isStopped, snapshots.outgoing[sender.target] === sender else { return }
      if sender.lastProgress + SnapshotSender.timeLimit <= loop.now {
        end(sender, succeeded: false)
      } else {
        if sender.lastProgress + SnapshotSender.patience <= loop.now, !sender.isSuspended,
          let chunk = sender.oldestUnacknowledged
        {
          network.send(chunk.encoded(), to: sender.target.node, lane: .bulk)
        }
        watch(sender)
      }
    }
  }

  func receive(_ acknowledgement: SnapshotAcknowledgement, from node: NodeID) {
    let target = SnapshotTarget(group: acknowledgement.group, node: node)
    guard let sender = snapshots.outgoing[target], sender.stream == acknowledgement.stream else { return }
    if acknowledgement.refused { return end(sender, succeeded: false) }
    sender.acknowledge(acknowledgement.sequence, now: loop.now)
    if sender.isComplete { end(sender, succeeded: true) } else { pumpSnapshots() }
  }

  private func end(_ sender: SnapshotSender, succeeded: Bool) {
    snapshots.outgoing[sender.target] = nil
    if let replica = replica(of: sender.target.group), !replica.isSuspended {
      replica.core.reportSnapshot(sender.target.node, succeeded: succeeded)
      markDirty(replica)
    }
    beginWaitingSnapshots()
    pumpSnapshots()
  }

  /// The connection broke. What waits for its turn need not wait for that node.
  func suspendSnapshots(with node: NodeID) {
    for target in snapshots.outgoing.keys.sorted() where target.node == node { snapshots.outgoing[target]?.suspend() }
    for target in snapshots.throttle.remove(node) {
      guard let replica = replica(of: target.group), !replica.isSuspended else { continue }
      replica.core.reportSnapshot(node, succeeded: false)
      markDirty(replica)
    }
    beginWaitingSnapshots()
  }

  func resumeSnapshots(to node: NodeID) {
    for target in snapshots.outgoing.keys.sorted() where target.node == node { snapshots.outgoing[target]?.resume() }
    pumpSnapshots()
  }

  // MARK: Follower

  func receive(_ chunk: SnapshotChunk, from node: NodeID) throws(DecodingFailure) {
    let target = SnapshotTarget(group: chunk.group, node: node)
    guard let replica = replica(of: chunk.group) else { return refuse(chunk, to: node) }
    // What comes meanwhile is answered when it comes again.
    if replica.isSuspended { return }
    guard (chunk.sequence == 0) == (chunk.header != nil), chunk.pairs.allSatisfy({ replica.owns($0.key) }) else {
      throw DecodingFailure("a piece of a snapshot that does not belong to partition \(chunk.group)")
    }
    if let receiver = snapshots.incoming[target], receiver.stream == chunk.stream,
      chunk.sequence < receiver.nextSequence
    {
      // Sent again because the acknowledgement did not get through; or it is not stored yet, then that is due.
      if receiver.storedCount > chunk.sequence { acknowledge(receiver, target) }
      return
    }
    if let header = chunk.header {
      try checkPlausible(header.leaderTerm, to: replica)
      guard header.metadata.index > replica.state.applied else { return refuse(chunk, to: node) }
      discardReceiver(target)
      let receiver = SnapshotReceiver(
        stream: chunk.stream, header: header, fileName: "\(chunk.group)-\(node)-\(chunk.stream)", now: loop.now)
      snapshots.incoming[target] = receiver
      watch(receiver, target)
    }
    guard let receiver = snapshots.incoming[target], receiver.stream == chunk.stream,
      chunk.sequence == receiver.nextSequence
    else { return refuse(chunk, to: node) }
    receiver.nextSequence += 1
    receiver.lastProgress = loop.now
    if chunk.sequence == 0, chunk.isLast {
      receiver.wholeState = chunk.pairs
      return stored(chunk, receiver, target)
    }
    store(chunk, with: receiver) { [self] isStored in
      guard !isStopped, snapshots.incoming[target] === receiver else { return }
      if isStored { return stored(chunk, receiver, target) }
      discardReceiver(target)
      refuse(chunk, to: node)
    }
  }

  private func stored(_ chunk: SnapshotChunk, _ receiver: SnapshotReceiver, _ target: SnapshotTarget) {
    receiver.storedCount = chunk.sequence + 1
    acknowledge(receiver, target)
    if chunk.isLast { complete(receiver, target) }
  }

  private func acknowledge(_ receiver: SnapshotReceiver, _ target: SnapshotTarget) {
    network.send(
      SnapshotAcknowledgement(
        group: target.group, stream: receiver.stream, sequence: receiver.storedCount - 1, refused: false
      ).encoded(),
      to: target.node, lane: .bulk)
  }

  private func watch(_ receiver: SnapshotReceiver, _ target: SnapshotTarget) {
    loop.schedule(at: receiver.lastProgress + SnapshotReceiver.timeLimit) { [self] in
      guard !isStopped, snapshots.incoming[target] === receiver else { return }
      if receiver.lastProgress + SnapshotReceiver.timeLimit <= loop.now {
        discardReceiver(target)
      } else {
        watch(receiver, target)
      }
    }
  }

  private func refuse(_ chunk: SnapshotChunk, to node: NodeID) {
    network.send(
      SnapshotAcknowledgement(group: chunk.group, stream: chunk.stream, sequence: chunk.sequence, refused: true)
        .encoded(),
      to: node, lane: .bulk)
  }

  private func store(_ chunk: SnapshotChunk, with receiver: SnapshotReceiver, done: @escaping @Sendable (Bool) -> Void)
  {
    let disk = disk
    let loop = loop
    let pairs = chunk.pairs
    let isFirst = chunk.sequence == 0
    let isLast = chunk.isLast
    stateWorker.submit {
      var stored = !receiver.hasFailed
      if stored {
        do throws(DiskError) {
          if isFirst {
            receiver.file = try SnapshotFile.create(receiver.fileName, on: disk, header: receiver.header)
          }
          try receiver.file?.append(pairs)
          if isLast { try receiver.file?.finish(on: disk) }
        } catch {
          receiver.hasFailed = true
          stored = false
        }
      }
      let result = stored
      loop.execute { done(result) }
    }
  }

  private func discardReceiver(_ target: SnapshotTarget) {
    guard let receiver = snapshots.incoming.removeValue(forKey: target), receiver.wholeState == nil else { return }
    let disk = disk
    stateWorker.submit {
      receiver.hasFailed = true
      receiver.file?.discard()
      try? disk.remove("\(SnapshotFile.directory)/\(receiver.fileName)")
    }
  }

  /// The file is whole: the core decides whether it still wants it.
  private func complete(_ receiver: SnapshotReceiver, _ target: SnapshotTarget) {
    guard let replica = replica(of: target.group) else { return discardReceiver(target) }
    replica.receivedSnapshot = receiver
    let message = Message(
      .snapshot, from: target.node, to: configuration.node, term: receiver.header.leaderTerm,
      snapshot: receiver.header.metadata)
    do throws(StepError) { try replica.step(message, now: loop.now) } catch {
      if case .diverged(let index) = error {
        diverged(replica, at: index, says: target.node)
      } else {
        network.refuse("a snapshot that no member sends: \(error)", from: target.node, closing: false)
      }
      count(\.refusedMessages)
      refusals.note(RefusedMessage(error), from: target.node, "\(error)", at: loop.now)
    }
    replica.flush(loop.now)
    if replica.isInstalling {
      snapshots.incoming[target] = nil
    } else {
      replica.receivedSnapshot = nil
      discardReceiver(target)
    }
  }
}

extension Replica {
  /// Whether an engine key is a version of a key in this group's range, or a slice of one of its bulk commits.
  func owns(_ engineKey: [UInt8]) -> Bool {
    if engineKey.first == KeySpace.nodeLocal { return LocalKeys.isSlice(engineKey, of: group) }
    guard let (key, _) = VersionKey.decode(engineKey) else { return false }
    return descriptor.range.contains(Key(key))
  }
}
