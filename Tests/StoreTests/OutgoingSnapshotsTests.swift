import RoostBase
import RoostPlatform
import RoostRaft
import RoostStorage
import Testing

@testable import RoostStore

@Suite("Snapshots that are sent")
struct OutgoingSnapshotsTests {
  private static let group = GroupID(2)
  private static let (three, four) = (NodeID(3), NodeID(4))

  /// A state of eight chunks, and two followers that are connected.
  private final class Bench: SnapshotSource, @unchecked Sendable {
    let loop = ManualLoop()
    let network: RecordingNetwork
    let engine = MemoryEngine()
    let snapshots: OutgoingSnapshots
    var connected: Set<NodeID> = [three, four]
    /// For whom the core wants a snapshot.
    var wanted: Set<NodeID> = [three, four]
    var applied = LogIndex(9)
    var ended: [String] = []

    /// - Parameter bytesPerSecond: so many that nothing has to wait, unless it is given.
    init(streams: Int = 8, bytesPerSecond: Int = 1 << 60) throws {
      network = RecordingNetwork(loop, open: [three, four])
      snapshots = OutgoingSnapshots(
        loop: loop, network: network, engine: engine,
        throttle: SnapshotThrottle(maximumStreams: streams, bytesPerSecond: bytesPerSecond), firstStream: 40)
      snapshots.source = self
      var batch = EngineBatch()
      for number in 0..<30 {
        batch.putVersion([1, UInt8(number)], at: 7, [UInt8](repeating: 5, count: 64 << 10))
      }
      try engine.write(batch)
    }

    func isConnected(to node: NodeID) -> Bool { connected.contains(node) }

    func appliedState(of group: GroupID) -> SnapshotContents? {
      SnapshotContents(
        header: SnapshotHeader(
          metadata: SnapshotMetadata(index: applied, term: Term(2)), timestamp: Timestamp(7), leaderTerm: Term(3)),
        range: KeyRange(Key([1]), Key([2])))
    }

    func takeTurn(of target: SnapshotTarget) -> SnapshotContents? {
      wanted.contains(target.node) ? appliedState(of: target.group) : nil
    }

    func snapshotEnded(_ target: SnapshotTarget, succeeded: Bool) {
      ended.append("\(target.node) \(succeeded ? "arrived" : "failed")")
    }

    func engineFailed(_ error: EngineError, _ what: String) { ended.append(what) }

    @discardableResult
    func send(to node: NodeID, term: UInt64 = 3) -> Bool {
      let metadata = SnapshotMetadata(index: LogIndex(9), term: Term(2))
      return snapshots.send(
        Message(.snapshot, from: NodeID(1), to: node, term: Term(term), snapshot: metadata), of: group)
    }

    func acknowledge(_ sequence: UInt64, by node: NodeID, stream: UInt64 = 40, refused: Bool = false) {
      snapshots.receive(
        SnapshotAcknowledgement(group: group, stream: stream, sequence: sequence, refused: refused), from: node)
    }

    func disconnect(_ node: NodeID) {
      cut(node)
      snapshots.connectionLost(to: node)
    }

    /// The connection is gone, and nobody has noticed.
    func cut(_ node: NodeID) {
      connected.remove(node)
      network.open.remove(node)
    }

    func connect(_ node: NodeID) {
      connected.insert(node)
      network.open.insert(node)
      snapshots.connectionOpened(to: node)
    }

    func chunks(to node: NodeID) throws -> [SnapshotChunk] {
      var chunks: [SnapshotChunk] = []
      for sent in network.sent where sent.node == node {
        var reader = ByteReader(sent.payload)
        let kind = try reader.readByte()
        #expect(kind == PeerPayload.Kind.snapshotChunk.rawValue && sent.lane == .bulk)
        chunks.append(try SnapshotChunk(from: &reader))
      }
      return chunks
    }

    func sequences(to node: NodeID) throws -> [UInt64] { try chunks(to: node).map { $0.sequence } }
  }

