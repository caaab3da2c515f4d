import RoostPlatform
import RoostRelational
import RoostStore

/// ALTER TABLE, and CREATE and DROP INDEX.
extension DefinitionExecution {
  func alterTable(_ alter: AlterTableSyntax) async throws(SQLError) {
    if alter.ifExists, catalogue.table(alter.table.name) == nil {
      session.notify(.notice("relation \"\(alter.table.name)\" does not exist, skipping"))
      return
    }
    var name = alter.table
    for action in alter.actions {
      let table = try catalogue.table(name)
      try await apply(action, table)
      if case .renameTable(let new) = action { name.name = new }
    }
  }

  private func apply(_ action: AlterTableSyntax.Action, _ table: TableDescriptor) async throws(SQLError) {
    switch action {
    case .addConstraint(let constraint): try await addConstraint(constraint, table)
    case .dropConstraint(let name, let ifExists, let cascades):
      try await dropConstraint(name, table, ifExists: ifExists, cascades: cascades)
    case .addColumn(let column, let ifNotExists): try await addColumn(column, table, ifNotExists: ifNotExists)
    case .dropColumn(let name, let ifExists, let cascades):
      try await dropColumn(name, table, ifExists: ifExists, cascades: cascades)
    case .setNotNull(let name): try await setNotNull(name, table)
    case .dropNotNull(let name):
      var content = table.content
      let position = try column(name, table)
      let id = content.columns[position].id
      if let key = table.primaryKey, key.columns.contains(id) {
        throw SQLError("42P16", "column \"\(name)\" is in a primary key")
      }
      content.columns[position].isNotNull = false
      try await commit(changed: [TableDescriptor(content)])
    case .setDefault(let name, let value, let text):
      var content = table.content
      let position = try column(name, table)
      try checkDefault(value, content.columns[position])
      content.columns[position].defaultText = text
      content.columns[position].sequence = nil
      try await commit(changed: [TableDescriptor(content)])
    case .dropDefault(let name):
      var content = table.content
      content.columns[try column(name, table)].defaultText = nil
      try await commit(changed: [TableDescriptor(content)])
    case .renameColumn(let old, let new): try await renameColumn(old, new, table)
    case .renameTable(let new):
      guard !catalogue.hasRelation(new) else { throw SQLError("42P07", "relation \"\(new)\" already exists") }
      var content = table.content
      content.name = new
      try await commit(changed: [TableDescriptor(content)])
    case .ignored: break
    }
  }

  private func column(_ name: String, _ table: TableDescriptor) throws(SQLError) -> Int {
    guard let position = table.position(name) else {
      throw SQLError("42703", "column \"\(name)\" of relation \"\(table.name)\" does not exist")
    }
    return position
  }

  // MARK: Constraints

  private func addConstraint(_ constraint: ConstraintSyntax, _ table: TableDescriptor) async throws(SQLError) {
    var content = table.content
    switch constraint.kind {
    case .primaryKey(let columns):
      guard table.primaryKey == nil else {
        throw SQLError("42P16", "multiple primary keys for table \"\(table.name)\" are not allowed")
      }
      let index = try await makeIndex(constraint, columns, .primaryKey, content)
      try await build(index, table)
      for id in index.columns { setNotNull(id, &content) }
      content.indexes.append(index)
    case .unique(let columns):
      let index = try await makeIndex(constraint, columns, .unique, content)
      try await build(index, table)
      content.indexes.append(index)
    case .check(let condition, let text):
      let check = try makeCheck(constraint, condition, text, content)
      content.checks.append(check)
      try await validate(check, TableDescriptor(content))
    case .foreignKey:
      let key = try makeForeignKey(constraint, content)
      try await validate(key, table)
      content.foreignKeys.append(key)
    }
    try await commit(changed: [TableDescriptor(content)])
  }

  private func dropConstraint(
    _ name: String, _ table: TableDescriptor, ifExists: Bool, cascades: Bool
  ) async throws(SQLError) {
    var content = table.content
    if let position = content.checks.firstIndex(where: { $0.name == name }) {
      content.checks.remove(at: position)
    } else if let position = content.foreignKeys.firstIndex(where: { $0.name == name }) {
      content.foreignKeys.remove(at: position)
    } else if let position = content.indexes.firstIndex(where: { $0.name == name && $0.role != .index }) {
      let index = content.indexes[position]
      let others = try dependents(
        of: index, table, cascades: cascades, name: "constraint \(name) on table \(table.name)")
      content.indexes.remove(at: position)
      try abandon(index.storage)
      if let own = others.first(where: { $0.oid == content.oid }) { content.foreignKeys = own.foreignKeys }
      try await commit(
        changed: [TableDescriptor(content)] + others.filter { $0.oid != content.oid }.map(TableDescriptor.init))
      return
    } else if content.clusteredKey?.name == name {
      throw SQLError(
        "0A000", "dropping a primary key that was declared with its table is not supported",
        hint: "The table's rows are stored in the order of this key.")
    } else {
      guard ifExists else {
        throw SQLError("42704", "constraint \"\(name)\" of relation \"\(table.name)\" does not exist")
      }
      session.notify(.notice("constraint \"\(name)\" of relation \"\(table.name)\" does not exist, skipping"))
      return
    }
    try await commit(changed: [TableDescriptor(content)])
  }

