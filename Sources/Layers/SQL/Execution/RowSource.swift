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
  func next() throws(SQLError) -> [Row]? {
    largeBytes = 0
    do throws(StoreError) {
      var lookups = 0
      while let key = keys.popLast() {
        if let value = try transaction.get(key) {
          guard isSecondary else { return try decoded([KeyValue(key: key, value: value)]).get() }
          if let row = try followed(value) { return try decoded([row]).get() }
        }
        lookups += 1
        if lookups >= RowBatch.capacity { return [] }
      }
      while true {
        if scan == nil {
          guard let range = ranges.popLast() else { return nil }
          lookups += 1
          if lookups >= RowBatch.capacity {
            ranges.append(range)
            return []
          }
          scan = try transaction.scan(range, reverse: path.isReverse)
        }
        let pairs = try scan?.next(batchSize) ?? []
        batchSize = min(batchSize * 4, RowBatch.capacity)
        if pairs.isEmpty {
          scan = nil
          continue
        }
        guard isSecondary else { return try decoded(pairs).get() }
        var rows: [KeyValue] = []
        rows.reserveCapacity(pairs.count)
        for pair in pairs { if let row = try followed(pair.value) { rows.append(row) } }
        if !rows.isEmpty { return try decoded(rows).get() }
      }
    } catch {
      if let failure {
        self.failure = nil
        throw failure
      }
      throw StoreErrorMapping.error(error)
    }
  }

  /// The row an index entry points to.
  private func followed(_ locator: [UInt8]) throws(StoreError) -> KeyValue? {
    let key = table.rowKey(locator)
    return try transaction.get(key).map { KeyValue(key: key, value: $0) }
  }

  /// Why rows could not be decoded, while the store's error type is on the way.
  private var failure: SQLError?

  private func decoded(_ pairs: [KeyValue]) -> Result<[Row], StoreError> {
    do throws(SQLError) {
      var rows: [Row] = []
      rows.reserveCapacity(pairs.count)
      for pair in pairs {
        if pair.value.count > PassingValues.ordinaryBytes { largeBytes += 2 * pair.value.count }
        var row = try RowEncoding.decode(pair.value, columns: columns)
        if hasLocator { row.append(.bytea(table.locator(pair.key))) }
        rows.append(row)
      }
      return .success(rows)
    } catch {
      failure = error
      return .failure(.storage(error.message))
    }
  }
}
