import RoostBase

/// A commit as a command of a group's state machine: versions of keys at one timestamp.
///
/// Layout: kind (1), timestamp (8), count (varint), then per write a flag (0 delete, 1 put), the key, and the value of
/// a put. Everything that decides whether it may happen was decided by the leader before it was proposed, so applying
/// it is blind.
struct WriteCommand: Equatable {
  var timestamp: Timestamp
  var writes: [CommitRequest.Write]

  static func encode(_ writes: [CommitRequest.Write], at timestamp: Timestamp) -> [UInt8] {
    var size = 20
    for write in writes { size += write.key.bytes.count + (write.value?.count ?? 0) + 8 }
    var writer = ByteWriter(reserving: size)
    writer.write(GroupCommand.Kind.writes.rawValue)
    writer.writeFixed(timestamp.rawValue)
    writer.write(writes)
    return writer.bytes
  }

  init(timestamp: Timestamp, writes: [CommitRequest.Write]) {
    self.timestamp = timestamp
    self.writes = writes
  }

  init(decoding payload: [UInt8]) throws(DecodingFailure) {
    var reader = ByteReader(payload)
    guard try reader.readByte() == GroupCommand.Kind.writes.rawValue else {
      throw DecodingFailure("an unknown command")
    }
    timestamp = Timestamp(try reader.readFixed())
    writes = try reader.readWrites()
    try reader.requireEnd()
  }
}

extension ByteWriter {
  mutating func write(_ writes: [CommitRequest.Write]) {
    write(writes.count)
    for write in writes {
      self.write(write.value != nil)
      self.write(write.key.bytes)
      if let value = write.value { self.write(value) }
    }
  }

  mutating func write(_ range: KeyRange) {
    write(range.lower.bytes)
    write(range.upper.bytes)
  }
}

extension ByteReader {
  mutating func readWrites() throws(DecodingFailure) -> [CommitRequest.Write] {
    let count = try readCount(minimumSize: 2)
    var writes: [CommitRequest.Write] = []
    writes.reserveCapacity(count)
    for _ in 0..<count {
      let isPut = try readBool()
      let key = Key(try readBytes())
      writes.append(CommitRequest.Write(key: key, value: isPut ? try readBytes() : nil))
    }
    return writes
  }

  mutating func readRange() throws(DecodingFailure) -> KeyRange { KeyRange(Key(try readBytes()), Key(try readBytes())) }
}
