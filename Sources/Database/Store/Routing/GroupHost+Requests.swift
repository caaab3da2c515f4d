public import RoostPlatform
import RoostRaft

/// Where a request goes: to this node's replica if it leads, to the leader otherwise, or into the waiting room.
extension GroupHost {
  /// Commits on this node or on the leader, wherever it is. Call it on the loop.
  ///
  /// - Parameter hold: by which the caller may give the commit up.
  public func commit(
    _ request: CommitRequest, in group: GroupID, timeLimit: Duration, hold: RequestHold? = nil,
    completion: @escaping @Sendable (Result<Timestamp, StoreError>) -> Void
  ) {
    loop.preconditionCurrent()
    if configuration.bulk.isBulk(request, in: group) {
      return commit(
        request.makeBulk(configuration.bulk), in: group, timeLimit: timeLimit, hold: hold, completion: completion)
    }
    guard let answer = answer(hold, completion) else { return }
    let routed = Router.Routed(
      group: group,
      body: .commit(request) { result in
        answer(result.mapError { $0.storeError })
      }, deadline: loop.now + timeLimit, hold: hold)
    route(routed)
  }

  /// The same for a bulk commit.
  func commit(
    _ request: BulkRequest, in group: GroupID, timeLimit: Duration, hold: RequestHold? = nil,
    completion: @escaping @Sendable (Result<Timestamp, StoreError>) -> Void
  ) {
    loop.preconditionCurrent()
    guard let answer = answer(hold, completion) else { return }
    route(
      Router.Routed(
        group: group, body: .bulk(request) { answer($0.mapError { $0.storeError }) }, deadline: loop.now + timeLimit,
        hold: hold))
  }

  /// A linearizable view of this node's copy. Call it on the loop.
  ///
  /// - Parameter hold: by which the caller may give it up.
  public func openView(
    of group: GroupID, timeLimit: Duration, hold: RequestHold? = nil,
    completion: @escaping @Sendable (Result<any LocalReadView, StoreError>) -> Void
  ) {
    loop.preconditionCurrent()
    guard let completion = answer(hold, completion) else { return }
    let deadline = loop.now + timeLimit
    let routed = Router.Routed(
      group: group,
      body: .readIndex { [self] result in
        switch result {
        case .failure(let failure): completion(.failure(failure.storeError))
        case .success(let index):
          guard let replica = replica(of: group) else {
            return completion(.failure(.noReplica(group: group.rawValue)))
          }
          replica.view(at: index, deadline: deadline) { completion($0.mapError { $0.storeError }) }
          if !replica.applyWaiters.isEmpty { watch(replica) }
        }
      }, deadline: deadline, hold: hold)
    route(routed)
  }

  /// Whatever this node knows to be decided. Call it on the loop.
  public func openStaleView(of group: GroupID) throws(StoreError) -> any LocalReadView {
    loop.preconditionCurrent()
    guard let replica = replica(of: group), !replica.isSuspended else {
      if replica(of: group)?.isDiverged == true { throw divergenceError(of: group) }
      throw .noReplica(group: group.rawValue)
    }
    return replica.currentView()
  }

  /// What this node has applied, if that holds everything up to `since`; not known to be the newest. Nil also where the
  /// node serves nothing, for whatever reason: ``openView(of:timeLimit:hold:completion:)`` says which. Call it on the loop.
  func openAppliedView(of group: GroupID, since: Timestamp) -> (any LocalReadView)? {
    loop.preconditionCurrent()
    guard !isStopped, let replica = replica(of: group), !replica.isSuspended, replica.core.leader != .none else {
      return nil
    }
    let view = replica.currentView()
    return view.timestamp < since ? nil : view
  }

  func route(_ request: Router.Routed) {
    guard !isStopped else { return request.fail(.notServing) }
    guard let replica = replica(of: request.group) else {
      return request.fail(.noReplica(group: request.group.rawValue))
    }
    if replica.isDiverged { return request.fail(divergenceError(of: request.group)) }
    if replica.isServing || (replica.core.role == .leader && request.isRead) { return evaluate(request, on: replica) }
    guard !router.isFull else { return request.fail(.overloaded(.requests)) }
    let leader = replica.core.leader
    if leader != .none, leader != configuration.node, connectedPeers.contains(leader) {
      forward(request, to: leader)
    } else {
      router.park(request)
      armSweep()
    }
  }

  private func evaluate(_ request: Router.Routed, on replica: Replica) {
    switch request.body {
    case .commit(let commit, let completion):
      watch(replica)
      replica.evaluate(commit, deadline: request.deadline, hold: request.hold) { [self] result in
        // A conflict is final; what certainly did not happen may be tried elsewhere.
        if case .failure(.notLeader) = result { reroute(request) } else { completion(result) }
      }
    case .bulk(let bulk, let completion):
      watch(replica)
      replica.evaluate(bulk, deadline: request.deadline, hold: request.hold) { [self] result in
        if case .failure(.notLeader) = result { reroute(request) } else { completion(result) }
      }
    case .readIndex(let completion):
      watch(replica)
      replica.readIndex(deadline: request.deadline) { [self] result in
        if case .failure(.notLeader) = result { reroute(request) } else { completion(result) }
      }
    }
  }

