import RoostBase
import RoostPlatform
import RoostRaft

/// Raft messages on the wire: group, kind, then a mask that tells which of the remaining fields are not zero, then
/// those fields. The sender is not sent: it is the node at the other end of the connection.
extension ByteWriter {
  mutating func write(_ group: GroupID, _ message: Message) {
    write(group.rawValue)
    write(message.kind.rawValue)
    var mask: UInt64 = 0
    if message.term != .zero { mask |= 1 }
    if message.logTerm != .zero { mask |= 2 }
    if message.index != .zero { mask |= 4 }
    if message.commit != .zero { mask |= 8 }
    if message.rejectHint != .zero { mask |= 16 }
    if message.context != 0 { mask |= 32 }
    if message.reject { mask |= 64 }
    if !message.entries.isEmpty { mask |= 128 }
    if message.snapshot != nil { mask |= 256 }
    if message.commitTerm != .zero { mask |= 512 }
    if message.isRepairing { mask |= 1024 }
    write(mask)
    if mask & 1 != 0 { write(message.term.rawValue) }
    if mask & 2 != 0 { write(message.logTerm.rawValue) }
    if mask & 4 != 0 { write(message.index.rawValue) }
    if mask & 8 != 0 { write(message.commit.rawValue) }
    if mask & 16 != 0 { write(message.rejectHint.rawValue) }
    if mask & 32 != 0 { write(message.context) }
    if !message.entries.isEmpty { write(message.entries) }
    if let snapshot = message.snapshot { write(snapshot) }
    if mask & 512 != 0 { write(message.commitTerm.rawValue) }
  }

  private mutating func write(_ entries: [Entry]) {
    write(entries.count)
    for entry in entries {
      write(entry.index.rawValue)
      write(entry.term.rawValue)
      write(entry.kind.rawValue)
      write(entry.payload)
    }
  }

  mutating func write(_ snapshot: SnapshotMetadata) {
    write(snapshot.index.rawValue)
    write(snapshot.term.rawValue)
    write(snapshot.configuration)
  }
}

extension ByteReader {
  mutating func readMessage(from sender: NodeID, to receiver: NodeID) throws(DecodingFailure) -> (GroupID, Message) {
    let group = GroupID(try readVarint())
    guard let kind = Message.Kind(rawValue: try readByte()) else { throw DecodingFailure("an unknown kind of message") }
    let mask = try readVarint()
    guard mask < 2048 else { throw DecodingFailure("unknown fields in a message") }
    var message = Message(kind, from: sender, to: receiver)
    if mask & 1 != 0 { message.term = Term(try readVarint()) }
    if mask & 2 != 0 { message.logTerm = Term(try readVarint()) }
    if mask & 4 != 0 { message.index = LogIndex(try readVarint()) }
    if mask & 8 != 0 { message.commit = LogIndex(try readVarint()) }
    if mask & 16 != 0 { message.rejectHint = LogIndex(try readVarint()) }
    if mask & 32 != 0 { message.context = try readVarint() }
    message.reject = mask & 64 != 0
    message.isRepairing = mask & 1024 != 0
    if mask & 128 != 0 { message.entries = try readEntries() }
    if mask & 256 != 0 { message.snapshot = try readSnapshot() }
    if mask & 512 != 0 { message.commitTerm = Term(try readVarint()) }
    return (group, message)
  }

  private mutating func readEntries() throws(DecodingFailure) -> [Entry] {
    let count = try readCount(minimumSize: 4)
    var entries: [Entry] = []
    entries.reserveCapacity(count)
    for _ in 0..<count {
      let index = LogIndex(try readVarint())
      let term = Term(try readVarint())
      guard let kind = Entry.Kind(rawValue: try readByte()) else { throw DecodingFailure("an unknown kind of entry") }
      entries.append(Entry(index: index, term: term, kind: kind, payload: try readBytes()))
    }
    return entries
  }

  mutating func readSnapshot() throws(DecodingFailure) -> SnapshotMetadata {
    SnapshotMetadata(
      index: LogIndex(try readVarint()), term: Term(try readVarint()), configuration: try readConfiguration())
  }
}
