import RoostBase
import RoostPlatform
import RoostRaft

/// One record of the segment log, as it lies on disk: a header of 48 bytes and a payload, little-endian, padded with
/// zeros to a multiple of eight.
///
/// | offset | bytes | field |
/// |---|---|---|
/// | 0 | 4 | CRC32C of the rest, without the padding |
/// | 4 | 4 | length of header and payload |
/// | 8 | 8 | number of the batch, counted over the whole log |
/// | 16 | 8 | group |
/// | 24 | 8 | index: entry's, marker's; the commit index of a hard state; the segment's number |
/// | 32 | 8 | term: entry's, marker's, hard state's |
/// | 40 | 1 | kind |
/// | 41 | 1 | kind of the entry; 1 in a copy of a hard state or marker |
/// | 42 | 2 | how many batches, with this one, were not known to be durable when it was written; the highest bit: begins its batch |
/// | 44 | 4 | records that follow in the batch |
///
/// The payload of an entry is the entry's, that of a marker the configuration; that of a hard state are four numbers of
/// eight bytes: the vote, index and term of the group's last entry before the batch, and what ``GroupLog/repairThrough``
/// is. A list of hard states holds those from before its batch of `index` groups, seven numbers each: the group, term, vote
/// and commit index come first. Of a hole that was dealt with, `index` is the first lost batch and `term` the last one.
///
/// A batch is the unit of a write. The batch number shows gaps and tells stale records of a recycled segment from new
/// ones. `unsynced` is the proof of durability: a record of batch 9 with 2 says that batches up to 7 were synced, so if
/// one of those can't be read, it was lost after it was promised, and not torn by the crash.
struct LogRecord {
  enum Kind: UInt8 {
    /// Begins a segment; the first batch of a segment holds a copy of every group's hard state and marker after it.
    case segmentStart = 1
    case entry = 2
    case hardState = 3
    case snapshot = 4
    case groupRemoval = 5
    /// What a hole took was dealt with: replaced, or marked to be fetched from peers.
    case holeRepaired = 6
    /// Hard states of the groups that the batches before were about; see ``RecentGroups``.
    case hardStates = 7
  }

  static let headerBytes = 48
  static let alignment = 8

  var length: Int
  var batch: UInt64
  var group: GroupID
  var index: UInt64
  var term: UInt64
  var kind: Kind
  var entryKind: UInt8
  var unsynced: UInt16
  var remaining: UInt32
  /// Whether it begins its batch.
  var isFirst: Bool
  /// Whether it repeats hard states or a marker as of before its batch.
  var isCopy: Bool { (kind == .snapshot || kind == .hardState) && entryKind == 1 || kind == .hardStates }

  /// The bit of the field `unsynced` that says so.
  static let firstRecordBit: UInt16 = 1 << 15

  /// Bytes on disk of a record with a payload of `count` bytes.
  static func paddedBytes(payload count: Int) -> Int { padded(headerBytes + count) }
  static func padded(_ length: Int) -> Int { (length + alignment - 1) & ~(alignment - 1) }

  /// The record at `offset`, if a whole and valid one is there.
  static func parse(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> LogRecord? {
    guard let record = parseHeader(bytes, at: offset) else { return nil }
    let body = UnsafeRawBufferPointer(rebasing: bytes[offset + 4..<offset + record.length])
    guard CRC32C.checksum(body) == load(bytes, offset, as: UInt32.self) else { return nil }
    return record
  }

  /// What the header at `offset` says, if it could be one; not verified.
  static func parseHeader(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> LogRecord? {
    guard offset >= 0, bytes.count - offset >= headerBytes else { return nil }
    let length = Int(load(bytes, offset + 4, as: UInt32.self))
    guard length >= headerBytes, length <= bytes.count - offset, let kind = Kind(rawValue: bytes[offset + 40])
    else { return nil }
    let unsynced = load(bytes, offset + 42, as: UInt16.self)
    return LogRecord(
      length: length, batch: load(bytes, offset + 8, as: UInt64.self),
      group: GroupID(load(bytes, offset + 16, as: UInt64.self)), index: load(bytes, offset + 24, as: UInt64.self),
      term: load(bytes, offset + 32, as: UInt64.self), kind: kind, entryKind: bytes[offset + 41],
      unsynced: unsynced & ~firstRecordBit, remaining: load(bytes, offset + 44, as: UInt32.self),
      isFirst: unsynced & firstRecordBit != 0)
  }

  /// The last batch that was durable when this record was written.
  var lastSyncedBatch: UInt64 { batch >= UInt64(unsynced) ? batch - UInt64(unsynced) : 0 }

  static func load<Value: FixedWidthInteger>(
    _ bytes: UnsafeRawBufferPointer, _ offset: Int, as type: Value.Type
  ) -> Value {
    Value(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: type))
  }
}

/// What a record says about a group's promises, and about where its log stood before the batch of the record. By the
/// latter recovery sees whether damage took anything of the group.
struct HardStateRecord: Hashable {
  var state: HardState
  var lastIndex: LogIndex
  var lastTerm: Term
  var repairThrough: LogIndex