  /// Routes again, in another turn, so that a request can't circle within one.
  func reroute(_ request: Router.Routed) {
    // Whoever sends it back has not proposed it, or has seen it lose its place.
    request.hold?.mayHappen = false
    if request.hold?.isOver == true { return }
    guard !isStopped else { return request.fail(.notServing) }
    guard loop.now < request.deadline else { return request.fail(expiryError(of: request)) }
    router.park(request)
    armSweep()
    if let replica = replica(of: request.group), replica.isServing { unparkSoon() }
  }

  private func forward(_ request: Router.Routed, to leader: NodeID) {
    if case .bulk(let bulk, _) = request.body { return send(bulk, as: request, to: leader) }
    var request = request
    request.committedWhenAsked = replica(of: request.group)?.core.commitIndex ?? .zero
    request.hold?.mayHappen = !request.isRead
    let id = router.noteForwarded(request, to: leader)
    count(\.requestsForwarded)
    let wire: Request =
      switch request.body {
      case .commit(let commit, _): .commit(request.group, commit)
      case .bulk: preconditionFailure("a bulk commit is sent in parts")
      case .readIndex: .readIndex(request.group)
      }
    if !network.send(PeerPayload.request(id, wire), to: leader, lane: .consensus),
      let unsent = router.takeForwarded(id)
    {
      unsent.hold?.mayHappen = false
      router.park(unsent)
    }
    armSweep()
  }

  /// The leader answered a forwarded request.
  func answered(_ id: UInt64, _ response: Response, by node: NodeID) {
    guard router.forwarded[id]?.to == node, let request = router.takeForwarded(id) else { return }
    endTransfer(id)
    switch (request.body, response) {
    case (.commit(_, let completion), .committed(let timestamp)), (.bulk(_, let completion), .committed(let timestamp)):
      completion(.success(timestamp))
    case (.readIndex(let completion), .index(let index)):
      guard checkReadIndex(index, for: request, by: node) else {
        return request.fail(divergenceError(of: request.group))
      }
      completion(.success(index))
    case (_, .notLeader): reroute(request)
    case (_, .failure(let error)): request.fail(error)
    case (.commit, _), (.bulk, _): request.fail(.unknownOutcome)
    case (.readIndex, _): request.fail(.unexpectedAnswer(node: "\(node)"))
    }
  }

  /// The connection broke: reads may be asked again, commits have an unknown outcome.
  func connectionLost(to node: NodeID) {
    dropTransfers(from: node)
    for request in takeForwarded(where: { $1 == node }) {
      if request.mayBeCommitted { request.fail(.unknownOutcome) } else { reroute(request) }
    }
  }

  /// A leader became known, or a connection came up: what is parked may go.
  func unpark() {
    guard !router.parked.isEmpty else { return }
    for request in router.takeParked() { route(request) }
  }

  func unparkSoon() { loop.execute { [self] in if !isStopped { unpark() } } }

  func failAllRequests(_ error: StoreError) {
    let parked = router.takeParked()
    let forwarded = takeForwarded { _, _ in true }
    for request in parked { request.fail(error) }
    for request in forwarded { request.fail(request.mayBeCommitted ? .unknownOutcome : error) }
    for replica in replicas.all { replica.failEverything(error) }
  }

  // MARK: Deadlines

  /// How often waiting requests are looked at; deadlines are as exact as this.
  private static let sweepInterval = Duration.milliseconds(20)

  /// Watches the deadlines of what waits at a replica.
  func watch(_ replica: Replica) {
    if !replica.isWatched {
      replica.isWatched = true
      watched.append(replica)
    }
    armSweep()
  }

  func armSweep() {
    guard router.timer == nil, !isStopped else { return }
    router.timer = loop.schedule(at: loop.now + GroupHost.sweepInterval) { [self] in sweep() }
  }

  private func sweep() {
    router.timer = nil
    guard !isStopped else { return }
    let now = loop.now
    for request in router.takeParked(until: now) { request.fail(expiryError(of: request)) }
    for request in takeForwarded(where: { request, _ in request.deadline <= now }) {
      request.fail(request.mayBeCommitted ? .unknownOutcome : expiryError(of: request))
    }
    expireTransfers(now)
    for replica in watched { replica.expire(now) }
    watched.removeAll { replica in
      replica.isWatched = replica.hasWaiters
      return !replica.isWatched
    }
    unpark()
    if !watched.isEmpty || !router.isEmpty || transfers.isReceiving { armSweep() }
  }

  func expiryError(of request: Router.Routed) -> StoreError {
    .noQuorum(group: request.group.rawValue, missing: missingMembers(of: request.group))
  }

  /// Names of the members of a group that this node has no connection to.
  func missingMembers(of group: GroupID) -> [String] {
    guard let replica = replica(of: group) else { return [] }
    return replica.core.configuration.members.sorted()
      .filter { $0 != configuration.node && !connectedPeers.contains($0) }
      .map { delegate?.name(of: $0) ?? "\($0)" }
  }
}
