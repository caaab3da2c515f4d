import RoostRelational

/// FROM: tables, derived tables, joins, and the names they make visible.
extension Binder {
  /// Binds the items of FROM into the level's input row; several are a cross join.
  func bindFrom(_ items: [TableReference], _ level: QueryLevel) throws(SQLError) -> JoinTree? {
    var tree: JoinTree?
    var namespace = level.namespace
    for item in items {
      let (bound, names) = try bindReference(item, level)
      try add(names, to: &namespace)
      tree = tree.map { .join(.cross, $0, bound, on: []) } ?? bound
    }
    level.namespace = namespace
    return tree
  }

  private func add(_ names: Namespace, to namespace: inout Namespace) throws(SQLError) {
    // Each is compared with all that came before; the columns are copied.
    try stack.poll(1 + namespace.tables.count / 8 + (namespace.visible.count + names.visible.count) / 64)
    for table in names.tables {
      guard !table.alias.isEmpty, namespace.tables.contains(where: { $0.alias == table.alias }) else { continue }
      throw SQLError("42712", "table name \"\(table.alias)\" specified more than once")
    }
    namespace.tables += names.tables
    namespace.visible += names.visible
    guard namespace.tables.count <= Binder.maximumTables else {
      throw SQLError(
        "54001", "statement too complex", detail: "One FROM may join at most \(Binder.maximumTables) tables.",
        hint: "Join them in several steps.")
    }
  }

  @inline(never)
  private func bindReference(
    _ reference: TableReference, _ level: QueryLevel
  ) throws(SQLError) -> (JoinTree, Namespace) {
    try stack.enter()
    defer { stack.leave() }
    switch reference {
    case .table(let name, let alias):
      if name.schema == nil, let scope = level.commonTables.last(where: { $0.table.name == name.name }) {
        return try commonTable(scope, alias, name, level)
      }
      return try bindTable(try table(name), alias, level, locator: false, at: name.at)
    case .derived(let query, let alias, let at):
      let bound = try bindQuery(query, outer: level.outer, commonTables: level.commonTables)
      guard let alias else {
        throw SQLError(
          "42601", "subquery in FROM must have an alias", at: at,
          hint: "For example, FROM (SELECT ...) [AS] foo.")
      }
      return try derived(bound, alias, at, level, skip: 0)
    case .function(let call, let alias): return try series(call, alias, level)
    case .join(let kind, let left, let right, let condition, let at):
      return try join(kind, left, right, condition, at, level)
    }
  }

  /// A table as an item of FROM, or as the target of UPDATE and DELETE, which also need each row's locator.
  func bindTable(
    _ table: TableDescriptor, _ alias: TableAlias?, _ level: QueryLevel, locator: Bool, at: SourceOffset
  ) throws(SQLError) -> (JoinTree, Namespace) {
    let name = alias?.name ?? table.name
    var columnNames = table.columns.map(\.name)
    try rename(&columnNames, alias, name, at)
    try stack.poll(1 + columnNames.count / 8)
    let origins = table.columns.map { ColumnOrigin(table: table.oid, column: Int16(clamping: $0.id)) }
    let first = level.addColumns(columnNames + (locator ? [""] : []), table: name, origins: origins)
    let columns = table.columns.indices.map { index in
      Namespace.Column(
        name: columnNames[index], expression: .column(first + index, table.columns[index].type),
        origin: origins[index])
    }
    let source = TableSource(table: table, alias: name, first: first, hasLocator: locator)
    return (.table(source), Namespace(tables: [.init(alias: name, columns: columns)], visible: columns))
  }

  private func rename(
    _ names: inout [String], _ alias: TableAlias?, _ table: String, _ at: SourceOffset
  ) throws(SQLError) {
    guard let alias, !alias.columns.isEmpty else { return }
    guard alias.columns.count <= names.count else {
      throw SQLError(
        "42P10", "table \"\(table)\" has \(names.count) columns available but \(alias.columns.count) columns specified",
        at: at)
    }
    for (index, name) in alias.columns.enumerated() { names[index] = name }
  }

  private func commonTable(
    _ scope: CommonTableScope, _ alias: TableAlias?, _ name: TableName, _ level: QueryLevel
  ) throws(SQLError) -> (JoinTree, Namespace) {
    // Each mention is a copy, and copies of copies grow exponentially.
    commonTableMentions += 1
    guard commonTableMentions <= Binder.maximumMentions else {
      throw SQLError(
        "54001", "statement too complex",
        detail:
          "WITH queries may be expanded \(Binder.maximumMentions) times in all; each mention inside another counts anew.",
        hint: "Write intermediate results to a table.")
    }
    let bound = try bindQuery(scope.table.query, outer: scope.outer, commonTables: scope.visible)
    guard scope.table.columns.count <= bound.columns.count else {
      throw SQLError(
        "42P10",
        "WITH query \"\(scope.table.name)\" has \(bound.columns.count) columns available but \(scope.table.columns.count) columns specified",
        at: scope.table.at)
    }
    for (index, column) in scope.table.columns.enumerated() { bound.columns[index].name = column }
    let written = (scope.outer?.depth ?? -1) + 1
    return try derived(
      bound, alias ?? TableAlias(name: scope.table.name), name.at, level, skip: level.depth - written)
  }

