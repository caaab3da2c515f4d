import RoostPlatform
import RoostRaft

/// Bulk commits between nodes: sent to the leader in parts, over the bulk lane, with a window of bytes that are sent and not
/// yet acknowledged. The answer comes like that to any request.
///
/// The leader can commit it once it has all parts. What ends before that certainly did not happen: a broken connection,
/// a transfer that stands still, a caller that gives up.
struct BulkTransfers {
  fileprivate struct Outgoing {
    let node: NodeID
    let request: BulkRequest
    /// Slices that were sent, and that the leader has.
    var sent = 0
    var arrived = 0
    var bytesInFlight = 0
    var isRetryScheduled = false
    /// When the leader last said that it has got further.
    var lastProgress: Instant
  }

  fileprivate struct Source: Hashable {
    var node: NodeID
    var id: UInt64
  }

  fileprivate struct Incoming {
    let group: GroupID
    var request: BulkRequest
    let slices: Int
    /// What of it is here, in bytes.
    var bytes: Int
    /// When its last part came.
    var lastProgress: Instant
  }

  fileprivate var outgoing: [UInt64: Outgoing] = [:]
  fileprivate var incoming: [Source: Incoming] = [:]
  fileprivate var incomingBytes = 0

  var isReceiving: Bool { !incoming.isEmpty }

  /// - Parameter isDone: whether its bytes are of no more account.
  fileprivate mutating func takeIncoming(_ source: Source, isDone: Bool = true) -> Incoming? {
    guard let taken = incoming.removeValue(forKey: source) else { return nil }
    if isDone { incomingBytes -= taken.bytes }
    return taken
  }
}

extension GroupHost {
  // MARK: The node that asks

  func send(_ bulk: BulkRequest, as request: Router.Routed, to leader: NodeID) {
    var request = request
    request.isFullySent = false
    request.hold?.mayHappen = false
    let id = router.noteForwarded(request, to: leader)
    count(\.requestsForwarded)
    guard network.send(BulkPart.head(id, request.group, bulk), to: leader, lane: .bulk) else {
      if let unsent = router.takeForwarded(id) { router.park(unsent) }
      return armSweep()
    }
    transfers.outgoing[id] = BulkTransfers.Outgoing(node: leader, request: bulk, lastProgress: loop.now)
    sendSlices(of: id)
    armSweep()
  }

  /// Sends as many slices as the window allows.
  private func sendSlices(of id: UInt64) {
    while let transfer = transfers.outgoing[id], transfer.sent < transfer.request.slices.count,
      transfer.bytesInFlight < configuration.bulk.bytesInFlight
    {
      let slice = transfer.request.slices[transfer.sent]
      guard network.send(BulkPart.slice(id, transfer.sent, slice), to: transfer.node, lane: .bulk) else {
        return retrySlices(of: id)
      }
      transfers.outgoing[id]?.sent += 1
      transfers.outgoing[id]?.bytesInFlight += slice.count
      if transfer.sent + 1 == transfer.request.slices.count { router.noteSent(id) }
    }
  }

  private static let transferRetryInterval = Duration.milliseconds(5)

  /// The lane is full of other things.
  private func retrySlices(of id: UInt64) {
    guard transfers.outgoing[id]?.isRetryScheduled == false else { return }
    transfers.outgoing[id]?.isRetryScheduled = true
    loop.schedule(at: loop.now + GroupHost.transferRetryInterval) { [self] in
      guard !isStopped else { return }
      transfers.outgoing[id]?.isRetryScheduled = false
      sendSlices(of: id)
    }
  }

  func creditReceived(for id: UInt64, parts: Int, from node: NodeID) {
    guard let transfer = transfers.outgoing[id], transfer.node == node, parts > transfer.arrived, parts <= transfer.sent
    else { return }
    for slice in transfer.request.slices[transfer.arrived..<parts] {
      transfers.outgoing[id]?.bytesInFlight -= slice.count
    }
    transfers.outgoing[id]?.arrived = parts
    transfers.outgoing[id]?.lastProgress = loop.now
    sendSlices(of: id)
  }

  /// A request is not waited for any more. What the leader has of it, if it is a bulk commit, is of no use.
  func endTransfer(_ id: UInt64) {
    guard let transfer = transfers.outgoing.removeValue(forKey: id), transfer.sent < transfer.request.slices.count
    else {
      return
    }
    network.send(BulkPart.cancelled(id), to: transfer.node, lane: .bulk)
  }

