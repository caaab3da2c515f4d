import RoostBase

/// Reads that wait for a quorum to confirm the leader, and the rounds of heartbeats that confirm it.
///
/// ## ReadIndex (Raft dissertation, section 6.4)
/// A read is linearizable at the commit index the leader had when the read arrived, provided that it still was the
/// leader then. It asks: every heartbeat carries the number of its round, followers repeat it, and a quorum that
/// answered a round which began after the read arrived proves it. All reads that wait when a round begins share
/// it. At most ``maxRounds`` are on their way because of reads; whatever arrives meanwhile shares the next one, or
/// a regular heartbeat, which counts as well.
///
/// Until the leader has committed an entry of its own term it may not know the newest commit index; reads wait for
/// that first (``postponed``).
struct ReadQueue: Sendable {
  struct Read: Sendable {
    var context: UInt64
    /// Who asked: this member itself or another.
    var from: NodeID
    var index = LogIndex.zero
    /// The first round that began after the read arrived.
    var round: UInt64 = 0
  }

  static let maxRounds: UInt64 = 4

  private(set) var postponed: [Read] = []
  private var unconfirmed: [Read] = []
  private var head = 0
  /// The latest round that began.
  private(set) var round: UInt64 = 0
  /// The latest round that a quorum has answered.
  private(set) var confirmedRound: UInt64 = 0
  /// The latest round that a read waits for.
  private(set) var wantedRound: UInt64 = 0
  /// When the rounds began that are not confirmed, and the last one that is: the lease counts from there.
  private var beginnings: [(round: UInt64, at: Instant)] = []
  private static let maxBeginnings = 64

  var count: Int { postponed.count + unconfirmed.count - head }

  /// Whether a read waits for a round that has not begun and may begin now.
  var wantsRound: Bool { wantedRound > round && round - confirmedRound < Self.maxRounds }

  mutating func postpone(_ read: Read) { postponed.append(read) }

  mutating func takePostponed() -> [Read] {
    defer { postponed = [] }
    return postponed
  }

  mutating func add(_ read: Read, commit: LogIndex) {
    var read = read
    read.index = commit
    read.round = round + 1
    wantedRound = read.round
    unconfirmed.append(read)
  }

  mutating func beginRound(now: Instant) -> UInt64 {
    round += 1
    if beginnings.count == Self.maxBeginnings { beginnings.removeFirst() }
    beginnings.append((round, now))
    return round
  }

  /// A quorum has answered `round`. Returns the reads this confirms, in the order they came.
  mutating func confirm(_ round: UInt64) -> ArraySlice<Read> {
    if round <= confirmedRound { return [] }
    confirmedRound = min(round, self.round)
    while beginnings.count > 1, beginnings[1].round <= confirmedRound { beginnings.removeFirst() }
    let start = head
    while head < unconfirmed.count, unconfirmed[head].round <= confirmedRound { head += 1 }
    let confirmed = unconfirmed[start..<head]
    if head == unconfirmed.count {
      unconfirmed = []
      head = 0
    } else if head > 64, head > unconfirmed.count / 2 {
      unconfirmed.removeFirst(head)
      head = 0
    }
    return confirmed
  }

  /// The quorum that confirmed rounds so far counts no longer.
  mutating func endLease() { beginnings.removeAll { $0.round <= confirmedRound } }

  /// When the latest confirmed round began; nil if there is none.
  var confirmedSince: Instant? {
    guard let first = beginnings.first, first.round <= confirmedRound else { return nil }
    return first.at
  }

  /// Everything that waits, in the order it came, and a new beginning.
  mutating func removeAll() -> [Read] {
    let abandoned = Array(unconfirmed[head...]) + postponed
    self = ReadQueue()
    return abandoned
  }
}
