import RoostRelational
import RoostStore

/// Making constraints: names, columns, and what they refer to.
extension DefinitionExecution {
  private func columnIDs(
    _ names: [String], _ content: TableDescriptor.Content, _ what: String, _ at: SourceOffset
  ) throws(SQLError) -> [UInt16] {
    var ids: [UInt16] = []
    for name in names {
      guard let column = content.columns.first(where: { $0.name == name }) else {
        throw SQLError(
          "42703",
          what == "foreign key"
            ? "column \"\(name)\" referenced in foreign key constraint does not exist"
            : "column \"\(name)\" named in key does not exist", at: at)
      }
      guard !ids.contains(column.id) else {
        throw SQLError("42701", "column \"\(name)\" appears twice in \(what) constraint", at: at)
      }
      ids.append(column.id)
    }
    return ids
  }

  private func names(_ content: TableDescriptor.Content) -> Set<String> {
    TableDescriptor(content).constraintNames.union([content.name])
  }

  /// A name given or made; error when it is taken.
  private func constraintName(
    _ constraint: ConstraintSyntax, _ content: TableDescriptor.Content, isRelation: Bool, _ suffix: String
  ) throws(SQLError) -> String {
    let taken = names(content)
    guard let name = constraint.name else { return freeName("\(content.name)_\(suffix)", taken: taken) }
    if isRelation, catalogue.hasRelation(name) || name == content.name {
      throw SQLError("42P07", "relation \"\(name)\" already exists")
    }
    guard !taken.contains(name) else {
      throw SQLError("42710", "constraint \"\(name)\" for relation \"\(content.name)\" already exists")
    }
    return name
  }

  func makeIndex(
    _ constraint: ConstraintSyntax, _ columns: [String], _ role: IndexDescriptor.Role,
    _ content: TableDescriptor.Content
  ) async throws(SQLError) -> IndexDescriptor {
    let ids = try columnIDs(columns, content, role == .primaryKey ? "primary key" : "unique", constraint.at)
    let suffix = role == .primaryKey ? "pkey" : columns.joined(separator: "_") + "_key"
    let name = try constraintName(constraint, content, isRelation: true, suffix)
    let oid = try await nextObject()
    return IndexDescriptor(oid: oid, storage: oid, name: name, columns: ids, isUnique: true, role: role)
  }

  func makeCheck(
    _ constraint: ConstraintSyntax, _ condition: SyntaxExpression, _ text: String, _ content: TableDescriptor.Content
  ) throws(SQLError) -> CheckDescriptor {
    let used = try checkColumns(condition, content)
    let suffix = used.count == 1 ? "\(used[0])_check" : "check"
    return CheckDescriptor(name: try constraintName(constraint, content, isRelation: false, suffix), text: text)
  }

  /// Binds the condition over the table's row; returns the names of the columns it reads.
  private func checkColumns(
    _ condition: SyntaxExpression, _ content: TableDescriptor.Content
  ) throws(SQLError) -> [String] {
    let (binder, _) = binder()
    let level = QueryLevel(outer: nil)
    level.clause = .check
    let table = TableDescriptor(content)
    let (_, names) = try binder.bindTable(table, nil, level, locator: false, at: .none)
    level.namespace = names
    let bound = try binder.checker.condition(binder.bind(condition, level), "CHECK")
    guard level.subqueries.isEmpty else {
      throw SQLError("0A000", "cannot use subquery in check constraint", at: condition.offset)
    }
    return bound.positions.sorted().map { table.columns[$0].name }
  }

  func makeForeignKey(
    _ constraint: ConstraintSyntax, _ content: TableDescriptor.Content
  ) throws(SQLError) -> ForeignKeyDescriptor {
    guard case .foreignKey(let columns, let parentName, let referenced, let onDelete, let onUpdate) = constraint.kind
    else { throw SQLError("XX000", "not a foreign key") }
    for action in [onDelete, onUpdate] where action != .noAction && action != .restrict {
      throw SQLError(
        "0A000", "foreign key actions CASCADE, SET NULL and SET DEFAULT are not supported", at: constraint.at)
    }
    let ids = try columnIDs(columns, content, "foreign key", constraint.at)
    let parent: TableDescriptor.Content =
      parentName.name == content.name ? content : try catalogue.table(parentName).content
    let parentTable = TableDescriptor(parent)
    let target = try referencedColumns(referenced, parentTable, constraint.at)
    guard target.count == ids.count else {
      throw SQLError(
        "42830", "number of referencing and referenced columns for foreign key disagree", at: constraint.at)
    }
    let name = try constraintName(
      constraint, content, isRelation: false, columns.joined(separator: "_") + "_fkey")
    for (id, referenced) in zip(ids, target) {
      guard let column = content.columns.first(where: { $0.id == id }),
        let other = parent.columns.first(where: { $0.id == referenced })
      else { continue }
      guard Self.areComparable(column.type, other.type) else {
        throw SQLError(
          "42804", "foreign key constraint \"\(name)\" cannot be implemented",
          detail:
            "Key columns \"\(column.name)\" and \"\(other.name)\" are of incompatible types: \(column.type.name) and \(other.type.name)."
        )
      }
    }
    return ForeignKeyDescriptor(
      name: name, columns: ids, table: parent.oid, referenced: target, onDelete: Self.action(onDelete),
      onUpdate: Self.action(onUpdate))
  }

