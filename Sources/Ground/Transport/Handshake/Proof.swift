import NIOCore
import RoostBase

/// What a caller says of itself, and the code that only a holder of the join secret can make over it and all that was
/// said before.
///
///     cluster 16 · caller u64 · target u64 · code 32
struct Proof: Hashable {
  static let fieldSize = 32
  static let size = fieldSize + HandshakeKeys.codeSize

  /// Zero: whichever cluster answers (clients only).
  var cluster: UInt128
  var caller: NodeID
  var target: NodeID

  var fields: [UInt8] {
    var buffer = ByteBuffer()
    buffer.writeInteger(cluster, endianness: .little)
    buffer.writeInteger(caller.rawValue, endianness: .little)
    buffer.writeInteger(target.rawValue, endianness: .little)
    return Array(buffer.readableBytesView)
  }

  /// Nil while it is not complete.
  static func read(from buffer: inout ByteBuffer) -> (Proof, bytes: [UInt8])? {
    guard let whole = buffer.readSlice(length: size) else { return nil }
    var fields = whole
    guard let cluster = fields.readInteger(endianness: .little, as: UInt128.self),
      let caller = fields.readInteger(endianness: .little, as: UInt64.self),
      let target = fields.readInteger(endianness: .little, as: UInt64.self)
    else { return nil }
    return (
      Proof(cluster: cluster, caller: NodeID(caller), target: NodeID(target)), Array(whole.readableBytesView)
    )
  }

  /// The code of a caller that has no secret: it wants to be told so, and heard.
  static let noCode = [UInt8](repeating: 0, count: HandshakeKeys.codeSize)
}

/// The last word of a greeting of version 2: whether the caller may stay and, to one that proved itself, who answers.
///
///     status u8 · zero 7 · cluster 16 · answerer u64 · code 32
struct Verdict: Hashable {
  static let fieldSize = 32
  static let size = fieldSize + HandshakeKeys.codeSize

  /// Nil: the caller may stay.
  var rejection: HandshakeRejection?
  var cluster: UInt128
  var answerer: NodeID

  var fields: [UInt8] {
    var buffer = ByteBuffer()
    buffer.writeInteger(rejection?.rawValue ?? 0)
    buffer.writeRepeatingByte(0, count: 7)
    buffer.writeInteger(cluster, endianness: .little)
    buffer.writeInteger(answerer.rawValue, endianness: .little)
    return Array(buffer.readableBytesView)
  }

  /// Nil while it is not complete.
  static func read(from buffer: inout ByteBuffer) -> (Verdict, bytes: [UInt8])? {
    guard let whole = buffer.readSlice(length: size) else { return nil }
    var fields = whole
    guard let status = fields.readInteger(as: UInt8.self), fields.readBytes(length: 7) != nil,
      let cluster = fields.readInteger(endianness: .little, as: UInt128.self),
      let answerer = fields.readInteger(endianness: .little, as: UInt64.self)
    else { return nil }
    let rejection = status == 0 ? nil : HandshakeRejection(rawValue: status) ?? .damaged
    return (
      Verdict(rejection: rejection, cluster: cluster, answerer: NodeID(answerer)), Array(whole.readableBytesView)
    )
  }
}
