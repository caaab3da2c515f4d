import NIOCore
import RoostPlatform

/// The unit of the peer port, after the handshake: an eight-byte header and a payload.
///
///     ┌ word, u32 ───────────────┬ crc, u32 ──────────────────────┬ payload ┐
///     │ kind: 2 bits, length: 30 │ CRC-32C over word and payload  │ length  │
///     └──────────────────────────┴────────────────────────────────┴─────────┘
///
/// Integers are little-endian. Pings and pongs have no payload.
enum Frame {
  enum Kind: UInt32 {
    case payload = 0
    case ping = 1
    case pong = 2
  }

  static let headerSize = 8
  /// What the length field can say; configured limits are below it.
  static let lengthLimit = 1 << 30

  /// Appends one frame. The caller has checked that the payload is within its limit.
  static func append(_ payload: [UInt8], to buffer: inout ByteBuffer) {
    precondition(payload.count < lengthLimit, "a frame's length has 30 bits")
    append(.payload, payload, to: &buffer)
  }

  /// Appends a ping or a pong.
  static func append(_ kind: Kind, to buffer: inout ByteBuffer) {
    append(kind, [], to: &buffer)
  }

  private static func append(_ kind: Kind, _ payload: [UInt8], to buffer: inout ByteBuffer) {
    let size = headerSize + payload.count
    buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: size) { target in
      let word = (kind.rawValue << 30 | UInt32(payload.count)).littleEndian
      target.storeBytes(of: word, as: UInt32.self)
      payload.withUnsafeBytes { source in
        var crc = withUnsafeBytes(of: word) { CRC32C.shared.extend(0, with: $0) }
        crc = CRC32C.shared.extend(crc, with: source)
        target.storeBytes(of: crc.littleEndian, toByteOffset: 4, as: UInt32.self)
        UnsafeMutableRawBufferPointer(rebasing: target[headerSize..<size]).copyMemory(from: source)
      }
      return size
    }
  }

  /// Takes the next frame out of `buffer`; nil if it is not complete yet.
  ///
  /// The length is judged as soon as the header is there, so that a hostile one never makes anybody wait for, or
  /// reserve, more than `payloadLimit`.
  static func read(from buffer: inout ByteBuffer, payloadLimit: Int) throws(FrameError) -> (Kind, [UInt8])? {
    guard
      let word = buffer.getInteger(at: buffer.readerIndex, endianness: .little, as: UInt32.self),
      let crc = buffer.getInteger(at: buffer.readerIndex + 4, endianness: .little, as: UInt32.self)
    else { return nil }
    let length = Int(word & 0x3FFF_FFFF)
    guard let kind = Kind(rawValue: word >> 30) else { throw .unknownKind }
    guard length <= payloadLimit else { throw .tooLong(length: length, limit: payloadLimit) }
    guard kind == .payload || length == 0 else { throw .tooLong(length: length, limit: 0) }
    guard buffer.readableBytes >= headerSize + length else { return nil }

    let payload: [UInt8]? = buffer.withUnsafeReadableBytes { bytes in
      let source = UnsafeRawBufferPointer(rebasing: bytes[headerSize..<headerSize + length])
      var actual = withUnsafeBytes(of: word.littleEndian) { CRC32C.shared.extend(0, with: $0) }
      actual = CRC32C.shared.extend(actual, with: source)
      return actual == crc ? [UInt8](source) : nil
    }
    guard let payload else { throw .checksumMismatch }
    buffer.moveReaderIndex(forwardBy: headerSize + length)
    return (kind, payload)
  }
}

/// Why bytes are no frame. The connection they came over is closed: after a broken frame the next can't be found.
public enum FrameError: Error, Hashable, Sendable, CustomStringConvertible {
  case tooLong(length: Int, limit: Int)
  case checksumMismatch
  case unknownKind

  public var description: String {
    switch self {
    case .tooLong(let length, let limit): "a frame of \(length) bytes exceeds the limit of \(limit)"
    case .checksumMismatch: "a frame's checksum does not match"
    case .unknownKind: "a frame of an unknown kind"
    }
  }
}
