import RoostPlatform

/// Which groups the last batches of a segment were about.
///
/// Every batch repeats the hard states of the groups of the ``depth`` batches before it, and of all batches that began
/// within ``window`` before it, unless it has newer ones of them itself. So whatever a few damaged batches said, or all
/// within a page or two, the next batch tells who is concerned, what each of them had promised, and where its log ended.
/// One busy group costs nothing: its own hard state is in almost every batch anyway.
struct RecentGroups {
  /// Two pages of a disk: what a misdirected or lost write of one page can take, with the batches it only touches.
  static let window = 8 << 10
  /// Batches, however large.
  static let depth: UInt64 = 4

  private struct Place {
    var batch: UInt64
    var offset: Int

    func isRecent(before next: Place) -> Bool {
      batch + RecentGroups.depth >= next.batch || offset + RecentGroups.window >= next.offset
    }
  }

  /// For each group, the last batch of the segment about it.
  private var places: [GroupID: Place] = [:]

  /// Takes note of a batch about these groups.
  mutating func note(_ groups: some Sequence<GroupID>, batch: UInt64, at offset: Int) {
    let place = Place(batch: batch, offset: offset)
    if places.values.contains(where: { !$0.isRecent(before: place) }) {
      places = places.filter { $0.value.isRecent(before: place) }
    }
    for group in groups { places[group] = place }
  }

  /// The groups that a batch there must speak of, in order.
  func groups(before batch: UInt64, at offset: Int) -> [GroupID] {
    let place = Place(batch: batch, offset: offset)
    return places.filter { $0.value.isRecent(before: place) }.keys.sorted()
  }

  /// Whether a whole batch at `offset`, with number `batch`, speaks of all that lost batches from `firstLost` on, which
  /// began at `start`, were about.
  static func covers(batch: UInt64, at offset: Int, firstLost: UInt64, from start: Int) -> Bool {
    batch <= firstLost + depth || offset - start <= window
  }
}
