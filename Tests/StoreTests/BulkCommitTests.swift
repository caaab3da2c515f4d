import RoostBase
import RoostPlatform
import RoostRaft
import RoostStorage
import Testing

@testable import RoostStore

@Suite("Bulk commits")
struct BulkCommitTests {
  private static func write(_ number: Int, isRead: Bool = false) -> CommitRequest.Write {
    let name = String(number)
    return .init(key: Key("k" + String(repeating: "0", count: 6 - name.count) + name), value: [1], isRead: isRead)
  }

  private static var limits: BulkLimits {
    var limits = BulkLimits()
    limits.writes = 4
    limits.sliceWrites = 4
    return limits
  }

  private func bulk(
    _ numbers: some Sequence<Int>, read: Set<Int> = [], readKeys: [String] = [], ranges: [(String, String)] = [],
    at timestamp: UInt64 = 5
  ) -> BulkRequest {
    CommitRequest(
      readTimestamp: Timestamp(timestamp), readKeys: readKeys.map { Key($0) },
      readRanges: ranges.map { KeyRange(Key($0.0), Key($0.1)) },
      writes: numbers.map { Self.write($0, isRead: read.contains($0)) }
    ).makeBulk(Self.limits)
  }

  private func run(_ request: BulkRequest) throws -> SortedKeySet {
    var run = SortedKeySet()
    for slice in request.slices { try run.append(sliceIn: slice) }
    return run
  }

  /// Steps until something has to be done.
  private func advance(_ queue: inout BulkQueue, limit: Int = 1 << 20) -> BulkQueue.Step {
    while true {
      let step = queue.step(.origin, bytesInFlight: limit)
      if case .again = step { continue }
      return step
    }
  }

  @Test("slices hold the writes in order, each key once, the last write of a key")
  func encoding() throws {
    let writes = [3, 1, 2, 9, 1].map { Self.write($0) } + [.init(key: Self.write(2).key, value: nil, isRead: true)]
    let request = CommitRequest(readTimestamp: .zero, writes: writes).makeBulk(Self.limits)
    var found: [CommitRequest.Write] = []
    for slice in request.slices { try BulkSlice.forEach(in: slice) { found.append($0) } }
    #expect(found.map(\.key) == [1, 2, 3, 9].map { Self.write($0).key })
    #expect(found[1].value == nil && found[1].isRead)
    #expect(request.slices.count == 1)
  }

  @Test("a slice has as much as it may, and at least one write")
  func sliceSizes() {
    var limits = BulkLimits()
    limits.sliceBytes = 100
    limits.sliceWrites = 10
    let writes = (0..<25).map { Self.write($0) } + [.init(key: Key("z"), value: [UInt8](repeating: 0, count: 1000))]
    let request = CommitRequest(readTimestamp: .zero, writes: writes).makeBulk(limits)
    #expect(request.slices.count == 4)
    #expect(request.byteCount > 1000)
  }

  @Test("a run finds its keys, what of them was read, and whether any lies in a range")
  func runs() throws {
    let run = try run(bulk(stride(from: 0, to: 200, by: 2), read: [4, 100]))
    for number in 0..<200 {
      let key = Self.write(number).key
      #expect(run.contains(key) == (number % 2 == 0))
      #expect(run.isRead(key.bytes[...]) == (number % 2 == 0 ? number == 4 || number == 100 : nil))
      let next = Self.write(number + 1).key
      #expect(run.hasKey(in: KeyRange(key, next)) == (number % 2 == 0))
      #expect(run.hasKey(in: KeyRange(key.successor, next)) == false)
    }
    #expect(run.hasKey(in: KeyRange(Key("a"), Key("z"))) && !run.hasKey(in: KeyRange(Key("l"), Key("z"))))
    #expect(!run.hasKey(in: KeyRange(Key("a"), Self.write(0).key)))
    #expect(!SortedKeySet().hasKey(in: KeyRange(Key("a"), Key("z"))) && !SortedKeySet().contains(Key("a")))
  }

  @Test("slices out of order are refused")
  func disorder() throws {
    let slices = bulk(0..<8).slices
    var run = SortedKeySet()
    try run.append(sliceIn: slices[1])
    #expect(throws: DecodingFailure.self) { try run.append(sliceIn: slices[0]) }
    #expect(throws: DecodingFailure.self) { try run.append(sliceIn: slices[1]) }
  }

