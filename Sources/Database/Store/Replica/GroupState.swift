import RoostBase
import RoostPlatform
import RoostRaft

/// What a replica knows about its own state machine: written in the same engine batch as the data, so that after a
/// crash the data and this record agree.
struct GroupState: Equatable {
  var applied: LogIndex = .zero
  var appliedTerm: Term = .zero
  /// The timestamp of the last command applied.
  var timestamp: Timestamp = .zero
  /// The configuration in force at `applied`.
  var configuration = Configuration()
  /// The snapshot file that is being installed: until it is done, the data are neither old nor new.
  var installing: String = ""
  /// A bulk commit of which slices are kept; see ``BulkRequest``.
  var bulk: Bulk?

  struct Bulk: Equatable {
    /// Of the leader whose bulk commit it is.
    var term: Term
    /// How many slices are kept.
    var slices: Int
    /// When it was committed; some of its writes may be in the state already, which no view of this state sees.
    var committedAt: Timestamp?
  }

  init() {}

  func encoded() -> [UInt8] {
    var writer = ByteWriter(reserving: 96)
    writer.write(UInt8(1))
    writer.writeFixed(applied.rawValue)
    writer.writeFixed(appliedTerm.rawValue)
    writer.writeFixed(timestamp.rawValue)
    writer.write(configuration)
    writer.write(installing)
    // The last field, and only there if it says anything.
    if let bulk { writer.write(bulk) }
    return writer.bytes
  }

  init(decoding bytes: [UInt8]) throws(DecodingFailure) {
    var reader = ByteReader(bytes)
    guard try reader.readByte() == 1 else { throw DecodingFailure("an unknown version of a group's state") }
    applied = LogIndex(try reader.readFixed())
    appliedTerm = Term(try reader.readFixed())
    timestamp = Timestamp(try reader.readFixed())
    configuration = try reader.readConfiguration()
    installing = try reader.readString()
    if !reader.isAtEnd { bulk = try reader.readBulk() }
    try reader.requireEnd()
  }
}

extension ByteWriter {
  mutating func write(_ nodes: Set<NodeID>) {
    write(nodes.count)
    for node in nodes.sorted() { write(node.rawValue) }
  }

  mutating func write(_ configuration: Configuration) {
    write(configuration.voters)
    write(configuration.outgoingVoters)
    write(configuration.learners)
    write(configuration.nextLearners)
    write(configuration.autoLeave)
  }
}

extension ByteWriter {
  mutating func write(_ bulk: GroupState.Bulk) {
    write(bulk.term.rawValue)
    write(bulk.slices)
    writeFixed((bulk.committedAt ?? .zero).rawValue)
  }
}

extension ByteReader {
  mutating func readBulk() throws(DecodingFailure) -> GroupState.Bulk {
    let term = Term(try readVarint())
    let slices = Int(clamping: try readVarint())
    let committedAt = Timestamp(try readFixed())
    return GroupState.Bulk(term: term, slices: slices, committedAt: committedAt == .zero ? nil : committedAt)
  }

  mutating func readNodes() throws(DecodingFailure) -> Set<NodeID> {
    var nodes: Set<NodeID> = []
    for _ in 0..<(try readCount()) { nodes.insert(NodeID(try readVarint())) }
    return nodes
  }

  mutating func readConfiguration() throws(DecodingFailure) -> Configuration {
    Configuration(
      voters: try readNodes(), outgoingVoters: try readNodes(), learners: try readNodes(),
      nextLearners: try readNodes(), autoLeave: try readBool())
  }
}
