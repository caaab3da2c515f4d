import RoostBase
import RoostPlatform
import RoostRaft
import RoostStorage

/// One piece of a snapshot stream. The header travels in the first chunk only; pairs are engine keys and values.
struct SnapshotChunk {
  var group: GroupID
  /// Chosen by the sender; tells a new stream from an old one.
  var stream: UInt64
  var sequence: UInt64
  var header: SnapshotHeader?
  var isLast: Bool
  var pairs: [(key: [UInt8], value: [UInt8])]

  func encoded() -> [UInt8] {
    var writer = ByteWriter(reserving: SnapshotSender.chunkBytes + 4096)
    writer.write(PeerPayload.Kind.snapshotChunk.rawValue)
    writer.write(group.rawValue)
    writer.write(stream)
    writer.write(sequence)
    writer.write(header != nil)
    if let header { writer.write(header.encoded()) }
    writer.write(isLast)
    writer.write(pairs.count)
    for pair in pairs {
      writer.write(pair.key)
      writer.write(pair.value)
    }
    return writer.bytes
  }

  init(
    group: GroupID, stream: UInt64, sequence: UInt64, header: SnapshotHeader?, isLast: Bool,
    pairs: [(key: [UInt8], value: [UInt8])]
  ) {
    self.group = group
    self.stream = stream
    self.sequence = sequence
    self.header = header
    self.isLast = isLast
    self.pairs = pairs
  }

  init(from reader: inout ByteReader) throws(DecodingFailure) {
    group = GroupID(try reader.readVarint())
    stream = try reader.readVarint()
    sequence = try reader.readVarint()
    header = try reader.readBool() ? try SnapshotHeader(decoding: try reader.readBytes()) : nil
    isLast = try reader.readBool()
    pairs = try reader.readPairs()
    try reader.requireEnd()
  }

  /// Whether it holds nothing but versions of keys in a range, and slices of a bulk commit of its group.
  func isWithin(_ range: KeyRange) -> Bool {
    pairs.allSatisfy { pair in
      if pair.key.first == KeySpace.nodeLocal { return LocalKeys.isSlice(pair.key, of: group) }
      guard let (key, _) = VersionKey.decode(pair.key) else { return false }
      return range.contains(Key(key))
    }
  }
}

extension ByteReader {
  mutating func readPairs() throws(DecodingFailure) -> [(key: [UInt8], value: [UInt8])] {
    let count = try readCount(minimumSize: 2)
    var pairs: [(key: [UInt8], value: [UInt8])] = []
    pairs.reserveCapacity(count)
    for _ in 0..<count { pairs.append((try readBytes(), try readBytes())) }
    return pairs
  }
}

/// What a snapshot is of: where it stands, at which timestamp, and the Raft term of the leader that sends it.
struct SnapshotHeader: Equatable {
  var metadata: SnapshotMetadata
  var timestamp: Timestamp
  var leaderTerm: Term
  /// The bulk commit whose slices are among the pairs.
  var bulk: GroupState.Bulk?

  init(metadata: SnapshotMetadata, timestamp: Timestamp, leaderTerm: Term, bulk: GroupState.Bulk? = nil) {
    self.bulk = bulk
    self.metadata = metadata
    self.timestamp = timestamp
    self.leaderTerm = leaderTerm
  }

  func encoded() -> [UInt8] {
    var writer = ByteWriter(reserving: 64)
    writer.write(metadata)
    writer.writeFixed(timestamp.rawValue)
    writer.write(leaderTerm.rawValue)
    if let bulk { writer.write(bulk) }
    return writer.bytes
  }

  init(decoding bytes: [UInt8]) throws(DecodingFailure) {
    var reader = ByteReader(bytes)
    metadata = try reader.readSnapshot()
    timestamp = Timestamp(try reader.readFixed())
    leaderTerm = Term(try reader.readVarint())
    bulk = reader.isAtEnd ? nil : try reader.readBulk()
    try reader.requireEnd()
  }
}

/// The receiver has the chunks up to and including `sequence`; or, if `refused`, wants no more of this stream.
struct SnapshotAcknowledgement {
  var group: GroupID
  var stream: UInt64
  var sequence: UInt64
  var refused: Bool

  func encoded() -> [UInt8] {
    var writer = ByteWriter()
    writer.write(PeerPayload.Kind.snapshotAcknowledgement.rawValue)
    writer.write(group.rawValue)
    writer.write(stream)
    writer.write(sequence)
    writer.write(refused)
    return writer.bytes
  }

  init(group: GroupID, stream: UInt64, sequence: UInt64, refused: Bool) {
    self.group = group
    self.stream = stream
    self.sequence = sequence
    self.refused = refused
  }

  init(from reader: inout ByteReader) throws(DecodingFailure) {
    group = GroupID(try reader.readVarint())
    stream = try reader.readVarint()
    sequence = try reader.readVarint()
    refused = try reader.readBool()
    try reader.requireEnd()
  }
}

/// One stream of chunks: a group and the node at the other end.
struct SnapshotTarget: Hashable, Comparable {
  var group: GroupID
  var node: NodeID

  static func < (left: SnapshotTarget, right: SnapshotTarget) -> Bool {
    (left.group, left.node) < (right.group, right.node)
  }
}
