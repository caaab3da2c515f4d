import RoostRelational
import RoostStore

/// Finds rows of a table through an access path: the one place that turns probes into keys and walks them.
///
/// Used by one task. `start` sets it off for one set of probe values; `next` gives batches until it gives nil.
final class RowSource {
  private let table: TableDescriptor
  private let transaction: Transaction
  private let path: AccessPath
  private let columns: [UInt32]
  private let hasLocator: Bool
  private var keys: [Key] = []
  private var ranges: [KeyRange] = []
  private var scan: Transaction.Scan?
  /// Keys of rows that index entries were found for; the next one is the last.
  private var entries: [Key] = []
  /// Grows while rows are pulled, so that a LIMIT 1 does not read hundreds.
  private var batchSize = 16
  /// What the large values among the rows that ``next()`` returned last occupy, in bytes: as they are stored and as they
  /// are decoded.
  private(set) var largeBytes = 0

  init(
    _ source: TableSource, _ path: AccessPath, columns: [UInt32], transaction: Transaction
  ) {
    table = source.table
    self.transaction = transaction
    self.path = path
    self.columns = columns
    hasLocator = source.hasLocator
  }

  convenience init(_ scan: ScanNode, transaction: Transaction) {
    self.init(scan.source, scan.path, columns: scan.columns, transaction: transaction)
  }

  /// The columns to decode. Those nobody reads are asked for by a number that no column has.
  static func columns(_ source: TableSource, _ use: ColumnUse) -> [UInt32] {
    source.table.columnNumbers.enumerated().map {
      source.hasLocator || use.positions.contains(source.first + $0) ? $1 : UInt32.max
    }
  }

  /// The object whose keys the path walks.
  private var object: UInt32 {
    guard let index = path.index, index != table.clusteredKey else { return table.storage }
    return index.storage
  }

  private var isSecondary: Bool { path.index != nil && path.index != table.clusteredKey }

  func start(_ row: Row, _ context: EvaluationContext) throws(SQLError) {
    keys = []
    ranges = []
    entries = []
    scan = nil
    batchSize = 16
    var prefix = KeyLayout.prefix(object)
    for probe in path.equal {
      let value = try probe.evaluator.evaluate(row, context)
      if value.isNull { return }
      KeyEncoding.append(value, type: probe.type, to: &prefix)
    }
    if path.list.isEmpty {
      try addRange(prefix, row, context)
    } else {
      var seen: Set<Key> = []
      for probe in path.list {
        let value = try probe.evaluator.evaluate(row, context)
        if value.isNull { continue }
        var key = prefix
        KeyEncoding.append(value, type: probe.type, to: &key)
        seen.insert(Key(key))
      }
      for key in seen.sorted() { add(key) }
    }
    // Taken from the end.
    if !path.isReverse {
      keys.reverse()
      ranges.reverse()
    }
  }

  private func add(_ key: Key) {
    if path.isUnique { keys.append(key) } else { ranges.append(KeyRange(prefix: key)) }
  }

  private func addRange(_ prefix: [UInt8], _ row: Row, _ context: EvaluationContext) throws(SQLError) {
    guard path.lower != nil || path.upper != nil else {
      add(Key(prefix))
      return
    }
    var range = KeyRange(prefix: Key(prefix))
    if let lower = path.lower {
      guard let key = try bound(lower, prefix, row, context) else { return }
      range.lower = lower.isInclusive ? key : key.prefixSuccessor ?? range.upper
    }
    if let upper = path.upper {
      guard let key = try bound(upper, prefix, row, context) else { return }
      range.upper = upper.isInclusive ? key.prefixSuccessor ?? range.upper : key
    } else {
      // Nulls lie behind all values and satisfy no comparison.
      var nulls = prefix
      KeyEncoding.append(.null, type: .text, to: &nulls)
      range.upper = Key(nulls)
    }
    if !range.isEmpty { ranges.append(range) }
  }

  private func bound(
    _ bound: AccessPath.Bound, _ prefix: [UInt8], _ row: Row, _ context: EvaluationContext
  ) throws(SQLError) -> Key? {
    let value = try bound.probe.evaluator.evaluate(row, context)
    if value.isNull { return nil }
    var key = prefix
    KeyEncoding.append(value, type: bound.probe.type, to: &key)
    return Key(key)
  }

  /// The next rows; nil at the end. None at all when much was looked for in vain: the caller may want to pause.
  func next() async throws(SQLError) -> [Row]? {
    largeBytes = 0
    var lookups = 0
    while lookups < RowBatch.capacity {
      var found: [KeyValue]
      if !entries.isEmpty {
        found = try await lookUp(&entries)
      } else if !keys.isEmpty {
        lookups += min(keys.count, batchSize)
        found = try await lookUp(&keys)
        if isSecondary { (entries, found) = (locate(found), []) }
      } else {
        if scan == nil {
          guard !ranges.isEmpty else { return nil }
          lookups += 1
          scan = try transaction.pairs(of: ranges.removeLast(), reverse: path.isReverse)
        }
        found = try await scan?.nextPairs(batchSize) ?? []
        growBatch()
        if found.isEmpty { scan = nil }
        if isSecondary { (entries, found) = (locate(found), []) }
      }
      if !found.isEmpty { return try decoded(found) }
    }
    return []
  }

  /// What is found under the next of `keys`, which are taken from the end, as many as come together.
  private func lookUp(_ keys: inout [Key]) async throws(SQLError) -> [KeyValue] {
    let wanted = Array(keys.suffix(batchSize).reversed())
    growBatch()
    let values = try await transaction.values(ofFirst: wanted[...])
    keys.removeLast(values.count)
    var found: [KeyValue] = []
    found.reserveCapacity(values.count)
    for (key, value) in zip(wanted, values) {
      if let value { found.append(KeyValue(key: key, value: value)) }
    }
    return found
  }

  private func growBatch() { batchSize = min(batchSize * 4, RowBatch.capacity) }

  /// Where the rows lie that index entries point to; the last one first.
  private func locate(_ entries: [KeyValue]) -> [Key] { entries.reversed().map { table.rowKey($0.value) } }

  private func decoded(_ pairs: [KeyValue]) throws(SQLError) -> [Row] {
    var rows: [Row] = []
    rows.reserveCapacity(pairs.count)
    for pair in pairs {
      if pair.value.count > PassingValues.ordinaryBytes { largeBytes += 2 * pair.value.count }
      var row = try RowEncoding.decode(pair.value, columns: columns)
      if hasLocator { row.append(.bytea(table.locator(pair.key))) }
      rows.append(row)
    }
    return rows
  }
}
