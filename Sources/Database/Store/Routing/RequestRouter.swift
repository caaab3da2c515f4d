import RoostBase
import RoostPlatform
import RoostRaft

/// Takes requests of this node's sessions and clients to where they are decided: to this node's replica if that leads, to
/// the leader's node otherwise, and into the waiting room while no leader is known.
///
/// ```
///   route ─┬─ here ───▶ evaluate ──┬──────────────────────────▶ answered
///          ├─ node ───▶ forwarded ─┤      ▲
///          └─ unknown ▶ parked     │ it certainly did not happen, and there is time left
///               ▲                  ▼      │
///               └────────────── reroute ──┘
/// ```
/// A read, and a commit that certainly did not happen, goes back and forth until its deadline; a commit whose answer is
/// lost ends as an unknown outcome at once.
///
/// Touched on its loop only, which is what `@unchecked` relies on.
final class RequestRouter: @unchecked Sendable, KeepsRequestsWaiting {
  /// Where a request can be decided.
  enum Destination {
    case here
    case node(NodeID)
    /// The leader is not known, or can't be reached.
    case unknown
    case refused(StoreError)
  }

  struct Limits {
    /// Requests that wait: for a leader, or for an answer.
    var requests: Int
    /// Of a bulk commit: what is sent to the leader and not acknowledged.
    var bulkBytesInFlight: Int
    /// Of all commits that wait.
    var bytes = 256 << 20
  }

  /// A request that waits for another node's answer.
  private struct Forwarded {
    let request: RoutedRequest
    let node: NodeID
    /// What was known here to be committed in the group when it was sent.
    let committedWhenAsked: LogIndex
    let sentAt: Instant
    /// Of a bulk commit: whether all of it was sent.
    var isFullySent: Bool

    var mayBeCommitted: Bool { !request.isRead && isFullySent }

    func isOverdue(_ now: Instant) -> Bool {
      request.isRead && sentAt + RequestRouter.readPatience * (1 << request.timesUnanswered) <= now
    }
  }

  private let loop: any Loop
  private let network: any PeerNetwork
  private let sweep: DeadlineSweep
  private let limits: Limits
  /// Set before the first request.
  unowned var table: (any RoutingTable)!

  private var parked: [RoutedRequest] = []
  private var forwarded: [UInt64: Forwarded] = [:]
  private var sender: BulkSender
  private var bytes = 0
  private var nextID: UInt64
  private var isStopped = false
  var sweepSlot = SweepSlot()
  /// Requests sent to other nodes so far.
  private(set) var forwardedCount: UInt64 = 0

  private static let retryInterval = Duration.milliseconds(5)
  /// A read that is not answered for so long is asked again, and then after twice as long: its answer takes another
  /// connection than its question, which may have broken unseen.
  private static let readPatience = Duration.seconds(1)

  /// - Parameter firstID: differs from start to start of a node: an answer to what it asked before must not pass for one
  ///   to what it asks now.
  init(loop: any Loop, network: any PeerNetwork, sweep: DeadlineSweep, limits: Limits, firstID: UInt64) {
    self.loop = loop
    self.network = network
    self.sweep = sweep
    self.limits = limits
    sender = BulkSender(window: limits.bulkBytesInFlight)
    nextID = firstID
  }

  private var isFull: Bool { parked.count + forwarded.count >= limits.requests || bytes >= limits.bytes }

  // MARK: On the way

  func route(_ request: RoutedRequest) {
    guard !isStopped else { return request.fail(.notServing) }
    switch table.destination(of: request) {
    case .here: table.evaluate(request)
    case .refused(let error): request.fail(error)
    case .node where isFull, .unknown where isFull: request.fail(.overloaded(.requests))
    case .node(let leader): forward(request, to: leader)
    case .unknown: park(request)
    }
  }

  /// Routes again, in another turn, so that a request can't circle within one.
  func reroute(_ request: RoutedRequest) {
    // Whoever sends it back has not proposed it, or has seen it lose its place.
    request.hold?.mayHappen = false
    if request.hold?.isOver == true { return }
    guard !isStopped else { return request.fail(.notServing) }
    guard loop.now < request.deadline else { return request.fail(table.expiryError(of: request)) }
    park(request)
    if case .here = table.destination(of: request) { unparkSoon() }
  }

