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
  private var index: [DatumKey: Int] = [:]
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
    super.init(columnCount: keys.count + calls.count)
  }

  public override func open() async throws(SQLError) {
    release()
    try await input.open()
    let runner = SubqueryRunner(context)
    if keys.isEmpty { groups.append(Group([], calls)) }
    while let batch = try await input.next() {
      try await context.statement.checkpoint()
      for row in batch.rows { try await take(row, runner) }
    }
    await input.close()
  }

  private func take(_ row: Row, _ runner: SubqueryRunner) async throws(SQLError) {
    let inputs: Inputs
    do throws(SQLError) {
      inputs = try evaluate(row)
    } catch {
      inputs = try await runner.resume(after: error, row, evaluate)
    }
    let group = try group(inputs.key)
    for position in calls.indices {
      guard let arguments = inputs.arguments[position] else { continue }
      let bytes = try group.add(position, arguments, calls[position], inputs.order[position])
      if bytes != 0 {
        try context.statement.budget.take(bytes)
        held += bytes
      }
    }
  }

  /// What one row contributes: its group key and each call's arguments (nil when the call passes the row over).
  private struct Inputs {
    var key: [Datum] = []
    var arguments: [[Datum]?] = []
    var order: [[Datum]] = []
  }

  private func evaluate(_ row: Row) throws(SQLError) -> Inputs {
    var inputs = Inputs()
    inputs.key.reserveCapacity(keys.count)
    for key in keys { inputs.key.append(try key.evaluate(row, context)) }
    inputs.arguments.reserveCapacity(calls.count)
    for call in calls {
      var order: [Datum] = []
      let values = try arguments(call, row)
      if values != nil {
        for key in call.order { order.append(try key.evaluator.evaluate(row, context).keyed(key.type)) }
      }
      inputs.arguments.append(values)
      inputs.order.append(order)
    }
    return inputs
  }

  private func arguments(_ call: AggregateCall, _ row: Row) throws(SQLError) -> [Datum]? {
    if let filter = call.filter, try !filter.isTrue(row, context) { return nil }
    var values: [Datum] = []
    values.reserveCapacity(call.arguments.count)
    for argument in call.arguments {
      let value = try argument.evaluate(row, context)
      if value.isNull, call.definition.skipsNulls { return nil }
      values.append(value)
    }
    return values
  }

  private func group(_ key: [Datum]) throws(SQLError) -> Group {
    if keys.isEmpty { return groups[0] }
    let lookup = DatumKey(key.indices.map { key[$0].keyed(keyTypes[$0]) })
    if let found = index[lookup] { return groups[found] }
    let group = Group(key, calls)
    let size = lookup.estimatedSize + key.estimatedRowSize + calls.count * 96 + 64
    try context.statement.budget.take(size)
    held += size
    index[lookup] = groups.count
    groups.append(group)
    return group
  }

  public override func next() async throws(SQLError) -> RowBatch? {
    guard position < groups.count else { return nil }
    try await context.statement.checkpoint()
    let end = min(position + RowBatch.capacity, groups.count)
    var rows: [Row] = []
    rows.reserveCapacity(end - position)
    for group in groups[position..<end] { rows.append(try group.row(calls)) }
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
    index = [:]
    position = 0
  }
}

/// One group: its key and the states of the aggregates.
private final class Group {
  private let key: [Datum]
  private let accumulators: [Accumulator]
  /// Rows of the calls with DISTINCT or ORDER BY, which are aggregated at the end.
  private var pending: [Int: Pending] = [:]

  private struct Pending {
    var seen: Set<DatumKey> = []
    var rows: [SortEntry] = []
  }

  init(_ key: [Datum], _ calls: [AggregateCall]) {
    self.key = key
    accumulators = calls.map { $0.definition.accumulator() }
  }

  /// Takes a row's arguments; gives the bytes newly held.
  func add(
    _ position: Int, _ arguments: [Datum], _ call: AggregateCall, _ order: [Datum]
  ) throws(SQLError) -> Int {
    guard call.isDistinct || !call.order.isEmpty else {
      let accumulator = accumulators[position]
      let before = accumulator.heldBytes
      if arguments.count > 1 { try accumulator.add(arguments) } else { try accumulator.add(arguments.first ?? .null) }
      return accumulator.heldBytes - before
    }
    if call.isDistinct {
      let lookup = DatumKey(arguments.indices.map { arguments[$0].keyed(call.types[$0]) })
      guard pending[position, default: Pending()].seen.insert(lookup).inserted else { return 0 }
    }
    let entry = SortEntry(keys: order, row: arguments)
    pending[position, default: Pending()].rows.append(entry)
    return entry.estimatedSize * 2
  }

  func row(_ calls: [AggregateCall]) throws(SQLError) -> Row {
    var row = key
    row.reserveCapacity(key.count + calls.count)
    for (position, accumulator) in accumulators.enumerated() {
      if let waiting = pending[position] { try aggregate(waiting.rows, calls[position], accumulator) }
      row.append(try accumulator.result())
    }
    return row
  }

  /// Feeds the rows in the call's order; DISTINCT alone means ascending by the arguments, as PostgreSQL sorts them.
  private func aggregate(_ rows: [SortEntry], _ call: AggregateCall, _ accumulator: Accumulator) throws(SQLError) {
    let sorted: [SortEntry]
    if call.order.isEmpty {
      let keys = call.types.map { SortKey(ConstantEvaluator(.null), $0) }
      sorted = rows.sorted { left, right in
        for (index, key) in keys.enumerated() {
          let order = key.compare(left.row[index].keyed(key.type), right.row[index].keyed(key.type))
          if order != 0 { return order < 0 }
        }
        return false
      }
    } else {
      sorted = rows.sorted { SortEntry.precedes($0, $1, call.order) }
    }
    for entry in sorted { try accumulator.add(entry.row) }
  }
}
