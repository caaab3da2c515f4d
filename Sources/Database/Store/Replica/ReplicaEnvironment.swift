import RoostBase
import RoostPlatform
import RoostStorage

/// What the replicas of a node have in common, and reach without asking their host.
///
/// Touched on the node's loop only, which is what `@unchecked` relies on.
final class ReplicaEnvironment: @unchecked Sendable {
  let configuration: HostConfiguration
  let loop: any Loop
  let engine: any Engine
  /// Milliseconds since 1970; only a lower bound for timestamps, never trusted for order.
  let wallClock: @Sendable () -> UInt64
  let applies: ApplyScheduler<Replica>
  let viewHorizon = ViewHorizon()
  let viewsAtHand = ViewsAtHand()
  @exclusivity(unchecked) var observer: (any HostObserver)?

  @exclusivity(unchecked) var spareBatches = SpareBatches()
  /// Always empty: memory for what a replica settles while it applies.
  @exclusivity(unchecked) private var settledProposals: [SettledProposal] = []
  private static let keptSettledProposals = 256

  /// What every replica may remember of late writes, and of its log: a share, so that the memory of a node does not grow
  /// with the number of its busy groups. Takes effect with a replica's next entries.
  @exclusivity(unchecked) private(set) var windowLimit = ConflictWindow.Limit()
  @exclusivity(unchecked) private(set) var cachedLogBytes = HostConfiguration.cachedLogBytes(ofEachOf: 1)

  init(
    configuration: HostConfiguration, loop: any Loop, engine: any Engine, wallClock: @escaping @Sendable () -> UInt64
  ) {
    self.configuration = configuration
    self.loop = loop
    self.engine = engine
    self.wallClock = wallClock
    applies = ApplyScheduler(loop: loop)
  }

  /// So many replicas share what there is.
  func share(amongst replicas: Int) {
    windowLimit = ConflictWindow.Limit(sharedBy: replicas)
    cachedLogBytes = HostConfiguration.cachedLogBytes(ofEachOf: replicas)
  }

  /// Lends the memory for settled proposals.
  func withSettledProposals<Result>(_ body: (inout [SettledProposal]) throws -> Result) rethrows -> Result {
    var settled: [SettledProposal] = []
    swap(&settled, &settledProposals)
    defer {
      settled.removeAll(keepingCapacity: settled.count <= ReplicaEnvironment.keptSettledProposals)
      swap(&settled, &settledProposals)
    }
    return try body(&settled)
  }
}

/// All that a replica knows of its host: whom it tells that there is something to do, and asks what it can't know. What there is
/// to do it hands out when it is asked (``Replica/takeEffects()``).
protocol ReplicaHost: AnyObject, Sendable {
  /// The replica has something to propose, to read or to hand out: the flush at the end of the turn takes it.
  func markDirty(_ replica: Replica)
  /// Runs some work of the replica on the loop, unless the host has stopped by then. Keeps the host until then: a replica
  /// does not.
  func schedule(after pause: Duration, _ work: @escaping @Sendable () -> Void)
  /// The name of a node whose full disk keeps a group from taking a write; nil if the group can take it.
  ///
  /// - Parameter forRemoval: whether the write only removes something; asked if it matters.
  func fullDisk(of replica: Replica, forRemoval: @autoclosure () -> Bool) -> String?
  /// What a read that waits for the state is refused with, because this node finds no room for what the others commit; nil as
  /// long as it makes sense to wait, or if room is not what is lacking.
  ///
  /// - Parameter isExpired: whether the read has waited as long as it would.
  func refusalOfReads(_ now: Instant, isExpired: Bool) -> StoreError?
}
