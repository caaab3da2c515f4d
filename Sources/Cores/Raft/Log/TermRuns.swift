import RoostBase

/// The terms of a stretch of the log, one run for each term.
///
/// A log holds many entries and few terms, so the terms of all entries fit in memory when the entries do not; and
/// looking for the point where two logs part takes steps of whole terms.
struct TermRuns: Sendable {
  struct Run: Hashable, Sendable {
    var first: LogIndex
    var term: Term
  }

  /// Ascending in index and term.
  private(set) var runs: [Run] = [] {
    didSet { last = runs.last }
  }
  /// The last of them: nearly every question is about it.
  private(set) var last: Run?

  /// Takes note of the entry after the last one.
  @inline(__always)
  mutating func append(_ index: LogIndex, term: Term) {
    if let last, last.term == term { return }
    runs.append(Run(first: index, term: term))
  }

  /// Forgets `index` and what follows.
  mutating func truncate(from index: LogIndex) {
    while let last = runs.last, last.first >= index { runs.removeLast() }
  }

  /// Forgets everything before `index`, which is in a run or right after the last.
  mutating func drop(before index: LogIndex, isEmpty: Bool) {
    if isEmpty {
      runs.removeAll()
      return
    }
    guard let position = position(of: index) else { return }
    runs[position].first = max(runs[position].first, index)
    runs.removeFirst(position)
  }

  mutating func removeAll() { runs.removeAll() }

  /// The run that holds `index`, which must not be after the last entry; nil if it is before all runs.
  @inline(__always)
  func run(of index: LogIndex) -> Run? {
    if let last, last.first <= index { return last }
    return position(of: index).map { runs[$0] }
  }

  private func position(of index: LogIndex) -> Int? {
    let next = runs.partitioningIndex { $0.first > index }
    return next == 0 ? nil : next - 1
  }
}