  private func derived(
    _ query: BoundQuery, _ alias: TableAlias, _ at: SourceOffset, _ level: QueryLevel, skip: Int
  ) throws(SQLError) -> (JoinTree, Namespace) {
    var names = query.columns.map(\.name)
    try rename(&names, alias, alias.name, at)
    try stack.poll(1 + names.count / 8)
    let origins = query.columns.map { column -> ColumnOrigin? in
      column.tableOID == 0 ? nil : ColumnOrigin(table: column.tableOID, column: column.columnNumber)
    }
    let first = level.addColumns(names, table: alias.name, origins: origins)
    let columns = names.indices.map { index in
      Namespace.Column(
        name: names[index], expression: .column(first + index, query.columns[index].type), origin: origins[index])
    }
    return (
      .derived(query, first: first, alias: alias.name, skip: skip),
      Namespace(tables: [.init(alias: alias.name, columns: columns)], visible: columns)
    )
  }

  private func series(
    _ call: SyntaxCall, _ alias: TableAlias?, _ level: QueryLevel
  ) throws(SQLError) -> (JoinTree, Namespace) {
    guard call.name == "generate_series", (2...3).contains(call.arguments.count) else {
      throw SQLError("0A000", "function \(call.name) is not supported in FROM", at: call.at)
    }
    let inner = QueryLevel(outer: level.outer, commonTables: level.commonTables)
    inner.clause = .values
    let bound = try bind(call.arguments, inner)
    let types = bound.map(\.type.base)
    let type: SQLType = types.contains(.bigint) ? .bigint : .integer
    guard types.allSatisfy({ $0.isInteger || $0 == .unknown }) else {
      throw SQLError("0A000", "generate_series is only supported for integers", at: call.at)
    }
    var arguments: [Expression] = []
    for argument in bound { arguments.append(try checker.coerce(argument, to: type, .implicit)) }
    let table = alias?.name ?? call.name
    let name = alias?.columns.first ?? table
    let first = level.addColumns([name], table: table)
    let column = Namespace.Column(name: name, expression: .column(first, type), origin: nil)
    return (
      .series(SeriesSource(arguments: arguments, first: first, type: type, alias: table)),
      Namespace(tables: [.init(alias: table, columns: [column])], visible: [column])
    )
  }

  // MARK: Joins

  @inline(never)
  private func join(
    _ kind: TableReference.JoinKind, _ left: TableReference, _ right: TableReference,
    _ condition: TableReference.JoinCondition, _ at: SourceOffset, _ level: QueryLevel
  ) throws(SQLError) -> (JoinTree, Namespace) {
    let (leftTree, leftNames) = try bindReference(left, level)
    let (rightTree, rightNames) = try bindReference(right, level)
    var names = Namespace()
    try add(leftNames, to: &names)
    try add(rightNames, to: &names)
    switch condition {
    case .none: return (.join(kind, leftTree, rightTree, on: []), names)
    case .on(let syntax):
      let before = (level.namespace, level.clause)
      level.namespace = names
      level.clause = .join
      defer { (level.namespace, level.clause) = before }
      let on = try conjuncts(syntax, level, "JOIN/ON")
      return (.join(kind, leftTree, rightTree, on: on), names)
    case .using(let columns):
      var seen: Set<String> = []
      for column in columns where !seen.insert(column).inserted {
        throw SQLError("42701", "column name \"\(column)\" appears more than once in USING clause", at: at)
      }
      return try joinUsing(kind, (leftTree, leftNames), (rightTree, rightNames), columns, names, at)
    case .natural:
      let shared = Set(rightNames.visible.map(\.name))
      let columns = leftNames.visible.map(\.name).filter { shared.contains($0) }
      return try joinUsing(kind, (leftTree, leftNames), (rightTree, rightNames), columns, names, at)
    }
  }

  private func joinUsing(
    _ kind: TableReference.JoinKind, _ left: (tree: JoinTree, names: Namespace),
    _ right: (tree: JoinTree, names: Namespace), _ columns: [String], _ names: Namespace, _ at: SourceOffset
  ) throws(SQLError) -> (JoinTree, Namespace) {
    var conditions: [Expression] = []
    var merged: [Namespace.Column] = []
    let shared = Set(columns)
    let leftColumns = try columnsByName(left.names, shared)
    let rightColumns = try columnsByName(right.names, shared)
    for name in columns {
      try stack.poll()
      let leftColumn = try usingColumn(name, leftColumns, "left", at)
      let rightColumn = try usingColumn(name, rightColumns, "right", at)
      conditions.append(try checker.infix("=", leftColumn.expression, rightColumn.expression))
      let expression: Expression
      switch kind {
      case .full: expression = try checker.coalesce([leftColumn.expression, rightColumn.expression])
      case .right: expression = rightColumn.expression
      default: expression = leftColumn.expression
      }
      merged.append(
        .init(name: name, expression: expression, origin: kind == .right ? rightColumn.origin : leftColumn.origin))
    }
    var result = names
    result.visible =
      merged + left.names.visible.filter { !shared.contains($0.name) }
      + right.names.visible.filter { !shared.contains($0.name) }
    return (.join(kind == .cross ? .inner : kind, left.tree, right.tree, on: conditions), result)
  }

  /// The visible columns that have one of these names.
  private func columnsByName(
    _ names: Namespace, _ wanted: Set<String>
  ) throws(SQLError) -> [String: [Namespace.Column]] {
    var result: [String: [Namespace.Column]] = [:]
    for (index, column) in names.visible.enumerated() {
      if index & 7 == 7 { try stack.poll() }
      if wanted.contains(column.name) { result[column.name, default: []].append(column) }
    }
    return result
  }

  private func usingColumn(
    _ name: String, _ columns: [String: [Namespace.Column]], _ side: String, _ at: SourceOffset
  ) throws(SQLError) -> Namespace.Column {
    guard let matches = columns[name], let first = matches.first else {
      throw SQLError("42703", "column \"\(name)\" specified in USING clause does not exist in \(side) table", at: at)
    }
    guard matches.count == 1 else {
      throw SQLError("42702", "common column name \"\(name)\" appears more than once in \(side) table", at: at)
    }
    return first
  }
}
