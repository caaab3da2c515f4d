import RoostBase
import Testing

@Suite("Search") struct PartitioningIndexTests {
  @Test("the first of the second part, wherever it begins", arguments: 0...70)
  func everyPlace(_ count: Int) {
    for boundary in 0...count {
      var calls = 0
      let found = (0..<count).partitioningIndex { element in
        calls += 1
        return element >= boundary
      }
      #expect(found == boundary)
      // Halving: log₂ n, and one more.
      #expect(calls <= Int.bitWidth - count.leadingZeroBitCount)
    }
  }

  @Test("equal elements stay together, and a slice keeps its indices")
  func duplicatesAndSlices() {
    let numbers = [1, 3, 3, 3, 5, 7]
    #expect(numbers.partitioningIndex { $0 >= 3 } == 1)
    #expect(numbers.partitioningIndex { $0 > 3 } == 4)
    #expect(numbers.partitioningIndex { $0 > 7 } == numbers.endIndex)
    #expect(numbers[2...].partitioningIndex { $0 >= 0 } == 2)
    #expect(numbers[2...4].partitioningIndex { $0 > 5 } == 5)
    #expect([Int]().partitioningIndex { _ in true } == 0)
  }
}
