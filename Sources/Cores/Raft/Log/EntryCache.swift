/// The tail of the log in memory: consecutive entries, appended at the end, dropped at the front.
///
/// Slots freed at the front are reused in batches, so that dropping costs the same for every entry; what an entry
/// points to is given up at once.
struct EntryCache: Sendable {
  private var slots: [Entry] = []
  private var head = 0
  /// The index of the first entry here, or of the one that will be.
  private(set) var first: LogIndex
  private(set) var bytes = 0

  init(first: LogIndex) { self.first = first }

  var count: Int { slots.count - head }
  /// The index after the last entry.
  var end: LogIndex { first + UInt64(count) }

  mutating func append(_ entries: [Entry]) {
    slots.append(contentsOf: entries)
    for entry in entries { bytes += entry.size }
  }

  /// Forgets `index` and what follows.
  mutating func truncate(from index: LogIndex) {
    while end > index, count > 0 { bytes -= slots.removeLast().size }
    if count == 0 { removeAll(first: min(first, index)) }
  }

  /// Drops entries from the front, at most up to `index`, while there are more bytes than `limit`.
  mutating func trim(through index: LogIndex, limit: Int) {
    while bytes > limit, first <= index, count > 0 {
      bytes -= slots[head].size
      slots[head].payload = []
      head += 1
      first = first.next
    }
    if head > 64, head > slots.count / 2 {
      slots.removeFirst(head)
      head = 0
    }
  }

  mutating func removeAll(first: LogIndex) {
    slots.removeAll(keepingCapacity: slots.count <= 1024)
    head = 0
    bytes = 0
    self.first = first
  }

  subscript(index: LogIndex) -> Entry { slots[head + Int(index - first)] }

  /// The entries from `start` to `end`, at most as many as fit in `maxBytes`, but at least one.
  func slice(from start: LogIndex, through end: LogIndex, maxBytes: Int) -> [Entry] {
    if start > end { return [] }
    let low = head + Int(start - first)
    let limit = head + Int(end - first)
    var high = low
    var size = 0
    while high <= limit {
      size += slots[high].size
      if size > maxBytes, high > low { break }
      high += 1
    }
    return Array(slots[low..<high])
  }
}

extension Entry {
  /// What an entry weighs besides its payload.
  static let overhead = 32

  /// What an entry weighs for every limit of bytes.
  @inline(__always)
  var size: Int { payload.count + Entry.overhead }
}
