/// GROUP BY and aggregate functions.

/// One aggregate of a query level.
public struct AggregateCall: Sendable {
  public let definition: AggregateDefinition
  public let arguments: [Evaluator]
  public let types: [SQLType]
  public let isDistinct: Bool
  public let filter: Evaluator?
  /// ORDER BY inside the call.
  public let order: [SortKey]

  /// `arguments` have been converted to the definition's types and have `types`; none for `count(*)`.
  public init(
    _ definition: AggregateDefinition, _ arguments: [Evaluator], types: [SQLType], distinct: Bool = false,
    filter: Evaluator? = nil, order: [SortKey] = []
  ) {
    self.definition = definition
    self.arguments = arguments
    self.types = types
    isDistinct = distinct && !definition.ignoresDuplicates
    self.filter = filter
    self.order = order
  }
}

/// Groups its input by key expressions and computes aggregates for each group.
///
/// Delivers one row per group in the order of the groups' first rows: the key values, then the aggregates' results.
/// Without keys it delivers exactly one row, also for an empty input.
public final class AggregateOperator: Operator {
  private let input: Operator
  private let keys: [Evaluator]
  private let keyTypes: [SQLType]
  private let calls: [AggregateCall]
  private let context: EvaluationContext
  private var groups: [Group] = []
  private var index = KeyIndex()
  private let isPadded: Bool
  /// Whether each call's rows are aggregated at the end only: DISTINCT, ORDER BY.
  private let isDeferred: [Bool]
  /// What the current row contributes: its key, the calls' arguments and sort keys, the calls that pass it over.
  private var key: [Datum] = []
  private var inputs: [Datum] = []
  private var isPassedOver: [Bool]
  private var position = 0
  private var held = 0

  public init(
    _ input: Operator, keys: [Evaluator], keyTypes: [SQLType], _ calls: [AggregateCall], context: EvaluationContext
  ) {
    self.input = input
    self.keys = keys
    self.keyTypes = keyTypes
    self.calls = calls
    self.context = context
    isPadded = keyTypes.contains { $0.base == .char }
    isDeferred = calls.map { $0.isDistinct || !$0.order.isEmpty }
    isPassedOver = calls.map { _ in false }
    super.init(columnCount: keys.count + calls.count)
  }

  public override func open() async throws(SQLError) {
    release()
    try await input.open()
    let runner = SubqueryRunner(context)
    if keys.isEmpty { groups.append(Group([], calls, context.statement)) }
    while let batch = try await input.next() {
      try await context.statement.checkpoint()
      for row in batch.rows { try await take(row, runner) }
    }
    await input.close()
  }

  private func take(_ row: Row, _ runner: SubqueryRunner) async throws(SQLError) {
    do throws(SQLError) {
      try evaluate(row)
    } catch {
      try await runner.resume(after: error, row) { row throws(SQLError) in try evaluate(row) }
    }
    let group = try group()
    var start = 0
    for position in calls.indices {
      let count = calls[position].arguments.count
      defer { start += count + calls[position].order.count }
      if isPassedOver[position] { continue }
      let bytes: Int
      if isDeferred[position] {
        let arguments = Array(inputs[start..<(start + count)])
        let order = Array(inputs[(start + count)..<(start + count + calls[position].order.count)])
        bytes = try group.collect(position, arguments, calls[position], order)
      } else if count > 1 {
        bytes = try group.add(position, Array(inputs[start..<(start + count)]))
      } else {
        bytes = try group.add(position, count == 1 ? inputs[start] : .null)
      }
      if bytes != 0 {
        try context.statement.budget.take(bytes)
        held += bytes
      }
    }
  }

  /// Fills `key`, `inputs` and `isPassedOver` from a row. Nothing is aggregated before all is evaluated, since a
  /// lacking subquery makes it begin anew.
  private func evaluate(_ row: Row) throws(SQLError) {
    key.removeAll(keepingCapacity: true)
    inputs.removeAll(keepingCapacity: true)
    for evaluator in keys { key.append(try evaluator.evaluate(row, context)) }
    for (position, call) in calls.enumerated() {
      isPassedOver[position] = false
      if let filter = call.filter, try !filter.isTrue(row, context) {
        isPassedOver[position] = true
        for _ in 0..<(call.arguments.count + call.order.count) { inputs.append(.null) }
        continue
      }
      for argument in call.arguments {
        let value = try argument.evaluate(row, context)
        if value.isNull, call.definition.skipsNulls { isPassedOver[position] = true }
        inputs.append(value)
      }
      for sort in call.order { inputs.append(try sort.evaluator.evaluate(row, context).keyed(sort.type)) }
    }
  }