  @Test("a bulk commit in the window conflicts with what read one of its keys before, and nothing else")
  func window() throws {
    var window = ConflictWindow(limit: .init(count: 8))
    let keys = try run(bulk(0..<1000))
    func verdict(
      _ since: UInt64, keys: [String] = [], ranges: [(String, String)] = [], write: String? = nil
    )
      -> ConflictWindow.Verdict
    {
      window.judge(
        CommitRequest(
          readTimestamp: Timestamp(since), readKeys: keys.map { Key($0) },
          readRanges: ranges.map { KeyRange(Key($0.0), Key($0.1)) },
          writes: [.init(key: Key(write ?? "w"), value: [], isRead: write != nil)]))
    }
    window.propose(keys, at: Timestamp(10))
    #expect(verdict(5, keys: ["k000500"]) == .pending(Timestamp(10)))
    #expect(verdict(5, keys: ["other"]) == .clear)
    window.withdrawBulk(at: Timestamp(9))
    #expect(verdict(5, write: "k000500") == .pending(Timestamp(10)))
    window.withdrawBulk(at: Timestamp(10))
    #expect(verdict(5, keys: ["k000500"]) == .clear)
    window.apply(keys, at: Timestamp(10))
    #expect(window.floor == .zero, "it pushes nothing out")
    #expect(verdict(9, keys: ["k000500"]) == .conflict)
    #expect(verdict(9, write: "k000999") == .conflict)
    #expect(verdict(9, ranges: [("k0005", "k0006")]) == .conflict)
    #expect(verdict(9, ranges: [("k0000001", "k000001")]) == .clear)
    #expect(verdict(10, keys: ["k000500"]) == .clear)
    #expect(verdict(9, keys: ["k001000"]) == .clear)
  }

  @Test("older bulk commits are let go of when they take too much, and what read before can't be judged then")
  func forgottenRuns() throws {
    var window = ConflictWindow(limit: .init(runBytes: 1000))
    let keys = try run(bulk(0..<100))
    #expect(keys.byteCount > 1000)
    window.apply(keys, at: Timestamp(10))
    #expect(window.floor == .zero)
    window.apply(keys, at: Timestamp(20))
    #expect(window.floor == Timestamp(10))
    // Long after, with the next write.
    window.apply([.init(key: Key("x"), value: nil)], at: Timestamp(milliseconds: 60_000))
    #expect(window.floor == Timestamp(20))
  }

