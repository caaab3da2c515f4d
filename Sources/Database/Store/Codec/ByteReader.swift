/// Reads what ``ByteWriter`` wrote. Every read checks its bounds, so bytes from anywhere may be decoded; counts are
/// checked against the bytes that are left before anything is reserved for them.
struct ByteReader {
  private let bytes: [UInt8]
  private var offset: Int

  init(_ bytes: [UInt8], from offset: Int = 0) {
    self.bytes = bytes
    self.offset = offset
  }

  var remaining: Int { bytes.count - offset }
  var isAtEnd: Bool { offset == bytes.count }

  mutating func readByte() throws(DecodingFailure) -> UInt8 {
    guard offset < bytes.count else { throw DecodingFailure("truncated") }
    defer { offset += 1 }
    return bytes[offset]
  }

  mutating func readBool() throws(DecodingFailure) -> Bool {
    switch try readByte() {
    case 0: return false
    case 1: return true
    default: throw DecodingFailure("a flag is neither 0 nor 1")
    }
  }

  mutating func readFixed() throws(DecodingFailure) -> UInt64 {
    guard remaining >= 8 else { throw DecodingFailure("truncated") }
    let start = offset
    offset += 8
    return bytes.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: start, as: UInt64.self)) }
  }

  @inline(__always)
  mutating func readVarint() throws(DecodingFailure) -> UInt64 {
    // Most numbers are small.
    if offset < bytes.count, bytes[offset] < 0x80 {
      offset += 1
      return UInt64(bytes[offset - 1])
    }
    return try readLongVarint()
  }

  private mutating func readLongVarint() throws(DecodingFailure) -> UInt64 {
    var result: UInt64 = 0
    var shift: UInt64 = 0
    while true {
      let byte = try readByte()
      guard shift < 63 || byte <= 1 else { throw DecodingFailure("a number of more than 64 bits") }
      result |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return result }
      shift += 7
    }
  }

  /// A count of things that each take at least `minimumSize` of the bytes left.
  mutating func readCount(minimumSize: Int = 1) throws(DecodingFailure) -> Int {
    let count = try readVarint()
    guard count <= UInt64(remaining / minimumSize) else { throw DecodingFailure("a count beyond the payload") }
    return Int(count)
  }

  mutating func readBytes() throws(DecodingFailure) -> [UInt8] {
    let count = try readCount()
    defer { offset += count }
    return Array(bytes[offset..<offset + count])
  }

  /// Where the next length-prefixed bytes lie.
  mutating func readExtent() throws(DecodingFailure) -> Range<Int> {
    let count = try readCount()
    defer { offset += count }
    return offset..<offset + count
  }

  mutating func readString() throws(DecodingFailure) -> String {
    let raw = try readBytes()
    guard let text = String(validating: raw, as: UTF8.self) else { throw DecodingFailure("text is not UTF-8") }
    return text
  }

  mutating func readRest() -> [UInt8] {
    defer { offset = bytes.count }
    return Array(bytes[offset...])
  }

  func requireEnd() throws(DecodingFailure) {
    guard isAtEnd else { throw DecodingFailure("\(remaining) bytes too many") }
  }
}

/// Bytes that are not what they should be.
struct DecodingFailure: Error, CustomStringConvertible {
  var description: String
  init(_ description: String) { self.description = description }
}
