/// ORDER BY: sort keys, their order, the first n.

/// One key of an ORDER BY.
public struct SortKey: Sendable {
  public let evaluator: Evaluator
  public let type: SQLType
  public let isDescending: Bool
  public let nullsFirst: Bool

  /// Without `nullsFirst` nulls count as greater than every value, as in PostgreSQL.
  public init(_ evaluator: Evaluator, _ type: SQLType, descending: Bool = false, nullsFirst: Bool? = nil) {
    self.evaluator = evaluator
    self.type = type
    self.isDescending = descending
    self.nullsFirst = nullsFirst ?? descending
  }

  /// -1, 0 or 1 for two values of this key in the order it wants.
  public func compare(_ left: Datum, _ right: Datum, _ pace: EvaluationPace) throws(SQLError) -> Int {
    switch (left.isNull, right.isNull) {
    case (true, true): return 0
    case (true, false): return nullsFirst ? -1 : 1
    case (false, true): return nullsFirst ? 1 : -1
    case (false, false):
      try pace.poll(work: 2 + left.comparedSize / 8)
      return isDescending ? right.compare(left) : left.compare(right)
    }
  }
}

/// A row with the values of its sort keys.
struct SortEntry {
  let keys: [Datum]
  let row: Row

  var estimatedSize: Int { keys.estimatedRowSize + row.estimatedRowSize }

  static func precedes(
    _ left: SortEntry, _ right: SortEntry, _ keys: [SortKey], _ pace: EvaluationPace
  ) throws(SQLError) -> Bool {
    for index in keys.indices {
      let order = try keys[index].compare(left.keys[index], right.keys[index], pace)
      if order != 0 { return order < 0 }
    }
    return false
  }
}

extension Datum {
  /// How many bytes a comparison may have to look at.
  fileprivate var comparedSize: Int {
    switch self {
    case .text(let text): text.utf8.count
    case .bytea(let bytes): bytes.count
    case .numeric: 64
    default: 0
    }
  }
}

extension SubqueryRunner {
  func sortEntry(_ row: Row, _ keys: [SortKey]) async throws(SQLError) -> SortEntry {
    do throws(SQLError) {
      return SortEntry(keys: try Self.keyValues(row, keys, context), row: row)
    } catch {
      let values = try await resume(after: error, row) { row throws(SQLError) in
        try Self.keyValues(row, keys, context)
      }
      return SortEntry(keys: values, row: row)
    }
  }

  private static func keyValues(
    _ row: Row, _ keys: [SortKey], _ context: EvaluationContext
  ) throws(SQLError) -> [Datum] {
    var values: [Datum] = []
    values.reserveCapacity(keys.count)
    for key in keys { values.append(try key.evaluator.evaluate(row, context).keyed(key.type)) }
    return values
  }
}

/// ORDER BY with LIMIT: keeps no more than the rows it must return.
public final class TopOperator: Operator {
  private let input: Operator
  private let keys: [SortKey]
  private let limit: Evaluator
  private let offset: Evaluator?
  private let context: EvaluationContext
  private var rows: [Row] = []
  private var position = 0
  private var held = 0

  public init(_ input: Operator, _ keys: [SortKey], limit: Evaluator, offset: Evaluator?, context: EvaluationContext) {
    self.input = input
    self.keys = keys
    self.limit = limit
    self.offset = offset
    self.context = context
    super.init(columnCount: input.columnCount)
  }

  public override func open() async throws(SQLError) {
    release()
    let skipped = try await RowCount.evaluate(offset, context, orElse: 0) {
      SQLError("2201X", "OFFSET must not be negative")
    }
    let wanted = try await RowCount.evaluate(limit, context, orElse: .max) {
      SQLError("2201W", "LIMIT must not be negative")
    }
    try await input.open()
    let (sum, overflow) = skipped.addingReportingOverflow(wanted)
    let needed = overflow ? Int.max : Int(sum)
    var entries: [SortEntry] = []
    let runner = SubqueryRunner(context)
    // Sorting and cutting whenever twice the wanted rows (and at least some batches) have come costs O(log) per row.
    let limit = needed > Int.max / 4 ? Int.max : max(needed * 2, 4 * RowBatch.capacity)
    while let batch = try await input.next() {
      try await context.statement.checkpoint()
      for row in batch.rows {
        let entry = try await runner.sortEntry(row, keys)
        if entries.count >= needed, entries.count == cut, let last = lastKept {
          let precedes = try await context.statement.evaluating { () throws(SQLError) in
            try SortEntry.precedes(entry, last, keys, context.statement)
          }
          if !precedes { continue }
        }
        let size = entry.estimatedSize
        try context.statement.budget.take(size)
        held += size
        entries.append(entry)
        if entries.count >= limit { try await reduce(&entries, to: needed) }
      }
    }
    await input.close()
    try await reduce(&entries, to: needed)
    rows = entries.dropFirst(Int(clamping: skipped)).map(\.row)
  }

  /// Entries left by the last cut, and the greatest of them: what is not less needn't be kept.
  private var cut = -1
  private var lastKept: SortEntry?

  private func reduce(_ entries: inout [SortEntry], to count: Int) async throws(SQLError) {
    let (keys, statement) = (keys, context.statement)
    entries = try await ChunkedSort.sorted(entries, statement) { (left, right) throws(SQLError) in
      try SortEntry.precedes(left, right, keys, statement)
    }
    if entries.count > count {
      var dropped = 0
      for entry in entries[count...] { dropped += entry.estimatedSize }
      context.statement.budget.release(dropped)
      held -= dropped
      entries.removeLast(entries.count - count)
    }
    cut = entries.count
    lastKept = entries.last
  }

  public override func next() async throws(SQLError) -> RowBatch? {
    guard position < rows.count else { return nil }
    let end = min(position + RowBatch.capacity, rows.count)
    defer { position = end }
    return RowBatch(Array(rows[position..<end]))
  }

  public override func close() async {
    release()
    await input.close()
  }

  private func release() {
    context.statement.budget.release(held)
    held = 0
    rows = []
    position = 0
    cut = -1
    lastKept = nil
  }
}
