import RoostStore
import Synchronization
import Testing

@Suite("Transactions")
struct TransactionTests {
  private func text(_ value: [UInt8]?) -> String? { value.map { String(decoding: $0, as: UTF8.self) } }

  private func collect(_ transaction: Transaction, reverse: Bool = false, batch: Int = 2) async throws -> [String] {
    let scan = try transaction.scan(KeyRange(Key("a"), Key("z")), reverse: reverse)
    var result: [String] = []
    while true {
      let pairs = try await scan.next(batch)
      if pairs.isEmpty { return result }
      result += pairs.map { "\($0.key)=\(text($0.value) ?? "")" }
    }
  }

  @Test("own writes are seen by reads and scans in both directions, deletions hide")
  func ownWrites() async throws {
    let store = MemoryBackend()
    try await store.withTransaction { transaction in
      for key in ["b", "d", "f"] { try transaction.put(Key(key), Array("old".utf8)) }
    }
    let transaction = try await store.begin()
    try transaction.put(Key("a"), Array("new".utf8))
    try transaction.put(Key("d"), Array("new".utf8))
    try transaction.delete(Key("f"))
    try transaction.put(Key("g"), Array("new".utf8))
    #expect(text(try await transaction.get(Key("d"))) == "new")
    #expect(try await transaction.get(Key("f")) == nil)
    #expect(try await collect(transaction) == ["a=new", "b=old", "d=new", "g=new"])
    #expect(try await collect(transaction, reverse: true) == ["g=new", "d=new", "b=old", "a=new"])
  }

  @Test("a change of what was read makes the commit fail, of something else does not")
  func conflicts() async throws {
    let store = MemoryBackend()
    let first = try await store.begin()
    _ = try await first.get(Key("x"))
    try first.put(Key("y"), [1])
    try await store.withTransaction { try $0.put(Key("x"), [2]) }
    await #expect(throws: StoreError.conflict) { try await first.commit() }
    let second = try await store.begin()
    _ = try await second.get(Key("other"))
    try second.put(Key("y"), [1])
    try await store.withTransaction { try $0.put(Key("x"), [3]) }
    try await second.commit()
  }

  @Test("a scan conflicts only as far as it went")
  func partialScans() async throws {
    for (changed, conflicts) in [("c", true), ("e", false)] {
      let store = MemoryBackend()
      try await store.withTransaction { transaction in
        for key in ["b", "d", "f"] { try transaction.put(Key(key), [0]) }
      }
      let transaction = try await store.begin()
      let scan = try transaction.scan(KeyRange(Key("a"), Key("z")))
      #expect(try await scan.next(2).map(\.key) == [Key("b"), Key("d")])
      try transaction.put(Key("out"), [1])
      try await store.withTransaction { try $0.put(Key(changed), [9]) }
      if conflicts {
        await #expect(throws: StoreError.conflict) { try await transaction.commit() }
      } else {
        try await transaction.commit()
      }
    }
  }

  @Test("limits are errors, and a finished transaction stays finished")
  func limits() async throws {
    let store = MemoryBackend()
    let transaction = try await store.begin()
    #expect(throws: StoreError.self) {
      try transaction.put(Key("k"), Array(repeating: 0, count: Transaction.maximumValueBytes + 1))
    }
    #expect(throws: StoreError.self) {
      try transaction.put(Key(Array(repeating: 1, count: Transaction.maximumKeyBytes + 1)), [])
    }
    transaction.rollback()
    await #expect(throws: StoreError.finished) { _ = try await transaction.get(Key("k")) }
    await #expect(throws: StoreError.finished) { try await transaction.commit() }
  }

  @Test("counters incremented by many tasks lose nothing")
  func increments() async throws {
    let store = MemoryBackend()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<8 {
        group.addTask {
          for _ in 0..<50 {
            try await store.withTransaction(attempts: 10_000) { transaction in
              let old = try await transaction.get(Key("n"))?.first ?? 0
              let high = try await transaction.get(Key("h"))?.first ?? 0
              let sum = Int(high) * 256 + Int(old) + 1
              try transaction.put(Key("n"), [UInt8(sum % 256)])
              try transaction.put(Key("h"), [UInt8(sum / 256)])
            }
          }
        }
      }
      try await group.waitForAll()
    }
    let transaction = try await store.begin()
    let total =
      Int(try await transaction.get(Key("h"))?.first ?? 0) * 256 + Int(try await transaction.get(Key("n"))?.first ?? 0)
    #expect(total == 400)
  }

  @Test("what is read and written names itself, in whatever order, and what is only read is listed")
  func readsAndWrites() async throws {
    let store = RecordingStore()
    try await store.withTransaction { transaction in
      _ = try await transaction.get([Key("a"), Key("b"), Key("c")])
      try transaction.put(Key("b"), [1])
      try transaction.put(Key("b"), [2])
      try transaction.put(Key("d"), [3])
      // Its own write, not what the store holds.
      _ = try await transaction.get(Key("d"))
    }
    let request = try #require(store.request)
    #expect(Set(request.readKeys) == [Key("a"), Key("c")])
    #expect(
      request.writes == [
        .init(key: Key("b"), value: [2], isRead: true), .init(key: Key("d"), value: [3]),
      ])
    let first = try await store.begin()
    _ = try await first.get(Key("b"))
    try first.put(Key("b"), [4])
    try await store.withTransaction { try $0.put(Key("b"), [5]) }
    await #expect(throws: StoreError.conflict) { try await first.commit() }
  }

  @Test("many keys at once: in their order, own writes among them, and large values a few at a time")
  func manyKeys() async throws {
    for store in [MemoryBackend(), MemoryBackend(isRemote: true)] {
      let large = [UInt8](repeating: 7, count: ReadLimits.batchBytes / 2)
      try await store.withTransaction { transaction in
        try transaction.put(Key("a"), [1])
        for key in ["l1", "l2", "l3"] { try transaction.put(Key(key), large) }
      }
      let transaction = try await store.begin()
      try transaction.put(Key("b"), [2])
      try transaction.delete(Key("a"))
      let keys = ["b", "l1", "none", "l2", "a", "l3", "l1"].map { Key($0) }
      let values = try await transaction.get(keys)
      #expect(values == [[2], large, nil, large, nil, large, large])
      #expect(try await transaction.contains(keys) == [true, true, false, true, false, true, true])
      #expect(try await transaction.get(first: keys[1...]) == [large, nil, large, nil])
    }
  }

  @Test("a transaction over data on other nodes reads as one over data that are here")
  func delayed() async throws {
    let store = MemoryBackend(isRemote: true)
    try await store.withTransaction { transaction in
      for key in ["b", "d", "f"] { try transaction.put(Key(key), Array("old".utf8)) }
    }
    let transaction = try await store.begin()
    try transaction.put(Key("d"), Array("new".utf8))
    #expect(text(try await transaction.get(Key("b"))) == "old")
    #expect(try await collect(transaction) == ["b=old", "d=new", "f=old"])
    #expect(try await collect(transaction, reverse: true) == ["f=old", "d=new", "b=old"])
  }
}

/// Remembers the last commit request.
private final class RecordingStore: TransactionBackend {
  private let inner = MemoryBackend()
  private let last = Mutex<CommitRequest?>(nil)

  var request: CommitRequest? { last.withLock { $0 } }

  func openView(_ options: TransactionOptions) async throws(StoreError) -> any ReadView {
    try await inner.openView(options)
  }

  func commit(_ request: CommitRequest, _ options: TransactionOptions) async throws(StoreError) -> Timestamp {
    last.withLock { $0 = request }
    return try await inner.commit(request, options)
  }
}
