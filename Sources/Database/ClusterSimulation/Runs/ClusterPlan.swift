import RoostPlatform
public import RoostSimulation

/// What is to be done to a cluster: everything else follows from the seed.
public struct ClusterPlan: Sendable {
  public var seed: UInt64
  public var size = 5
  /// How long clients work under faults.
  public var duration = Duration.seconds(5)
  /// If nil, the seed decides which faults there are and how often.
  public var nemesis: NemesisOptions?
  /// If not nil, what the nemesis does, in place of what it would choose.
  public var scheduledFaults: [ScheduledFault]?
  /// What to choose from where the seed decides.
  public var faults = ClusterPlan.defaultFaults
  /// Whether the members of groups change meanwhile.
  public var changesMembers = true
  /// How late every sync is while nodes run: the planted bug.
  public var syncDelay: Duration?

  public static let defaultFaults = Fault.allCases

  public init(seed: UInt64) { self.seed = seed }

  /// The whole cluster loses its power again and again: the worst for what was not synced.
  public static func blackouts(seed: UInt64, syncDelay: Duration? = nil) -> ClusterPlan {
    var options = NemesisOptions()
    options.faults = [.blackout]
    options.interval = .milliseconds(600)...(.milliseconds(1200))
    options.duration = .milliseconds(20)...(.milliseconds(100))
    var plan = ClusterPlan(seed: seed)
    plan.nemesis = options
    plan.syncDelay = syncDelay
    plan.changesMembers = false
    return plan
  }
}
