import RoostBase
import RoostMembership
import RoostPlatform
import RoostRaft
import Testing

@testable import RoostStore

@Suite("Wire codecs of the store")
struct CodecTests {
  /// Of 300 writes two are of keys that were read.
  private static let readWrites: [CommitRequest.Write] = (0..<300).map { number in
    let key = Key([UInt8(number / 256), UInt8(number % 256)])
    return CommitRequest.Write(key: key, value: [1], isRead: number % 150 == 0)
  }

  private static let requests: [Request] = [
    .commit(
      GroupID(2),
      CommitRequest(
        readTimestamp: Timestamp(77), readKeys: [Key("a"), Key([])], readRanges: [KeyRange(Key("b"), Key("c"))],
        writes: [.init(key: Key("k"), value: [1, 2, 3]), .init(key: Key([0, 255]), value: nil)])),
    .commit(
      GroupID(2),
      CommitRequest(readTimestamp: .zero, writes: [.init(key: Key("k"), value: [])], recordsRemoval: true)),
    .commit(GroupID(2), CommitRequest(readTimestamp: Timestamp(7), writes: readWrites)),
    .readIndex(GroupID(1), ReadVoucher(term: Term(300), tag: Incarnation(epoch: 3, nonce: 70_000).tag)),
    .readIndex(GroupID(1), nil), .put(key: Key("k"), value: []), .delete(key: Key("k")),
    .get(key: Key("k"), level: .stale), .scan(KeyRange(Key("a"), Key("b")), limit: 5, level: .linearizable),
    .application(opcode: 200, body: [9, 9]),
  ]

  private static let errors: [StoreError] = [
    .overloaded(.reads), .leaderChanged, .notServing, .noReplica(group: 3), .noPartition(Key("k")),
    .wrongPartition(group: 4), .readOnly, .unexpectedAnswer(node: "node2"),
  ]

  private static let responses: [Response] =
    errors.map { .failure($0) } + [
      .committed(Timestamp(5)), .index(LogIndex(1 << 40)), .value(nil), .value([]), .value([1]),
      .pairs([KeyValue(key: Key("a"), value: [1])]), .application([7]),
      .notLeader(NodeID(3), PeerAddress(host: "::1", port: 7432)), .notLeader(.none, nil),
      .failure(.conflict), .failure(.noQuorum(group: 2, missing: ["node1", "node2"])), .failure(.unknownOutcome),
      .failure(.timedOut), .failure(.cancelled), .failure(.tooLarge(what: "a key", size: 10, limit: 5)),
      .failure(.diverged(group: 2, node: "node1")), .failure(.diskFull(node: "node2")),
      .failure(.leftBehind(node: "node3")),
      .failure(.storage("y")), .failure(.finished), .malformed("z"),
    ]

  @Test("requests and responses survive the wire", arguments: requests)
  func request(_ request: Request) throws {
    var bytes: [UInt8] = []
    request.encode(into: &bytes)
    var reader = ByteReader(bytes)
    #expect(try Request(from: &reader) == request)
  }

  @Test("responses survive the wire", arguments: responses)
  func response(_ response: Response) throws {
    var bytes: [UInt8] = []
    response.encode(into: &bytes)
    #expect(try Response(decoding: bytes) == response)
  }

  @Test("Raft messages of every kind survive the wire", arguments: Message.Kind.allCases)
  func message(_ kind: Message.Kind) throws {
    let message = Message(
      kind, from: NodeID(1), to: NodeID(2), term: Term(3), logTerm: Term(2), index: LogIndex(9), commit: LogIndex(8),
      rejectHint: LogIndex(7), context: 6, reject: true, isRepairing: true,
      entries: [
        Entry(index: LogIndex(10), term: Term(3), payload: [1]),
        Entry(index: LogIndex(11), term: Term(3), kind: .configurationChange, payload: []),
      ],
      snapshot: SnapshotMetadata(
        index: LogIndex(5), term: Term(1),
        configuration: Configuration(
          voters: [NodeID(1), NodeID(2)], outgoingVoters: [NodeID(3)], learners: [NodeID(4)], nextLearners: [NodeID(5)],
          autoLeave: true)))
    for original in [message, Message(kind, from: NodeID(1), to: NodeID(2))] {
      var writer = ByteWriter()
      writer.write(GroupID(12), original)
      var reader = ByteReader(writer.bytes)
      let (group, decoded) = try reader.readMessage(from: NodeID(1), to: NodeID(2))
      #expect(group == GroupID(12))
      #expect(decoded == original)
      #expect(reader.isAtEnd)
    }
  }

  @Test("random and truncated bytes are refused, never a trap", arguments: 0..<8)
  func garbage(seed: UInt64) {
    var generator = TestGenerator(seed: seed)
    for _ in 0..<2000 {
      var bytes: [UInt8]
      if generator.below(2) == 0 {
        bytes = (0..<generator.below(40)).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
      } else {
        bytes = []
        Self.requests[generator.below(Self.requests.count)].encode(into: &bytes)
        bytes.removeLast(generator.below(bytes.count + 1))
        if !bytes.isEmpty { bytes[generator.below(bytes.count)] = UInt8(truncatingIfNeeded: generator.next()) }
      }
      var first = ByteReader(bytes)
      _ = try? Request(from: &first)
      _ = try? Response(decoding: bytes)
      var second = ByteReader(bytes)
      _ = try? second.readMessage(from: NodeID(1), to: NodeID(2))
      var third = ByteReader(bytes)
      _ = try? SnapshotChunk(from: &third)
      _ = try? WriteCommand(decoding: bytes)
      _ = try? GroupState(decoding: bytes)
    }
  }

  @Test("a count far beyond the payload takes no memory")
  func hugeCounts() {
    var writer = ByteWriter()
    writer.write(UInt8(1))
    writer.writeFixed(0)
    writer.write(UInt64(1) << 60)
    let bytes = writer.bytes
    #expect(throws: DecodingFailure.self) { _ = try WriteCommand(decoding: bytes) }
  }
}
