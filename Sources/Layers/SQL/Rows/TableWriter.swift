import RoostRelational
import RoostStore

/// Writes rows of one table with their index entries, and checks what must hold for a row by itself.
///
/// What concerns other rows of other tables is left to `ReferenceChecks` at the end of the statement.
final class TableWriter {
  /// Rows whose unique keys are looked up together.
  static let batch = 64

  let table: TableDescriptor
  private let transaction: Transaction
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
  func holder(_ index: IndexDescriptor, _ row: Row) async throws(SQLError) -> [UInt8]? {
    if table.hasNull(index, row) { return nil }
    if index == table.clusteredKey {
      guard let locator = table.clusteredLocator(row) else { return nil }
      return try await transaction.value(of: table.rowKey(locator)) == nil ? nil : locator
    }
    return try await transaction.value(of: table.entryKey(index, row, locator: []).key)
  }

  /// Adds validated rows. Error 23505 for the first that is there already, or comes twice.
  func insert(_ rows: ArraySlice<(row: Row, locator: [UInt8])>) async throws(SQLError) {
    var entries: [Entry] = []
    for (row, locator) in rows {
      entries.append(
        Entry(row: row, key: table.rowKey(locator), value: .row, unique: table.clusteredKey))
      for index in table.indexes { entries.append(entry(index, row, locator)) }
    }
    try await add(entries)
  }

  /// What is written for a row: itself, or its place in an index.
  private struct Entry {
    enum Value {
      /// Encoded only when it is written: a batch of large rows would take as much again.
      case row
      case locator([UInt8])
    }

    var row: Row
    var key: Key
    var value: Value
    /// The index that allows the key only once.
    var unique: IndexDescriptor?
  }

  private func entry(_ index: IndexDescriptor, _ row: Row, _ locator: [UInt8]) -> Entry {
    let (key, isUnique) = table.entryKey(index, row, locator: locator)
    return Entry(row: row, key: key, value: .locator(locator), unique: isUnique ? index : nil)
  }

  /// Looks all unique keys up together, then writes.
  private func add(_ entries: [Entry]) async throws(SQLError) {
    let unique = entries.compactMap { $0.unique == nil ? nil : $0.key }
    var taken = try await transaction.holds(unique)[...]
    // Those of the statement itself that came since.
    var added: Set<Key> = []
    for entry in entries {
      if let index = entry.unique {
        let isTaken = taken.popFirst() ?? false
        guard !isTaken, unique.count == 1 || added.insert(entry.key).inserted else {
          throw ConstraintViolation.unique(table, index, entry.row, zone)
        }
      }
      switch entry.value {
      case .row: try transaction.set(entry.key, table.encode(entry.row))
      case .locator(let locator): try transaction.set(entry.key, locator)
      }
    }
  }

  func delete(_ row: Row, locator: [UInt8]) throws(SQLError) {
    try transaction.remove(table.rowKey(locator))
    for index in table.indexes { try transaction.remove(table.entryKey(index, row, locator: locator).key) }
  }

  /// Replaces rows. All old keys go before any new one comes, so that values may move between rows of one statement.
  func update(_ changes: [(old: Row, new: Row, locator: [UInt8])]) async throws(SQLError) {
    var moved: [(new: Row, locator: [UInt8], indexes: [IndexDescriptor], movesRow: Bool)] = []
    moved.reserveCapacity(changes.count)
    for (number, (old, new, locator)) in changes.enumerated() {
      if number & 63 == 63 { try await context.statement.checkpoint() }
      let target = table.clusteredLocator(new) ?? locator
      let movesRow = target != locator
      if movesRow { try transaction.remove(table.rowKey(locator)) }
      var indexes: [IndexDescriptor] = []
      for index in table.indexes {
        let entry = table.entryKey(index, old, locator: locator).key
        guard movesRow || entry != table.entryKey(index, new, locator: target).key else { continue }
        try transaction.remove(entry)
        indexes.append(index)
      }
      moved.append((new, target, indexes, movesRow))
    }
    for start in stride(from: 0, to: moved.count, by: Self.batch) {
      if start > 0 { try await context.statement.checkpoint() }
      var entries: [Entry] = []
      for (new, locator, indexes, movesRow) in moved[start..<min(start + Self.batch, moved.count)] {
        entries.append(
          Entry(
            row: new, key: table.rowKey(locator), value: .row,
            unique: movesRow ? table.clusteredKey : nil))
        for index in indexes { entries.append(entry(index, new, locator)) }
      }
      try await add(entries)
    }
  }
}
