import RoostBase
import RoostPlatform
import RoostRaft
import RoostStorage
import Testing

/// What a log should hold of its groups, kept the plainest way.
struct LogModel: Equatable {
  struct Group: Equatable {
    var hardState = HardState()
    var snapshot = SnapshotMetadata()
    /// The entries after the compaction point.
    var entries: [Entry] = []

    var lastIndex: LogIndex { entries.last?.index ?? snapshot.index }
  }

  var groups: [GroupID: Group] = [:]

  mutating func apply(_ write: LogWrite) {
    guard !write.isEmpty else { return }
    var group = groups[write.group] ?? Group()
    if let state = write.hardState { group.hardState = state }
    if let snapshot = write.snapshot, snapshot.index >= group.snapshot.index {
      let isContained =
        snapshot.index == group.snapshot.index
        || group.entries.contains { $0.index == snapshot.index && $0.term == snapshot.term }
      group.entries = isContained ? group.entries.filter { $0.index > snapshot.index } : []
      group.snapshot = snapshot
    }
    if let first = write.entries.first { group.entries.removeAll { $0.index >= first.index } }
    group.entries += write.entries
    groups[write.group] = write.removesGroup ? nil : group
  }

  /// What a log holds, read back through its interface.
  init(readingBack store: LogStore) throws {
    for found in store.recoveredGroups {
      var group = Group(hardState: found.hardState, snapshot: found.snapshot)
      var next = found.firstIndex
      while next <= found.lastIndex {
        let entries = try store.entries(of: found.group, from: next, through: found.lastIndex, maxBytes: 300)
        #expect(entries.first?.index == next)
        guard let last = entries.last else { break }
        for entry in entries { #expect(store.term(of: entry.index, in: found.group) == entry.term) }
        group.entries += entries
        next = last.index.next
      }
      #expect(group.lastIndex == found.lastIndex)
      groups[found.group] = group
    }
  }

  init() {}
}

/// Makes writes that a set of Raft groups could make.
struct LogWorkload {
  var generator: SeededGenerator
  var model = LogModel()

  init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

  mutating func batch() -> [LogWrite] {
    let writes = (0..<Int.random(in: 1...5, using: &generator)).map { _ in write() }
    // A repair that is finished says something about the hard state without saying it.
    return writes.flatMap { write in
      write.hardState == nil ? [write] : [write, LogWrite(group: write.group, repairThrough: .zero)]
    }
  }

  private mutating func write() -> LogWrite {
    let id = GroupID(UInt64.random(in: 1...4, using: &generator))
    let group = model.groups[id] ?? LogModel.Group()
    let lastTerm = group.entries.last?.term ?? group.snapshot.term
    var write = LogWrite(group: id)
    switch Int.random(in: 0..<12, using: &generator) {
    case 0:
      write.hardState = HardState(
        term: lastTerm, vote: NodeID(UInt64.random(in: 0...3, using: &generator)), commit: group.lastIndex)
    case 1:
      // Compaction up to an entry that is there.
      if let entry = group.entries.randomElement(using: &generator) {
        write.snapshot = SnapshotMetadata(
          index: entry.index, term: entry.term, configuration: Configuration(voters: [NodeID(1), NodeID(2)]))
      }
    case 2 where Int.random(in: 0..<4, using: &generator) == 0:
      // A snapshot of a leader that is ahead.
      write.snapshot = SnapshotMetadata(
        index: group.lastIndex + UInt64.random(in: 1...9, using: &generator), term: Term(lastTerm.rawValue + 1),
        configuration: Configuration(voters: [NodeID(3)], learners: [NodeID(4)], autoLeave: true))
    case 3 where Int.random(in: 0..<4, using: &generator) == 0:
      write.removesGroup = true
    case 4:
      // A new leader overwrites a suffix that is not committed.
      let from =
        group.entries.filter { $0.index > group.hardState.commit }.randomElement(using: &generator)?.index
        ?? group.lastIndex.next
      write.hardState = HardState(
        term: Term(lastTerm.rawValue + 1), vote: NodeID(2),
        commit: max(group.hardState.commit, group.snapshot.index))
      write.entries = entries(from: from, term: Term(lastTerm.rawValue + 1))
    default:
      write.entries = entries(from: group.lastIndex.next, term: lastTerm)
    }
    model.apply(write)
    return write
  }

  private mutating func entries(from: LogIndex, term: Term) -> [Entry] {
    (0..<UInt64.random(in: 1...4, using: &generator)).map { offset in
      let count = Int.random(in: 0...120, using: &generator)
      let payload = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
      return Entry(
        index: from + offset, term: term, kind: Bool.random(using: &generator) ? .command : .configurationChange,
        payload: payload)
    }
  }
}

func entry(_ index: UInt64, term: UInt64 = 1, bytes: Int = 20) -> Entry {
  Entry(
    index: LogIndex(index), term: Term(term),
    payload: [UInt8](repeating: UInt8(truncatingIfNeeded: index), count: bytes))
}

let smallSegments = LogOptions(segmentBytes: 4096)
