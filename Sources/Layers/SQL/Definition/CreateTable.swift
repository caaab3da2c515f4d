import RoostRelational

/// CREATE TABLE, DROP TABLE, TRUNCATE.
extension DefinitionExecution {
  /// PostgreSQL's limit.
  static let maximumColumns = 1_600

  func createTable(_ create: CreateTableSyntax) async throws(SQLError) {
    try checkSchema(create.table)
    let name = create.table.name
    if catalogue.hasRelation(name) {
      guard create.ifNotExists else {
        throw SQLError("42P07", "relation \"\(name)\" already exists", at: create.table.at)
      }
      session.notify(.notice("relation \"\(name)\" already exists, skipping", code: "42P07"))
      return
    }
    guard create.columns.count <= Self.maximumColumns else {
      throw SQLError("54011", "tables can have at most \(Self.maximumColumns) columns")
    }
    let oid = try await nextObject()
    var content = TableDescriptor.Content(oid: oid, name: name, storage: oid)
    for column in create.columns { try await add(column, to: &content) }
    var constraints = create.columns.flatMap(\.constraints) + create.constraints
    // Keys first: foreign keys may refer to the table itself.
    constraints = constraints.filter(\.isKey) + constraints.filter { !$0.isKey }
    guard constraints.filter(\.isPrimaryKey).count <= 1 else {
      throw SQLError(
        "42P16", "multiple primary keys for table \"\(name)\" are not allowed", at: create.table.at)
    }
    for constraint in constraints {
      switch constraint.kind {
      case .primaryKey(let columns):
        var index = try await makeIndex(constraint, columns, .primaryKey, content)
        index.storage = oid
        for id in index.columns { setNotNull(id, &content) }
        content.clusteredKey = index
      case .unique(let columns): content.indexes.append(try await makeIndex(constraint, columns, .unique, content))
      case .check(let condition, let text):
        content.checks.append(try makeCheck(constraint, condition, text, content))
      case .foreignKey: content.foreignKeys.append(try makeForeignKey(constraint, content))
      }
    }
    try await commit(changed: [TableDescriptor(content)])
  }

  private func checkSchema(_ name: TableName) throws(SQLError) {
    if let schema = name.schema, schema != "public" {
      throw SQLError("3F000", "schema \"\(schema)\" does not exist", at: name.at)
    }
  }

  func setNotNull(_ id: UInt16, _ content: inout TableDescriptor.Content) {
    if let position = content.columns.firstIndex(where: { $0.id == id }) { content.columns[position].isNotNull = true }
  }

  /// Adds a column; its constraints are left to the caller.
  func add(_ column: ColumnDefinition, to content: inout TableDescriptor.Content) async throws(SQLError) {
    guard !content.columns.contains(where: { $0.name == column.name }) else {
      throw SQLError("42701", "column \"\(column.name)\" specified more than once", at: column.at)
    }
    var descriptor = ColumnDescriptor(
      id: content.nextColumnID, name: column.name, type: .integer, isNotNull: column.isNotNull)
    switch column.type.name {
    case "serial", "serial4": descriptor.type = .integer
    case "bigserial", "serial8": descriptor.type = .bigint
    case "smallserial", "serial2": descriptor.type = .smallint
    default: descriptor.type = try TypeNames.resolve(column.type)
    }
    let isSerial = ["serial", "serial4", "bigserial", "serial8", "smallserial", "serial2"].contains(column.type.name)
    if isSerial || column.isIdentity {
      guard descriptor.type.base.isInteger else {
        throw SQLError("22023", "identity column type must be smallint, integer, or bigint", at: column.at)
      }
      descriptor.sequence = try await nextObject()
      descriptor.isNotNull = true
    }
    if let value = column.defaultValue {
      guard descriptor.sequence == nil else {
        throw SQLError(
          "42601", "multiple default values specified for column \"\(column.name)\" of table \"\(content.name)\"",
          at: column.at)
      }
      try checkDefault(value, descriptor)
      descriptor.defaultText = column.defaultText
    }
    content.nextColumnID += 1
    content.columns.append(descriptor)
  }

