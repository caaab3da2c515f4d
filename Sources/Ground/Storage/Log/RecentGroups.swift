import RoostPlatform

/// Which groups the last batches of a segment were about.
///
/// Every batch repeats the hard states of the groups of the batch before it, and of all batches that began within
/// ``window`` before it, unless it has newer ones of them itself. So whatever a single damaged batch said, or several
/// within a page or two, the next batch tells who is concerned, what each of them had promised, and where its log ended.
/// One busy group costs nothing: its own hard state is in almost every batch anyway.
struct RecentGroups {
  /// Two pages of a disk: what a misdirected or lost write of one page can take, with the batches it only touches.
  static let window = 8 << 10

  /// For each group, where in the segment the last batch about it begins.
  private var batches: [GroupID: Int] = [:]
  private var last = 0

  /// Takes note of a batch about these groups.
  mutating func note(_ groups: some Sequence<GroupID>, at offset: Int) {
    last = offset
    batches = batches.filter { $0.value + RecentGroups.window >= offset }
    for group in groups { batches[group] = offset }
  }

  /// The groups that a batch at `offset` must speak of, in order.
  func groups(before offset: Int) -> [GroupID] {
    batches.filter { $0.value == last || $0.value + RecentGroups.window >= offset }.keys.sorted()
  }

  /// Whether a whole batch at `offset`, with number `batch`, speaks of all that lost batches from `firstLost` on, which
  /// began at `start`, were about.
  static func covers(batch: UInt64, at offset: Int, firstLost: UInt64, from start: Int) -> Bool {
    batch == firstLost + 1 || offset - start <= window
  }
}
