import RoostBase

/// A member that lost part of its log, and how it becomes a full member again.
///
/// ## What is at stake
/// A voter that acknowledged an entry promised to elect nobody without it. If the entry is lost to a damaged disk,
/// the ordinary comparison of logs (Raft paper, section 5.4.1) forgets that promise with it, and a committed entry
/// can be lost although a majority never failed. So the member compares candidates with the log that it *had*: one
/// that ends at (`term`, `through`) or later has all that this member can have promised, whatever it lost. That is
/// as safe as if nothing were lost, for the true end of the former log is not beyond that position.
///
/// It does not stand for election itself: others that compare their logs with its own know nothing of the loss, but
/// it would ask with a log that lacks what it promised.
///
/// ## Getting it back
/// A leader of the same term still counts on what this member acknowledged: it sends nothing, or only what comes
/// after. The member says what it really has (``Message/isRepairing``, with the index up to which its log surely is
/// the leader's), and the leader begins there again. What was committed with its acknowledgements stays committed,
/// since it keeps its promises by not electing. Until the leader's entries were compared with its own, the member
/// commits nothing because of a heartbeat: its log may be an older one than the one it acknowledged.
///
/// ## When it is over
/// As soon as what is committed and durable reaches `through`, or ends with an entry of a later term than `term`:
/// the leader of that term was elected by others without this member's help, so its log has everything that was
/// committed with it.
struct Repair: Sendable {
  /// The highest index that the log ever reached.
  let through: LogIndex
  /// No entry that is lost has a later term.
  let term: Term
  /// Up to here the log surely is that of this term's leader.
  private(set) var matched: LogIndex
  /// Whether anything of this term's leader was compared with the log.
  private(set) var hasCompared = false

  init(through: LogIndex, term: Term, matched: LogIndex) {
    self.through = through
    self.term = term
    self.matched = matched
  }

  /// The leader of this term and this member agree up to `index`.
  mutating func matches(through index: LogIndex) {
    hasCompared = true
    matched = max(matched, index)
  }

  /// Another leader: only what is committed is surely in its log.
  mutating func forgetMatch(commit: LogIndex) {
    hasCompared = false
    matched = commit
  }

  /// Whether a log that ends there has all that this member may have acknowledged.
  func mayVote(for candidate: EntryLog.Position) -> Bool {
    candidate.term > term || (candidate.term == term && candidate.index >= through)
  }
}

extension RaftCore {
  mutating func beginRepair(_ state: RestoredState) {
    guard state.repairThrough > state.applied else { return }
    repair = Repair(through: state.repairThrough, term: state.hardState.term, matched: log.commit)
  }

  mutating func endRepairIfDue() {
    guard let repair, !log.hasPendingSnapshot else { return }
    let durable = log.durableCommit
    guard durable >= repair.through || (log.term(at: durable) ?? .zero) > repair.term else { return }
    self.repair = nil
  }

  /// Takes from a heartbeat what can be believed, and tells a leader that counts on what is lost.
  mutating func repairAfterHeartbeat(_ message: Message) {
    guard let repair else { return }
    log.commit(through: min(message.commit, repair.matched))
    if !repair.hasCompared || message.commit > repair.matched {
      reject(log.lastIndex, hint: log.last, to: message.from)
    }
  }
}
