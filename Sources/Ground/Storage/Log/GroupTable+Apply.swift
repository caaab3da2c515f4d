import RoostBase
import RoostPlatform
import RoostRaft

extension GroupTable {
  /// Takes in a batch that is in the log now: `slots` are those of the writes, `positions` those of the entries, in order.
  mutating func apply(_ writes: [LogWrite], at slots: [Int], _ positions: [EntryPosition]) {
    var next = 0
    // In place: a write that is taken out of the array is copied with all it holds.
    for number in writes.indices where !writes[number].isEmpty {
      update(at: slots[number]) { log in
        if writes[number].tellsHardState {
          var record = log.record
          record.state = writes[number].hardState ?? log.hardState
          record.repairThrough = writes[number].repairThrough ?? log.repairThrough
          log.take(record)
        }
        if let snapshot = writes[number].snapshot { log.compact(to: snapshot) }
        for place in writes[number].entries.indices {
          let index = writes[number].entries[place].index.rawValue
          log.append(index: index, term: writes[number].entries[place].term.rawValue, at: positions[next])
          next += 1
        }
        if let commit = writes[number].commit { log.commit(through: commit) }
      }
      if writes[number].removesGroup { remove(writes[number].group) }
    }
    precondition(next == positions.count, "every entry of the batch has one position")
  }

  /// Takes in a record that recovery read. Returns false if its payload is malformed.
  mutating func apply(_ record: LogRecord, payload: UnsafeRawBufferPointer, segment: UInt32, offset: Int) -> Bool {
    switch record.kind {
    case .segmentStart, .holeRepaired:
      return true
    case .entry:
      guard Entry.Kind(rawValue: record.entryKind) != nil else { return false }
      let position = EntryPosition(segment: segment, offset: UInt32(offset), length: UInt32(record.length))
      if suspicion.suspects(record.group) {
        resolveSuspicion(of: record.group, by: LogIndex(record.index))
      }
      update(record.group) { $0.append(index: record.index, term: record.term, at: position) }
      return true
    case .hardState:
      guard let state = HardStateRecord(record, payload: payload) else { return false }
      take(state, of: record.group)
      return true
    case .hardStates:
      guard let states = HardStateRecord.states(inList: payload), UInt64(states.count) == record.index else {
        return false
      }
      for (group, state) in states { take(state, of: group) }
      return true
    case .snapshot:
      guard let configuration = Configuration(encoded: payload) else { return false }
      let snapshot = SnapshotMetadata(
        index: LogIndex(record.index), term: Term(record.term), configuration: configuration)
      if suspicion.isActive, record.isCopy { startAnew(record.group, at: snapshot) }
      update(record.group) { $0.compact(to: snapshot) }
      return true
    case .groupRemoval:
      remove(record.group)
      return true
    }
  }

  private mutating func take(_ state: HardStateRecord, of group: GroupID) {
    if suspicion.suspects(group) { clearSuspicion(of: group, by: state) }
    update(group) { $0.take(state) }
  }
}
