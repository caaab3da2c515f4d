extension CommitRequest {
  func encode(into writer: inout ByteWriter) {
    writer.writeFixed(readTimestamp.rawValue)
    writer.write(readKeys.count)
    for key in readKeys { writer.write(key.bytes) }
    writer.write(readRanges.count)
    for range in readRanges { writer.write(range) }
    writer.write(writes)
    if recordsRemoval { writer.write(true) }
  }

  init(from reader: inout ByteReader) throws(DecodingFailure) {
    readTimestamp = Timestamp(try reader.readFixed())
    let keyCount = try reader.readCount()
    readKeys = []
    readKeys.reserveCapacity(keyCount)
    for _ in 0..<keyCount { readKeys.append(Key(try reader.readBytes())) }
    let rangeCount = try reader.readCount(minimumSize: 2)
    readRanges = []
    readRanges.reserveCapacity(rangeCount)
    for _ in 0..<rangeCount { readRanges.append(try reader.readRange()) }
    writes = try reader.readWrites()
    // The last field, and only there if it says yes.
    recordsRemoval = reader.isAtEnd ? false : try reader.readBool()
  }
}
