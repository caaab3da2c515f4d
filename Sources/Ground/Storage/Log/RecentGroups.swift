/// Which groups the last batches of a segment were about, by their slots.
///
/// Every batch tells the hard states of the groups of the ``depth`` batches before it, and of all batches that began
/// within ``window`` before it, unless it has newer ones of them itself. So whatever a few damaged batches said, or all
/// within a page or two, the next batch tells who is concerned, what each of them had promised, and where its log ended.
struct RecentGroups {
  /// Two pages of a disk: what a misdirected or lost write of one page can take, with the batches it only touches.
  static let window = 8 << 10
  /// Batches, however large.
  static let depth: UInt64 = 4

  private struct Place {
    /// Zero: no batch was about it lately.
    var batch: UInt64 = 0
    var offset = 0

    func isRecent(before next: Place) -> Bool {
      batch + RecentGroups.depth >= next.batch || offset + RecentGroups.window >= next.offset
    }
  }

  /// For each slot, the last batch of the segment about it.
  private var places: [Place] = []
  /// The slots that have a place, in the order in which they got it.
  private var slots: [Int] = []

  /// Takes note of a batch about the group with this slot.
  mutating func note(_ slot: Int, batch: UInt64, at offset: Int) {
    if slot >= places.count { places.append(contentsOf: repeatElement(Place(), count: slot + 1 - places.count)) }
    if places[slot].batch == 0 { slots.append(slot) }
    places[slot] = Place(batch: batch, offset: offset)
  }

  /// The slots of the groups that a batch there must speak of. Forgets the others.
  mutating func slots(before batch: UInt64, at offset: Int) -> [Int] {
    let next = Place(batch: batch, offset: offset)
    slots.removeAll { slot in
      if places[slot].isRecent(before: next) { return false }
      places[slot] = Place()
      return true
    }
    return slots
  }

  /// Whether a whole batch at `offset`, with number `batch`, speaks of all that lost batches from `firstLost` on, which
  /// began at `start`, were about.
  static func covers(batch: UInt64, at offset: Int, firstLost: UInt64, from start: Int) -> Bool {
    batch <= firstLost + depth || offset - start <= window
  }
}
