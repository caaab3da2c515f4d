import RoostBase
import RoostPlatform
import RoostRaft

/// Assembles the records of one batch in one contiguous piece of memory, which it keeps for the next batch.
struct BatchBuffer: ~Copyable {
  private var memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: LogRecord.alignment)
  private(set) var count = 0
  private var batch: UInt64 = 0
  private var unsynced: UInt16 = 0
  private var remaining = 0

  /// Memory kept from one batch to the next; a larger batch gives its memory back.
  private static let keptBytes = 4 << 20

  deinit { memory.deallocate() }

  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: memory[..<count]) }

  /// Begins a batch of `records` records that take `bytes` bytes together.
  mutating func begin(batch: UInt64, unsynced: UInt16, records: Int, bytes: Int) {
    if bytes > memory.count || memory.count > BatchBuffer.keptBytes && bytes <= BatchBuffer.keptBytes {
      memory.deallocate()
      memory = .allocate(byteCount: max(bytes, 64 << 10), alignment: LogRecord.alignment)
    }
    self.batch = batch
    self.unsynced = unsynced
    remaining = records
    count = 0
  }

  /// Appends a record. Returns its offset in the batch.
  @discardableResult
  mutating func append(
    _ kind: LogRecord.Kind, group: GroupID, index: UInt64, term: UInt64, entryKind: UInt8 = 0,
    payload: UnsafeRawBufferPointer
  ) -> Int {
    let offset = count
    let length = LogRecord.headerBytes + payload.count
    let padded = LogRecord.padded(length)
    precondition(remaining > 0 && offset + padded <= memory.count, "the batch is larger than announced")
    remaining -= 1
    let record = UnsafeMutableRawBufferPointer(rebasing: memory[offset..<offset + padded])
    record.storeBytes(of: UInt32(length).littleEndian, toByteOffset: 4, as: UInt32.self)
    record.storeBytes(of: batch.littleEndian, toByteOffset: 8, as: UInt64.self)
    record.storeBytes(of: group.rawValue.littleEndian, toByteOffset: 16, as: UInt64.self)
    record.storeBytes(of: index.littleEndian, toByteOffset: 24, as: UInt64.self)
    record.storeBytes(of: term.littleEndian, toByteOffset: 32, as: UInt64.self)
    record.storeBytes(of: kind.rawValue, toByteOffset: 40, as: UInt8.self)
    record.storeBytes(of: entryKind, toByteOffset: 41, as: UInt8.self)
    let mark = offset == 0 ? LogRecord.firstRecordBit : 0
    record.storeBytes(of: (unsynced | mark).littleEndian, toByteOffset: 42, as: UInt16.self)
    record.storeBytes(of: UInt32(remaining).littleEndian, toByteOffset: 44, as: UInt32.self)
    // The padding first: the payload may cover part of the same word.
    if padded > length { record.storeBytes(of: 0, toByteOffset: padded - 8, as: UInt64.self) }
    if payload.count > 0 {
      UnsafeMutableRawBufferPointer(rebasing: record[LogRecord.headerBytes..<length]).copyMemory(from: payload)
    }
    let checksum = CRC32C.checksum(UnsafeRawBufferPointer(rebasing: record[4..<length]))
    record.storeBytes(of: checksum.littleEndian, toByteOffset: 0, as: UInt32.self)
    count += padded
    return offset
  }

  mutating func append(_ group: GroupID, _ record: HardStateRecord, isCopy: Bool) {
    record.payload.withUnsafeBytes { payload in
      _ = append(
        .hardState, group: group, index: record.state.commit.rawValue, term: record.state.term.rawValue,
        entryKind: isCopy ? 1 : 0, payload: payload)
    }
  }

  mutating func append(_ group: GroupID, _ snapshot: SnapshotMetadata, isCopy: Bool) {
    snapshot.configuration.encoded().withUnsafeBytes { configuration in
      _ = append(
        .snapshot, group: group, index: snapshot.index.rawValue, term: snapshot.term.rawValue,
        entryKind: isCopy ? 1 : 0, payload: configuration)
    }
  }

  mutating func append(_ group: GroupID, _ entry: Entry) -> Int {
    entry.payload.withUnsafeBytes { payload in
      append(
        .entry, group: group, index: entry.index.rawValue, term: entry.term.rawValue,
        entryKind: entry.kind.rawValue, payload: payload)
    }
  }

  /// The checksum of the batch's first record.
  var firstChecksum: UInt32 { LogRecord.load(bytes, 0, as: UInt32.self) }

  /// Every announced record is there.
  var isComplete: Bool { remaining == 0 }

  /// Bytes of a hard state's record.
  static let hardStateBytes = LogRecord.paddedBytes(payload: HardStateRecord.payloadBytes)

  /// Bytes of a marker's record.
  static func snapshotBytes(_ snapshot: SnapshotMetadata) -> Int {
    let configuration = snapshot.configuration
    let members =
      configuration.voters.count + configuration.outgoingVoters.count + configuration.learners.count
      + configuration.nextLearners.count
    return LogRecord.paddedBytes(payload: 17 + 8 * members)
  }
}
