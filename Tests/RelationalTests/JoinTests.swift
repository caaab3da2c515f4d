import RoostRelational
import Testing

@Suite struct JoinTests {
  private static let kinds: [JoinKind] = [.inner, .left, .right, .full, .semi, .anti]

  /// What a join must give, computed by its definition.
  private func expected(_ left: [Row], _ right: [Row], _ kind: JoinKind, _ matches: (Row, Row) -> Bool) -> [String] {
    var result: [Row] = []
    for row in left {
      let partners = right.filter { matches(row, $0) }
      switch kind {
      case .semi: if !partners.isEmpty { result.append(row) }
      case .anti: if partners.isEmpty { result.append(row) }
      default:
        result += partners.map { row + $0 }
        if partners.isEmpty, kind == .left || kind == .full { result.append(row + [.null, .null]) }
      }
    }
    if kind == .right || kind == .full {
      for row in right where !left.contains(where: { matches($0, row) }) { result.append([.null, .null] + row) }
    }
    return result.shown.sorted()
  }

  private func table(_ count: Int, _ generator: inout SeededGenerator) -> [Row] {
    (0..<count).map { number in
      let key = Int.random(in: 0...40, using: &generator)
      return .integers([key == 0 ? nil : key, number])
    }
  }

  @Test(arguments: kinds)
  func everyAlgorithmGivesWhatTheKindMeans(_ kind: JoinKind) async throws {
    var generator = SeededGenerator(31)
    for (leftCount, rightCount) in [(0, 0), (0, 5), (5, 0), (30, 30), (700, 20), (20, 700)] {
      let left = table(leftCount, &generator)
      let right = table(rightCount, &generator)
      let plan = PlanBuilder()
      func matches(_ a: Row, _ b: Row) -> Bool {
        if case .integer(let x) = a[0], case .integer(let y) = b[0] { return x == y }
        return false
      }
      let wanted = expected(left, right, kind, matches)
      let nested = NestedLoopJoin(
        plan.rows(left, columns: 2), plan.rows(right, columns: 2), kind, on: try plan.equal(0, 2), context: plan.context
      )
      #expect(try await nested.collect().shown.sorted() == wanted)
      let key = HashJoin.Key(left: plan.column(0), right: plan.column(0), type: .integer)
      let hashed = HashJoin(
        plan.rows(left, columns: 2), plan.rows(right, columns: 2), kind, keys: [key], context: plan.context)
      #expect(try await hashed.collect().shown.sorted() == wanted)
      // Opened again it gives the same.
      #expect(try await hashed.collect().shown.sorted() == wanted)
      #expect(plan.statement.budget.used == 0)

      let isLess = try plan.checker.infix("<", .column(1, .integer), .column(3, .integer)).evaluator()
      let residual = HashJoin(
        plan.rows(left, columns: 2), plan.rows(right, columns: 2), kind, keys: [key], on: isLess, context: plan.context)
      let wantedResidual = expected(left, right, kind) { matches($0, $1) && $0[1].compare($1[1]) < 0 }
      #expect(try await residual.collect().shown.sorted() == wantedResidual)
    }
  }

  @Test func nullSafeKeysMatchNulls() async throws {
    let plan = PlanBuilder()
    let rows: [Row] = [.integers([nil, 1]), .integers([2, 2])]
    let key = HashJoin.Key(left: plan.column(0), right: plan.column(0), type: .integer)
    let join = HashJoin(
      plan.rows(rows, columns: 2), plan.rows(rows, columns: 2), .inner, keys: [key], matchesNulls: true,
      context: plan.context)
    #expect(try await join.collect().shown == [". 1 . 1", "2 2 2 2"])
  }

  @Test func charKeysMatchWithoutPadding() async throws {
    let plan = PlanBuilder()
    let key = HashJoin.Key(left: plan.column(0, .char(3)), right: plan.column(0, .char(5)), type: .char(nil))
    let join = HashJoin(
      plan.rows([[.text("a  ")]], columns: 1), plan.rows([[.text("a    ")]], columns: 1), .inner, keys: [key],
      context: plan.context)
    #expect(try await join.collect().count == 1)
  }

  @Test func anUnconditionalJoinIsTheProduct() async throws {
    let plan = PlanBuilder()
    let many = (0..<1000).map { Row.integers([$0]) }
    let join = NestedLoopJoin(
      plan.rows(many, columns: 1), plan.rows(many, columns: 1), .inner, on: nil, context: plan.context)
    try await join.open()
    var count = 0
    while let batch = try await join.next() {
      #expect(batch.rows.count <= RowBatch.capacity && !batch.rows.isEmpty)
      count += batch.rows.count
    }
    await join.close()
    #expect(count == 1_000_000)
  }
}
