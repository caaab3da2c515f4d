import RoostRelational
import Testing

@Suite struct SlidingAggregateTests {
  /// Frames whose ends only move forward, empty ones and jumps among them.
  private func frames(_ count: Int, _ generator: inout SeededGenerator) -> [Range<Int>] {
    var lower = 0
    var upper = 0
    return (0..<count).map { _ in
      lower = min(count, lower + Int.random(in: 0...3, using: &generator))
      upper = max(lower, min(count, upper + Int.random(in: 0...4, using: &generator)))
      return lower..<upper
    }
  }

  private func value(_ type: BaseType, _ generator: inout SeededGenerator) throws -> Datum {
    let number = Int.random(in: -50...50, using: &generator)
    switch type {
    case .boolean: return .boolean(number % 5 != 0)
    case .integer: return .integer(Int32(number))
    case .bigint: return .bigint(Int64(number) << 40)
    case .double: return .double(Double(number) / 7)
    case .text: return .text("v\(number)")
    default:
      // Different numbers of digits behind the point, and what is no number.
      let scales = ["", ".5", ".25", ".125"]
      let text = number == 13 ? "NaN" : number == 14 ? "Infinity" : "\(number)" + scales[abs(number) % 4]
      return try TextFormat.parse(text, as: .unconstrainedNumeric, InputContext())
    }
  }

  @Test(arguments: [
    ("count", BaseType.integer), ("sum", .integer), ("sum", .bigint), ("sum", .numeric), ("sum", .double),
    ("avg", .integer), ("avg", .numeric), ("min", .integer), ("max", .text), ("max", .numeric), ("bool_and", .boolean),
    ("stddev", .numeric), ("bit_or", .integer),
  ])
  func givesWhatAddingUpEachFrameGives(_ name: String, _ type: BaseType) async throws {
    let definition = try FunctionCatalogue.builtin.resolveAggregate(name, [type])
    var generator = SeededGenerator(UInt64(name.utf8.count) + 17)
    let inputs: [[Datum]?] = try (0..<600).map { index in
      index % 11 == 0 ? nil : [try value(type, &generator)]
    }
    var sliding = SlidingAggregate(definition, inputs, StatementContext())
    for frame in frames(600, &generator) {
      let whole = definition.accumulator()
      for input in inputs[frame] { if let input { try whole.add(input) } }
      let expected = try whole.result()
      let actual = try await sliding.value(frame).value
      #expect(actual.text() == expected.text(), "\(name) over \(frame)")
    }
  }

  @Test func rowsAreAddedAndTakenBackOnce() async throws {
    let operations = Counter()
    let definition = AggregateDefinition("counted", [.integer], .bigint) {
      CountedSum { _ = operations.next() }
    }
    let count = 5_000
    let inputs: [[Datum]?] = (0..<count).map { [.integer(Int32($0))] }
    var sliding = SlidingAggregate(definition, inputs, StatementContext())
    for place in 0..<count {
      _ = try await sliding.value(max(0, place - 1_000)..<min(count, place + 1_001))
    }
    // Adding up every frame anew would take ten million.
    #expect(operations.count <= 2 * count)
  }

  @Test func cancelEndsAFrameThatIsAddedUpAnew() async throws {
    let statement = StatementContext()
    let operations = Counter()
    let definition = AggregateDefinition("endless", [.integer], .bigint) {
      Endless {
        if operations.next() == 3_000 { statement.cancellation.cancel() }
      }
    }
    var sliding = SlidingAggregate(definition, Array(repeating: [.integer(1)], count: 100_000), statement)
    await #expect(throws: SQLError.self) {
      _ = try await sliding.value(0..<100_000)
    }
    #expect(operations.count < 5_000)
  }

  /// Long numbers count their work: a few hundred rows of them may take minutes.
  @Test(arguments: ["variance", "sum", "avg", "max"])
  func cancelEndsAFrameOfLongNumbers(_ name: String) async throws {
    let definition = try FunctionCatalogue.builtin.resolveAggregate(name, [.numeric])
    let statement = StatementContext()
    let inputs = [[Datum]?](repeating: [LongValue.nines(20_000)], count: 600)
    var sliding = SlidingAggregate(definition, inputs, statement)
    _ = try await sliding.value(0..<2)
    statement.cancellation.cancel()
    var rows = 2
    let error = await #expect(throws: SQLError.self) {
      while rows < 600 {
        rows += 1
        _ = try await sliding.value(max(0, rows - 200)..<rows)
      }
    }
    #expect(error?.code == "57014")
    // Without work that counts, the rows alone would call for a look after a thousand of them.
    #expect(rows < 100)
  }

  /// A state is not given a row twice because that took long: it is told so when the row is in.
  @Test func aRowIsAddedOnceWhenItsStatementLeavesTheLoop() async throws {
    let place = FakePlace()
    let statement = StatementContext.served(by: place, step: 3_000_000)
    let definition = AggregateDefinition("costly", [.integer], .bigint) { CostlySum() }
    var sliding = SlidingAggregate(definition, Array(repeating: [.integer(1)], count: 10), statement)
    #expect(try await sliding.value(0..<10).value.text() == "10")
    #expect(place.departures.count == 1)
  }
}

private final class CountedSum: Accumulator {
  private let note: () -> Void
  private var sum: Int64 = 0

  init(_ note: @escaping () -> Void) { self.note = note }

  override func add(_ value: Datum) throws(SQLError) {
    note()
    sum += try value.int64
  }

  override var canRemove: Bool { true }
  override func remove(_ values: [Datum]) throws(SQLError) -> Bool {
    note()
    sum -= try values[0].int64
    return true
  }

  override func result() -> Datum { .bigint(sum) }
}

/// Notices after having added a number that this took long.
private final class CostlySum: Accumulator {
  private var sum: Int64 = 0

  override func add(_ value: Datum) throws(SQLError) {
    sum += try value.int64
    try pace?.poll(work: EvaluationPace.unitsPerTurn + 1)
  }

  override func result() -> Datum { .bigint(sum) }
}

/// Can take nothing back.
private final class Endless: Accumulator {
  private let note: () -> Void
  init(_ note: @escaping () -> Void) { self.note = note }
  override func add(_ value: Datum) throws(SQLError) { note() }
}
