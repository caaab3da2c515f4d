import RoostRelational
import Testing

@Suite struct ChunkedSortTests {
  private struct Item: Equatable {
    var key: Int
    var place: Int
  }

  private func items(_ count: Int, seed: UInt64) -> [Item] {
    var generator = SeededGenerator(seed)
    return (0..<count).map { Item(key: Int.random(in: 0...max(1, count / 3), using: &generator), place: $0) }
  }

  private func inOrder(_ items: [Item]) -> [Item] {
    items.sorted { $0.key == $1.key ? $0.place < $1.place : $0.key < $1.key }
  }

  @Test(arguments: [0, 1, 2, 15, 16, 17, 33, 1_000, 5_000, 40_000])
  func sortsStably(_ count: Int) async throws {
    let items = items(count, seed: UInt64(count) + 1)
    let sorted = try await ChunkedSort.sorted(items, StatementContext()) { (left, right) throws(SQLError) in
      left.key < right.key
    }
    #expect(sorted == inOrder(items))
  }

  @Test func comparesNoMoreThanAMergeSortDoes() async throws {
    let comparisons = Counter()
    let items = items(1 << 16, seed: 5)
    _ = try await ChunkedSort.sorted(items, StatementContext()) { (left, right) throws(SQLError) in
      _ = comparisons.next()
      return left.key < right.key
    }
    // n (log₂ n + what insertion into runs of 16 costs more than merging).
    #expect(comparisons.count < (1 << 16) * 18)
  }

  @Test(arguments: [10, 3_000, 200_000])
  func cancelIsSeenWithinAPiece(_ after: Int) async throws {
    let statement = StatementContext()
    let comparisons = Counter()
    let items = items(1 << 16, seed: 7)
    await #expect(throws: SQLError.self) {
      _ = try await ChunkedSort.sorted(items, statement) { (left, right) throws(SQLError) in
        if comparisons.next() == after { statement.cancellation.cancel() }
        return left.key < right.key
      }
    }
    #expect(comparisons.count < after + 20_000)
  }

  @Test(arguments: [1, 100, 100_000])
  func goesOnWhereAComparisonAskedToLeaveTheLoop(_ after: Int) async throws {
    let place = FakePlace()
    let comparisons = Counter()
    let items = items(1 << 14, seed: 9)
    let sorted = try await ChunkedSort.sorted(items, .served(by: place)) { (left, right) throws(SQLError) in
      if comparisons.next() >= after, place.isOnLoop {
        throw StatementContext.departure
      }
      return left.key < right.key
    }
    #expect(sorted == inOrder(items))
    #expect(place.departures.count == 1)
  }

  @Test func longTextsCountAsWork() async throws {
    let place = FakePlace()
    let plan = PlanBuilder(.served(by: place))
    let prefix = String(repeating: "x", count: 100_000)
    let rows = (0..<64).map { Row([.text(prefix + String(100 - $0))]) }
    let key = SortKey(plan.column(0, .text), .text)
    let sorted = try await SortOperator(plan.rows(rows, columns: 1), [key], context: plan.context).collect()
    #expect(sorted.map { $0[0].text().suffix(2) }.first == "00")
    #expect(place.departures.count == 1)
  }
}
