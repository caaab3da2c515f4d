import RoostStore
import Testing

@Suite("Transactions")
struct TransactionTests {
  private func text(_ value: [UInt8]?) -> String? { value.map { String(decoding: $0, as: UTF8.self) } }

  private func collect(_ transaction: Transaction, reverse: Bool = false, batch: Int = 2) throws -> [String] {
    let scan = try transaction.scan(KeyRange(Key("a"), Key("z")), reverse: reverse)
    var result: [String] = []
    while true {
      let pairs = try scan.next(batch)
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
    #expect(text(try transaction.get(Key("d"))) == "new")
    #expect(try transaction.get(Key("f")) == nil)
    #expect(try collect(transaction) == ["a=new", "b=old", "d=new", "g=new"])
    #expect(try collect(transaction, reverse: true) == ["g=new", "d=new", "b=old", "a=new"])
  }

  @Test("a change of what was read makes the commit fail, of something else does not")
  func conflicts() async throws {
    let store = MemoryBackend()
    let first = try await store.begin()
    _ = try first.get(Key("x"))
    try first.put(Key("y"), [1])
    try await store.withTransaction { try $0.put(Key("x"), [2]) }
    await #expect(throws: StoreError.conflict) { try await first.commit() }
    let second = try await store.begin()
    _ = try second.get(Key("other"))
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
      #expect(try scan.next(2).map(\.key) == [Key("b"), Key("d")])
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
    #expect(throws: StoreError.finished) { _ = try transaction.get(Key("k")) }
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
              let old = try transaction.get(Key("n"))?.first ?? 0
              let high = try transaction.get(Key("h"))?.first ?? 0
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
    let total = Int(try transaction.get(Key("h"))?.first ?? 0) * 256 + Int(try transaction.get(Key("n"))?.first ?? 0)
    #expect(total == 400)
  }
}