  /// Takes forwarded requests that meet a condition, in the order in which they were sent.
  func takeForwarded(where condition: (Router.Routed, NodeID) -> Bool) -> [Router.Routed] {
    router.ids(where: condition).compactMap { id in
      endTransfer(id)
      return router.takeForwarded(id)
    }
  }

  // MARK: The leader

  func receive(_ part: BulkPart, from node: NodeID) throws(DecodingFailure) {
    let source = BulkTransfers.Source(node: node, id: part.id)
    switch part.content {
    case .head(let group, let request, let slices):
      guard transfers.incoming[source] == nil else { throw DecodingFailure("a bulk commit that begins twice") }
      guard let replica = replica(of: group), !replica.isDiverged, replica.isServing else {
        let leader = self.replica(of: group)?.core.leader ?? .none
        return answer(source, .notLeader(leader, delegate?.peerAddress(of: leader)))
      }
      guard request.byteCount <= BulkRequest.maximumBytes else {
        return answer(
          source,
          .failure(.tooLarge(what: "a transaction", size: request.byteCount, limit: BulkRequest.maximumBytes)))
      }
      let bytes = request.readBytes
      guard transfers.incomingBytes + bytes <= configuration.bulk.incomingBytes else {
        return answer(source, .failure(.overloaded(.requests)))
      }
      transfers.incomingBytes += bytes
      transfers.incoming[source] = BulkTransfers.Incoming(
        group: group, request: request, slices: slices, bytes: bytes, lastProgress: loop.now)
      armSweep()
    case .slice(let place, let slice):
      // Some were lost with a connection, or it was let go of here. A sender that has its answer ignores another.
      // No copy is kept: the slices would be copied with each one that comes.
      guard place == transfers.incoming[source]?.request.slices.count, let slices = transfers.incoming[source]?.slices
      else {
        _ = transfers.takeIncoming(source)
        return answer(source, .notLeader(.none, nil))
      }
      guard transfers.incomingBytes + slice.count <= configuration.bulk.incomingBytes else {
        _ = transfers.takeIncoming(source)
        return answer(source, .failure(.overloaded(.requests)))
      }
      transfers.incomingBytes += slice.count
      transfers.incoming[source]?.bytes += slice.count
      transfers.incoming[source]?.lastProgress = loop.now
      transfers.incoming[source]?.request.slices.append(slice)
      network.send(BulkPart.credit(part.id, parts: place + 1), to: node, lane: .consensus)
      if place + 1 == slices { submit(source) }
    case .cancelled: _ = transfers.takeIncoming(source)
    }
  }

  private func submit(_ source: BulkTransfers.Source) {
    guard let transfer = transfers.takeIncoming(source, isDone: false) else { return }
    let bytes = transfer.bytes
    guard let replica = replica(of: transfer.group), !replica.isDiverged else {
      transfers.incomingBytes -= bytes
      return answer(source, .notLeader(.none, nil))
    }
    watch(replica)
    replica.evaluate(transfer.request, deadline: loop.now + GroupHost.clientTimeLimit) { [self] result in
      transfers.incomingBytes -= bytes
      switch result {
      case .success(let timestamp): answer(source, .committed(timestamp))
      case .failure(.store(let error)): answer(source, .failure(error))
      case .failure(.notLeader):
        answer(source, .notLeader(replica.core.leader, delegate?.peerAddress(of: replica.core.leader)))
      }
    }
  }

  private func answer(_ source: BulkTransfers.Source, _ response: Response) {
    guard !isStopped else { return }
    network.send(PeerPayload.response(source.id, response), to: source.node, lane: .consensus)
  }

  /// After so long without progress slices were lost with a connection of the bulk lane, of which nobody is told.
  private static let transferPatience = Duration.seconds(2)

  /// Begins transfers anew that stand still, and lets go of those that nobody waits for any more.
  func expireTransfers(_ now: Instant) {
    for request in takeForwarded(where: { request, _ in !request.isFullySent && isStuck(request, now) }) {
      reroute(request)
    }
    for (source, transfer) in transfers.incoming where transfer.lastProgress + GroupHost.clientTimeLimit <= now {
      _ = transfers.takeIncoming(source)
    }
  }

  private func isStuck(_ request: Router.Routed, _ now: Instant) -> Bool {
    guard let id = request.id, let transfer = transfers.outgoing[id] else { return false }
    return transfer.lastProgress + GroupHost.transferPatience <= now
  }

  /// A connection broke: what has not arrived never will.
  func dropTransfers(from node: NodeID) {
    for source in transfers.incoming.keys.filter({ $0.node == node }) { _ = transfers.takeIncoming(source) }
  }
}
