public import RoostPlatform

/// Transactions over one group of a host: reads from this node's copy, commits wherever the leader is.
///
/// May be used from any task; a call hops to the host's loop once, but for a view that is at hand.
public final class ClusterBackend: TransactionBackend {
  private let host: GroupHost
  private let group: GroupID
  /// Whose keys it is for; nil for all that the group holds.
  private let owner: KeySpaceDeclaration?

  /// - Parameter owner: the layer it is for: writes to keys of others are refused.
  public init(host: GroupHost, group: GroupID, owner: KeySpaceDeclaration? = nil) {
    self.host = host
    self.group = group
    self.owner = owner
  }

  public var writeMemory: MemoryAccount? { host.configuration.memory?.writes }

  public func openView(_ options: TransactionOptions) async throws(StoreError) -> any ReadView {
    let host = host
    let group = group
    if options.readLevel == .linearizable, options.firstView == .atHand,
      let view = host.environment.viewsAtHand.view(of: group, now: host.loop.now)
    {
      return view.fork(isConfirmed: false)
    }
    let hold = makeHold(options)
    defer { options.interruption?.onCancel(nil) }
    let (result, isConfirmed): (Result<any LocalReadView, StoreError>, Bool) = await host.loop.answer { answer in
      switch options.readLevel {
      case .stale: answer((Result { () throws(StoreError) in try host.openStaleView(of: group) }, true))
      case .linearizable:
        if let since = options.firstView.appliedSince, let view = host.openAppliedView(of: group, since: since) {
          return answer((.success(view), false))
        }
        host.openView(of: group, timeLimit: options.timeLimit, hold: hold) { answer(($0, true)) }
      }
    }
    // The host's copy belongs to its loop; this one goes with the caller's task.
    let view = try result.get()
    return (view as? EngineReadView)?.fork(isConfirmed: isConfirmed) ?? view
  }

  public func commit(_ request: CommitRequest, _ options: TransactionOptions) async throws(StoreError) -> Timestamp {
    if let owner, let foreign = request.writes.first(where: { !owner.owns($0.key) })?.key {
      throw .keyNotOpen(foreign, owner: host.configuration.keySpace.owner(of: foreign))
    }
    let host = host
    let group = group
    let bulk =
      host.configuration.bulk.isBulk(request, in: group)
      ? await ClusterBackend.encode(request, host.configuration.bulk) : nil
    let hold = makeHold(options)
    defer { options.interruption?.onCancel(nil) }
    let result = await host.loop.answer { answer in
      if let bulk {
        host.commit(bulk, in: group, timeLimit: options.timeLimit, hold: hold, completion: answer)
      } else {
        host.commit(request, in: group, timeLimit: options.timeLimit, hold: hold, completion: answer)
      }
    }
    return try result.get()
  }

  private static let slicesBetweenYields = 16

  /// Encodes a bulk commit where the caller runs, and lets others go on there meanwhile.
  private static func encode(_ request: CommitRequest, _ limits: BulkLimits) async -> BulkRequest {
    var encoder = BulkEncoder(request, limits)
    while true {
      if let bulk = encoder.encode(slices: slicesBetweenYields) { return bulk }
      await Task.yield()
    }
  }

  /// A hold on the next request that an interruption lets go of; nil if nothing interrupts it.
  private func makeHold(_ options: TransactionOptions) -> RequestHold? {
    guard let interruption = options.interruption else { return nil }
    let hold = RequestHold()
    let host = host
    interruption.onCancel { host.loop.execute { host.giveUp(hold) } }
    return hold
  }
}
