/// One window function over all rows.
import RoostRelational

struct WindowEvaluation {
  private let window: BoundWindow
  private let context: EvaluationContext
  private let partition: [Evaluator]
  private let order: [SortKey]
  private let arguments: [Evaluator]
  private let filter: Evaluator?

  init(_ window: BoundWindow, _ context: EvaluationContext) {
    self.window = window
    self.context = context
    partition = window.partitionBy.map { $0.evaluator() }
    order = window.orderBy.map {
      SortKey($0.expression.evaluator(), $0.expression.type, descending: $0.descending, nullsFirst: $0.nullsFirst)
    }
    arguments = window.arguments.map { $0.evaluator() }
    filter = window.filter?.evaluator()
  }

  /// A row with its keys.
  private struct Entry {
    var row: Int
    var partition: [Datum]
    var order: [Datum]
    var arguments: [Datum]
    var isCounted: Bool
  }

  /// The value for each row, and the order in which the rows were walked.
  func run(_ rows: [Row]) async throws(SQLError) -> (values: [Datum], order: [Int]) {
    var entries: [Entry] = []
    entries.reserveCapacity(rows.count)
    for (index, row) in rows.enumerated() {
      var entry = Entry(row: index, partition: [], order: [], arguments: [], isCounted: true)
      for key in partition { entry.partition.append(try key.evaluate(row, context)) }
      for key in order { entry.order.append(try key.evaluator.evaluate(row, context)) }
      for argument in arguments { entry.arguments.append(try argument.evaluate(row, context)) }
      if let filter { entry.isCounted = try filter.isTrue(row, context) }
      entries.append(entry)
    }
    let partitionKeys = window.partitionBy.map { SortKey($0.evaluator(), $0.type) }
    entries.sort { left, right in
      let first = Self.compare(left.partition, right.partition, partitionKeys)
      if first != 0 { return first < 0 }
      let second = Self.compare(left.order, right.order, order)
      return second == 0 ? left.row < right.row : second < 0
    }
    var values = [Datum](repeating: .null, count: rows.count)
    var start = 0
    while start < entries.count {
      var end = start + 1
      while end < entries.count, Self.compare(entries[start].partition, entries[end].partition, partitionKeys) == 0 {
        end += 1
      }
      try await context.statement.checkpoint()
      try evaluate(entries[start..<end], &values)
      start = end
    }
    return (values, entries.map(\.row))
  }

  private static func compare(_ left: [Datum], _ right: [Datum], _ keys: [SortKey]) -> Int {
    for (index, key) in keys.enumerated() {
      let first = left[index]
      let second = right[index]
      if first.isNull || second.isNull {
        if first.isNull, second.isNull { continue }
        return first.isNull == key.nullsFirst ? -1 : 1
      }
      let result = first.keyed(key.type).compare(second.keyed(key.type))
      if result != 0 { return key.isDescending ? -result : result }
    }
    return 0
  }

  private func isPeer(_ left: Entry, _ right: Entry) -> Bool { Self.compare(left.order, right.order, order) == 0 }

  private func evaluate(_ entries: ArraySlice<Entry>, _ values: inout [Datum]) throws(SQLError) {
    let entries = Array(entries)
    switch window.function {
    case .aggregate(let definition): try aggregate(definition, entries, &values)
    case .named(let name): try named(name, entries, &values)
    }
  }

  // MARK: Ranking and offsets

  private func named(_ name: String, _ entries: [Entry], _ values: inout [Datum]) throws(SQLError) {
    var rank = 1
    var denseRank = 0
    var peerEnd = 0
    for (place, entry) in entries.enumerated() {
      if place == 0 || !isPeer(entries[place - 1], entry) {
        rank = place + 1
        denseRank += 1
        peerEnd = place + 1
        while peerEnd < entries.count, isPeer(entry, entries[peerEnd]) { peerEnd += 1 }
      }
      let value: Datum
      switch name {
      case "row_number": value = .bigint(Int64(place + 1))
      case "rank": value = .bigint(Int64(rank))
      case "dense_rank": value = .bigint(Int64(denseRank))
      case "percent_rank": value = .double(entries.count < 2 ? 0 : Double(rank - 1) / Double(entries.count - 1))
      case "cume_dist": value = .double(Double(peerEnd) / Double(entries.count))
      case "ntile": value = try ntile(entry, place, entries.count)
      case "lag": value = try offset(entry, place, entries, -1)
      case "lead": value = try offset(entry, place, entries, 1)
      default:
        let frame = try frame(place, entries)
        value = try framed(name, entry, entries, frame)
      }
      values[entry.row] = value
    }
  }

