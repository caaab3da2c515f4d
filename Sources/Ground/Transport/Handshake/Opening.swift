import NIOCore
import RoostBase

/// The first message of a greeting of version 2. It says what kind of connection is wanted, and nothing of who calls:
/// whom it reaches may be a stranger. The size of a ``Hello``, so that either version's reader has all of it at once:
///
///     magic 8 · version u16 · role u8 · lane u8 · nonce 32 · crc u32
struct Opening: Hashable {
  static let version: UInt16 = 2

  var role: Hello.Role
  var nonce: HandshakeNonce

  func encoded() -> ByteBuffer {
    var buffer = ByteBuffer()
    buffer.reserveCapacity(Hello.size)
    buffer.writeBytes(Hello.magic)
    buffer.writeInteger(Self.version, endianness: .little)
    buffer.writeInteger(role.bytes.role)
    buffer.writeInteger(role.bytes.lane)
    buffer.writeBytes(nonce.bytes)
    appendChecksum(to: &buffer)
    return buffer
  }

  /// Takes an opening out of `buffer`, with the bytes it had; nil while it is not complete. The caller of this has seen
  /// that the version is 2.
  static func read(from buffer: inout ByteBuffer) throws(HandshakeRejection) -> (Opening, bytes: [UInt8])? {
    guard let whole = buffer.readSlice(length: Hello.size) else { return nil }
    guard hasValidChecksum(whole) else { throw .damaged }
    var fields = whole
    fields.moveReaderIndex(forwardBy: Hello.magic.count + 2)
    guard let role = fields.readInteger(as: UInt8.self), let lane = fields.readInteger(as: UInt8.self),
      let parsed = Hello.Role(role: role, lane: lane), let nonce = fields.readBytes(length: HandshakeNonce.size)
    else { throw .damaged }
    return (Opening(role: parsed, nonce: HandshakeNonce(nonce)), Array(whole.readableBytesView))
  }
}

/// The answer to an ``Opening``: a nonce that the caller's proof must contain. It tells no more than that this is a peer
/// port of Roost.
///
///     magic 8 · version u16 · zero u16 · nonce 32 · crc u32
struct Challenge: Hashable {
  var nonce: HandshakeNonce

  func encoded() -> ByteBuffer {
    var buffer = ByteBuffer()
    buffer.reserveCapacity(Hello.size)
    buffer.writeBytes(Welcome.magic)
    buffer.writeInteger(Opening.version, endianness: .little)
    buffer.writeInteger(UInt16(0))
    buffer.writeBytes(nonce.bytes)
    appendChecksum(to: &buffer)
    return buffer
  }

  /// As ``Opening/read(from:)``. Throws the reason of a ``Welcome`` that came instead, from a node that is too busy,
  /// knows no secret, or is of an earlier version.
  static func read(from buffer: inout ByteBuffer) throws(HandshakeRejection) -> (Challenge, bytes: [UInt8])? {
    guard hasMagic(buffer, Welcome.magic) else { throw .notRoost }
    guard buffer.readableBytes >= Hello.size else { return nil }
    let version = buffer.getInteger(at: buffer.readerIndex + 8, endianness: .little, as: UInt16.self)
    if version == Hello.version {
      let welcome = try Welcome.read(from: &buffer)
      throw welcome?.rejection.map { $0 == .unknownVersion ? .insecure : $0 } ?? .insecure
    }
    guard version == Opening.version else { throw .unknownVersion }
    guard let whole = buffer.readSlice(length: Hello.size), hasValidChecksum(whole) else { throw .damaged }
    var fields = whole
    fields.moveReaderIndex(forwardBy: Welcome.magic.count + 4)
    guard let nonce = fields.readBytes(length: HandshakeNonce.size) else { throw .damaged }
    return (Challenge(nonce: HandshakeNonce(nonce)), Array(whole.readableBytesView))
  }
}
