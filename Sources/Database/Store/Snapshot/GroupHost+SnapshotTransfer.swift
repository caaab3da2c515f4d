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
extension GroupHost {
  // MARK: Leader

  /// Called before anything more is applied, so that the engine stands exactly at the message's index.
  func sendSnapshot(of replica: Replica, _ message: Message) {
    let target = SnapshotTarget(group: replica.group, node: message.to)
    guard let metadata = message.snapshot, snapshotsOut[target] == nil, connectedPeers.contains(message.to),
      metadata.index == replica.state.applied
    else {
      if snapshotsOut[target] == nil { replica.core.reportSnapshot(message.to, succeeded: false) }
      return
    }
    let header = SnapshotHeader(metadata: metadata, timestamp: replica.state.timestamp, leaderTerm: message.term)
    do throws(EngineError) {
      let sender = try SnapshotSender(
        target: target, stream: nextSnapshotID, header: header, snapshot: engine.snapshot(),
        range: replica.descriptor.range, now: loop.now)
      nextSnapshotID += 1
      snapshotsOut[target] = sender
      count(\.snapshotsSent)
      pump(sender)
      watch(sender)
    } catch {
      fail("the state engine can't be read: \(error)")
    }
  }

  private func pump(_ sender: SnapshotSender) {
    do throws(EngineError) {
      while let chunk = try sender.nextChunk() {
        guard network.send(chunk.encoded(), to: sender.target.node, lane: .bulk) else {
          return end(sender, succeeded: false)
        }
      }
    } catch {
      fail("the state engine can't be read: \(error)")
    }
  }

  private func watch(_ sender: SnapshotSender) {
    loop.schedule(at: sender.lastProgress + SnapshotSender.timeLimit) { [self] in
      guard !isStopped, snapshotsOut[sender.target] === sender else { return }
      if sender.lastProgress + SnapshotSender.timeLimit <= loop.now {
        end(sender, succeeded: false)
      } else {
        watch(sender)
      }
    }
  }

  func receive(_ acknowledgement: SnapshotAcknowledgement, from node: NodeID) {
    let target = SnapshotTarget(group: acknowledgement.group, node: node)
    guard let sender = snapshotsOut[target], sender.stream == acknowledgement.stream else { return }
    if acknowledgement.refused { return end(sender, succeeded: false) }
    sender.acknowledge(acknowledgement.sequence, now: loop.now)
    if sender.isComplete { end(sender, succeeded: true) } else { pump(sender) }
  }

  private func end(_ sender: SnapshotSender, succeeded: Bool) {
    snapshotsOut[sender.target] = nil
    guard let replica = replica(of: sender.target.group) else { return }
    replica.core.reportSnapshot(sender.target.node, succeeded: succeeded)
    markDirty(replica)
  }

  func abandonSnapshots(with node: NodeID) {
    for target in snapshotsOut.keys.sorted() where target.node == node {
      if let sender = snapshotsOut[target] { end(sender, succeeded: false) }
    }
    for target in snapshotsIn.keys.sorted() where target.node == node { discardReceiver(target) }
  }

  // MARK: Follower

  func receive(_ chunk: SnapshotChunk, from node: NodeID) throws(DecodingFailure) {
    let target = SnapshotTarget(group: chunk.group, node: node)
    guard let replica = replica(of: chunk.group), !replica.isInstalling else { return refuse(chunk, to: node) }
    guard (chunk.sequence == 0) == (chunk.header != nil), chunk.pairs.allSatisfy({ replica.owns($0.key) }) else {
      throw DecodingFailure("a piece of a snapshot that does not belong to partition \(chunk.group)")
    }
    if chunk.sequence == 0, let header = chunk.header {
      try checkPlausible(header.leaderTerm, to: replica)
      guard header.metadata.index > replica.state.applied else { return refuse(chunk, to: node) }
      discardReceiver(target)
      snapshotsIn[target] = SnapshotReceiver(
        stream: chunk.stream, header: header, fileName: "\(chunk.group)-\(node)-\(chunk.stream)")
    }
    guard let receiver = snapshotsIn[target], receiver.stream == chunk.stream, chunk.sequence == receiver.nextSequence
    else { return refuse(chunk, to: node) }
    receiver.nextSequence += 1
    store(chunk, with: receiver) { [self] stored in
      guard !isStopped, snapshotsIn[target] === receiver else { return }
      guard stored else {
        discardReceiver(target)
        return refuse(chunk, to: node)
      }
      network.send(
        SnapshotAcknowledgement(group: chunk.group, stream: chunk.stream, sequence: chunk.sequence, refused: false)
          .encoded(),
        to: node, lane: .bulk)
      if chunk.isLast { complete(receiver, target) }
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
    guard let receiver = snapshotsIn.removeValue(forKey: target) else { return }
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
    do throws(StepError) { try replica.step(message) } catch {
      network.refuse("a snapshot that no member sends: \(error)", from: target.node, closing: false)
      count(\.refusedMessages)
    }
    replica.flush()
    if replica.isInstalling {
      snapshotsIn[target] = nil
    } else {
      replica.receivedSnapshot = nil
      discardReceiver(target)
    }
  }
}

extension Replica {
  /// Whether an engine key is a version of a key in this group's range.
  func owns(_ engineKey: [UInt8]) -> Bool {
    guard let (key, _) = VersionKey.decode(engineKey) else { return false }
    return descriptor.range.contains(Key(key))
  }
}