  private func ntile(_ entry: Entry, _ place: Int, _ count: Int) throws(SQLError) -> Datum {
    if entry.arguments[0].isNull { return .null }
    let buckets = Int(try entry.arguments[0].int32)
    guard buckets > 0 else { throw SQLError("22014", "argument of ntile must be greater than zero") }
    let (size, larger) = count.quotientAndRemainder(dividingBy: buckets)
    // The first `larger` buckets hold one row more.
    let boundary = larger * (size + 1)
    let bucket = place < boundary ? place / (size + 1) : larger + (size == 0 ? 0 : (place - boundary) / size)
    return .integer(Int32(bucket + 1))
  }

  private func offset(
    _ entry: Entry, _ place: Int, _ entries: [Entry], _ direction: Int
  ) throws(SQLError) -> Datum {
    var distance = 1
    if entry.arguments.count > 1 {
      if entry.arguments[1].isNull { return .null }
      distance = Int(try entry.arguments[1].int32)
    }
    let target = place + direction * distance
    if entries.indices.contains(target) { return entries[target].arguments[0] }
    return entry.arguments.count > 2 ? entry.arguments[2] : .null
  }

  private func framed(
    _ name: String, _ entry: Entry, _ entries: [Entry], _ frame: Range<Int>
  ) throws(SQLError) -> Datum {
    if frame.isEmpty { return .null }
    switch name {
    case "first_value": return entries[frame.lowerBound].arguments[0]
    case "last_value": return entries[frame.upperBound - 1].arguments[0]
    default:
      if entry.arguments[1].isNull { return .null }
      let number = Int(try entry.arguments[1].int32)
      guard number > 0 else { throw SQLError("22016", "argument of nth_value must be greater than zero") }
      let target = frame.lowerBound + number - 1
      return frame.contains(target) ? entries[target].arguments[0] : .null
    }
  }

  // MARK: Frames

  /// The rows of the frame of the row at `place`.
  private func frame(_ place: Int, _ entries: [Entry]) throws(SQLError) -> Range<Int> {
    guard let frame = window.frame else {
      return order.isEmpty ? 0..<entries.count : 0..<peers(place, entries).upperBound
    }
    let lower = try bound(frame.start, place, entries, frame.unit, isStart: true)
    let upper = try bound(frame.end, place, entries, frame.unit, isStart: false)
    let clampedLower = max(0, min(lower, entries.count))
    return clampedLower..<max(clampedLower, min(upper, entries.count))
  }

  private func peers(_ place: Int, _ entries: [Entry]) -> Range<Int> {
    if order.isEmpty { return 0..<entries.count }
    var lower = place
    while lower > 0, isPeer(entries[lower - 1], entries[place]) { lower -= 1 }
    var upper = place + 1
    while upper < entries.count, isPeer(entries[upper], entries[place]) { upper += 1 }
    return lower..<upper
  }

  private func bound(
    _ bound: WindowFrame.Bound, _ place: Int, _ entries: [Entry], _ unit: WindowFrame.Unit, isStart: Bool
  ) throws(SQLError) -> Int {
    switch bound {
    case .unboundedPreceding: return 0
    case .unboundedFollowing: return entries.count
    case .currentRow:
      if unit == .rows { return isStart ? place : place + 1 }
      let peers = peers(place, entries)
      return isStart ? peers.lowerBound : peers.upperBound
    case .preceding(let distance): return try place - count(distance, unit) + (isStart ? 0 : 1)
    case .following(let distance): return try place + count(distance, unit) + (isStart ? 0 : 1)
    }
  }

  private func count(_ syntax: SyntaxExpression, _ unit: WindowFrame.Unit) throws(SQLError) -> Int {
    guard unit == .rows, case .number(let text, _) = syntax, let value = Int(text), value < 1 << 40 else {
      throw SQLError("0A000", "frame distances are only supported as numbers of ROWS", at: syntax.offset)
    }
    guard value >= 0 else { throw SQLError("22013", "frame starting offset must not be negative") }
    return value
  }

  // MARK: Aggregates

  private func aggregate(
    _ definition: AggregateDefinition, _ entries: [Entry], _ values: inout [Datum]
  ) throws(SQLError) {
    var start = 0
    var end = 0
    var accumulator = definition.accumulator()
    for (place, entry) in entries.enumerated() {
      let frame = try frame(place, entries)
      // A frame that only grows at its end goes on where the last one stopped.
      if frame.lowerBound != start || frame.upperBound < end {
        accumulator = definition.accumulator()
        start = frame.lowerBound
        end = start
      }
      for index in end..<max(end, frame.upperBound) { try add(entries[index], definition, accumulator) }
      end = max(end, frame.upperBound)
      values[entry.row] = try accumulator.result()
    }
  }

  private func add(
    _ entry: Entry, _ definition: AggregateDefinition, _ accumulator: Accumulator
  ) throws(SQLError) {
    guard entry.isCounted else { return }
    if definition.skipsNulls, entry.arguments.contains(where: \.isNull) { return }
    if entry.arguments.count == 1 {
      try accumulator.add(entry.arguments[0])
    } else {
      try accumulator.add(entry.arguments)
    }
  }
}
