import RoostBase
import RoostMembership
public import RoostPlatform
import RoostRaft

/// What may be asked of a host: commits and views, of whichever group, wherever that is led. Call everything on the loop.
extension GroupHost {
  /// How long a request of a client or of another node may take, if it does not say.
  static let clientTimeLimit = Duration.seconds(10)

  /// Commits on this node or on the leader, wherever it is.
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
    router.route(
      RoutedRequest(
        group: group, body: .commit(request) { answer($0.mapError { $0.storeError }) }, deadline: loop.now + timeLimit,
        hold: hold))
  }

  /// The same for a bulk commit.
  func commit(
    _ request: BulkRequest, in group: GroupID, timeLimit: Duration, hold: RequestHold? = nil,
    completion: @escaping @Sendable (Result<Timestamp, StoreError>) -> Void
  ) {
    loop.preconditionCurrent()
    guard let answer = answer(hold, completion) else { return }
    router.route(
      RoutedRequest(
        group: group, body: .bulk(request) { answer($0.mapError { $0.storeError }) }, deadline: loop.now + timeLimit,
        hold: hold))
  }

  /// A linearizable view of this node's copy.
  ///
  /// - Parameter hold: by which the caller may give it up.
  public func openView(
    of group: GroupID, timeLimit: Duration, hold: RequestHold? = nil,
    completion: @escaping @Sendable (Result<any LocalReadView, StoreError>) -> Void
  ) {
    loop.preconditionCurrent()
    guard let completion = answer(hold, completion) else { return }
    let deadline = loop.now + timeLimit
    let body = RoutedRequest.Body.readIndex { [self] result in
      switch result {
      case .failure(let failure): completion(.failure(failure.storeError))
      case .success(let index):
        guard let replica = replica(of: group) else {
          return completion(.failure(.noReplica(group: group.rawValue)))
        }
        replica.view(at: index, deadline: deadline) { completion($0.mapError { $0.storeError }) }
        if !replica.applyWaiters.isEmpty { sweep.watch(replica) }
      }
    }
    router.route(RoutedRequest(group: group, body: body, deadline: deadline, hold: hold))
  }

  /// Whatever this node knows to be decided, but for a bulk commit that unfolds and what follows it.
  public func openStaleView(of group: GroupID) throws(StoreError) -> any LocalReadView {
    loop.preconditionCurrent()
    guard let replica = replica(of: group), !replica.isSuspended else {
      if replica(of: group)?.isDiverged == true { throw divergenceError(of: group) }
      throw .noReplica(group: group.rawValue)
    }
    return replica.currentView()
  }

  /// What this node has applied, if that holds everything up to `since`; not known to be the newest. Nil also where the
  /// node serves nothing, for whatever reason: ``openView(of:timeLimit:hold:completion:)`` says which.
  func openAppliedView(of group: GroupID, since: Timestamp) -> (any LocalReadView)? {
    loop.preconditionCurrent()
    guard !isStopped, let replica = replica(of: group), !replica.isSuspended, replica.core.leader != .none else {
      return nil
    }
    let view = replica.currentView()
    return view.timestamp < since ? nil : view
  }

  /// What tells another node who leads, as far as this one knows.
  func notLeader(of group: GroupID) -> Response {
    let leader = replica(of: group)?.core.leader ?? .none
    return .notLeader(leader, delegate?.peerAddress(of: leader))
  }

  /// What another node is answered whose commit was judged here.
  func response(to result: Result<Timestamp, LocalFailure>, in group: GroupID) -> Response {
    switch result {
    case .success(let timestamp): .committed(timestamp)
    case .failure(.store(let error)): .failure(error)
    case .failure(.notLeader): notLeader(of: group)
    }
  }

  /// Ends the wait for a request: with ``StoreError/cancelled`` if it certainly did nothing and never will, otherwise
  /// with ``StoreError/unknownOutcome``. What was proposed stays proposed.
  public func giveUp(_ hold: RequestHold) {
    loop.preconditionCurrent()
    guard !hold.isOver else { return }
    sweep.forget(hold)
    hold.giveUp()
  }

  /// What answers a request that may be given up; nil if it was before it came here, which is answered already.
  private func answer<Value>(
    _ hold: RequestHold?, _ completion: @escaping @Sendable (Result<Value, StoreError>) -> Void
  ) -> (@Sendable (Result<Value, StoreError>) -> Void)? {
    guard let hold else { return completion }
    guard hold.begin({ completion(.failure($0)) }) else {
      completion(.failure(.cancelled))
      return nil
    }
    return { result in if hold.end() { completion(result) } }
  }

  func failAllRequests(_ error: StoreError) {
    router.stop(error)
    for replica in replicas.all { replica.failEverything(error) }
  }
}

extension GroupHost: RoutingTable {
  func destination(of request: RoutedRequest) -> RequestRouter.Destination {
    guard let replica = replica(of: request.group) else { return .refused(.noReplica(group: request.group.rawValue)) }
    if replica.isDiverged { return .refused(divergenceError(of: request.group)) }
    if replica.isServing || (replica.core.role == .leader && request.isRead) { return .here }
    let leader = replica.core.leader
    let isThere = leader != .none && leader != configuration.node && outbox.connected.contains(leader)
    return isThere ? .node(leader) : .unknown
  }

  func evaluate(_ request: RoutedRequest) {
    guard let replica = replica(of: request.group) else {
      return request.fail(.noReplica(group: request.group.rawValue))
    }
    sweep.watch(replica)
    switch request.body {
    case .commit(let commit, let completion):
      replica.evaluate(
        commit, deadline: request.deadline, hold: request.hold, completion: rerouting(request, completion))
    case .bulk(let bulk, let completion):
      replica.evaluate(bulk, deadline: request.deadline, hold: request.hold, completion: rerouting(request, completion))
    case .readIndex(let completion):
      replica.readIndex(deadline: request.deadline, completion: rerouting(request, completion))
    }
  }

  /// What certainly did not happen here may be tried elsewhere; everything else is final, a conflict, too.
  private func rerouting<Value>(
    _ request: RoutedRequest, _ completion: @escaping @Sendable (Result<Value, LocalFailure>) -> Void
  ) -> @Sendable (Result<Value, LocalFailure>) -> Void {
    { [self] result in
      if case .failure(.notLeader) = result { router.reroute(request) } else { completion(result) }
    }
  }

  func commitIndex(of group: GroupID) -> LogIndex { replica(of: group)?.core.commitIndex ?? .zero }

  func voucher(for leader: NodeID, of group: GroupID) -> ReadVoucher? {
    guard let replica = replica(of: group), !replica.isSuspended, replica.core.leader == leader else { return nil }
    return ReadVoucher(term: replica.core.term, tag: configuration.incarnation.tag)
  }

  func expiryError(of request: RoutedRequest) -> StoreError {
    .noQuorum(group: request.group.rawValue, missing: missingMembers(of: request.group))
  }

  /// Names of the members of a group that this node has no connection to.
  func missingMembers(of group: GroupID) -> [String] {
    guard let replica = replica(of: group) else { return [] }
    return replica.core.configuration.members.sorted()
      .filter { $0 != configuration.node && !outbox.connected.contains($0) }
      .map { name(of: $0) }
  }

  /// Everything that is committed is below what a leader answers, also what was committed before it led (Raft
  /// dissertation, section 6.4).
  func checkReadIndex(
    _ index: LogIndex, against committed: LogIndex, in group: GroupID, from node: NodeID
  ) -> StoreError? {
    guard index < committed, let replica = replica(of: group) else { return nil }
    diverged(replica, at: committed, says: node)
    return divergenceError(of: group)
  }
}
