import RoostBase
import RoostPlatform
import RoostRaft
import RoostStore

/// What is true of a group, whoever has told it first: everyone who tells it again must say the same.
///
/// A class, as is the record of a replica: both grow for as long as the run lasts and are changed at every step.
final class GroupRecord {
  struct Committed {
    var term: Term
    /// Of the log up to this entry.
    var chain: UInt64
    /// The term in which the commit was first known.
    var knownInTerm: Term
  }

  var leaders: [Term: NodeID] = [:]
  var latestTerm = Term.zero
  /// By index, from 1.
  private(set) var committed: [Committed] = []
  /// Fingerprints of logs by their last entry: logs that agree on an entry agree on everything before it.
  private var chains: [Position: UInt64] = [:]
  /// By the last index of an applied batch: what the state is then.
  private var states: [LogIndex: State] = [:]
  /// The configuration in force after the change at an index.
  private(set) var configurations: [(index: LogIndex, configuration: Configuration)] = []

  struct Position: Hashable {
    var index: LogIndex
    var term: Term
  }

  struct State: Hashable {
    var fingerprint: UInt64
    var timestamp: Timestamp
  }

  var commitIndex: LogIndex { LogIndex(UInt64(committed.count)) }

  func committed(_ index: LogIndex) -> Committed? {
    guard index > .zero, index <= commitIndex else { return nil }
    return committed[Int(index.rawValue) - 1]
  }

  /// The fingerprint of the committed log; of nothing it is 0.
  func chain(through index: LogIndex) -> UInt64? { index == .zero ? 0 : committed(index)?.chain }

  func commit(_ record: Committed) {
    committed.append(record)
    guard committed.count.isMultiple(of: 1024) else { return }
    // What is committed is known by index; only what lies after it is still open.
    let through = commitIndex
    chains = chains.filter { $0.key.index > through }
  }

  /// The last entry that was known to be committed in a term before `term`.
  func lastCommitted(before term: Term) -> LogIndex {
    var index = committed.count
    while index > 0, committed[index - 1].knownInTerm >= term { index -= 1 }
    return LogIndex(UInt64(index))
  }

  /// Whether the fingerprint is the one that is known for this entry.
  func agrees(_ chain: UInt64, at position: Position) -> Bool {
    if let known = committed(position.index), known.term == position.term { return known.chain == chain }
    if let known = chains[position] { return known == chain }
    chains[position] = chain
    return true
  }

  func chain(at position: Position) -> UInt64? {
    if let known = committed(position.index), known.term == position.term { return known.chain }
    return chains[position]
  }

  /// What is known of the state at an index, if it is something else.
  func disagreement(_ state: State, at index: LogIndex) -> State? {
    if let known = states[index] { return known == state ? nil : known }
    states[index] = state
    return nil
  }

  /// What is known of the configuration after the change at an index, if it is something else.
  func disagreement(_ configuration: Configuration, at index: LogIndex) -> Configuration? {
    if let known = configurations.last(where: { $0.index == index }) {
      return known.configuration == configuration ? nil : known.configuration
    }
    let place = configurations.firstIndex { $0.index > index } ?? configurations.count
    configurations.insert((index, configuration), at: place)
    return nil
  }
}