  @Test(
    "it is judged by what was written since it read, proposed, applied, or applied as a bulk commit", arguments: 0..<6)
  func judgement(kind: Int) throws {
    var window = ConflictWindow()
    for number in 0..<3000 { window.apply([Self.write(number)], at: Timestamp(UInt64(number + 1))) }
    let since: UInt64 = 2990
    var hit = "k002995"
    switch kind {
    case 0: break
    case 1: hit = "k002980"
    case 2:
      window.propose([.init(key: Key("p"), value: nil)], at: Timestamp(4000))
      hit = "p"
    case 3:
      window.apply(try run(bulk(5000..<6000)), at: Timestamp(4000))
      hit = "k005500"
    case 4:
      window.apply(try run(bulk(5000..<6000)), at: Timestamp(4000))
      hit = "k006500"
    default:
      window.propose(try run(bulk(5000..<6000)), at: Timestamp(4000))
      hit = "k005500"
    }
    for (way, request) in [
      bulk(9000..<9010, readKeys: [hit], at: since), bulk(9000..<9010, ranges: [(hit, hit + "0")], at: since),
    ].enumerated() {
      var queue = BulkQueue()
      queue.append(request, deadline: .distantFuture, hold: nil) { _ in }
      guard case .judge = advance(&queue) else {
        Issue.record("no judgement")
        return
      }
      queue.beginJudgement(by: try #require(window.recentWrites(after: Timestamp(since))))
      switch advance(&queue) {
      case .refuse(.conflict): #expect(kind != 1 && kind != 4, "way \(way)")
      case .propose: #expect(kind == 1 || kind == 4, "way \(way)")
      case let step: Issue.record("\(step)")
      }
    }
    #expect(ConflictWindow(floor: Timestamp(10)).recentWrites(after: Timestamp(9)) == nil)
  }

  @Test("slices are proposed as far as their bytes may be under way, then the end, and the next one has its turn")
  func proposing() throws {
    var queue = BulkQueue()
    let request = bulk(0..<40)
    #expect(request.slices.count == 10)
    queue.append(request, deadline: .distantFuture, hold: nil) { _ in }
    queue.append(bulk(50..<60), deadline: .distantFuture, hold: nil) { _ in }
    let number = try #require(queue.current?.number)
    guard case .judge = advance(&queue) else {
      Issue.record("no judgement")
      return
    }
    queue.beginJudgement(by: .nothing)
    let limit = request.slices[0].count * 3
    guard case .propose(0..<3) = advance(&queue, limit: limit), case .wait = advance(&queue, limit: limit) else {
      Issue.record("not what may be under way")
      return
    }
    queue.sliceCommitted(of: number, bytes: request.slices[0].count)
    queue.sliceCommitted(of: number + 1, bytes: 1 << 20)
    guard case .propose(3..<4) = advance(&queue, limit: limit) else {
      Issue.record("not the next one")
      return
    }
    for slice in request.slices[1..<4] { queue.sliceCommitted(of: number, bytes: slice.count) }
    guard case .propose(4..<10) = advance(&queue), case .finish = advance(&queue), case .wait = advance(&queue) else {
      Issue.record("not the rest and the end")
      return
    }
    #expect(queue.current?.isFinishing == true)
    #expect(queue.takeCurrent()?.number == number && queue.current?.number == number + 1)
    guard case .refuse(.timedOut) = queue.step(.distantFuture, bytesInFlight: 1) else {
      Issue.record("not late")
      return
    }
  }

  @Test("what a bulk commit has read is reserved from its judgement to its end")
  func reservation() {
    var queue = BulkQueue()
    queue.append(
      bulk(0..<40, read: [7], readKeys: ["r"], ranges: [("s", "t")]), deadline: .distantFuture, hold: nil
    ) { _ in }
    func isReserved(_ key: Key) -> Bool {
      queue.isReserved(against: CommitRequest(readTimestamp: .zero, writes: [.init(key: key, value: nil)]))
    }
    let reserved = [Self.write(7).key, Key("r"), Key("s"), Key("s1")]
    let free = [Self.write(8).key, Key("q"), Key("t"), Key("r1")]
    _ = advance(&queue)
    #expect(!reserved.contains(where: isReserved))
    queue.beginJudgement(by: .nothing)
    #expect(reserved.allSatisfy(isReserved) && !free.contains(where: isReserved))
    _ = advance(&queue)
    #expect(reserved.allSatisfy(isReserved) && !free.contains(where: isReserved))
    guard case .finish = advance(&queue) else {
      Issue.record("not the end")
      return
    }
    #expect(!reserved.contains(where: isReserved))
  }

  @Test("parts come back as they were sent, and other bytes are refused", arguments: 0..<4)
  func parts(seed: UInt64) throws {
    let request = bulk(0..<9, readKeys: ["a", "b"], ranges: [("c", "d"), ("e", "f")])
    let encoded = [
      BulkPart.head(7, GroupID(3), request), BulkPart.slice(7, 2, request.slices[2]), BulkPart.cancelled(7),
    ]
    var reader = ByteReader(encoded[0], from: 1)
    guard case .head(GroupID(3), let head, 3) = try BulkPart(from: &reader).content else {
      Issue.record("no head")
      return
    }
    #expect(head.readKeys == request.readKeys && head.readRanges == request.readRanges)
    #expect(head.readTimestamp == request.readTimestamp && head.byteCount == request.byteCount)
    reader = ByteReader(encoded[1], from: 1)
    guard case .slice(2, request.slices[2]) = try BulkPart(from: &reader).content else {
      Issue.record("no slice")
      return
    }
    var generator = TestGenerator(seed: seed)
    for _ in 0..<2000 {
      var bytes = (encoded + request.slices)[generator.below(encoded.count + request.slices.count)]
      bytes.removeLast(generator.below(bytes.count))
      bytes[generator.below(bytes.count)] = UInt8(truncatingIfNeeded: generator.next())
      var reader = ByteReader(bytes, from: 1)
      _ = try? BulkPart(from: &reader)
      var run = SortedKeySet()
      try? run.append(sliceIn: bytes)
      _ = try? GroupCommand(decoding: bytes)
    }
  }

  @Test("a group's state says which slices it keeps")
  func state() throws {
    var state = GroupState()
    state.applied = LogIndex(9)
    #expect(try GroupState(decoding: state.encoded()) == state)
    state.bulk = .init(term: Term(3), slices: 12)
    #expect(try GroupState(decoding: state.encoded()) == state)
    state.bulk?.committedAt = Timestamp(77)
    #expect(try GroupState(decoding: state.encoded()) == state)
  }

  @Test("a log is put together again without a replica, from what the state keeps and what the log has")
  func collecting() throws {
    let request = bulk(0..<12)
    let engine = MemoryEngine()
    var batch = EngineBatch()
    batch.put(LocalKeys.slice(0, of: GroupID(3)), request.slices[0])
    try engine.write(batch)
    var state = GroupState()
    state.bulk = .init(term: Term(2), slices: 1)
    func entry(_ term: UInt64, _ payload: [UInt8]) -> Entry {
      Entry(index: LogIndex(1), term: Term(term), payload: payload)
    }
    let finish = GroupCommand.encodeFinish(at: Timestamp(50), slices: 3)

    var collector = try BulkCollector(state, of: GroupID(3), engine: engine)
    for (place, slice) in request.slices.enumerated().dropFirst() {
      guard case .slice(place) = try collector.take(entry(2, slice)) else {
        Issue.record("slice \(place)")
        return
      }
      _ = try collector.take(entry(2, WriteCommand.encode([Self.write(99)], at: Timestamp(40))))
    }
    guard case .commit(let command) = try collector.take(entry(2, finish)) else {
      Issue.record("no commit")
      return
    }
    #expect(command.timestamp == Timestamp(50) && command.writes == (0..<12).map { Self.write($0) })
    #expect(collector.bulk == nil)

    collector = try BulkCollector(state, of: GroupID(3), engine: engine)
    _ = try collector.take(entry(3, []))
    #expect(collector.bulk == nil, "its leader is gone")
    #expect(throws: DecodingFailure.self) { _ = try collector.take(entry(3, finish)) }
    #expect(throws: DecodingFailure.self) { _ = try collector.take(entry(3, request.slices[1])) }

    state.bulk?.committedAt = Timestamp(50)
    collector = try BulkCollector(state, of: GroupID(3), engine: engine)
    #expect(try collector.takeCommitted()?.writes == (0..<4).map { Self.write($0) })
  }
}
