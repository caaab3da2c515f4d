import RoostBase
import RoostPlatform
import RoostRaft

/// The snapshots that leaders send to this node; ``OutgoingSnapshots`` is the other end, and tells the whole story.
///
/// Every chunk is acknowledged once it is stored. One that comes again is acknowledged again. One that is out of place is
/// refused, which ends the stream at its sender. When all of a state is there, its group's core decides whether it is
/// installed.
///
/// Touched on its loop only, which is what `@unchecked` relies on.
final class IncomingSnapshots: @unchecked Sendable {
  /// What a group makes of a snapshot that comes for it.
  enum Admission {
    /// It takes a state beyond what is applied, of keys in its range.
    case open(applied: LogIndex, range: KeyRange)
    /// It takes none for now, and says nothing: what comes meanwhile is answered when it comes again.
    case suspended
    /// This node has no part in it.
    case unknown
  }

  private let loop: any Loop
  private let network: any PeerNetwork
  private let disk: any Disk
  /// Writes the files, one chunk after the other.
  private let worker: any BlockingWorker
  /// Set before the first chunk.
  unowned var destination: (any SnapshotDestination)!

  private var receivers: [SnapshotTarget: SnapshotReceiver] = [:]
  private var isStopped = false

  init(loop: any Loop, network: any PeerNetwork, disk: any Disk, worker: any BlockingWorker) {
    self.loop = loop
    self.network = network
    self.disk = disk
    self.worker = worker
  }

  /// Lets go of everything. Files that are not whole are removed at the next start.
  func stop() {
    isStopped = true
    receivers.removeAll()
  }

  // MARK: Chunks

  func receive(_ chunk: SnapshotChunk, from node: NodeID) throws(DecodingFailure) {
    let target = SnapshotTarget(group: chunk.group, node: node)
    switch destination.admission(to: chunk.group) {
    case .unknown: refuse(chunk, to: node)
    case .suspended: break
    case .open(let applied, let range):
      guard (chunk.sequence == 0) == (chunk.header != nil), chunk.isWithin(range) else {
        throw DecodingFailure("a piece of a snapshot that does not belong to partition \(chunk.group)")
      }
      try receive(chunk, for: target, beyond: applied)
    }
  }

  private func receive(
    _ chunk: SnapshotChunk, for target: SnapshotTarget, beyond applied: LogIndex
  ) throws(DecodingFailure) {
    if let receiver = receivers[target], receiver.hasTaken(chunk) {
      // Sent again because the acknowledgement did not get through; or it is not stored yet, then that is due.
      if receiver.hasStored(chunk) { acknowledge(receiver, target) }
      return
    }
    if let header = chunk.header {
      try destination.checkPlausible(header.leaderTerm, in: chunk.group)
      guard header.metadata.index > applied else { return refuse(chunk, to: target.node) }
      begin(header, stream: chunk.stream, target)
    }
    guard let receiver = receivers[target], receiver.take(chunk, now: loop.now) else {
      return refuse(chunk, to: target.node)
    }
    if receiver.wholeState != nil { return stored(chunk, receiver, target) }
    store(chunk, receiver, target)
  }

  /// A new stream takes the place of an earlier one of the same sender.
  private func begin(_ header: SnapshotHeader, stream: UInt64, _ target: SnapshotTarget) {
    discard(target)
    let receiver = SnapshotReceiver(
      stream: stream, header: header, fileName: "\(target.group)-\(target.node)-\(stream)", now: loop.now)
    receivers[target] = receiver
    watch(receiver, target)
  }

  private func store(_ chunk: SnapshotChunk, _ receiver: SnapshotReceiver, _ target: SnapshotTarget) {
    let disk = disk
    let loop = loop
    worker.submit { [self] in
      let isStored = receiver.store(chunk, on: disk)
      loop.execute { [self] in
        guard !isStopped, receivers[target] === receiver else { return }
        if isStored { return stored(chunk, receiver, target) }
        discard(target)
        refuse(chunk, to: target.node)
      }
    }
  }

  private func stored(_ chunk: SnapshotChunk, _ receiver: SnapshotReceiver, _ target: SnapshotTarget) {
    receiver.noteStored(chunk)
    acknowledge(receiver, target)
    if chunk.isLast { complete(receiver, target) }
  }

  /// All of it is there: the core decides whether it still wants it.
  private func complete(_ receiver: SnapshotReceiver, _ target: SnapshotTarget) {
    if destination.offer(receiver, from: target) { receivers[target] = nil } else { discard(target) }
  }

  // MARK: Answers

  private func acknowledge(_ receiver: SnapshotReceiver, _ target: SnapshotTarget) {
    network.send(receiver.acknowledgement(in: target.group).encoded(), to: target.node, lane: .bulk)
  }

  private func refuse(_ chunk: SnapshotChunk, to node: NodeID) {
    network.send(
      SnapshotAcknowledgement(group: chunk.group, stream: chunk.stream, sequence: chunk.sequence, refused: true)
        .encoded(),
      to: node, lane: .bulk)
  }

  // MARK: Ends

  /// Throws a stream away that has stood still for too long.
  private func watch(_ receiver: SnapshotReceiver, _ target: SnapshotTarget) {
    loop.schedule(at: receiver.deadline) { [self] in
      guard !isStopped, receivers[target] === receiver else { return }
      if receiver.deadline <= loop.now { discard(target) } else { watch(receiver, target) }
    }
  }

  private func discard(_ target: SnapshotTarget) {
    guard let receiver = receivers.removeValue(forKey: target), receiver.wholeState == nil else { return }
    let disk = disk
    worker.submit { receiver.discardFile(on: disk) }
  }
}

/// Where incoming snapshots go.
protocol SnapshotDestination: AnyObject {
  func admission(to group: GroupID) -> IncomingSnapshots.Admission
  /// Throws if no election can have led to a term.
  func checkPlausible(_ term: Term, in group: GroupID) throws(DecodingFailure)
  /// All of a snapshot is there. True if it is being installed; otherwise it is thrown away.
  func offer(_ received: SnapshotReceiver, from target: SnapshotTarget) -> Bool
}