  /// The group of the current key.
  private func group() throws(SQLError) -> Group {
    if keys.isEmpty { return groups[0] }
    let lookup = isPadded ? key.indices.map { key[$0].keyed(keyTypes[$0]) } : key
    let (number, isNew) = index.number(lookup)
    if !isNew { return groups[number] }
    let group = Group(key, calls, context.statement)
    groups.append(group)
    let size = KeyIndex.estimatedSize(lookup) + key.estimatedRowSize + calls.count * 96 + 64
    try context.statement.budget.take(size)
    held += size
    return group
  }

  public override func next() async throws(SQLError) -> RowBatch? {
    guard position < groups.count else { return nil }
    try await context.statement.checkpoint()
    let end = min(position + RowBatch.capacity, groups.count)
    var rows: [Row] = []
    rows.reserveCapacity(end - position)
    for group in groups[position..<end] { rows.append(try await group.row(calls, context.statement)) }
    position = end
    return RowBatch(rows)
  }

  public override func close() async {
    release()
    await input.close()
  }

  private func release() {
    context.statement.budget.release(held)
    held = 0
    groups = []
    index = KeyIndex()
    position = 0
  }
}

/// One group: its key and the states of the aggregates.
private final class Group {
  private let key: [Datum]
  private let accumulators: [Accumulator]
  private let pace: EvaluationPace
  /// Rows of the calls with DISTINCT or ORDER BY, which are aggregated at the end.
  private var pending: [Int: Pending] = [:]

  private struct Pending {
    var seen: Set<DatumKey> = []
    var rows: [SortEntry] = []
  }

  init(_ key: [Datum], _ calls: [AggregateCall], _ pace: EvaluationPace) {
    self.key = key
    self.pace = pace
    accumulators = calls.map { $0.definition.accumulator(pace) }
  }

  /// Takes a row's argument; gives the bytes newly held.
  func add(_ position: Int, _ argument: Datum) throws(SQLError) -> Int {
    let accumulator = accumulators[position]
    let before = accumulator.heldBytes
    try pace.pinned { () throws(SQLError) in try accumulator.add(argument) }
    return accumulator.heldBytes - before
  }

  func add(_ position: Int, _ arguments: [Datum]) throws(SQLError) -> Int {
    let accumulator = accumulators[position]
    let before = accumulator.heldBytes
    try pace.pinned { () throws(SQLError) in try accumulator.add(arguments) }
    return accumulator.heldBytes - before
  }

  /// Keeps a row's arguments for the end.
  func collect(
    _ position: Int, _ arguments: [Datum], _ call: AggregateCall, _ order: [Datum]
  ) throws(SQLError) -> Int {
    if call.isDistinct {
      let lookup = DatumKey(arguments.indices.map { arguments[$0].keyed(call.types[$0]) })
      guard pending[position, default: Pending()].seen.insert(lookup).inserted else { return 0 }
    }
    let entry = SortEntry(keys: order, row: arguments)
    pending[position, default: Pending()].rows.append(entry)
    return entry.estimatedSize * 2
  }

  func row(_ calls: [AggregateCall], _ statement: StatementContext) async throws(SQLError) -> Row {
    var row = key
    row.reserveCapacity(key.count + calls.count)
    for (position, accumulator) in accumulators.enumerated() {
      if let waiting = pending.removeValue(forKey: position) {
        try await aggregate(waiting.rows, calls[position], accumulator, statement)
      }
      row.append(try pace.pinned { () throws(SQLError) in try accumulator.result() })
    }
    return row
  }

  /// Feeds the rows in the call's order; DISTINCT alone means ascending by the arguments, as PostgreSQL sorts them.
  private func aggregate(
    _ rows: [SortEntry], _ call: AggregateCall, _ accumulator: Accumulator, _ statement: StatementContext
  ) async throws(SQLError) {
    let sorted: [SortEntry]
    if call.order.isEmpty {
      let keys = call.types.map { SortKey(ConstantEvaluator(.null), $0) }
      sorted = try await ChunkedSort.sorted(rows, statement) { (left, right) throws(SQLError) in
        for (index, key) in keys.enumerated() {
          let order = try key.compare(left.row[index].keyed(key.type), right.row[index].keyed(key.type), statement)
          if order != 0 { return order < 0 }
        }
        return false
      }
    } else {
      sorted = try await ChunkedSort.sorted(rows, statement) { (left, right) throws(SQLError) in
        try SortEntry.precedes(left, right, call.order, statement)
      }
    }
    for (number, entry) in sorted.enumerated() {
      if number % RowBatch.capacity == RowBatch.capacity - 1 { try await statement.checkpoint() }
      try pace.pinned { () throws(SQLError) in try accumulator.add(entry.row) }
    }
  }
}
