import RoostBase
import RoostPlatform
import RoostRaft
import RoostStorage

/// The host between its replicas and their snapshots: ``OutgoingSnapshots``, ``IncomingSnapshots`` and
/// ``SnapshotInstaller``.
extension GroupHost {
  /// A core wants a follower to get the whole state.
  func sendSnapshot(of replica: Replica, _ message: Message) {
    if !outgoingSnapshots.send(message, of: replica.group) { replica.lost(message) }
  }

  /// A core has accepted the snapshot that was offered to it.
  func install(_ snapshot: SnapshotMetadata, _ write: StorageAppend, into replica: Replica) {
    guard let received = replica.beginInstallation(through: snapshot.index) else {
      return fail("a snapshot was accepted that was never received")
    }
    count(\.snapshotsInstalled)
    installer.install(
      SnapshotInstallation(
        group: replica.group, range: replica.descriptor.range, replaced: replica.state, received: received
      ) { [self] result in
        switch result {
        case .failure(let error): fail("a snapshot of partition \(replica.group) can't be installed: \(error)")
        case .success(let outcome): installed(outcome, received, snapshot, write, on: replica)
        }
      })
  }

  /// The state engine has the snapshot durably. The log forgets what led to the state before it, and then the core and
  /// everybody else hear of it.
  private func installed(
    _ outcome: SnapshotInstallation.Outcome, _ received: SnapshotReceiver, _ snapshot: SnapshotMetadata,
    _ write: StorageAppend, on replica: Replica
  ) {
    replica.adopt(outcome)
    // Views of the state before it: the versions that came have timestamps before which old ones are let go.
    if sweptBefore > .zero { viewHorizon.raise(toPosition: engine.position) }
    let responses = write.responses
    logWriter.append(
      [LogWrite(group: replica.group, hardState: write.hardState, snapshot: snapshot)], on: loop
    ) { [self] in
      guard !isStopped else { return }
      installer.removeFile(of: received)
      replica.endInstallation(through: snapshot.index)
      deliver(responses, of: replica, now: loop.now)
      markDirty(replica)
      replica.answerApplyWaiters()
      delegate?.snapshotInstalled(replica.group)
    }
  }
}

extension GroupHost: SnapshotSource {
  func appliedState(of group: GroupID) -> SnapshotContents? {
    guard let replica = replica(of: group) else { return nil }
    let state = replica.state
    let metadata = SnapshotMetadata(
      index: state.applied, term: state.appliedTerm, configuration: state.configuration)
    return SnapshotContents(
      header: SnapshotHeader(
        metadata: metadata, timestamp: state.timestamp, leaderTerm: replica.core.term, bulk: state.bulk),
      range: replica.descriptor.range)
  }

  func takeTurn(of target: SnapshotTarget) -> SnapshotContents? {
    guard let replica = replica(of: target.group), replica.core.role == .leader,
      replica.core.progress(of: target.node)?.state == .snapshot
    else { return nil }
    if isConnected(to: target.node), !replica.isSuspended,
      replica.state.configuration.members.contains(target.node)
    {
      return appliedState(of: target.group)
    }
    input(to: replica, now: loop.now) { $0.reportSnapshot(target.node, succeeded: false) }
    return nil
  }

  func snapshotEnded(_ target: SnapshotTarget, succeeded: Bool) {
    guard let replica = replica(of: target.group), !replica.isSuspended else { return }
    input(to: replica, now: loop.now) { $0.reportSnapshot(target.node, succeeded: succeeded) }
  }
}

extension GroupHost: SnapshotDestination {
  func admission(to group: GroupID) -> IncomingSnapshots.Admission {
    guard let replica = replica(of: group) else { return .unknown }
    if replica.isSuspended { return .suspended }
    return .open(applied: replica.state.applied, range: replica.descriptor.range)
  }

  func checkPlausible(_ term: Term, in group: GroupID) throws(DecodingFailure) {
    if let replica = replica(of: group) { try checkPlausible(term, to: replica) }
  }

  func offer(_ received: SnapshotReceiver, from target: SnapshotTarget) -> Bool {
    guard let replica = replica(of: target.group), !replica.isSuspended else { return false }
    let message = Message(
      .snapshot, from: target.node, to: configuration.node, term: received.header.leaderTerm,
      snapshot: received.header.metadata)
    let now = loop.now
    do throws(StepError) {
      return try replica.offering(received) { () throws(StepError) in
        defer { settle(replica, now) }
        try replica.step(message, now: now)
        // If the core wants it, the write that says so takes it from there.
        flush(replica, now)
      }
    } catch {
      if case .diverged(let index) = error {
        diverged(replica, at: index, says: target.node)
      } else {
        network.refuse("a snapshot that no member sends: \(error)", from: target.node, closing: false)
      }
      count(\.refusedMessages)
      refusals.note(RefusedMessage(error), from: target.node, "\(error)", at: loop.now)
    }
    return false
  }
}
