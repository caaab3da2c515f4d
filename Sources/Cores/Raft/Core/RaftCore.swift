/// One member of one Raft group, as a value. (Interface first: the behaviour lands with the next commits.)
public struct RaftCore: Sendable {
  private let settings: RaftConfiguration
  public init(configuration: RaftConfiguration, restoring: RestoredState, now: Instant) throws(RestoreError) {
    settings = configuration
  }
  public var id: NodeID { settings.id }
  public var role: Role { .follower }
  public var term: Term { .zero }
  public var vote: NodeID { .none }
  public var leader: NodeID { .none }
  public var isLearner: Bool { false }
  public var commitIndex: LogIndex { .zero }
  public var appliedIndex: LogIndex { .zero }
  public var firstIndex: LogIndex { .zero }
  public var lastIndex: LogIndex { .zero }
  public var configuration: Configuration { Configuration() }
  public func progress(of node: NodeID) -> Progress? { nil }
  public var nextDeadline: Instant { .distantFuture }

  public mutating func tick(now: Instant) {}
  public mutating func step(_ message: Message, now: Instant) throws(StepError) {}
  @discardableResult
  public mutating func propose(_ payloads: [[UInt8]], now: Instant) throws(ProposalError) -> LogIndex { .zero }
  @discardableResult
  public mutating func proposeConfigurationChange(
    _ change: ConfigurationChange, now: Instant
  ) throws(ProposalError) -> LogIndex { .zero }
  @discardableResult
  public mutating func applyConfigurationChange(_ change: ConfigurationChange) -> Configuration { Configuration() }
  public mutating func readIndex(context: UInt64, now: Instant) throws(ProposalError) {}
  public mutating func transferLeadership(to node: NodeID, now: Instant) {}
  public mutating func campaign(now: Instant) {}
  public mutating func forgetLeader() {}
  public mutating func connectionClosed(to node: NodeID, now: Instant) {}
  public mutating func reportUnreachable(_ node: NodeID) {}
  public mutating func reportSnapshot(_ node: NodeID, succeeded: Bool) {}
  public mutating func applied(through index: LogIndex) {}
  public mutating func compact(through index: LogIndex) {}
  public mutating func entriesLoaded(for node: NodeID, entries: [Entry], now: Instant) {}
  public var hasEffects: Bool { false }
  public mutating func takeEffects() -> Effects { Effects() }
}
