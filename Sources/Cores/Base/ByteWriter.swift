/// Appends integers, varints and length-prefixed bytes to a buffer. ``ByteReader`` reads them.
///
/// ```swift
/// var writer = ByteWriter()
/// writer.write(names.count)
/// for name in names { writer.write(name) }
/// send(writer.bytes)
/// ```
@frozen
public struct ByteWriter {
  @usableFromInline var buffer: [UInt8] = []

  /// - Parameter capacity: for how many bytes to make room at once.
  @inlinable
  public init(reserving capacity: Int = 64) { buffer.reserveCapacity(capacity) }

  /// What was written so far.
  @inlinable public var bytes: [UInt8] { buffer }

  @inlinable
  public mutating func write(_ value: UInt8) { buffer.append(value) }

  /// One byte, 0 or 1.
  @inlinable
  public mutating func write(_ value: Bool) { buffer.append(value ? 1 : 0) }

  /// As many bytes as the value's type has, the least significant first.
  @inlinable
  public mutating func writeLittleEndian<Value: FixedWidthInteger>(_ value: Value) {
    buffer.append(littleEndian: value)
  }

  /// As many bytes as the value's type has, the most significant first.
  @inlinable
  public mutating func writeBigEndian<Value: FixedWidthInteger>(_ value: Value) { buffer.append(bigEndian: value) }

  /// Eight bytes, the least significant first.
  @inlinable
  public mutating func writeFixed(_ value: UInt64) { buffer.append(littleEndian: value) }

  /// LEB128, at most ten bytes.
  @inlinable
  public mutating func write(_ value: UInt64) { buffer.append(varint: value) }

  /// A count, as LEB128; it must not be negative.
  @inlinable
  public mutating func write(_ count: Int) { write(UInt64(count)) }

  /// The length and the bytes.
  @inlinable
  public mutating func write(_ value: [UInt8]) {
    write(value.count)
    buffer.append(contentsOf: value)
  }

  /// The length in bytes and the text as UTF-8.
  @inlinable
  public mutating func write(_ text: String) {
    write(text.utf8.count)
    buffer.append(contentsOf: text.utf8)
  }

  /// Bytes without a length: the rest of a payload.
  @inlinable
  public mutating func writeRest(_ value: [UInt8]) { buffer.append(contentsOf: value) }
}