  @Test("four chunks are under way at most, and the snapshot has arrived when the last is acknowledged")
  func window() throws {
    let bench = try Bench()
    #expect(bench.send(to: Self.three))
    #expect(try bench.sequences(to: Self.three) == [0, 1, 2, 3])
    bench.acknowledge(1, by: Self.three)
    #expect(try bench.sequences(to: Self.three) == [0, 1, 2, 3, 4, 5])
    bench.acknowledge(5, by: Self.three)
    #expect(try bench.sequences(to: Self.three) == [0, 1, 2, 3, 4, 5, 6, 7])
    #expect(bench.ended.isEmpty)
    bench.acknowledge(7, by: Self.three)
    #expect(bench.ended == ["3 arrived"])

    let chunks = try bench.chunks(to: Self.three)
    #expect(chunks.first?.header?.metadata.index == LogIndex(9))
    #expect(chunks.filter { $0.header != nil }.count == 1)
    #expect(chunks.last?.isLast == true && chunks.filter { $0.isLast }.count == 1)
    #expect(chunks.reduce(0) { $0 + $1.pairs.count } == 30)
    #expect(bench.snapshots.startedCount == 1)
  }

  @Test("after a broken connection the stream goes on behind what was acknowledged")
  func brokenConnection() throws {
    let bench = try Bench()
    bench.send(to: Self.three)
    bench.acknowledge(1, by: Self.three)
    bench.disconnect(Self.three)
    bench.acknowledge(2, by: Self.three)
    #expect(try bench.sequences(to: Self.three).count == 6, "nothing is sent meanwhile")
    bench.connect(Self.three)
    #expect(try Array(bench.sequences(to: Self.three).dropFirst(6)) == [3, 4, 5, 6])
    #expect(try bench.chunks(to: Self.three).allSatisfy { $0.stream == 40 })
    bench.acknowledge(6, by: Self.three)
    bench.acknowledge(7, by: Self.three)
    #expect(bench.ended == ["3 arrived"])
  }

  @Test("what finds the connection gone waits for the next one; what finds the queue full fails")
  func refusedByTheNetwork() throws {
    let bench = try Bench()
    bench.send(to: Self.three)
    bench.cut(Self.three)
    bench.acknowledge(0, by: Self.three)
    #expect(bench.ended.isEmpty)
    bench.snapshots.connectionLost(to: Self.three)
    bench.connect(Self.three)
    #expect(try Array(bench.sequences(to: Self.three).dropFirst(4)) == [1, 2, 3, 4])

    bench.network.open = []
    bench.acknowledge(1, by: Self.three)
    #expect(bench.ended == ["3 failed"])
  }

  @Test("a refused stream has failed, and an answer to another stream means nothing")
  func refusal() throws {
    let bench = try Bench()
    bench.send(to: Self.three)
    bench.acknowledge(0, by: Self.three, stream: 39, refused: true)
    bench.acknowledge(0, by: Self.four, refused: true)
    #expect(bench.ended.isEmpty)
    bench.acknowledge(0, by: Self.three, refused: true)
    bench.acknowledge(3, by: Self.three)
    #expect(bench.ended == ["3 failed"])
    #expect(try bench.sequences(to: Self.three) == [0, 1, 2, 3])
  }

  @Test("the same leader does not begin twice; the stream of a later term takes the place of the one before")
  func laterTerm() throws {
    let bench = try Bench()
    bench.send(to: Self.three)
    #expect(bench.send(to: Self.three))
    #expect(try bench.sequences(to: Self.three) == [0, 1, 2, 3])
    #expect(bench.send(to: Self.three, term: 4))
    bench.acknowledge(3, by: Self.three)
    let chunks = try bench.chunks(to: Self.three)
    #expect(chunks.map { $0.stream } == [40, 40, 40, 40, 41, 41, 41, 41])
    #expect(chunks.last?.sequence == 3 && chunks[4].header?.leaderTerm == Term(4))
    #expect(bench.ended.isEmpty)
  }

  @Test("a state that has moved on is not sent under the index of before, nor anything to a node that is away")
  func impossible() throws {
    let bench = try Bench()
    bench.applied = LogIndex(10)
    #expect(!bench.send(to: Self.three))
    bench.applied = LogIndex(9)
    bench.disconnect(Self.three)
    #expect(!bench.send(to: Self.three))
    #expect(bench.network.sent.isEmpty && bench.ended.isEmpty && bench.snapshots.startedCount == 0)
  }