  static let payloadBytes = 32

  var payload: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(HardStateRecord.payloadBytes)
    for number in [state.vote.rawValue, lastIndex.rawValue, lastTerm.rawValue, repairThrough.rawValue] {
      bytes.append(littleEndian: number)
    }
    return bytes
  }

  init(state: HardState, lastIndex: LogIndex, lastTerm: Term, repairThrough: LogIndex) {
    self.state = state
    self.lastIndex = lastIndex
    self.lastTerm = lastTerm
    self.repairThrough = repairThrough
  }

  /// Nil if the payload is not one of a hard state.
  init?(_ record: LogRecord, payload: UnsafeRawBufferPointer) {
    guard payload.count == HardStateRecord.payloadBytes else { return nil }
    func number(_ position: Int) -> UInt64 { LogRecord.load(payload, position * 8, as: UInt64.self) }
    state = HardState(term: Term(record.term), vote: NodeID(number(0)), commit: LogIndex(record.index))
    lastIndex = LogIndex(number(1))
    lastTerm = Term(number(2))
    repairThrough = LogIndex(number(3))
  }
}

extension HardStateRecord {
  /// Bytes of one group in a list of hard states.
  static let bytesPerState = 56

  func append(of group: GroupID, to payload: inout [UInt8]) {
    let numbers = (
      group.rawValue.littleEndian, state.term.rawValue.littleEndian, state.vote.rawValue.littleEndian,
      state.commit.rawValue.littleEndian, lastIndex.rawValue.littleEndian, lastTerm.rawValue.littleEndian,
      repairThrough.rawValue.littleEndian
    )
    withUnsafeBytes(of: numbers) { payload.append(contentsOf: $0) }
  }

  /// Nil if the payload is not one of a list of hard states.
  static func states(inList payload: UnsafeRawBufferPointer) -> [(group: GroupID, state: HardStateRecord)]? {
    guard payload.count % bytesPerState == 0 else { return nil }
    return stride(from: 0, to: payload.count, by: bytesPerState).map { start in
      func number(_ position: Int) -> UInt64 { LogRecord.load(payload, start + position * 8, as: UInt64.self) }
      let state = HardState(term: Term(number(1)), vote: NodeID(number(2)), commit: LogIndex(number(3)))
      return (
        GroupID(number(0)),
        HardStateRecord(
          state: state, lastIndex: LogIndex(number(4)), lastTerm: Term(number(5)), repairThrough: LogIndex(number(6)))
      )
    }
  }
}

extension Configuration {
  /// Flags, then four lists: a count of 32 bits, and the members in order.
  func encoded() -> [UInt8] {
    var bytes: [UInt8] = [autoLeave ? 1 : 0]
    for members in [voters, outgoingVoters, learners, nextLearners] {
      bytes.append(littleEndian: UInt32(members.count))
      for member in members.sorted() { bytes.append(littleEndian: member.rawValue) }
    }
    return bytes
  }

  /// Nil if the bytes are not an encoded configuration.
  init?(encoded bytes: UnsafeRawBufferPointer) {
    guard let flags = bytes.first, flags <= 1 else { return nil }
    var offset = 1
    func members() -> Set<NodeID>? {
      guard bytes.count - offset >= 4 else { return nil }
      let count = Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
      offset += 4
      guard count <= (bytes.count - offset) / 8 else { return nil }
      var found: Set<NodeID> = []
      for _ in 0..<count {
        found.insert(NodeID(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))))
        offset += 8
      }
      return found
    }
    guard let voters = members(), let outgoingVoters = members(), let learners = members(),
      let nextLearners = members(), offset == bytes.count
    else { return nil }
    self.init(
      voters: voters, outgoingVoters: outgoingVoters, learners: learners, nextLearners: nextLearners,
      autoLeave: flags == 1)
  }
}
