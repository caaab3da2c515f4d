import RoostBase
import RoostRaft

/// Where an entry's record lies.
struct EntryPosition: Hashable {
  var segment: UInt32
  var offset: UInt32
  var length: UInt32
}

/// What the log knows of one group: its hard state, its compaction point, and where its entries lie.
///
/// Entries lie in the order of their indexes: the segment of an entry is never older than that of the one before it.
struct GroupLog {
  /// From `first` on, entries have `term`, up to the next run.
  private struct TermRun {
    var first: UInt64
    var term: Term
  }

  var hardState = HardState()
  /// See ``RecoveredGroup/repairThrough``.
  var repairThrough = LogIndex.zero
  private(set) var snapshot = SnapshotMetadata()
  /// Up to here the state engine is durable.
  private var released: UInt64 = 0
  /// The positions of the entries; those before `head` were let go.
  private var positions: [EntryPosition] = []
  private var head = 0
  /// The index of the entry at `head`.
  private var firstKept: UInt64 = 1
  /// Sorted; covers exactly the kept entries.
  private var terms: [TermRun] = []

  @inline(__always)
  private var count: UInt64 { UInt64(positions.count - head) }
  /// The last entry, be it lost; the compaction point if there is none after it.
  @inline(__always)
  var lastIndex: LogIndex { LogIndex(max(firstKept + count - 1, snapshot.index.rawValue)) }
  var firstIndex: LogIndex { snapshot.index.next }
  /// The oldest segment that holds an entry of this group which is still needed.
  @inline(__always)
  var oldestSegment: UInt32? { head < positions.count ? positions[head].segment : nil }
  /// Whether the entries follow the compaction point without a gap. It is otherwise after damage only; then entries
  /// before `resumesAt` are lost, even if none is there after it.
  var isContiguous: Bool { firstKept <= snapshot.index.rawValue + 1 }
  var resumesAt: LogIndex { LogIndex(firstKept) }
  /// What a record of the hard state says in the next batch.
  var record: HardStateRecord {
    HardStateRecord(
      state: hardState, lastIndex: lastIndex, lastTerm: term(of: lastIndex) ?? .zero, repairThrough: repairThrough)
  }

  func position(of index: UInt64) -> EntryPosition? {
    guard index >= firstKept, index - firstKept < count else { return nil }
    return positions[head + Int(index - firstKept)]
  }

  /// The last entry before those that `limit` allows to keep; the compaction point if all may stay.
  func compactionPoint(_ limit: LogLimit, firstKeptSegment: UInt32) -> LogIndex {
    var bytes = 0
    var place = positions.count
    while place > head {
      let position = positions[place - 1]
      bytes += LogRecord.padded(Int(position.length))
      if positions.count - place >= limit.entries || bytes > limit.bytes || position.segment < firstKeptSegment {
        break
      }
      place -= 1
    }
    guard place > head else { return snapshot.index }
    return LogIndex(firstKept + UInt64(place - head) - 1)
  }

  func term(of index: LogIndex) -> Term? {
    if index == snapshot.index { return snapshot.term }
    guard index.rawValue >= firstKept, index.rawValue - firstKept < count else { return nil }
    return terms.last { $0.first <= index.rawValue }?.term
  }

  /// Takes in an entry: it replaces what the log has from its index on. A gap before it means that what came between
  /// was compacted and dropped, which only recovery meets.
  mutating func append(index: UInt64, term: UInt64, at position: EntryPosition) {
    if index < firstKept || index > firstKept + count {
      clear(next: index)
    } else if index < firstKept + count {
      truncate(from: index)
    }
    positions.append(position)
    if terms.last?.term.rawValue != term { terms.append(TermRun(first: index, term: Term(term))) }
  }

  /// Moves the compaction point. An entry log that doesn't contain it is of no use any more (Raft paper, figure 13).
  mutating func compact(to metadata: SnapshotMetadata) {
    let index = metadata.index.rawValue
    guard index >= snapshot.index.rawValue else { return }
    if index >= firstKept {
      if index - firstKept >= count || term(of: metadata.index) != metadata.term { clear(next: index + 1) }
    } else if count == 0 {
      firstKept = max(firstKept, index + 1)
    }
    snapshot = metadata
    trim()
  }

  /// Takes in a record of the hard state. What had to be repaired is, once it is known to be committed here again.
  mutating func take(_ record: HardStateRecord) {
    hardState = record.state
    repairThrough = record.state.commit >= record.repairThrough ? .zero : record.repairThrough
  }

  /// Takes note of what is known to be committed. It becomes durable with the next record of the hard state.
  mutating func commit(through index: LogIndex) {
    hardState.commit = max(hardState.commit, min(index, lastIndex))
  }

  /// Forgets all entries: those before `next` are lost.
  mutating func loseEntries(before next: LogIndex) { clear(next: next.rawValue) }

  /// Forgets what is not known to be committed.
  mutating func keepCommitted() {
    let end = hardState.commit.rawValue + 1
    if end < firstKept { return clear(next: firstKept) }
    if end < firstKept + count { truncate(from: end) }
  }

  mutating func release(through index: LogIndex) {
    released = max(released, index.rawValue)
    trim()
  }

  /// Lets go of entries that neither recovery nor a reader needs.
  private mutating func trim() {
    let through = min(released, snapshot.index.rawValue)
    guard through >= firstKept, count > 0 else { return }
    let dropped = min(through - firstKept + 1, count)
    head += Int(dropped)
    firstKept += dropped
    if head == positions.count {
      clear(next: firstKept)
      return
    }
    if head > 1024, head > positions.count / 2 {
      positions.removeSubrange(..<head)
      head = 0
    }
    while terms.count > 1, terms[1].first <= firstKept { terms.removeFirst() }
  }

  private mutating func truncate(from index: UInt64) {
    positions.removeSubrange((head + Int(index - firstKept))...)
    while let last = terms.last, last.first >= index { terms.removeLast() }
  }

  private mutating func clear(next: UInt64) {
    positions.removeAll(keepingCapacity: positions.capacity <= 4096)
    terms.removeAll(keepingCapacity: true)
    head = 0
    firstKept = next
  }
}
