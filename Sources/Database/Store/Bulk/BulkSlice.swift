import RoostBase

/// A slice of a bulk commit: the payload of one log entry.
///
/// Layout: kind (1), count (varint), then per write flags (1; 1 it puts, 2 its key was read), the key, and the value of a
/// put.
enum BulkSlice {
  private static let puts: UInt8 = 1
  private static let isRead: UInt8 = 2

  static func encode(_ writes: ArraySlice<CommitRequest.Write>, isFirst: Bool) -> [UInt8] {
    var size = 12
    for write in writes { size += write.key.bytes.count + (write.value?.count ?? 0) + 8 }
    var writer = ByteWriter(reserving: size)
    writer.write((isFirst ? GroupCommand.Kind.firstSlice : .nextSlice).rawValue)
    writer.write(writes.count)
    for write in writes {
      writer.write((write.value == nil ? 0 : puts) | (write.isRead ? isRead : 0))
      writer.write(write.key.bytes)
      if let value = write.value { writer.write(value) }
    }
    return writer.bytes
  }

  static func isFirst(_ payload: [UInt8]) -> Bool { payload.first == GroupCommand.Kind.firstSlice.rawValue }

  /// Calls `body` with each write of a slice, in order.
  static func forEach(
    in payload: [UInt8], _ body: (CommitRequest.Write) throws(DecodingFailure) -> Void
  ) throws(DecodingFailure) {
    var reader = ByteReader(payload)
    let count = try readHead(&reader)
    for _ in 0..<count {
      let flags = try readFlags(&reader)
      let key = Key(try reader.readBytes())
      let value = flags & puts == 0 ? nil : try reader.readBytes()
      try body(CommitRequest.Write(key: key, value: value, isRead: flags & isRead != 0))
    }
    try reader.requireEnd()
  }

  /// Calls `body` with where each write's key and value lie in the payload, without copying them.
  static func forEachKey(
    in payload: [UInt8],
    _ body: (_ key: Range<Int>, _ value: Range<Int>?, _ isRead: Bool) throws(DecodingFailure) -> Void
  ) throws(DecodingFailure) {
    var reader = ByteReader(payload)
    let count = try readHead(&reader)
    for _ in 0..<count {
      let flags = try readFlags(&reader)
      let key = try reader.readExtent()
      let value = flags & puts == 0 ? nil : try reader.readExtent()
      try body(key, value, flags & isRead != 0)
    }
    try reader.requireEnd()
  }

  private static func readHead(_ reader: inout ByteReader) throws(DecodingFailure) -> Int {
    switch GroupCommand.Kind(rawValue: try reader.readByte()) {
    case .firstSlice, .nextSlice: return try reader.readCount(minimumSize: 2)
    default: throw DecodingFailure("not a slice of a bulk commit")
    }
  }

  private static func readFlags(_ reader: inout ByteReader) throws(DecodingFailure) -> UInt8 {
    let flags = try reader.readByte()
    guard flags <= puts | isRead else { throw DecodingFailure("unknown flags of a write") }
    return flags
  }
}
