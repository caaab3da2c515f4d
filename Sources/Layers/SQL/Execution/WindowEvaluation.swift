import RoostRelational

/// One window function over all rows.
struct WindowEvaluation {
  private let window: BoundWindow
  private let context: EvaluationContext
  private let partition: [Evaluator]
  private let order: [SortKey]
  private let arguments: [Evaluator]
  private let filter: Evaluator?
  private let partitionKeys: [SortKey]
  private var statement: StatementContext { context.statement }

  init(_ window: BoundWindow, _ context: EvaluationContext) {
    self.window = window
    self.context = context
    partition = window.partitionBy.map { $0.evaluator() }
    order = window.orderBy.map {
      SortKey($0.expression.evaluator(), $0.expression.type, descending: $0.descending, nullsFirst: $0.nullsFirst)
    }
    arguments = window.arguments.map { $0.evaluator() }
    filter = window.filter?.evaluator()
    partitionKeys = window.partitionBy.map { SortKey($0.evaluator(), $0.type) }
  }

  /// A row with its keys.
  private struct Entry {
    var row: Int
    var partition: [Datum] = []
    var order: [Datum] = []
    var arguments: [Datum] = []
    var isCounted = true

    var estimatedSize: Int { partition.estimatedRowSize + order.estimatedRowSize + arguments.estimatedRowSize }
  }

  /// The value for each row, and the order in which the rows were walked. What it takes from the memory budget is
  /// added to `held`.
  func run(_ rows: [Row], held: inout Int) async throws(SQLError) -> (values: [Datum], order: [Int]) {
    let entries = try await sorted(try await self.entries(rows, &held))
    var values = [Datum](repeating: .null, count: rows.count)
    var start = 0
    while start < entries.count {
      var end = start + 1
      while end < entries.count,
        try await isSame(entries[start].partition, entries[end].partition, partitionKeys)
      {
        end += 1
        if end & 255 == 0 { try await statement.checkpoint() }
      }
      try await statement.checkpoint()
      try await evaluate(Array(entries[start..<end]), &values, &held)
      start = end
    }
    return (values, entries.map(\.row))
  }

  private func entries(_ rows: [Row], _ held: inout Int) async throws(SQLError) -> [Entry] {
    var entries: [Entry] = []
    entries.reserveCapacity(rows.count)
    let runner = SubqueryRunner(context)
    for (index, row) in rows.enumerated() {
      if index & 255 == 255 { try await statement.checkpoint() }
      let entry = try await runner.evaluating(row) { row throws(SQLError) in try self.entry(index, row) }
      try take(entry.estimatedSize, &held)
      entries.append(entry)
    }
    return entries
  }

  private func entry(_ index: Int, _ row: Row) throws(SQLError) -> Entry {
    var entry = Entry(row: index)
    for key in partition { entry.partition.append(try key.evaluate(row, context)) }
    for key in order { entry.order.append(try key.evaluator.evaluate(row, context)) }
    for argument in arguments { entry.arguments.append(try argument.evaluate(row, context)) }
    if let filter { entry.isCounted = try filter.isTrue(row, context) }
    return entry
  }

  private func take(_ bytes: Int, _ held: inout Int) throws(SQLError) {
    try statement.budget.take(bytes)
    held += bytes
  }

  private func sorted(_ entries: [Entry]) async throws(SQLError) -> [Entry] {
    try await ChunkedSort.sorted(entries, statement) { (left, right) throws(SQLError) in
      let first = try compare(left.partition, right.partition, partitionKeys)
      if first != 0 { return first < 0 }
      let second = try compare(left.order, right.order, order)
      return second == 0 ? left.row < right.row : second < 0
    }
  }

  private func compare(_ left: [Datum], _ right: [Datum], _ keys: [SortKey]) throws(SQLError) -> Int {
    for (index, key) in keys.enumerated() {
      let result = try key.compare(left[index].keyed(key.type), right[index].keyed(key.type), statement)
      if result != 0 { return result }
    }
    return 0
  }

  private func isSame(_ left: [Datum], _ right: [Datum], _ keys: [SortKey]) async throws(SQLError) -> Bool {
    if keys.isEmpty { return true }
    return try await statement.evaluating { () throws(SQLError) in try compare(left, right, keys) == 0 }
  }

  private func evaluate(_ entries: [Entry], _ values: inout [Datum], _ held: inout Int) async throws(SQLError) {
    let peers = try await peers(entries)
    let frames = try WindowFrames(window.frame, count: entries.count, peers: peers, isOrdered: !order.isEmpty)
    switch window.function {
    case .aggregate(let definition): try await aggregate(definition, entries, frames, &values, &held)
    case .named(let name):
      var group = 0
      for (place, entry) in entries.enumerated() {
        if place & 255 == 255 { try await statement.checkpoint() }
        let equals = peers.isEmpty ? entries.indices : peers[place]
        if equals.lowerBound == place { group += 1 }
        values[entry.row] =
          name == "dense_rank" ? .bigint(Int64(group)) : try named(name, place, entries, equals, frames)
      }
    }
  }

  /// For each row its equals in the window's order; nothing without an order.
  private func peers(_ entries: [Entry]) async throws(SQLError) -> [Range<Int>] {
    if order.isEmpty { return [] }
    var peers: [Range<Int>] = []
    peers.reserveCapacity(entries.count)
    var start = 0
    for place in 1...entries.count {
      if place & 255 == 255 { try await statement.checkpoint() }
      if place < entries.count, try await isSame(entries[start].order, entries[place].order, order) { continue }
      peers.append(contentsOf: repeatElement(start..<place, count: place - start))
      start = place
    }
    return peers
  }

  // MARK: Ranking and offsets

  private func named(
    _ name: String, _ place: Int, _ entries: [Entry], _ equals: Range<Int>, _ frames: WindowFrames
  ) throws(SQLError) -> Datum {
    let entry = entries[place]
    switch name {
    case "row_number": return .bigint(Int64(place + 1))
    case "rank": return .bigint(Int64(equals.lowerBound + 1))
    case "percent_rank":
      return .double(entries.count < 2 ? 0 : Double(equals.lowerBound) / Double(entries.count - 1))
    case "cume_dist": return .double(Double(equals.upperBound) / Double(entries.count))
    case "ntile": return try ntile(entry, place, entries.count)
    case "lag": return try offset(entry, place, entries, -1)
    case "lead": return try offset(entry, place, entries, 1)
    default: return try framed(name, entry, entries, frames[place])
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

  // MARK: Aggregates

  private func aggregate(
    _ definition: AggregateDefinition, _ entries: [Entry], _ frames: WindowFrames, _ values: inout [Datum],
    _ held: inout Int
  ) async throws(SQLError) {
    let inputs = entries.map { entry -> [Datum]? in
      let isPassedOver = !entry.isCounted || (definition.skipsNulls && entry.arguments.contains(where: \.isNull))
      return isPassedOver ? nil : entry.arguments
    }
    var aggregate = SlidingAggregate(definition, inputs, statement)
    for (place, entry) in entries.enumerated() {
      if place & 255 == 255 { try await statement.checkpoint() }
      let (value, isNew) = try await aggregate.value(frames[place])
      if isNew { try take(value.estimatedSize, &held) }
      values[entry.row] = value
    }
  }
}