  @Test("only so many streams go on at once; when one ends the next begins, with the state as it is then")
  func turns() throws {
    let bench = try Bench(streams: 1)
    #expect(bench.send(to: Self.three) && bench.send(to: Self.four))
    bench.applied = LogIndex(12)
    bench.acknowledge(3, by: Self.three)
    #expect(try bench.chunks(to: Self.four).isEmpty)
    bench.acknowledge(7, by: Self.three)
    let chunks = try bench.chunks(to: Self.four)
    #expect(chunks.map { $0.sequence } == [0, 1, 2, 3] && chunks.first?.stream == 41)
    #expect(chunks.first?.header?.metadata.index == LogIndex(12))
    #expect(bench.ended == ["3 arrived"])
  }

  @Test("a stream without a connection holds up nobody, and a target that is not wanted any more loses its turn")
  func freedPlace() throws {
    let bench = try Bench(streams: 1)
    bench.send(to: Self.three)
    bench.send(to: Self.four)
    bench.disconnect(Self.three)
    #expect(try bench.sequences(to: Self.four) == [0, 1, 2, 3])

    let other = try Bench(streams: 1)
    other.send(to: Self.three)
    other.send(to: Self.four)
    other.wanted = []
    other.acknowledge(0, by: Self.three, refused: true)
    #expect(try other.chunks(to: Self.four).isEmpty)
  }

  @Test("what waits for its turn fails with the connection")
  func waitingTarget() throws {
    let bench = try Bench(streams: 1)
    bench.send(to: Self.three)
    bench.send(to: Self.four)
    bench.disconnect(Self.four)
    #expect(bench.ended == ["4 failed"])
    bench.connect(Self.four)
    bench.acknowledge(0, by: Self.three, refused: true)
    #expect(try bench.chunks(to: Self.four).isEmpty, "its core asks again")
  }

  @Test("chunks of all streams together go no faster than allowed")
  func throttle() throws {
    let bench = try Bench(bytesPerSecond: 1 << 20)
    bench.send(to: Self.three)
    bench.send(to: Self.four)
    #expect(bench.network.sent.count == 1)
    bench.loop.run(for: .milliseconds(200))
    #expect(bench.network.sent.count == 1)
    bench.loop.run(for: .milliseconds(100))
    #expect(bench.network.sent.count == 2, "a chunk is a quarter of a second's share")
    bench.loop.run(for: .milliseconds(250))
    #expect(bench.network.sent.count == 3)
  }

  @Test("without an answer the oldest chunk is sent again every two seconds, and the stream is given up after twenty")
  func stall() throws {
    let bench = try Bench()
    bench.send(to: Self.three)
    bench.loop.run(for: .milliseconds(19_900))
    #expect(try bench.sequences(to: Self.three) == [0, 1, 2, 3] + [UInt64](repeating: 0, count: 9))
    #expect(bench.ended.isEmpty)
    bench.loop.run(for: .milliseconds(200))
    #expect(bench.ended == ["3 failed"])
  }

  @Test("every answer is a new beginning; a broken connection is not waited for any longer")
  func progress() throws {
    let bench = try Bench()
    bench.send(to: Self.three)
    bench.send(to: Self.four)
    bench.disconnect(Self.four)
    bench.loop.run(for: .seconds(10))
    bench.acknowledge(0, by: Self.three)
    bench.loop.run(for: .milliseconds(10_100))
    #expect(bench.ended == ["4 failed"])
    #expect(try bench.sequences(to: Self.four) == [0, 1, 2, 3], "nothing is repeated without a connection")
    bench.loop.run(for: .milliseconds(9800))
    #expect(bench.ended == ["4 failed"])
    bench.loop.run(for: .milliseconds(200))
    #expect(bench.ended == ["4 failed", "3 failed"])
  }

  @Test("once stopped it sends nothing more, and tells nobody")
  func stopping() throws {
    let bench = try Bench(streams: 1, bytesPerSecond: 1 << 20)
    bench.send(to: Self.three)
    bench.send(to: Self.four)
    bench.snapshots.stop()
    bench.acknowledge(0, by: Self.three)
    bench.loop.run(for: .seconds(60))
    #expect(bench.network.sent.count == 1 && bench.ended.isEmpty)
  }
}