  /// Tables that lose foreign keys with an index: those for which no other unique key serves.
  private func dependents(
    of index: IndexDescriptor, _ table: TableDescriptor, cascades: Bool, name: String
  ) throws(SQLError) -> [TableDescriptor.Content] {
    let columns = Set(index.columns)
    if table.uniqueKeys.contains(where: { $0.oid != index.oid && Set($0.columns) == columns }) { return [] }
    var changed: [UInt32: TableDescriptor.Content] = [:]
    for (child, key) in catalogue.references(to: table) where Set(key.referenced) == columns {
      guard cascades else {
        throw SQLError(
          "2BP01", "cannot drop \(name) because other objects depend on it",
          detail: "constraint \(key.name) on table \(child.name) depends on index \(index.name)",
          hint: "Use DROP ... CASCADE to drop the dependent objects too.")
      }
      session.notify(.notice("drop cascades to constraint \(key.name) on table \(child.name)"))
      changed[child.oid, default: child.content].foreignKeys.removeAll { $0.name == key.name }
    }
    return changed.keys.sorted().compactMap { changed[$0] }
  }

  // MARK: Columns

  private func addColumn(
    _ column: ColumnDefinition, _ table: TableDescriptor, ifNotExists: Bool
  ) async throws(SQLError) {
    if table.position(column.name) != nil {
      guard ifNotExists else {
        throw SQLError("42701", "column \"\(column.name)\" of relation \"\(table.name)\" already exists", at: column.at)
      }
      session.notify(
        .notice("column \"\(column.name)\" of relation \"\(table.name)\" already exists, skipping", code: "42701"))
      return
    }
    guard table.columns.count < Self.maximumColumns else {
      throw SQLError("54011", "tables can have at most \(Self.maximumColumns) columns")
    }
    var content = table.content
    try await add(column, to: &content)
    let grown = TableDescriptor(content)
    let added = content.columns[content.columns.count - 1]
    try await fill(added, table, grown)
    try await commit(changed: [grown])
    for constraint in column.constraints {
      guard let current = catalogue.table(table.name) else { continue }
      try await addConstraint(constraint, current)
    }
  }

  /// Gives the rows that are there the new column's default.
  private func fill(
    _ column: ColumnDescriptor, _ table: TableDescriptor, _ grown: TableDescriptor
  ) async throws(SQLError) {
    var value = Datum.null
    var evaluator: Evaluator?
    if let text = column.defaultText {
      let (binder, _) = binder()
      let level = QueryLevel(outer: nil)
      level.clause = .defaultValue
      evaluator = try binder.checker.assign(
        binder.bind(try Parser.expression(text), level), to: column.type, column: column.name
      ).evaluator()
    }
    let budget = MemoryBudget(
      limit: session.database.options.statementMemoryBytes, account: session.database.options.memory?.statements)
    var rows: [(Row, [UInt8])] = []
    try await forEachRow(of: table) { (row, locator) throws(SQLError) in
      try budget.take(row.estimatedRowSize + locator.count)
      rows.append((row, locator))
    }
    let context = context()
    for (index, (row, locator)) in rows.enumerated() {
      if index & 63 == 63 { try await statement.checkpoint() }
      if let evaluator {
        value = try await statement.evaluating { () throws(SQLError) in try evaluator.evaluate([], context) }
      } else if let sequence = column.sequence {
        let number = try await session.database.rowNumbers.next(
          sequence, block: 32, options: session.storeOptions, session.cancellation)
        value = try Self.integer(number, column.type)
      }
      if column.isNotNull, value.isNull {
        throw SQLError(
          "23502", "column \"\(column.name)\" of relation \"\(table.name)\" contains null values", table: table.name,
          column: column.name)
      }
      if !value.isNull { try put(table.rowKey(locator), grown.encode(row + [value])) }
    }
  }

  private static func integer(_ number: UInt64, _ type: SQLType) throws(SQLError) -> Datum {
    switch type {
    case .smallint:
      if let narrow = Int16(exactly: number) { return .smallint(narrow) }
    case .integer:
      if let narrow = Int32(exactly: number) { return .integer(narrow) }
    default: return .bigint(Int64(number))
    }
    throw SQLError("2200H", "nextval: reached maximum value of sequence")
  }

