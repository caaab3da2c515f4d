import RoostRelational
import RoostStore

/// Foreign keys, checked when a statement has made all its changes: children need their parent, and no parent leaves
/// while children need it. The actions CASCADE, SET NULL and SET DEFAULT are refused when the constraint is made.
final class ReferenceChecks {
  private let catalogue: Catalogue
  private let transaction: Transaction
  private let statement: StatementContext
  private var zone: TimeZoneOffset { statement.timeZone }
  /// Keys of parents that rows now point to, by constraint, each once.
  private var wanted: [Wanted] = []
  /// Keys that parents gave up.
  private var released: [Released] = []

  private struct Wanted {
    let child: TableDescriptor
    let key: ForeignKeyDescriptor
    var rows: [[UInt8]: Row]
  }

  private struct Released {
    let parent: TableDescriptor
    let child: TableDescriptor
    let key: ForeignKeyDescriptor
    var rows: [[UInt8]: Row]
  }

  init(_ catalogue: Catalogue, _ transaction: Transaction, _ statement: StatementContext) {
    self.catalogue = catalogue
    self.transaction = transaction
    self.statement = statement
  }

  /// Key bytes of some columns of a row, with the types of the columns they refer to; nil when one is null.
  static func bytes(_ row: Row, _ positions: [Int], types: [SQLType]) -> [UInt8]? {
    var bytes: [UInt8] = []
    for (position, type) in zip(positions, types) {
      guard !row[position].isNull else { return nil }
      KeyEncoding.append(row[position], type: type, to: &bytes)
    }
    return bytes
  }

  private func types(_ table: TableDescriptor, _ columns: [UInt16]) -> [SQLType] {
    table.positions(columns).map { table.columns[$0].type }
  }

  /// A row came or changed; `old` is what it was.
  func added(_ row: Row, old: Row? = nil, to table: TableDescriptor) {
    for (number, key) in table.foreignKeys.enumerated() {
      let positions = table.positions(key.columns)
      let types = types(table, key.columns)
      guard let bytes = Self.bytes(row, positions, types: types) else { continue }
      if let old, Self.bytes(old, positions, types: types) == bytes { continue }
      if let place = wanted.firstIndex(where: { $0.child === table && $0.key == table.foreignKeys[number] }) {
        wanted[place].rows[bytes] = row
      } else {
        wanted.append(Wanted(child: table, key: key, rows: [bytes: row]))
      }
    }
  }

  /// A row went or changed; `new` is what it is now.
  func removed(_ row: Row, new: Row? = nil, from table: TableDescriptor) {
    for (child, key) in catalogue.references(to: table) {
      let positions = table.positions(key.referenced)
      let types = types(table, key.referenced)
      guard let bytes = Self.bytes(row, positions, types: types) else { continue }
      if let new, Self.bytes(new, positions, types: types) == bytes { continue }
      if let place = released.firstIndex(where: { $0.child === child && $0.key == key }) {
        released[place].rows[bytes] = row
      } else {
        released.append(Released(parent: table, child: child, key: key, rows: [bytes: row]))
      }
    }
  }

  /// Error 23503 for the first reference that does not hold.
  func run() async throws(SQLError) {
    for entry in wanted { try await checkParents(entry) }
    for entry in released { try await checkChildren(entry) }
    wanted = []
    released = []
  }

  /// Gives way now and then while it looks many keys up.
  private func pause(_ number: Int) async throws(SQLError) {
    if number & 63 == 63 { try await statement.checkpoint() }
  }

  private func checkParents(_ entry: Wanted) async throws(SQLError) {
    guard let parent = catalogue.table(oid: entry.key.table) else { return }
    let positions = entry.child.positions(entry.key.columns)
    let rows = try await sorted(entry.rows).compactMap { entry.rows[$0] }
    try await lookUp(rows, parent, entry.key.referenced, positions) { (row, isThere) throws(SQLError) in
      if !isThere { throw ConstraintViolation.missingParent(entry.child, entry.key, parent, row, zone) }
    }
  }

