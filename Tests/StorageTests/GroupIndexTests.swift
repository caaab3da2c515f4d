import RoostPlatform
import Testing

@Suite("Places of groups")
struct GroupIndexTests {
  /// Small numbers lie in a table, others are hashed: both kinds behave like a dictionary.
  @Test("are what a dictionary would hold, whatever the numbers are")
  func likeDictionary() {
    var generator = SeededGenerator(seed: 7)
    var places = GroupIndex()
    var expected: [GroupID: Int] = [:]
    let numbers: [UInt64] = [0, 1, 2, 3, 63, 64, 1000, 99_999, 100_001, 1 << 17, 150_000, 1 << 40, .max]
    for _ in 0..<2000 {
      let group = GroupID(numbers[Int(generator.next() % UInt64(numbers.count))])
      let place = generator.next() % 3 == 0 ? nil : Int(generator.next() % 1_000_000)
      places[group] = place
      expected[group] = place
      for number in numbers { #expect(places[GroupID(number)] == expected[GroupID(number)]) }
    }
    #expect(expected.count > 2)
    #expect(places[GroupID(5)] == nil)
  }
}
