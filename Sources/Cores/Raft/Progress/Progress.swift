public import RoostBase

/// What a leader knows about one member, itself included.
///
/// ## Three ways to treat a follower
/// ```
///             acknowledged                    compacted away
///   probe ───────────────────▶ replicate ─────────────────────▶ snapshot
///     ▲  rejected, unreachable     │                                │
///     └────────────────────────────┴────────────────────────────────┘
///                                     state arrived, or sending it failed
/// ```
/// - **probe**: where the logs part is not known. One message at a time, until the follower accepts one.
/// - **replicate**: the logs match up to `match`, so entries are sent without waiting for answers, as far as the
///   window of ``Inflights`` allows.
/// - **snapshot**: the follower needs entries that are gone from the log. The state is on its way, and nothing
///   else is sent meanwhile.
public struct Progress: Sendable {
  public enum State: UInt8, Hashable, Sendable {
    case probe
    case replicate
    case snapshot
  }

  public let id: NodeID
  public internal(set) var state = State.probe
  /// The follower's log equals the leader's up to here.
  public internal(set) var match = LogIndex.zero
  /// The next entry to send. Always above `match`; what lies between is on its way.
  public internal(set) var next: LogIndex
  /// The index of the snapshot on its way; zero if there is none.
  public internal(set) var pendingSnapshot = LogIndex.zero
  /// Whether the member was heard of since the leader last looked (check-quorum).
  public internal(set) var isRecentlyActive = false
  /// Whether the member has lost part of its log and is getting it back: it can't lead.
  public internal(set) var isRepairing = false
  /// Whether appends wait for the next answer to a heartbeat, so that a silent follower is not flooded.
  public internal(set) var isFlowPaused = false
  public internal(set) var isLearner: Bool
  /// The highest commit index that is on its way to the follower.
  var sentCommit = LogIndex.zero
  /// Whether entries for this follower are being read back from the log.
  var isLoading = false
  /// The latest round of heartbeats that the member has answered.
  var acknowledgedRound: UInt64 = 0
  var inflights: Inflights

  init(id: NodeID, next: LogIndex, isLearner: Bool, inflights: Inflights) {
    self.id = id
    self.next = next
    self.isLearner = isLearner
    self.inflights = inflights
  }

  /// Messages on their way.
  public var inflightCount: Int { inflights.count }
  public var inflightBytes: Int { inflights.bytes }
  public var isInflightFull: Bool { inflights.isFull }
  /// Whether nothing may be sent until something is heard.
  public var isPaused: Bool { state == .snapshot || isFlowPaused || isLoading }

  private mutating func reset(to state: State) {
    isFlowPaused = false
    pendingSnapshot = .zero
    isLoading = false
    self.state = state
    inflights.removeAll()
  }

  /// Begins probing: after what is known to match, or after the snapshot that was on its way.
  mutating func becomeProbe() {
    let sentSnapshot = state == .snapshot ? pendingSnapshot : .zero
    reset(to: .probe)
    next = max(match, sentSnapshot).next
    sentCommit = min(sentCommit, next - 1)
  }

  mutating func becomeReplicate() {
    reset(to: .replicate)
    next = match.next
  }

  mutating func becomeSnapshot(_ index: LogIndex) {
    reset(to: .snapshot)
    pendingSnapshot = index
    next = index.next
    sentCommit = index
  }

  /// An append message with these entries is on its way.
  mutating func sentEntries(count: Int, bytes: Int) {
    switch state {
    case .replicate:
      if count > 0 {
        next = next + UInt64(count)
        inflights.add(index: next - 1, bytes: bytes)
      }
      isFlowPaused = inflights.isFull
    case .probe:
      if count > 0 { isFlowPaused = true }
    case .snapshot:
      preconditionFailure("nothing is appended to a follower that waits for a snapshot")
    }
  }

  /// Whether telling `commit` can move the follower's commit index beyond what it was already told.
  @inline(__always)
  func canLearnCommit(_ commit: LogIndex) -> Bool { commit > sentCommit && sentCommit < next - 1 }

  /// The follower has everything up to `index`. False if that was known.
  mutating func acknowledge(_ index: LogIndex) -> Bool {
    if index <= match { return false }
    match = index
    next = max(next, index.next)
    isFlowPaused = false
    return true
  }

  /// The follower has lost what it acknowledged after `matched`; its log may agree up to `hint`. A commit that rests
  /// on those acknowledgements stands: the follower elects nobody without what it acknowledged.
  mutating func fallBack(to matched: LogIndex, hint: LogIndex) {
    match = min(match, matched)
    // A snapshot that is on its way brings it further than entries would.
    if state == .snapshot { return }
    reset(to: .probe)
    next = max(hint, match).next
    sentCommit = min(sentCommit, match)
  }

  /// The follower refused what follows `rejected`, and guesses that the logs part after `hint`. False if this is
  /// old news.
  mutating func decrease(rejected: LogIndex, hint: LogIndex) -> Bool {
    if state == .replicate {
      if rejected <= match { return false }
      next = match.next
      sentCommit = min(sentCommit, next - 1)
      return true
    }
    // While probing one message is on its way, and its answer names the entry before `next`.
    if next - 1 != rejected { return false }
    next = max(min(rejected, hint.next), match.next)
    sentCommit = min(sentCommit, next - 1)
    isFlowPaused = false
    return true
  }
}
