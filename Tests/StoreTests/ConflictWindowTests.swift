import Testing

@testable import RoostStore

@Suite("Conflict window")
struct ConflictWindowTests {
  private func request(at timestamp: UInt64, keys: [String] = [], ranges: [(String, String)] = []) -> CommitRequest {
    CommitRequest(
      readTimestamp: Timestamp(timestamp), readKeys: keys.map { Key($0) },
      readRanges: ranges.map { KeyRange(Key($0.0), Key($0.1)) }, writes: [.init(key: Key("w"), value: [1])])
  }

  private func write(_ key: String) -> [CommitRequest.Write] { [.init(key: Key(key), value: [0])] }

  @Test("a blind write never conflicts")
  func blindWrite() {
    var window = ConflictWindow(floor: Timestamp(100))
    window.apply(write("w"), at: Timestamp(200))
    #expect(window.judge(request(at: 0)) == .clear)
  }

  @Test("a key changed after it was read conflicts, before does not")
  func pointReads() {
    var window = ConflictWindow()
    window.apply(write("a"), at: Timestamp(10))
    #expect(window.judge(request(at: 9, keys: ["a"])) == .conflict)
    #expect(window.judge(request(at: 10, keys: ["a"])) == .clear)
    #expect(window.judge(request(at: 9, keys: ["b"])) == .clear)
  }

  @Test("a key that was read and is written conflicts like one that was only read")
  func readWrites() {
    var window = ConflictWindow()
    window.apply(write("a"), at: Timestamp(10))
    func request(at timestamp: UInt64, _ key: String) -> CommitRequest {
      CommitRequest(readTimestamp: Timestamp(timestamp), writes: [.init(key: Key(key), value: [1], isRead: true)])
    }
    #expect(window.judge(request(at: 9, "a")) == .conflict)
    #expect(window.judge(request(at: 10, "a")) == .clear)
    #expect(window.judge(request(at: 9, "b")) == .clear)
    window.propose(write("b"), at: Timestamp(12))
    #expect(window.judge(request(at: 10, "b")) == .pending(Timestamp(12)))
    window.reset(floor: Timestamp(20))
    #expect(window.judge(request(at: 10, "c")) == .conflict)
  }

  @Test("a new key inside a range that was read conflicts")
  func phantoms() {
    var window = ConflictWindow()
    window.apply(write("m"), at: Timestamp(10))
    #expect(window.judge(request(at: 5, ranges: [("a", "z")])) == .conflict)
    #expect(window.judge(request(at: 5, ranges: [("a", "m")])) == .clear)
    #expect(window.judge(request(at: 10, ranges: [("a", "z")])) == .clear)
  }

  @Test("what is proposed but not applied is pending, until withdrawn")
  func proposals() {
    var window = ConflictWindow()
    window.propose(write("a"), at: Timestamp(10))
    window.propose(write("a"), at: Timestamp(11))
    #expect(window.judge(request(at: 5, keys: ["a"])) == .pending(Timestamp(11)))
    #expect(window.judge(request(at: 5, ranges: [("a", "b")])) == .pending(Timestamp(11)))
    window.withdraw(write("a"), at: Timestamp(10))
    #expect(window.judge(request(at: 5, keys: ["a"])) == .pending(Timestamp(11)))
    window.withdraw(write("a"), at: Timestamp(11))
    #expect(window.judge(request(at: 5, keys: ["a"])) == .clear)
  }

  @Test("a proposal that is withdrawn before an older one of the same key leaves that in force")
  func withdrawnOutOfOrder() {
    var window = ConflictWindow()
    window.propose(write("a"), at: Timestamp(10))
    window.propose(write("a"), at: Timestamp(11))
    #expect(window.judge(request(at: 5, keys: ["a"])) == .pending(Timestamp(11)))
    window.withdraw(write("a"), at: Timestamp(11))
    #expect(window.judge(request(at: 5, keys: ["a"])) == .pending(Timestamp(10)))
    window.withdraw(write("a"), at: Timestamp(10))
    #expect(window.judge(request(at: 5, keys: ["a"])) == .clear)
  }

  @Test("a read from before the window can't be judged and conflicts")
  func floor() {
    var window = ConflictWindow(limit: .init(count: 4))
    for step in 1...10 { window.apply(write("k\(step)"), at: Timestamp(UInt64(step))) }
    #expect(window.floor == Timestamp(6))
    #expect(window.judge(request(at: 5, keys: ["unrelated"])) == .conflict)
    #expect(window.judge(request(at: 6, keys: ["unrelated"])) == .clear)
    #expect(window.judge(request(at: 6, keys: ["k7"])) == .conflict)
  }

