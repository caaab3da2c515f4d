/// Integers as bytes, for keys and records that are put together by hand.
extension [UInt8] {
  /// The bytes of an integer, the most significant first.
  @inlinable
  public init<Value: FixedWidthInteger>(bigEndian value: Value) {
    self = Swift.withUnsafeBytes(of: value.bigEndian) { [UInt8]($0) }
  }

  /// Appends the bytes of an integer, the most significant first: unsigned integers in the order of their values.
  @inlinable
  public mutating func append<Value: FixedWidthInteger>(bigEndian value: Value) {
    Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
  }

  /// Appends the bytes of an integer, the least significant first.
  @inlinable
  public mutating func append<Value: FixedWidthInteger>(littleEndian value: Value) {
    Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
  }

  /// Appends a number as LEB128: seven bits a byte, the lowest first; the top bit is set while more follow.
  @inlinable
  public mutating func append(varint value: UInt64) {
    var value = value
    while value >= 0x80 {
      append(UInt8(truncatingIfNeeded: value) | 0x80)
      value >>= 7
    }
    append(UInt8(truncatingIfNeeded: value))
  }
}

extension FixedWidthInteger {
  /// The number whose bytes these are, the most significant first. Fewer bytes than the type has give a small number, no
  /// bytes zero; of more bytes the last ones count. Whoever wants an exact number of bytes checks that before.
  @inlinable
  public init(bigEndianBytes bytes: some Sequence<UInt8>) {
    var value: Self = 0
    for byte in bytes { value = value << 8 | Self(truncatingIfNeeded: byte) }
    self = value
  }
}

extension UInt64 {
  /// Reads LEB128 whose first byte is `first` and whose other bytes `next` hands out; nil for a number of more than 64
  /// bits. For readers of memory of another kind than ``ByteReader``'s.
  @inlinable @inline(__always)
  public init?<Failure: Error>(varint first: UInt8, _ next: () throws(Failure) -> UInt8) throws(Failure) {
    var byte = first
    var value = UInt64(byte & 0x7F)
    var shift: UInt64 = 0
    while byte >= 0x80 {
      byte = try next()
      shift += 7
      // The tenth byte holds the last bit.
      guard shift < 63 || byte <= 1 else { return nil }
      value |= UInt64(byte & 0x7F) << shift
    }
    self = value
  }
}