  private static func action(_ action: ConstraintSyntax.Action) -> ForeignKeyDescriptor.Action {
    switch action {
    case .noAction: .noAction
    case .restrict: .restrict
    case .cascade: .cascade
    case .setNull: .setNull
    case .setDefault: .setDefault
    }
  }

  /// Whether equal values of both types have the same key bytes.
  private static func areComparable(_ left: SQLType, _ right: SQLType) -> Bool {
    if left.base == right.base { return true }
    if left.base.isInteger { return right.base.isInteger }
    let strings: Set<BaseType> = [.text, .varchar]
    return strings.contains(left.base) && strings.contains(right.base)
  }

  private func referencedColumns(
    _ names: [String], _ parent: TableDescriptor, _ at: SourceOffset
  ) throws(SQLError) -> [UInt16] {
    if names.isEmpty {
      guard let key = parent.primaryKey else {
        throw SQLError("42704", "there is no primary key for referenced table \"\(parent.name)\"", at: at)
      }
      return key.columns
    }
    let ids = try columnIDs(names, parent.content, "foreign key", at)
    guard parent.uniqueKeys.contains(where: { Set($0.columns) == Set(ids) }) else {
      throw SQLError(
        "42830", "there is no unique constraint matching given keys for referenced table \"\(parent.name)\"", at: at)
    }
    return ids
  }

  // MARK: Validation of rows that are there

  /// Fills a new index; a duplicate is error 23505.
  func build(_ index: IndexDescriptor, _ table: TableDescriptor) async throws(SQLError) {
    let zone = session.settings.timeZone
    var seen: Set<[UInt8]> = []
    try await forEachRow(of: table) { (row, locator) throws(SQLError) in
      if index.role == .primaryKey, let null = index.columns.first(where: { row[table.positionByID[Int($0)]].isNull }) {
        let name = table.columns[table.positionByID[Int(null)]].name
        throw SQLError(
          "23502", "column \"\(name)\" of relation \"\(table.name)\" contains null values", table: table.name,
          column: name)
      }
      let (key, isUnique) = table.entryKey(index, row, locator: locator)
      if isUnique, !seen.insert(key.bytes).inserted {
        throw SQLError(
          "23505", "could not create unique index \"\(index.name)\"",
          detail: "Key \(ConstraintViolation.key(table, index.columns, row, zone)) is duplicated.",
          constraint: index.name, table: table.name)
      }
      try put(key, locator)
    }
  }

  func validate(_ check: CheckDescriptor, _ table: TableDescriptor) async throws(SQLError) {
    let (binder, planner) = binder()
    let bound = try DataChangePlanner(binder: binder, planner: planner).checks(table).first { $0.name == check.name }
    guard let bound else { return }
    let context = context()
    try await forEachRow(of: table) { (row, _) throws(SQLError) in
      let verdict = try context.statement.pinned { () throws(SQLError) in try bound.condition.evaluate(row, context) }
      if case .boolean(false) = verdict {
        throw SQLError(
          "23514", "check constraint \"\(check.name)\" of relation \"\(table.name)\" is violated by some row",
          constraint: check.name, table: table.name)
      }
    }
  }

  /// Checks all rows of a table against a new foreign key.
  func validate(_ key: ForeignKeyDescriptor, _ table: TableDescriptor) async throws(SQLError) {
    var only = table.content
    only.foreignKeys = [key]
    let probe = TableDescriptor(only)
    let tables = catalogue.tables.filter { $0.oid != table.oid } + [probe]
    let references = ReferenceChecks(
      Catalogue(version: 0, tables: tables), transaction, statement)
    try await forEachRow(of: table) { (row, _) throws(SQLError) in references.added(row, to: probe) }
    try await references.run()
  }
}