  private func park(_ request: RoutedRequest) {
    parked.append(request)
    bytes += request.byteCount
    sweep.watch(self)
  }

  /// A leader became known, or a connection came up: what is parked may go.
  func unpark() {
    guard !parked.isEmpty else { return }
    for request in takeParked() { route(request) }
  }

  func unparkSoon() { loop.execute { [self] in if !isStopped { unpark() } } }

  private func takeParked(where condition: (RoutedRequest) -> Bool = { _ in true }) -> [RoutedRequest] {
    let taken = parked.filter(condition)
    guard !taken.isEmpty else { return [] }
    if taken.count == parked.count {
      parked.removeAll(keepingCapacity: true)
    } else {
      parked.removeAll(where: condition)
    }
    for request in taken { bytes -= request.byteCount }
    return taken
  }

  // MARK: To the leader's node

  private func forward(_ request: RoutedRequest, to leader: NodeID) {
    let id = nextID
    nextID += 1
    let (payload, lane, isFullySent) = wire(request, id, leader)
    // Before it is sent: the answer may be there when that returns.
    forwarded[id] = Forwarded(
      request: request, node: leader, committedWhenAsked: table.commitIndex(of: request.group), sentAt: loop.now,
      isFullySent: isFullySent)
    bytes += request.byteCount
    request.hold?.mayHappen = isFullySent && !request.isRead
    sweep.watch(self)
    if case .bulk(let bulk, _) = request.body { sender.begin(bulk, as: id, to: leader, now: loop.now) }
    guard network.send(payload, to: leader, lane: lane) else {
      if let unsent = takeForwarded(id)?.request {
        unsent.hold?.mayHappen = false
        park(unsent)
      }
      return
    }
    forwardedCount += 1
    sendSlices(of: id)
  }

  /// What is sent first, and whether that is all of it.
  private func wire(
    _ request: RoutedRequest, _ id: UInt64, _ leader: NodeID
  ) -> (payload: [UInt8], lane: PeerLane, isAll: Bool) {
    switch request.body {
    case .commit(let commit, _): (PeerPayload.request(id, .commit(request.group, commit)), .consensus, true)
    case .readIndex:
      (
        PeerPayload.request(id, .readIndex(request.group, table.voucher(for: leader, of: request.group))), .consensus,
        true
      )
    case .bulk(let bulk, _): (BulkPart.head(id, request.group, bulk), .bulk, false)
    }
  }

  /// Sends as many slices of a bulk commit as the window allows.
  private func sendSlices(of id: UInt64) {
    while let (part, node) = sender.next(of: id) {
      guard network.send(part, to: node, lane: .bulk) else { return retrySlices(of: id) }
      if sender.noteSent(id) {
        forwarded[id]?.isFullySent = true
        forwarded[id]?.request.hold?.mayHappen = true
      }
    }
  }

  /// The lane is full of other things.
  private func retrySlices(of id: UInt64) {
    guard sender.armRetry(id) else { return }
    loop.schedule(at: loop.now + RequestRouter.retryInterval) { [self] in
      guard !isStopped else { return }
      sender.retries(id)
      sendSlices(of: id)
    }
  }

  func creditReceived(for id: UInt64, slices: Int, from node: NodeID) {
    if sender.acknowledge(id, slices: slices, by: node, now: loop.now) { sendSlices(of: id) }
  }

  /// The leader's node answered.
  func answered(_ id: UInt64, _ response: Response, by node: NodeID) {
    guard forwarded[id]?.node == node, let taken = takeForwarded(id) else { return }
    let request = taken.request
    switch (request.body, response) {
    case (.commit(_, let completion), .committed(let timestamp)), (.bulk(_, let completion), .committed(let timestamp)):
      completion(.success(timestamp))
    case (.readIndex(let completion), .index(let index)):
      if let error = table.checkReadIndex(
        index, against: taken.committedWhenAsked, in: request.group, from: node)
      {
        return request.fail(error)
      }
      completion(.success(index))
    case (_, .notLeader): reroute(request)
    case (_, .failure(let error)): request.fail(error)
    case (.commit, _), (.bulk, _): request.fail(.unknownOutcome)
    case (.readIndex, _): request.fail(.unexpectedAnswer(node: "\(node)"))
    }
  }

