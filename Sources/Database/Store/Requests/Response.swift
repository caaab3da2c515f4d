public import RoostBase
public import RoostPlatform
public import RoostRaft

/// The answer to a ``Request``.
///
/// Layout: status (1), then the fields in order.
public enum Response: Sendable, Equatable {
  case committed(Timestamp)
  case index(LogIndex)
  case value([UInt8]?)
  case pairs([KeyValue])
  case application([UInt8])
  /// This node does not lead the group; the leader, where known, is at the peer address.
  case notLeader(NodeID, PeerAddress?)
  case failure(StoreError)
  /// The request could not be decoded.
  case malformed(String)

  public init(decoding bytes: [UInt8]) throws {
    var reader = ByteReader(bytes)
    self = try Response(from: &reader)
  }

  public func encode(into bytes: inout [UInt8]) {
    var writer = ByteWriter(reserving: 64)
    encode(into: &writer)
    bytes.append(contentsOf: writer.bytes)
  }

  func encode(into writer: inout ByteWriter) {
    switch self {
    case .committed(let timestamp):
      writer.write(UInt8(1))
      writer.writeFixed(timestamp.rawValue)
    case .index(let index):
      writer.write(UInt8(2))
      writer.write(index.rawValue)
    case .value(nil): writer.write(UInt8(3))
    case .value(let value?):
      writer.write(UInt8(4))
      writer.writeRest(value)
    case .pairs(let pairs):
      writer.write(UInt8(5))
      writer.write(pairs.count)
      for pair in pairs {
        writer.write(pair.key.bytes)
        writer.write(pair.value)
      }
    case .application(let body):
      writer.write(UInt8(6))
      writer.writeRest(body)
    case .notLeader(let leader, let address):
      writer.write(UInt8(7))
      writer.write(leader.rawValue)
      writer.write(address?.description ?? "")
    case .failure(let error):
      writer.write(UInt8(8))
      error.encode(into: &writer)
    case .malformed(let reason):
      writer.write(UInt8(9))
      writer.write(reason)
    }
  }

  init(from reader: inout ByteReader) throws(DecodingFailure) {
    switch try reader.readByte() {
    case 1: self = .committed(Timestamp(try reader.readFixed()))
    case 2: self = .index(LogIndex(try reader.readVarint()))
    case 3: self = .value(nil)
    case 4: self = .value(reader.readRest())
    case 5:
      let count = try reader.readCount(minimumSize: 2)
      var pairs: [KeyValue] = []
      pairs.reserveCapacity(count)
      for _ in 0..<count { pairs.append(KeyValue(key: Key(try reader.readBytes()), value: try reader.readBytes())) }
      self = .pairs(pairs)
    case 6: self = .application(reader.readRest())
    case 7: self = .notLeader(NodeID(try reader.readVarint()), PeerAddress(try reader.readString()))
    case 8: self = .failure(try StoreError(from: &reader))
    case 9: self = .malformed(try reader.readString())
    case let status: throw DecodingFailure("unknown response \(status)")
    }
    try reader.requireEnd()
  }
}

extension StoreError {
  fileprivate func encode(into writer: inout ByteWriter) {
    switch self {
    case .conflict: writer.write(UInt8(1))
    case .noQuorum(let group, let missing):
      writer.write(UInt8(2))
      writer.write(group)
      writer.write(missing.count)
      for name in missing { writer.write(name) }
    case .unknownOutcome: writer.write(UInt8(3))
    case .timedOut: writer.write(UInt8(4))
    case .cancelled: writer.write(UInt8(5))
    case .tooLarge(let what, let size, let limit):
      writer.write(UInt8(6))
      writer.write(what)
      writer.write(size)
      writer.write(limit)
    case .overloaded(let queue):
      writer.write(UInt8(16))
      writer.write(queue.rawValue)
    case .leaderChanged: writer.write(UInt8(17))
    case .notServing: writer.write(UInt8(18))
    case .noReplica(let group):
      writer.write(UInt8(19))
      writer.write(group)
    case .noPartition(let key):
      writer.write(UInt8(20))
      writer.write(key.bytes)
    case .wrongPartition(let group):
      writer.write(UInt8(21))
      writer.write(group)
    case .readOnly: writer.write(UInt8(22))
    case .unexpectedAnswer(let node):
      writer.write(UInt8(23))
      writer.write(node)
    case .storage(let reason):
      writer.write(UInt8(8))
      writer.write(reason)
    case .finished: writer.write(UInt8(9))
    case .tooOld: writer.write(UInt8(11))
    case .diverged(let group, let node):
      writer.write(UInt8(12))
      writer.write(group)
      writer.write(node)
    case .outOfMemory(let limit):
      writer.write(UInt8(13))
      writer.write(limit)
    case .keyNotOpen(let key, let owner):
      writer.write(UInt8(14))
      writer.write(key.bytes)
      writer.write(owner ?? "")
    case .diskFull(let node):
      writer.write(UInt8(10))
      writer.write(node)
    case .leftBehind(let node):
      writer.write(UInt8(15))
      writer.write(node)
    }
  }

  fileprivate init(from reader: inout ByteReader) throws(DecodingFailure) {
    switch try reader.readByte() {
    case 1: self = .conflict
    case 2:
      let group = try reader.readVarint()
      var missing: [String] = []
      for _ in 0..<(try reader.readCount()) { missing.append(try reader.readString()) }
      self = .noQuorum(group: group, missing: missing)
    case 3: self = .unknownOutcome
    case 4: self = .timedOut
    case 5: self = .cancelled
    case 6:
      self = .tooLarge(
        what: try reader.readString(), size: Int(clamping: try reader.readVarint()),
        limit: Int(clamping: try reader.readVarint()))
    case 8: self = .storage(try reader.readString())
    case 9: self = .finished
    case 10: self = .diskFull(node: try reader.readString())
    case 11: self = .tooOld
    case 12: self = .diverged(group: try reader.readVarint(), node: try reader.readString())
    case 13: self = .outOfMemory(limit: Int(clamping: try reader.readVarint()))
    case 14:
      let key = Key(try reader.readBytes())
      let owner = try reader.readString()
      self = .keyNotOpen(key, owner: owner.isEmpty ? nil : owner)
    case 15: self = .leftBehind(node: try reader.readString())
    case 16:
      guard let queue = Queue(rawValue: try reader.readByte()) else { throw DecodingFailure("an unknown queue") }
      self = .overloaded(queue)
    case 17: self = .leaderChanged
    case 18: self = .notServing
    case 19: self = .noReplica(group: try reader.readVarint())
    case 20: self = .noPartition(Key(try reader.readBytes()))
    case 21: self = .wrongPartition(group: try reader.readVarint())
    case 22: self = .readOnly
    case 23: self = .unexpectedAnswer(node: try reader.readString())
    case let code: throw DecodingFailure("unknown error \(code)")
    }
  }
}
