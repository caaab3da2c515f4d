import RoostBase
import RoostPlatform
public import RoostSimulation
import RoostStore

/// One seed from beginning to end: a cluster under faults, healing, progress through every node, judgement.
public struct ClusterRun: Sendable {
  public var plan: ClusterPlan
  public var hash = TraceHash()
  public var verdict = LinearizabilityChecker<KeyValueModel>.Verdict.unknown
  /// Everything that should not have happened, in words.
  public var complaints: [String] = []
  /// What clients saw.
  public var history = KeyValueHistory()
  /// What the nemesis did.
  public var scheduledFaults: [ScheduledFault] = []
  /// Processes that ended by themselves, and were right to.
  public var departures: [String] = []
  public var answered = 0
  public var unknown = 0
  public var conflicts = 0
  public var staleReads = 0
  public var events = 0
  /// How much virtual time went by.
  public var elapsed = Duration.zero
  public var tally = ClusterTally()

  public var isFine: Bool { complaints.isEmpty }

  /// Enough to begin to look for the cause.
  public var story: String {
    (complaints + scheduledFaults.map(\.description) + departures).joined(separator: "\n")
  }

  public init(_ plan: ClusterPlan) {
    self.plan = plan
    let stage = ClusterStage(plan)
    defer { stage.cluster.close() }
    stage.play(plan)
    scheduledFaults = stage.nemesis.scheduledFaults
    complaints = stage.recover() + stage.cluster.violations + stage.record.surprises
    departures = stage.cluster.departures
    history = stage.record.history
    verdict = LinearizabilityChecker(KeyValueModel()).check(history)
    if verdict != .linearizable { complaints.append("the history is not linearizable: \(verdict)") }
    hash = stage.world.traceHash
    answered = history.okCount
    unknown = stage.record.unknownCount
    conflicts = stage.record.conflictCount
    staleReads = stage.record.staleReadCount
    events = stage.world.eventCount
    elapsed = stage.world.now - .origin
    tally = stage.cluster.total
    tally.changes = stage.administrator.changes
    tally.transfers = stage.administrator.transfers
  }
}