  /// Takes a forwarded request back. What the leader has of it, if it is a bulk commit, is of no use then.
  private func takeForwarded(_ id: UInt64) -> Forwarded? {
    guard let taken = forwarded.removeValue(forKey: id) else { return nil }
    bytes -= taken.request.byteCount
    if let node = sender.end(id) { network.send(BulkPart.cancelled(id), to: node, lane: .bulk) }
    return taken
  }

  /// Those that meet a condition, in the order in which they were sent.
  private func takeForwarded(where condition: (UInt64, Forwarded) -> Bool) -> [Forwarded] {
    let ids = forwarded.filter { condition($0.key, $0.value) }.keys.sorted()
    return ids.compactMap { takeForwarded($0) }
  }

  // MARK: What happens meanwhile

  /// The connection broke: reads may be asked again, commits have an unknown outcome.
  func connectionLost(to node: NodeID) {
    for taken in takeForwarded(where: { $1.node == node }) {
      if taken.mayBeCommitted { taken.request.fail(.unknownOutcome) } else { reroute(taken.request) }
    }
  }

  /// A node that leads no more, or is paused, need not be waited for: a read may be asked of anyone.
  func leaderChanged(of group: GroupID, to leader: NodeID) {
    let reads = takeForwarded { $1.request.isRead && $1.request.group == group && $1.node != leader }
    for taken in reads { reroute(taken.request) }
    unpark()
  }

  var hasWaiters: Bool { !parked.isEmpty || !forwarded.isEmpty }

  func expire(_ now: Instant) {
    for request in takeParked(where: { $0.deadline <= now }) { request.fail(table.expiryError(of: request)) }
    for taken in takeForwarded(where: { $1.request.deadline <= now }) {
      taken.request.fail(taken.mayBeCommitted ? .unknownOutcome : table.expiryError(of: taken.request))
    }
    for taken in takeForwarded(where: { !$1.isFullySent && sender.isStuck($0, now) }) { reroute(taken.request) }
    for taken in takeForwarded(where: { $1.isOverdue(now) }) {
      var request = taken.request
      request.timesUnanswered += 1
      reroute(request)
    }
    unpark()
  }

  /// Drops a request that nobody waits for any more. An answer to it is not known here then.
  func forget(_ hold: RequestHold) {
    _ = takeParked { $0.hold === hold }
    _ = takeForwarded { $1.request.hold === hold }
  }

  /// Ends all requests, and refuses those that come.
  func stop(_ error: StoreError) {
    isStopped = true
    let waiting = takeParked()
    let sent = takeForwarded { _, _ in true }
    for request in waiting { request.fail(error) }
    for taken in sent { taken.request.fail(taken.mayBeCommitted ? .unknownOutcome : error) }
  }
}

/// What a router knows of groups and their leaders, and whom it gives what is decided here.
protocol RoutingTable: AnyObject {
  func destination(of request: RoutedRequest) -> RequestRouter.Destination
  /// Decides a request whose destination is here; gives it back by ``RequestRouter/reroute(_:)`` if that is over.
  func evaluate(_ request: RoutedRequest)
  /// What is known here to be committed.
  func commitIndex(of group: GroupID) -> LogIndex
  /// What confirms a leader; nil if this node follows another one, or none.
  func voucher(for leader: NodeID, of group: GroupID) -> ReadVoucher?
  /// What a request fails with whose time is over before anybody took it.
  func expiryError(of request: RoutedRequest) -> StoreError
  /// A leader answered a read. If that contradicts what was committed before it was asked, the group is served here no more,
  /// and the error says so.
  func checkReadIndex(
    _ index: LogIndex, against committed: LogIndex, in group: GroupID, from node: NodeID
  ) -> StoreError?
}