  @Test("many windows hold together no more than two alone, and each enough to be of use")
  func sharing() {
    let alone = ConflictWindow.Limit()
    #expect(ConflictWindow.Limit(sharedBy: 1).count == alone.count)
    #expect(ConflictWindow.Limit(sharedBy: 2).bytes == alone.bytes)
    #expect(ConflictWindow.Limit(sharedBy: 64).count * 64 == alone.count * 2)
    #expect(ConflictWindow.Limit(sharedBy: 10_000).count == 256)
    var window = ConflictWindow(limit: .init(count: 8))
    for step in 1...8 { window.apply(write("k\(step)"), at: Timestamp(UInt64(step))) }
    window.limit = .init(count: 2)
    window.apply(write("k9"), at: Timestamp(9))
    #expect(window.floor == Timestamp(8), "what it held beyond its new share is gone")
  }

  @Test("agrees with remembering everything", arguments: 0..<20)
  func model(seed: UInt64) {
    var generator = TestGenerator(seed: seed)
    var window = ConflictWindow(limit: .init(count: 16))
    var history: [(key: Int, timestamp: UInt64)] = []
    for step in 1...400 {
      let timestamp = UInt64(step)
      let key = generator.below(12)
      window.apply(write(String(UnicodeScalar(UInt8(97 + key)))), at: Timestamp(timestamp))
      history.append((key, timestamp))
      let readAt = UInt64(generator.below(step + 1))
      let lower = generator.below(12)
      let upper = lower + generator.below(4)
      let verdict = window.judge(
        request(
          at: readAt,
          ranges: [(String(UnicodeScalar(UInt8(97 + lower))), String(UnicodeScalar(UInt8(97 + upper))))]))
      let changed = history.contains { $0.timestamp > readAt && (lower..<upper).contains($0.key) }
      if readAt >= window.floor.rawValue {
        #expect(verdict == (changed ? .conflict : .clear))
      } else {
        #expect(verdict == .conflict)
      }
      // Not from the start, so that indexes are made of what was noted before.
      guard step > 100 else { continue }
      let point = window.judge(request(at: readAt, keys: [String(UnicodeScalar(UInt8(97 + lower)))]))
      let isChanged = history.contains { $0.timestamp > readAt && $0.key == lower }
      #expect(point == (isChanged || readAt < window.floor.rawValue ? .conflict : .clear))
    }
  }

  @Test("remembers at least half of what it may hold", arguments: [2, 7, 64])
  func remembersHalf(limit: Int) {
    var window = ConflictWindow(limit: .init(count: limit))
    for step in 1...1000 {
      window.apply(write("k\(step)"), at: Timestamp(UInt64(step)))
      #expect(window.floor.rawValue + UInt64(limit / 2) <= UInt64(max(step, limit / 2)))
      #expect(window.floor.rawValue + UInt64(limit) >= UInt64(step))
    }
  }

  @Test func aLongKeyTakesTheRoomOfMany() {
    var window = ConflictWindow(limit: .init(bytes: 1000))
    for step in 1...10 { window.apply(write("k\(step)"), at: Timestamp(UInt64(step))) }
    window.apply(write(String(repeating: "x", count: 2000)), at: Timestamp(11))
    #expect(window.floor == Timestamp(10))
    window.apply(write("a"), at: Timestamp(12))
    #expect(window.floor == Timestamp(11), "it took more than all may")
    #expect(window.judge(request(at: 11, keys: ["a"])) == .conflict)
  }

  @Test func proposalsEndInAnyOrder() {
    var window = ConflictWindow()
    for step in 1...6 { window.propose(write("k\(step % 3)"), at: Timestamp(UInt64(step))) }
    #expect(window.judge(request(at: 0, keys: ["k1"])) == .pending(Timestamp(4)))
    for step in [1, 3] { window.withdraw(write("k\(step % 3)"), at: Timestamp(UInt64(step))) }
    #expect(window.judge(request(at: 0, keys: ["k1"])) == .pending(Timestamp(4)))
    for step in [2, 4, 6, 5] { window.withdraw(write("k\(step % 3)"), at: Timestamp(UInt64(step))) }
    #expect(window.judge(request(at: 0, keys: ["k0", "k1", "k2"])) == .clear)
    window.propose(write("k1"), at: Timestamp(9))
    window.withdrawAll()
    #expect(window.judge(request(at: 0, keys: ["k1"])) == .clear)
  }
}

struct TestGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1 }
  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }
  mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
}
