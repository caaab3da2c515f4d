import RoostBase

/// Reads without a round trip, while a quorum has promised to elect nobody else (Raft dissertation, section 6.4.1).
///
/// ## The two sides
/// ```
///   leader    ├─ round sent ────────── lease: 3/4 of the duration ─┤
///   follower         ├─ heard ───────────── promise: the whole duration ─────────────┤
/// ```
/// A member that hears from its leader promises to help nobody to be elected for ``RaftConfiguration/leaseDuration``
/// on its own clock, itself included: it neither grants votes nor stands for election. The leader counts its lease
/// from the moment *before* it sent the round of heartbeats that a quorum has answered, and uses three quarters of
/// it. So the lease ends before the first promise does if no clock gains or loses more than a tenth (a quarter
/// between the slowest leader and the fastest follower, that is 3/4 ÷ 0.9 < 1 ÷ 1.1).
///
/// ## What keeps a promise, and what ends it
/// - A closed connection, a later term, a forgotten leader: none of them ends a promise. A follower that sees its
///   leader's connection close stands for election when its promise is over. This is what lease reads cost: the time
///   without a leader after a crash grows by what is left of the promise. With ``RaftConfiguration/ReadMode/quorum``
///   nothing is promised and such an election begins at once. Shells choose.
/// - A restart forgets the promise, so a member that has ever run keeps still for one duration after it starts.
/// - The leader itself releases everybody when it gives leadership away: it forfeits its lease for the rest of the
///   term first, and the campaign it asked for says so.
/// - A configuration that comes into force ends the lease: the quorum that promised may not be one any more.
///
/// ## Clocks
/// The clock is monotonic and is read *after* the input arrived that it is given with. Then a pause of the process
/// does no harm: a leader that was stopped between two inputs sees that its lease is over, and one that is stopped
/// after it read the clock answers with what was true at that moment, which lies within the time of the read. A
/// shell that keeps an instant and uses it for a read that came later breaks the rule, and the lease. Where no lease
/// is held, a read is not refused but confirmed by a quorum.
extension RaftCore {
  /// Whether the leader may answer from its lease at the instant of the current input.
  @inline(__always)
  var holdsLease: Bool {
    guard role == .leader, settings.checkQuorum, !hasForfeitedLease, let since = reads.confirmedSince else {
      return false
    }
    return now < since.advanced(by: leaseDuration / 4 * 3)
  }

  /// Whether this member has promised its leader to help nobody to be elected yet.
  var isBoundByPromise: Bool { now < promiseEnd }

  /// The leader was heard.
  mutating func renewPromise() {
    if settings.readMode == .lease { promiseEnd = now.advanced(by: leaseDuration) }
  }

  /// What was promised before a restart is not known any more.
  mutating func keepFormerPromise() {
    if settings.readMode == .lease, term > .zero { promiseEnd = now.advanced(by: leaseDuration) }
  }
}
