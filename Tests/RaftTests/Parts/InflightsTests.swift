import RoostBase
import Testing

@testable import RoostRaft

@Suite struct InflightsTests {
  /// The ring against a plain list.
  @Test(arguments: 1..<12) func ringEqualsAList(maxMessages: Int) {
    var random = SeededGenerator(seed: UInt64(maxMessages))
    var inflights = Inflights(maxMessages: maxMessages, maxBytes: 100)
    var list: [(index: UInt64, bytes: Int)] = []
    var index: UInt64 = 0
    for _ in 0..<500 {
      if !inflights.isFull, random.chance(60) {
        index += UInt64(random.number(1...3))
        let bytes = random.number(0...40)
        inflights.add(index: LogIndex(index), bytes: bytes)
        list.append((index, bytes))
      } else if random.chance(5) {
        inflights.removeAll()
        list = []
      } else {
        let through = UInt64(random.number(0...Int(index + 1)))
        inflights.free(through: LogIndex(through))
        list.removeAll { $0.index <= through }
      }
      #expect(inflights.count == list.count)
      #expect(inflights.bytes == list.reduce(0) { $0 + $1.bytes })
      #expect(inflights.isFull == (list.count >= maxMessages || inflights.bytes >= 100))
    }
  }
}
