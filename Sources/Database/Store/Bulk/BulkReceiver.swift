import RoostBase
import RoostPlatform
import RoostRaft

/// Bulk commits that other nodes send to this one, because it leads their group, part by part; ``BulkSender`` is the other
/// end.
///
/// Touched on the host's loop only, which is what `@unchecked` relies on.
final class BulkReceiver: @unchecked Sendable, KeepsRequestsWaiting {
  /// Who sends, and under which id the answer is expected.
  struct Source: Hashable {
    var node: NodeID
    var id: UInt64
  }

  /// One that is whole.
  struct Whole {
    let group: GroupID
    let request: BulkRequest
    fileprivate let bytes: Int
  }

  /// What a part led to.
  enum Outcome {
    case nothing
    /// So many slices are here.
    case credit(Int)
    case whole(Whole)
    /// The sender begins anew, or gives up.
    case refused(Refusal)
  }

  enum Refusal {
    /// Some slices were lost with a connection, or it was let go of here.
    case outOfPlace
    case failure(StoreError)
  }

  private struct Transfer {
    let group: GroupID
    var request: BulkRequest
    let slices: Int
    /// What of it is here, in bytes.
    var bytes: Int
    /// When its last part came.
    var lastProgress: Instant
  }

  private let limit: Int
  private var transfers: [Source: Transfer] = [:]
  /// Of transfers, and of what is whole and not yet decided.
  private var bytes = 0
  var sweepSlot = SweepSlot()

  /// After so long without a part nobody waits for it any more.
  private static let patience = GroupHost.clientTimeLimit

  /// - Parameter limit: how many bytes may be here, with those of bulk commits that are being decided.
  init(limit: Int) { self.limit = limit }

  func begin(
    _ request: BulkRequest, in group: GroupID, slices: Int, from source: Source, now: Instant
  ) throws(DecodingFailure) -> Outcome {
    guard transfers[source] == nil else { throw DecodingFailure("a bulk commit that begins twice") }
    guard request.byteCount <= BulkRequest.maximumBytes else {
      return .refused(
        .failure(.tooLarge(what: "a transaction", size: request.byteCount, limit: BulkRequest.maximumBytes)))
    }
    let size = request.readBytes
    guard bytes + size <= limit else { return .refused(.failure(.overloaded(.requests))) }
    bytes += size
    transfers[source] = Transfer(group: group, request: request, slices: slices, bytes: size, lastProgress: now)
    return .nothing
  }

  func add(_ slice: [UInt8], at place: Int, from source: Source, now: Instant) -> Outcome {
    // No copy is kept: the slices would be copied with each one that comes.
    guard place == transfers[source]?.request.slices.count, let slices = transfers[source]?.slices else {
      drop(source)
      return .refused(.outOfPlace)
    }
    guard bytes + slice.count <= limit else {
      drop(source)
      return .refused(.failure(.overloaded(.requests)))
    }
    bytes += slice.count
    transfers[source]?.bytes += slice.count
    transfers[source]?.lastProgress = now
    transfers[source]?.request.slices.append(slice)
    guard place + 1 == slices, let done = transfers.removeValue(forKey: source) else { return .credit(place + 1) }
    return .whole(Whole(group: done.group, request: done.request, bytes: done.bytes))
  }

  /// Nobody waits for it any more.
  func drop(_ source: Source) {
    if let dropped = transfers.removeValue(forKey: source) { bytes -= dropped.bytes }
  }

  /// A connection broke: what has not arrived never will.
  func drop(from node: NodeID) {
    for source in transfers.keys.filter({ $0.node == node }) { drop(source) }
  }

  /// It is decided.
  func end(_ whole: Whole) { bytes -= whole.bytes }

  var hasWaiters: Bool { !transfers.isEmpty }

  func expire(_ now: Instant) {
    for (source, transfer) in transfers where transfer.lastProgress + BulkReceiver.patience <= now { drop(source) }
  }

  func forget(_ hold: RequestHold) {}
}

extension GroupHost {
  func receive(_ part: BulkPart, from node: NodeID) throws(DecodingFailure) {
    let source = BulkReceiver.Source(node: node, id: part.id)
    switch part.content {
    case .head(let group, let request, let slices):
      guard let replica = replica(of: group), !replica.isDiverged, replica.isServing else {
        return answer(source, notLeader(of: group))
      }
      conclude(try bulkReceiver.begin(request, in: group, slices: slices, from: source, now: loop.now), source)
      sweep.watch(bulkReceiver)
    case .slice(let place, let slice):
      conclude(bulkReceiver.add(slice, at: place, from: source, now: loop.now), source)
    case .cancelled: bulkReceiver.drop(source)
    }
  }

  private func conclude(_ outcome: BulkReceiver.Outcome, _ source: BulkReceiver.Source) {
    switch outcome {
    case .nothing: break
    case .credit(let slices): network.send(BulkPart.credit(source.id, parts: slices), to: source.node, lane: .consensus)
    case .whole(let whole): decide(whole, from: source)
    // A sender that has its answer ignores another.
    case .refused(.outOfPlace): answer(source, .notLeader(.none, nil))
    case .refused(.failure(let error)): answer(source, .failure(error))
    }
  }

  private func decide(_ whole: BulkReceiver.Whole, from source: BulkReceiver.Source) {
    guard let replica = replica(of: whole.group), !replica.isDiverged else {
      bulkReceiver.end(whole)
      return answer(source, .notLeader(.none, nil))
    }
    sweep.watch(replica)
    replica.evaluate(whole.request, deadline: loop.now + GroupHost.clientTimeLimit) { [self] result in
      bulkReceiver.end(whole)
      answer(source, response(to: result, in: whole.group))
    }
  }

  private func answer(_ source: BulkReceiver.Source, _ response: Response) {
    guard !isStopped else { return }
    network.send(PeerPayload.response(source.id, response), to: source.node, lane: .consensus)
  }
}