  /// Looks up whether a parent has the values that rows have at `positions`, in batches.
  private func lookUp(
    _ rows: [Row], _ parent: TableDescriptor, _ columns: [UInt16], _ positions: [Int],
    _ found: (Row, Bool) throws(SQLError) -> Void
  ) async throws(SQLError) {
    for start in stride(from: 0, to: rows.count, by: TableWriter.batch) {
      if start > 0 { try await statement.checkpoint() }
      let batch = rows[start..<min(start + TableWriter.batch, rows.count)]
      var keys: [Key] = []
      for row in batch { keys.append(try parentKey(parent, columns, positions.map { row[$0] })) }
      for (row, isThere) in zip(batch, try await transaction.holds(keys)) { try found(row, isThere) }
    }
  }

  /// Where the parent's row lies that has these values in its referenced columns, which are unique.
  private func parentKey(_ parent: TableDescriptor, _ columns: [UInt16], _ values: [Datum]) throws(SQLError) -> Key {
    guard let index = parent.uniqueKeys.first(where: { Set($0.columns) == Set(columns) }) else {
      throw SQLError("XX000", "a foreign key has lost the unique key it refers to")
    }
    var bytes: [UInt8] = []
    KeyLayout.append(prefix: index == parent.clusteredKey ? parent.storage : index.storage, to: &bytes)
    for column in index.columns {
      guard let place = columns.firstIndex(of: column) else { continue }
      let type = parent.columns[parent.positionByID[Int(column)]].type
      KeyEncoding.append(values[place], type: type, to: &bytes)
    }
    return Key(bytes)
  }

  /// The keys in order, so that the first violation found is always the same.
  private func sorted(_ rows: [[UInt8]: Row]) async throws(SQLError) -> [[UInt8]] {
    try await ChunkedSort.sorted(Array(rows.keys), statement) { $0.precedes($1) }
  }

  private func checkChildren(_ entry: Released) async throws(SQLError) {
    let childPositions = entry.child.positions(entry.key.columns)
    let parentPositions = entry.parent.positions(entry.key.referenced)
    let types = types(entry.parent, entry.key.referenced)
    var missing = entry.rows
    // Another row may have taken the key over.
    try await lookUp(Array(entry.rows.values), entry.parent, entry.key.referenced, parentPositions) {
      (row, isThere) throws(SQLError) in
      if isThere, let bytes = Self.bytes(row, parentPositions, types: types) { missing.removeValue(forKey: bytes) }
    }
    if missing.isEmpty { return }
    let index = ([entry.child.clusteredKey].compactMap { $0 } + entry.child.indexes).first {
      Array($0.columns.prefix(entry.key.columns.count)) == entry.key.columns
    }
    guard let index else {
      try await scanChildren(entry, missing, childPositions, types)
      return
    }
    for (number, bytes) in try await sorted(missing).enumerated() {
      try await pause(number)
      guard let row = missing[bytes] else { continue }
      var prefix: [UInt8] = []
      KeyLayout.append(prefix: index == entry.child.clusteredKey ? entry.child.storage : index.storage, to: &prefix)
      for (place, position) in childPositions.enumerated() {
        KeyEncoding.append(row[parentPositions[place]], type: entry.child.columns[position].type, to: &prefix)
      }
      if try await !transaction.pairs(of: KeyRange(prefix: Key(prefix))).nextPairs(1).isEmpty {
        throw ConstraintViolation.stillReferenced(entry.parent, entry.key, entry.child, row, zone)
      }
    }
  }

  private func scanChildren(
    _ entry: Released, _ missing: [[UInt8]: Row], _ positions: [Int], _ types: [SQLType]
  ) async throws(SQLError) {
    let scan = try transaction.pairs(of: KeyLayout.range(entry.child.storage))
    while case let pairs = try await scan.nextPairs(), !pairs.isEmpty {
      try await statement.checkpoint()
      for pair in pairs {
        let row = try entry.child.decode(pair.value)
        guard let bytes = Self.bytes(row, positions, types: types), let parent = missing[bytes] else { continue }
        throw ConstraintViolation.stillReferenced(entry.parent, entry.key, entry.child, parent, zone)
      }
    }
  }
}
