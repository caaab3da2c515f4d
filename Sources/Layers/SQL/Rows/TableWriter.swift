import RoostRelational
import RoostStore

/// Writes rows of one table with their index entries, and checks what must hold for a row by itself.
///
/// What concerns other rows of other tables is left to `ReferenceChecks` at the end of the statement.
final class TableWriter {
  let table: TableDescriptor
  let transaction: Transaction
  private let checks: [(name: String, condition: Evaluator)]
  private let context: EvaluationContext

  /// `checks` are the table's check constraints over its row.
  init(
    _ table: TableDescriptor, _ transaction: Transaction, checks: [(name: String, condition: Evaluator)],
    context: EvaluationContext
  ) {
    self.table = table
    self.transaction = transaction
    self.checks = checks
    self.context = context
  }

  private var zone: TimeZoneOffset { context.statement.timeZone }

  /// NOT NULL and CHECK.
  func validate(_ row: Row) throws(SQLError) {
    for (position, column) in table.columns.enumerated() where column.isNotNull && row[position].isNull {
      throw ConstraintViolation.notNull(table, position, row, zone)
    }
    for check in checks {
      if case .boolean(false) = try check.condition.evaluate(row, context) {
        throw ConstraintViolation.check(table, check.name, row, zone)
      }
    }
  }

  /// The locator of the row that holds the same key of a unique index; nil when the key is free.
  func holder(_ index: IndexDescriptor, _ row: Row) throws(SQLError) -> [UInt8]? {
    if table.hasNull(index, row) { return nil }
    if index == table.clusteredKey {
      guard let locator = table.clusteredLocator(row) else { return nil }
      return try get(table.rowKey(locator)) == nil ? nil : locator
    }
    return try get(table.entryKey(index, row, locator: []).key)
  }

  func get(_ key: Key) throws(SQLError) -> [UInt8]? {
    do throws(StoreError) { return try transaction.get(key) } catch { throw StoreErrorMapping.error(error) }
  }

  private func put(_ key: Key, _ value: [UInt8]) throws(SQLError) {
    do throws(StoreError) { try transaction.put(key, value) } catch { throw StoreErrorMapping.error(error) }
  }

  private func remove(_ key: Key) throws(SQLError) {
    do throws(StoreError) { try transaction.delete(key) } catch { throw StoreErrorMapping.error(error) }
  }

  /// Adds a validated row. Error 23505.
  func insert(_ row: Row, locator: [UInt8]) throws(SQLError) {
    let key = table.rowKey(locator)
    if let clustered = table.clusteredKey, try get(key) != nil {
      throw ConstraintViolation.unique(table, clustered, row, zone)
    }
    try put(key, table.encode(row))
    for index in table.indexes { try addEntry(index, row, locator) }
  }

  func addEntry(_ index: IndexDescriptor, _ row: Row, _ locator: [UInt8]) throws(SQLError) {
    let (key, isUnique) = table.entryKey(index, row, locator: locator)
    if isUnique, try get(key) != nil { throw ConstraintViolation.unique(table, index, row, zone) }
    try put(key, locator)
  }

  func delete(_ row: Row, locator: [UInt8]) throws(SQLError) {
    try remove(table.rowKey(locator))
    for index in table.indexes { try remove(table.entryKey(index, row, locator: locator).key) }
  }

  /// Replaces rows. All old keys go before any new one comes, so that values may move between rows of one statement.
  func update(_ changes: [(old: Row, new: Row, locator: [UInt8])]) async throws(SQLError) {
    var moved: [(new: Row, locator: [UInt8], indexes: [IndexDescriptor], movesRow: Bool)] = []
    moved.reserveCapacity(changes.count)
    for (number, (old, new, locator)) in changes.enumerated() {
      if number & 63 == 63 { try await context.statement.checkpoint() }
      let target = table.clusteredLocator(new) ?? locator
      let movesRow = target != locator
      if movesRow { try remove(table.rowKey(locator)) }
      var indexes: [IndexDescriptor] = []
      for index in table.indexes {
        let entry = table.entryKey(index, old, locator: locator).key
        guard movesRow || entry != table.entryKey(index, new, locator: target).key else { continue }
        try remove(entry)
        indexes.append(index)
      }
      moved.append((new, target, indexes, movesRow))
    }
    for (number, (new, locator, indexes, movesRow)) in moved.enumerated() {
      if number & 63 == 63 { try await context.statement.checkpoint() }
      let key = table.rowKey(locator)
      if movesRow, let clustered = table.clusteredKey, try get(key) != nil {
        throw ConstraintViolation.unique(table, clustered, new, zone)
      }
      try put(key, table.encode(new))
      for index in indexes { try addEntry(index, new, locator) }
    }
  }
}
