import RoostBase

extension CommitRequest {
  func encode(into writer: inout ByteWriter) {
    writer.writeFixed(readTimestamp.rawValue)
    writer.write(readKeys.count)
    for key in readKeys { writer.write(key.bytes) }
    writer.write(readRanges.count)
    for range in readRanges { writer.write(range) }
    writer.write(writes)
    // The last fields, and only there if they say anything.
    let readWrites = writes.indices.filter { writes[$0].isRead }
    guard recordsRemoval || !readWrites.isEmpty else { return }
    writer.write(recordsRemoval)
    writer.write(readWrites.count)
    var next = 0
    for place in readWrites {
      writer.write(place - next)
      next = place + 1
    }
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
    guard !reader.isAtEnd else {
      recordsRemoval = false
      return
    }
    recordsRemoval = try reader.readBool()
    var next = 0
    for _ in 0..<(try reader.readCount()) {
      let distance = try reader.readVarint()
      guard distance < UInt64(writes.count - next) else { throw DecodingFailure("a write that isn't there") }
      next += Int(distance)
      writes[next].isRead = true
      next += 1
    }
  }
}
