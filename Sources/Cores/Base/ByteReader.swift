/// Reads what ``ByteWriter`` wrote. Every read checks its bounds, so bytes from anywhere may be decoded; counts are
/// checked against the bytes that are left before anything is reserved for them.
///
/// ```swift
/// var reader = ByteReader(payload)
/// let names = try (0..<reader.readCount()).map { _ in try reader.readString() }
/// try reader.requireEnd()
/// ```
///
/// After an error the reader stands at an unspecified place and is of no more use.
@frozen
public struct ByteReader {
  @usableFromInline let bytes: [UInt8]
  @usableFromInline var offset: Int

  /// Reads `bytes` from `offset` on, which must not be beyond their end.
  @inlinable
  public init(_ bytes: [UInt8], from offset: Int = 0) {
    self.bytes = bytes
    self.offset = offset
  }

  /// How many bytes are left.
  @inlinable public var remaining: Int { bytes.count - offset }
  @inlinable public var isAtEnd: Bool { offset == bytes.count }

  @inlinable
  public mutating func readByte() throws(DecodingFailure) -> UInt8 {
    guard offset < bytes.count else { throw DecodingFailure.truncated }
    defer { offset += 1 }
    return bytes[offset]
  }

  /// A byte that is 0 or 1.
  @inlinable
  public mutating func readBool() throws(DecodingFailure) -> Bool {
    switch try readByte() {
    case 0: return false
    case 1: return true
    default: throw DecodingFailure("a flag is neither 0 nor 1")
    }
  }

  /// As many bytes as `Value` has, the least significant first.
  @inlinable
  public mutating func readLittleEndian<Value: FixedWidthInteger & BitwiseCopyable>(
    _ type: Value.Type
  ) throws(DecodingFailure) -> Value {
    guard remaining >= MemoryLayout<Value>.size else { throw DecodingFailure.truncated }
    let start = offset
    offset += MemoryLayout<Value>.size
    return bytes.withUnsafeBytes { Value(littleEndian: $0.loadUnaligned(fromByteOffset: start, as: type)) }
  }

  /// As many bytes as `Value` has, the most significant first.
  @inlinable
  public mutating func readBigEndian<Value: FixedWidthInteger & BitwiseCopyable>(
    _ type: Value.Type
  ) throws(DecodingFailure) -> Value {
    try readLittleEndian(type).byteSwapped
  }

  /// Eight bytes, the least significant first.
  @inlinable
  public mutating func readFixed() throws(DecodingFailure) -> UInt64 { try readLittleEndian(UInt64.self) }

  /// LEB128 of at most ten bytes. More of them than the number needs are accepted.
  @inlinable @inline(__always)
  public mutating func readVarint() throws(DecodingFailure) -> UInt64 {
    // Most numbers are small.
    if offset < bytes.count, bytes[offset] < 0x80 {
      offset += 1
      return UInt64(bytes[offset - 1])
    }
    return try readLongVarint()
  }

  @usableFromInline
  mutating func readLongVarint() throws(DecodingFailure) -> UInt64 {
    let first = try readByte()
    let value = try UInt64(varint: first) { () throws(DecodingFailure) in try readByte() }
    guard let value else { throw DecodingFailure("a number of more than 64 bits") }
    return value
  }

  /// A count of things that each take at least `minimumSize` of the bytes left.
  @inlinable
  public mutating func readCount(minimumSize: Int = 1) throws(DecodingFailure) -> Int {
    let count = try readVarint()
    guard count <= UInt64(remaining / minimumSize) else { throw DecodingFailure("a count beyond the payload") }
    return Int(count)
  }

  /// Bytes behind their length.
  @inlinable
  public mutating func readBytes() throws(DecodingFailure) -> [UInt8] {
    let count = try readCount()
    defer { offset += count }
    return Array(bytes[offset..<offset + count])
  }

  /// Where the next length-prefixed bytes lie, without copying them.
  @inlinable
  public mutating func readExtent() throws(DecodingFailure) -> Range<Int> {
    let count = try readCount()
    defer { offset += count }
    return offset..<offset + count
  }

  /// Text behind its length in bytes; it must be UTF-8.
  public mutating func readString() throws(DecodingFailure) -> String {
    let extent = try readExtent()
    guard let text = String(validating: bytes[extent], as: UTF8.self) else {
      throw DecodingFailure("text is not UTF-8")
    }
    return text
  }

  /// All bytes that are left.
  @inlinable
  public mutating func readRest() -> [UInt8] {
    defer { offset = bytes.count }
    return Array(bytes[offset...])
  }

  /// Refuses bytes behind the end of what was read.
  public func requireEnd() throws(DecodingFailure) {
    guard isAtEnd else { throw DecodingFailure("\(remaining) bytes too many") }
  }
}
