import RoostBase
public import RoostMembership
public import RoostPlatform
public import RoostRaft

/// What a node or a native client asks of a node. One codec serves both: a follower forwards what its clients asked.
///
/// Layout: opcode (1), then the fields in order; integers are varints, byte strings carry their length.
public enum Request: Sendable, Equatable {
  /// Commits a buffered transaction in the group that holds its keys.
  case commit(GroupID, CommitRequest)
  /// Asks the leader for an index from which a local read is linearizable. With a voucher, if the asker follows the node
  /// that it asks.
  case readIndex(GroupID, ReadVoucher?)
  case put(key: Key, value: [UInt8])
  case delete(key: Key)
  case get(key: Key, level: TransactionOptions.ReadLevel)
  /// Pairs of a range, at most `limit` of them and about a mebibyte.
  case scan(KeyRange, limit: Int, level: TransactionOptions.ReadLevel)
  /// Something of the floor above: an opcode of its own and a body. See ``RequestChannels``.
  case application(opcode: UInt8, body: [UInt8])

  /// Opcodes from here on belong to the floor above.
  public static let firstApplicationOpcode: UInt8 = 64

  public func encode(into bytes: inout [UInt8]) {
    var writer = ByteWriter(reserving: 64)
    encode(into: &writer)
    bytes.append(contentsOf: writer.bytes)
  }

  func encode(into writer: inout ByteWriter) {
    switch self {
    case .commit(let group, let request):
      writer.write(UInt8(1))
      writer.write(group.rawValue)
      request.encode(into: &writer)
    case .readIndex(let group, let voucher):
      writer.write(UInt8(2))
      writer.write(group.rawValue)
      writer.write(voucher != nil)
      if let voucher {
        writer.write(voucher.term.rawValue)
        writer.write(voucher.tag.rawValue)
      }
    case .put(let key, let value):
      writer.write(UInt8(3))
      writer.write(key.bytes)
      writer.write(value)
    case .delete(let key):
      writer.write(UInt8(4))
      writer.write(key.bytes)
    case .get(let key, let level):
      writer.write(UInt8(5))
      writer.write(level == .stale)
      writer.write(key.bytes)
    case .scan(let range, let limit, let level):
      writer.write(UInt8(6))
      writer.write(level == .stale)
      writer.write(range)
      writer.write(limit)
    case .application(let opcode, let body):
      writer.write(opcode)
      writer.writeRest(body)
    }
  }

  init(from reader: inout ByteReader) throws(DecodingFailure) {
    switch try reader.readByte() {
    case 1: self = .commit(GroupID(try reader.readVarint()), try CommitRequest(from: &reader))
    case 2:
      let group = GroupID(try reader.readVarint())
      let isVouchedFor = try reader.readBool()
      self = .readIndex(group, isVouchedFor ? try ReadVoucher(from: &reader) : nil)
    case 3: self = .put(key: Key(try reader.readBytes()), value: try reader.readBytes())
    case 4: self = .delete(key: Key(try reader.readBytes()))
    case 5:
      let level: TransactionOptions.ReadLevel = try reader.readBool() ? .stale : .linearizable
      self = .get(key: Key(try reader.readBytes()), level: level)
    case 6:
      let level: TransactionOptions.ReadLevel = try reader.readBool() ? .stale : .linearizable
      let range = try reader.readRange()
      self = .scan(range, limit: Int(clamping: try reader.readVarint()), level: level)
    case let opcode where opcode >= Request.firstApplicationOpcode:
      self = .application(opcode: opcode, body: reader.readRest())
    case let opcode: throw DecodingFailure("unknown request \(opcode)")
    }
    try reader.requireEnd()
  }
}

/// What a follower says of itself when it asks for a read index: it counts as its answer to a round of heartbeats.
public struct ReadVoucher: Sendable, Equatable {
  /// The term in which it follows the one that it asks.
  public var term: Term
  /// Which of its starts it is: one that forgot what it had promised must not be believed.
  public var tag: Incarnation.Tag

  init(term: Term, tag: Incarnation.Tag) {
    self.term = term
    self.tag = tag
  }

  init(from reader: inout ByteReader) throws(DecodingFailure) {
    term = Term(try reader.readVarint())
    tag = Incarnation.Tag(try reader.readVarint())
  }
}
