import RoostRaft

extension GroupTable {
  /// Takes in a batch that is in the log now; `positions` are those of its entries, in order.
  mutating func apply(_ writes: [LogWrite], _ positions: [EntryPosition]) {
    var next = 0
    for write in writes where !write.isEmpty {
      update(write.group) { log in
        if let state = write.hardState { log.hardState = state }
        if let snapshot = write.snapshot { log.compact(to: snapshot) }
        for entry in write.entries {
          log.append(index: entry.index.rawValue, term: entry.term.rawValue, at: positions[next])
          next += 1
        }
      }
      if write.removesGroup { remove(write.group) }
    }
    precondition(next == positions.count, "every entry of the batch has one position")
  }

  /// Takes in a record that recovery read. Returns false if its payload is malformed.
  mutating func apply(_ record: LogRecord, payload: UnsafeRawBufferPointer, segment: UInt32, offset: Int) -> Bool {
    switch record.kind {
    case .segmentStart:
      return true
    case .entry:
      guard Entry.Kind(rawValue: record.entryKind) != nil else { return false }
      let position = EntryPosition(segment: segment, offset: UInt32(offset), length: UInt32(record.length))
      update(record.group) { $0.append(index: record.index, term: record.term, at: position) }
      return true
    case .hardState:
      guard payload.count == 8 else { return false }
      let vote = UInt64(littleEndian: payload.loadUnaligned(as: UInt64.self))
      let state = HardState(term: Term(record.term), vote: NodeID(vote), commit: LogIndex(record.index))
      update(record.group) { $0.hardState = state }
      return true
    case .snapshot:
      guard let configuration = Configuration(encoded: payload) else { return false }
      let snapshot = SnapshotMetadata(
        index: LogIndex(record.index), term: Term(record.term), configuration: configuration)
      update(record.group) { $0.compact(to: snapshot) }
      return true
    case .groupRemoval:
      remove(record.group)
      return true
    }
  }
}
