import Testing

@testable import RoostStore

@Suite("The keys that a transaction has read")
struct ReadKeysTests {
  @Test("each is there once, be they few or many", arguments: [1, 8, 9, 100])
  func insertion(count: Int) {
    var keys = ReadKeys()
    for number in Array(0..<count) + Array(0..<count) { keys.insert(Key("k\(number)")) }
    #expect(keys.count == count)
    #expect(Set(keys.all) == Set((0..<count).map { Key("k\($0)") }) && keys.all.count == count)
  }

  @Test("one that is taken out is gone", arguments: [3, 20])
  func removal(count: Int) {
    var keys = ReadKeys()
    for number in 0..<count { keys.insert(Key("k\(number)")) }
    let removed = ["k1", "k1", "other"].map { keys.remove(Key($0)) }
    #expect(removed == [true, false, false])
    #expect(keys.count == count - 1 && !keys.all.contains(Key("k1")))
    keys.removeAll()
    #expect(keys.count == 0 && keys.all.isEmpty)
  }
}