  private func dropColumn(
    _ name: String, _ table: TableDescriptor, ifExists: Bool, cascades: Bool
  ) async throws(SQLError) {
    guard let position = table.position(name) else {
      guard ifExists else {
        throw SQLError("42703", "column \"\(name)\" of relation \"\(table.name)\" does not exist")
      }
      session.notify(.notice("column \"\(name)\" of relation \"\(table.name)\" does not exist, skipping"))
      return
    }
    let id = table.columns[position].id
    if let key = table.clusteredKey, key.columns.contains(id) {
      throw SQLError(
        "0A000", "dropping a column of the primary key that was declared with its table is not supported",
        hint: "The table's rows are stored in the order of this key.")
    }
    var content = table.content
    var others: [TableDescriptor.Content] = []
    for index in table.indexes where index.columns.contains(id) {
      others += try dependents(
        of: index, table, cascades: cascades, name: "column \(name) of table \(table.name)")
      try abandon(index.storage)
    }
    content.indexes.removeAll { $0.columns.contains(id) }
    content.foreignKeys.removeAll { $0.columns.contains(id) }
    content.columns.remove(at: position)
    // A check that names the column goes with it.
    let remaining = content
    content.checks = []
    for check in table.checks where try holds(check, remaining) { content.checks.append(check) }
    if let sequence = table.columns[position].sequence { try transaction.remove(KeyLayout.counter(sequence)) }
    try await commit(
      changed: [TableDescriptor(content)] + others.filter { $0.oid != content.oid }.map(TableDescriptor.init))
  }

  /// Whether a check can still be bound.
  private func holds(_ check: CheckDescriptor, _ content: TableDescriptor.Content) throws(SQLError) -> Bool {
    let (binder, _) = binder()
    let level = QueryLevel(outer: nil)
    level.clause = .check
    let (_, names) = try binder.bindTable(TableDescriptor(content), nil, level, locator: false, at: .none)
    level.namespace = names
    let syntax = try Parser.expression(check.text)
    do throws(SQLError) {
      _ = try binder.bind(syntax, level)
      return true
    } catch {
      return false
    }
  }

  private func setNotNull(_ name: String, _ table: TableDescriptor) async throws(SQLError) {
    let position = try column(name, table)
    try await forEachRow(of: table) { (row, _) throws(SQLError) in
      if row[position].isNull {
        throw SQLError(
          "23502", "column \"\(name)\" of relation \"\(table.name)\" contains null values", table: table.name,
          column: name)
      }
    }
    var content = table.content
    content.columns[position].isNotNull = true
    try await commit(changed: [TableDescriptor(content)])
  }

  private func renameColumn(_ old: String, _ new: String, _ table: TableDescriptor) async throws(SQLError) {
    let position = try column(old, table)
    guard table.position(new) == nil else {
      throw SQLError("42701", "column \"\(new)\" of relation \"\(table.name)\" already exists")
    }
    var content = table.content
    content.columns[position].name = new
    // Check conditions are kept as text, which would still say the old name.
    for check in content.checks {
      guard try holds(check, content) else {
        throw SQLError("0A000", "renaming a column that check constraint \"\(check.name)\" reads is not supported")
      }
    }
    try await commit(changed: [TableDescriptor(content)])
  }

  // MARK: Indexes

  func createIndex(_ create: CreateIndexSyntax) async throws(SQLError) {
    let table = try catalogue.table(create.table)
    var ids: [UInt16] = []
    for column in create.columns {
      guard let position = table.position(column.name) else {
        throw SQLError("42703", "column \"\(column.name)\" does not exist", at: create.at)
      }
      ids.append(table.columns[position].id)
    }
    guard Set(ids).count == ids.count else {
      throw SQLError("0A000", "indexes that hold a column twice are not supported", at: create.at)
    }
    let base = "\(table.name)_\(create.columns.map(\.name).joined(separator: "_"))_idx"
    let name = create.name ?? freeName(base, taken: table.constraintNames)
    if catalogue.hasRelation(name) {
      guard create.ifNotExists else { throw SQLError("42P07", "relation \"\(name)\" already exists") }
      session.notify(.notice("relation \"\(name)\" already exists, skipping", code: "42P07"))
      return
    }
    let oid = try await nextObject()
    let index = IndexDescriptor(
      oid: oid, storage: oid, name: name, columns: ids, isUnique: create.isUnique, role: .index)
    try await build(index, table)
    var content = table.content
    content.indexes.append(index)
    try await commit(changed: [TableDescriptor(content)])
  }

  func dropIndexes(_ drop: DropSyntax) async throws(SQLError) {
    for name in drop.names {
      guard let (table, index) = catalogue.index(name.name) else {
        if catalogue.table(name.name) != nil {
          throw SQLError(
            "42809", "\"\(name.name)\" is not an index", hint: "Use DROP TABLE to remove a table.")
        }
        guard drop.ifExists else { throw SQLError("42704", "index \"\(name.name)\" does not exist") }
        session.notify(.notice("index \"\(name.name)\" does not exist, skipping"))
        continue
      }
      guard index.role == .index else {
        throw SQLError(
          "2BP01",
          "cannot drop index \(index.name) because constraint \(index.name) on table \(table.name) requires it",
          hint: "You can drop constraint \(index.name) on table \(table.name) instead.")
      }
      let others = try dependents(of: index, table, cascades: drop.cascades, name: "index \(index.name)")
      var content = others.first { $0.oid == table.oid } ?? table.content
      content.indexes.removeAll { $0.oid == index.oid }
      try abandon(index.storage)
      try await commit(
        changed: [TableDescriptor(content)] + others.filter { $0.oid != content.oid }.map(TableDescriptor.init))
    }
  }
}
