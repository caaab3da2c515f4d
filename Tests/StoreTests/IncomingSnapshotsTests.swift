import RoostBase
import RoostPlatform
import RoostRaft
import RoostStorage
import Testing

@testable import RoostStore

@Suite("Snapshots that come")
struct IncomingSnapshotsTests {
  private static let group = GroupID(2)
  private static let two = NodeID(2)

  /// A member that has applied five entries, and gets snapshots from a leader.
  private final class Bench: SnapshotDestination, @unchecked Sendable {
    let loop = ManualLoop()
    let network: RecordingNetwork
    let disk = MemoryDisk()
    let worker = ManualWorker()
    let snapshots: IncomingSnapshots
    var standing = IncomingSnapshots.Admission.open(applied: LogIndex(5), range: KeyRange(Key([1]), Key([2])))
    /// Whether the core wants what is offered.
    var isWanted = true
    var offered: [SnapshotReceiver] = []

    init() {
      network = RecordingNetwork(loop, open: [two])
      snapshots = IncomingSnapshots(loop: loop, network: network, disk: disk, worker: worker)
      snapshots.destination = self
    }

    func admission(to group: GroupID) -> IncomingSnapshots.Admission { standing }

    func checkPlausible(_ term: Term, in group: GroupID) throws(DecodingFailure) {
      if term > Term(100) { throw DecodingFailure("a term from the future") }
    }

    func offer(_ received: SnapshotReceiver, from target: SnapshotTarget) -> Bool {
      #expect(target == SnapshotTarget(group: group, node: two))
      offered.append(received)
      return isWanted
    }

    /// A chunk with one pair, whose value is its number.
    func receive(
      _ sequence: UInt64, isLast: Bool = false, stream: UInt64 = 4, index: UInt64 = 9, term: UInt64 = 3,
      key: [UInt8]? = nil
    ) throws {
      let header = SnapshotHeader(
        metadata: SnapshotMetadata(index: LogIndex(index), term: Term(2)), timestamp: Timestamp(7),
        leaderTerm: Term(term))
      let pair = (key: VersionKey.encode(key ?? [1, UInt8(sequence)], at: 7), value: [UInt8(sequence)])
      try snapshots.receive(
        SnapshotChunk(
          group: group, stream: stream, sequence: sequence, header: sequence == 0 ? header : nil, isLast: isLast,
          pairs: [pair]),
        from: two)
    }

    /// Lets the worker do what it has, and the loop hear of it.
    func settle() {
      worker.drain()
      loop.run(for: .zero)
    }

    /// The numbers of the chunks that were acknowledged or refused, in order.
    func answers() throws -> [String] {
      var answers: [String] = []
      for sent in network.sent {
        var reader = ByteReader(sent.payload)
        let kind = try reader.readByte()
        #expect(kind == PeerPayload.Kind.snapshotAcknowledgement.rawValue)
        #expect(sent.node == two && sent.lane == .bulk)
        let answer = try SnapshotAcknowledgement(from: &reader)
        answers.append(answer.refused ? "\(answer.sequence) refused" : "\(answer.sequence)")
      }
      return answers
    }

    /// What the file of a snapshot holds.
    func storedValues(of received: SnapshotReceiver) throws -> [[UInt8]] {
      let (file, header) = try SnapshotFile.open(received.fileName, on: disk)
      #expect(header == received.header)
      var values: [[UInt8]] = []
      while let pairs = try file.nextPairs() { values += pairs.map { $0.value } }
      return values
    }
  }

  @Test("chunks that come in order are stored, acknowledged then, and offered as a whole")
  func order() throws {
    let bench = Bench()
    try bench.receive(0)
    try bench.receive(1)
    try bench.receive(2, isLast: true)
    bench.loop.run(for: .zero)
    #expect(try bench.answers().isEmpty, "nothing is stored yet")
    bench.settle()
    #expect(try bench.answers() == ["0", "1", "2"])
    let received = try #require(bench.offered.first)
    #expect(bench.offered.count == 1 && received.header.metadata.index == LogIndex(9))
    #expect(received.wholeState.map { $0.count } == nil, "it is in the file")
    bench.settle()
    #expect(try bench.storedValues(of: received) == [[0], [1], [2]])
  }

  @Test("a chunk that comes again is stored once, and acknowledged as far as all is stored")
  func repetition() throws {
    let bench = Bench()
    try bench.receive(0)
    try bench.receive(0)
    #expect(bench.worker.count == 1)
    bench.settle()
    #expect(try bench.answers() == ["0"])
    try bench.receive(1)
    bench.settle()
    try bench.receive(0)
    #expect(bench.worker.count == 0)
    #expect(try bench.answers() == ["0", "1", "1"])
    try bench.receive(2, isLast: true)
    bench.settle()
    let received = try #require(bench.offered.first)
    #expect(try bench.storedValues(of: received) == [[0], [1], [2]])
  }

