import RoostBase
import RoostRaft

/// What must hold across all members and all time (Raft paper, figure 3). Every violation is noted, not thrown, so
/// that a test shows all of them with the seed that led there.
struct SafetyLedger {
  private struct Place: Hashable {
    var index: LogIndex
    var term: Term
  }

  private struct Content: Equatable {
    var entry: Entry
    var previousTerm: Term
  }

  private(set) var violations: [String] = []
  private var leaders: [Term: NodeID] = [:]
  private var contents: [Place: Content] = [:]
  private var committed: [LogIndex: Entry] = [:]
  private(set) var highestApplied = LogIndex.zero
  private var readFloors: [UInt64: LogIndex] = [:]
  private(set) var answeredReads = 0
  var elections: Int { leaders.count }

  mutating func note(_ violation: String) {
    if violations.count < 10 { violations.append(violation) }
  }

  /// Election safety: at most one leader in a term. Leader completeness: it has everything committed so far.
  mutating func becameLeader(_ node: NodeID, term: Term, core: RaftCore) {
    if let other = leaders[term], other != node { note("terms \(term): led by \(other) and \(node)") }
    if leaders[term] == nil {
      leaders[term] = node
      for (index, entry) in committed where index >= core.firstIndex {
        if core.term(at: index) != entry.term { note("leader \(node) of term \(term) lacks \(index)") }
      }
      if core.lastIndex < highestApplied { note("leader \(node) of term \(term) ends before \(highestApplied)") }
    }
  }

  /// Log matching: one content for each index and term, and the same before it.
  mutating func wrote(_ entries: [Entry], after previousTerm: Term?, by node: NodeID) {
    var previous = previousTerm
    for entry in entries {
      if let previous {
        let place = Place(index: entry.index, term: entry.term)
        let content = Content(entry: entry, previousTerm: previous)
        if let known = contents[place], known != content { note("\(node) wrote another \(place)") }
        contents[place] = content
      }
      previous = entry.term
    }
  }

  /// State machine safety: every member applies the same entry at an index.
  mutating func applied(_ entry: Entry, by node: NodeID) {
    if let known = committed[entry.index], known != entry { note("\(node) applied another entry at \(entry.index)") }
    committed[entry.index] = entry
    highestApplied = max(highestApplied, entry.index)
  }

  /// A read sees everything that anyone applied before it was asked for.
  mutating func askedRead(_ context: UInt64) { readFloors[context] = highestApplied }

  mutating func answeredRead(_ state: ReadState, by node: NodeID) {
    guard let floor = readFloors.removeValue(forKey: state.context) else {
      note("\(node) answered read \(state.context) twice, or unasked")
      return
    }
    if state.index < floor { note("\(node) answered a read at \(state.index), below \(floor)") }
    answeredReads += 1
  }

  mutating func abandonedRead(_ context: UInt64, by node: NodeID) {
    if readFloors.removeValue(forKey: context) == nil { note("\(node) abandoned read \(context) twice, or unasked") }
  }

  mutating func lostReads(_ contexts: Set<UInt64>) {
    for context in contexts { readFloors[context] = nil }
  }
}