  func checkDefault(_ value: SyntaxExpression, _ column: ColumnDescriptor) throws(SQLError) {
    let (binder, _) = binder()
    let level = QueryLevel(outer: nil)
    level.clause = .defaultValue
    do throws(SQLError) {
      let bound = try binder.bind(value, level)
      guard level.subqueries.isEmpty else {
        throw SQLError("0A000", "cannot use subquery in DEFAULT expression", at: value.offset)
      }
      _ = try binder.checker.assign(bound, to: column.type, column: column.name)
    } catch {
      if error.code == "42703" {
        throw SQLError("0A000", "cannot use column reference in DEFAULT expression", at: value.offset)
      }
      throw error
    }
  }

  // MARK: Dropping

  func dropTables(_ drop: DropSyntax) async throws(SQLError) {
    var dropped: [TableDescriptor] = []
    for name in drop.names {
      let isForeign = name.schema.map { $0 != "public" } ?? false
      guard !isForeign, let table = catalogue.table(name.name) else {
        if !isForeign, catalogue.hasRelation(name.name) {
          throw SQLError(
            "42809", "\"\(name.name)\" is not a table", hint: "Use DROP INDEX to remove an index.")
        }
        guard drop.ifExists else { throw SQLError("42P01", "table \"\(name.name)\" does not exist") }
        session.notify(.notice("table \"\(name.name)\" does not exist, skipping"))
        continue
      }
      if !dropped.contains(where: { $0 === table }) { dropped.append(table) }
    }
    if dropped.isEmpty { return }
    let going = Set(dropped.map(\.oid))
    var changed: [UInt32: TableDescriptor.Content] = [:]
    for table in dropped {
      for (child, key) in catalogue.references(to: table) where !going.contains(child.oid) {
        guard drop.cascades else {
          throw SQLError(
            "2BP01", "cannot drop table \(table.name) because other objects depend on it",
            detail: "constraint \(key.name) on table \(child.name) depends on table \(table.name)",
            hint: "Use DROP ... CASCADE to drop the dependent objects too.")
        }
        session.notify(.notice("drop cascades to constraint \(key.name) on table \(child.name)"))
        changed[child.oid, default: child.content].foreignKeys.removeAll { $0.name == key.name }
      }
      for storage in [table.storage] + table.indexes.map(\.storage) { try abandon(storage) }
      for column in table.columns {
        if let sequence = column.sequence { try transaction.remove(KeyLayout.counter(sequence)) }
      }
    }
    try await commit(
      changed: changed.keys.sorted().compactMap { changed[$0].map(TableDescriptor.init) }, dropped: dropped)
  }

  /// Gives the tables new, empty storage.
  func truncate(_ names: [TableName]) async throws(SQLError) {
    var tables: [TableDescriptor] = []
    for name in names {
      let table = try catalogue.table(name)
      if !tables.contains(where: { $0 === table }) { tables.append(table) }
    }
    let going = Set(tables.map(\.oid))
    var changed: [TableDescriptor] = []
    for table in tables {
      for (child, _) in catalogue.references(to: table) where !going.contains(child.oid) {
        throw SQLError(
          "0A000", "cannot truncate a table referenced in a foreign key constraint",
          detail: "Table \"\(child.name)\" references \"\(table.name)\".",
          hint: "Truncate table \"\(child.name)\" at the same time, or use TRUNCATE ... CASCADE.")
      }
      var content = table.content
      for storage in [table.storage] + table.indexes.map(\.storage) { try abandon(storage) }
      content.storage = try await nextObject()
      if content.clusteredKey != nil { content.clusteredKey?.storage = content.storage }
      for index in content.indexes.indices { content.indexes[index].storage = try await nextObject() }
      changed.append(TableDescriptor(content))
    }
    try await commit(changed: changed)
  }
}

extension ConstraintSyntax {
  var isPrimaryKey: Bool { if case .primaryKey = kind { true } else { false } }

  /// Whether it makes a unique key.
  var isKey: Bool {
    switch kind {
    case .primaryKey, .unique: true
    case .check, .foreignKey: false
    }
  }
}