  @Test("a chunk out of place is refused, and so is one of a stream that is not known")
  func outOfPlace() throws {
    let bench = Bench()
    try bench.receive(1)
    #expect(try bench.answers() == ["1 refused"])
    try bench.receive(0)
    bench.settle()
    try bench.receive(2)
    try bench.receive(1, stream: 5)
    #expect(try bench.answers() == ["1 refused", "0", "2 refused", "1 refused"])
    #expect(bench.worker.count == 0 && bench.offered.isEmpty)
  }

  @Test("a state of one chunk needs no file")
  func small() throws {
    let bench = Bench()
    try bench.receive(0, isLast: true)
    #expect(try bench.answers() == ["0"])
    #expect(bench.offered.first?.wholeState?.map { $0.value } == [[0]])
    #expect(bench.worker.count == 0 && bench.disk.paths.isEmpty)
  }

  @Test("what nobody goes on with is thrown away after forty seconds; each chunk is a new beginning")
  func timeLimit() throws {
    let bench = Bench()
    for sequence: UInt64 in 0...2 {
      try bench.receive(sequence)
      bench.settle()
      bench.loop.run(for: .seconds(39))
    }
    bench.settle()
    #expect(bench.disk.paths == ["snapshots/2-2-4"])
    #expect(try bench.answers() == ["0", "1", "2"])
    bench.loop.run(for: .seconds(1))
    bench.settle()
    #expect(bench.disk.paths.isEmpty)
    try bench.receive(3)
    #expect(try bench.answers().last == "3 refused")
  }

  @Test("a stream that can't be stored is refused, and its file removed")
  func fullDisk() throws {
    let bench = Bench()
    bench.disk.isFull = true
    try bench.receive(0)
    try bench.receive(1)
    bench.settle()
    #expect(try bench.answers() == ["0 refused"])
    bench.disk.isFull = false
    bench.settle()
    #expect(bench.disk.paths.isEmpty)
    try bench.receive(2)
    #expect(try bench.answers() == ["0 refused", "2 refused"])
    try bench.receive(0, stream: 5)
    bench.settle()
    #expect(try bench.answers().last == "0")
  }

  @Test("a group that is not known or further already refuses; one that takes nothing for now says nothing")
  func admission() throws {
    let bench = Bench()
    try bench.receive(0, index: 5)
    let open = bench.standing
    bench.standing = .unknown
    try bench.receive(0)
    #expect(try bench.answers() == ["0 refused", "0 refused"])
    bench.standing = .suspended
    try bench.receive(0)
    bench.standing = open
    #expect(try bench.answers().count == 2 && bench.worker.count == 0)
    try bench.receive(0, index: 6)
    bench.settle()
    #expect(try bench.answers().last == "0")
  }

  @Test("keys of others, and terms that no election led to, are no honest sender's")
  func malformed() throws {
    let bench = Bench()
    #expect(throws: DecodingFailure.self) { try bench.receive(0, key: [2, 0]) }
    #expect(throws: DecodingFailure.self) { try bench.receive(0, term: 101) }
    #expect(bench.worker.count == 0 && bench.network.sent.isEmpty)
  }

  @Test("the file of a snapshot stays if the core wants it, and only then", arguments: [true, false])
  func verdict(isWanted: Bool) throws {
    let bench = Bench()
    bench.isWanted = isWanted
    try bench.receive(0)
    try bench.receive(1, isLast: true)
    bench.settle()
    #expect(bench.offered.count == 1)
    bench.settle()
    #expect(bench.disk.paths == (isWanted ? ["snapshots/2-2-4"] : []))
    try bench.receive(2)
    #expect(try bench.answers() == ["0", "1", "2 refused"], "it is over in any case")
  }

  @Test("a new stream takes the place of the one before")
  func newStream() throws {
    let bench = Bench()
    try bench.receive(0)
    bench.settle()
    try bench.receive(0, stream: 5)
    bench.settle()
    #expect(bench.disk.paths == ["snapshots/2-2-5"])
    try bench.receive(1)
    #expect(try bench.answers() == ["0", "0", "1 refused"])
  }

  @Test("once stopped it answers nothing more")
  func stopping() throws {
    let bench = Bench()
    try bench.receive(0)
    try bench.receive(1, isLast: true)
    bench.snapshots.stop()
    bench.settle()
    bench.loop.run(for: .seconds(60))
    #expect(bench.network.sent.isEmpty && bench.offered.isEmpty)
  }
}
