import NIOCore
import RoostPlatform

/// The unit of the peer port, after the handshake: a header and a payload.
///
///     ┌ word, u32 ───────────────┬ crc, u32 ──────────────────────┬ payload ┐   clients, and nodes without a secret
///     │ kind: 2 bits, length: 30 │ CRC-32C over word and payload  │ length  │
///     ├ word, u32 ───────────────┼ code, 16 bytes ────────────────┼ payload ┤   nodes
///     │ the same                 │ see ``FrameAuthenticator``     │ length  │
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
  static let securedHeaderSize = 4 + FrameAuthenticator.codeSize

  static func headerSize(_ security: FrameSecurity?) -> Int { security == nil ? headerSize : securedHeaderSize }

  /// What the length field can say; configured limits are below it.
  static let lengthLimit = 1 << 30

  /// Appends one frame. The caller has checked that the payload is within its limit.
  static func append(_ payload: [UInt8], to buffer: inout ByteBuffer) {
    var none: FrameSecurity?
    append(.payload, payload, to: &buffer, &none)
  }

  static func append(_ payload: [UInt8], to buffer: inout ByteBuffer, _ security: inout FrameSecurity?) {
    append(.payload, payload, to: &buffer, &security)
  }

  /// Appends a ping or a pong.
  static func append(_ kind: Kind, to buffer: inout ByteBuffer) {
    var none: FrameSecurity?
    append(kind, [], to: &buffer, &none)
  }

  static func append(_ kind: Kind, to buffer: inout ByteBuffer, _ security: inout FrameSecurity?) {
    append(kind, [], to: &buffer, &security)
  }

  private static func append(
    _ kind: Kind, _ payload: [UInt8], to buffer: inout ByteBuffer, _ security: inout FrameSecurity?
  ) {
    precondition(payload.count < lengthLimit, "a frame's length has 30 bits")
    let header = headerSize(security)
    let size = header + payload.count
    buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: size) { target in
      let word = kind.rawValue << 30 | UInt32(payload.count)
      target.storeBytes(of: word.littleEndian, as: UInt32.self)
      payload.withUnsafeBytes { source in
        if let code = security?.sending.next(word: word, payload: source) {
          target.storeBytes(of: code.0, toByteOffset: 4, as: UInt64.self)
          target.storeBytes(of: code.1, toByteOffset: 12, as: UInt64.self)
        } else {
          target.storeBytes(of: checksum(word, source).littleEndian, toByteOffset: 4, as: UInt32.self)
        }
        UnsafeMutableRawBufferPointer(rebasing: target[header..<size]).copyMemory(from: source)
      }
      return size
    }
  }

  private static func checksum(_ word: UInt32, _ payload: UnsafeRawBufferPointer) -> UInt32 {
    let crc = withUnsafeBytes(of: word.littleEndian) { CRC32C.shared.extend(0, with: $0) }
    return CRC32C.shared.extend(crc, with: payload)
  }

  /// Takes the next frame out of `buffer`; nil if it is not complete yet.
  ///
  /// The length is judged as soon as the header is there, so that a hostile one never makes anybody wait for, or
  /// reserve, more than `payloadLimit`.
  static func read(from buffer: inout ByteBuffer, payloadLimit: Int) throws(FrameError) -> (Kind, [UInt8])? {
    var none: FrameSecurity?
    return try read(from: &buffer, payloadLimit: payloadLimit, &none)
  }

  static func read(
    from buffer: inout ByteBuffer, payloadLimit: Int, _ security: inout FrameSecurity?
  ) throws(FrameError) -> (Kind, [UInt8])? {
    let header = headerSize(security)
    guard buffer.readableBytes >= header,
      let word = buffer.getInteger(at: buffer.readerIndex, endianness: .little, as: UInt32.self)
    else { return nil }
    let length = Int(word & 0x3FFF_FFFF)
    guard let kind = Kind(rawValue: word >> 30) else { throw .unknownKind }
    guard length <= payloadLimit else { throw .tooLong(length: length, limit: payloadLimit) }
    guard kind == .payload || length == 0 else { throw .tooLong(length: length, limit: 0) }
    guard buffer.readableBytes >= header + length else { return nil }
    let payload: [UInt8]? = buffer.withUnsafeReadableBytes { bytes in
      let source = UnsafeRawBufferPointer(rebasing: bytes[header..<header + length])
      let isSound: Bool
      if let code = security?.receiving.next(word: word, payload: source) {
        let difference =
          (code.0 ^ bytes.loadUnaligned(fromByteOffset: 4, as: UInt64.self))
          | (code.1 ^ bytes.loadUnaligned(fromByteOffset: 12, as: UInt64.self))
        isSound = difference == 0
      } else {
        isSound =
          checksum(word, source) == UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
      }
      return isSound ? [UInt8](source) : nil
    }
    guard let payload else { throw security == nil ? .checksumMismatch : .notAuthentic }
    buffer.moveReaderIndex(forwardBy: header + length)
    return (kind, payload)
  }
}

/// Why bytes are no frame. The connection they came over is closed: after a broken frame the next can't be found.
public enum FrameError: Error, Hashable, Sendable, CustomStringConvertible {
  case tooLong(length: Int, limit: Int)
  case checksumMismatch
  /// Nobody who took part in the greeting sent this frame at this place.
  case notAuthentic
  case unknownKind

  public var description: String {
    switch self {
    case .tooLong(let length, let limit): "a frame of \(length) bytes exceeds the limit of \(limit)"
    case .checksumMismatch: "a frame's checksum does not match"
    case .notAuthentic: "a frame was altered, repeated or left out on the way"
    case .unknownKind: "a frame of an unknown kind"
    }
  }
}
