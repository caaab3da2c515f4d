import RoostRelational

/// Binds and plans INSERT, UPDATE and DELETE.
struct DataChangePlanner {
  let binder: Binder
  let planner: Planner

  private var checker: TypeChecker { binder.checker }

  // MARK: Parts all three share

  /// The table's row as a level of its own: columns at their places, under the table's name or an alias.
  private func rowLevel(
    _ table: TableDescriptor, _ alias: String?, _ clause: QueryLevel.Clause
  ) throws(SQLError) -> QueryLevel {
    let level = QueryLevel(outer: nil)
    level.clause = clause
    let (_, names) = try binder.bindTable(table, alias.map { TableAlias(name: $0) }, level, locator: false, at: .none)
    level.namespace = names
    return level
  }

  private func rowLayout(_ level: QueryLevel, _ plan: PlanLevel) -> Layout {
    Layout(level: level, plan: plan, use: ColumnUse(), order: Array(0..<level.width))
  }

  func checks(_ table: TableDescriptor) throws(SQLError) -> [BoundCheck] {
    if table.checks.isEmpty { return [] }
    let level = try rowLevel(table, nil, .check)
    var result: [BoundCheck] = []
    for check in table.checks {
      let condition = try checker.condition(binder.bind(try Parser.expression(check.text), level), "CHECK")
      result.append((check.name, try planner.finish(condition, rowLayout(level, PlanLevel())).evaluator()))
    }
    return result
  }

  private func returning(
    _ targets: [SelectTarget], _ level: QueryLevel
  ) throws(SQLError) -> (plan: ReturningPlan, columns: [ResultColumn])? {
    if targets.isEmpty { return nil }
    level.clause = .returning
    let select = BoundSelect(level: level)
    let columns = try binder.bindTargets(targets, select)
    let plan = PlanLevel()
    let layout = rowLayout(level, plan)
    var expressions: [Evaluator] = []
    for target in select.targets { expressions.append(try planner.finish(target, layout).evaluator()) }
    return (ReturningPlan(expressions: expressions, level: plan), columns)
  }

  /// A column's default as an expression without columns; null when it has none.
  private func defaultValue(_ column: ColumnDescriptor) throws(SQLError) -> Expression {
    guard let text = column.defaultText else { return .constant(.null, column.type) }
    let level = QueryLevel(outer: nil)
    level.clause = .defaultValue
    return try checker.assign(
      binder.bind(try Parser.expression(text), level), to: column.type, column: column.name)
  }

  private func column(
    _ table: TableDescriptor, _ name: String, _ at: SourceOffset
  ) throws(SQLError) -> Int {
    guard let position = table.position(name) else {
      throw SQLError("42703", "column \"\(name)\" of relation \"\(table.name)\" does not exist", at: at)
    }
    return position
  }

  private func hasSubquery(_ expression: Expression) -> Bool {
    expression.contains {
      switch $0 {
      case .scalarSubquery, .exists, .inSubquery, .quantified: true
      default: false
      }
    }
  }

  // MARK: INSERT

  func insert(_ insert: InsertSyntax) throws(SQLError) -> (InsertPlan, [ResultColumn]?) {
    let table = try binder.table(insert.table)
    let targets = try insertTargets(insert, table)
    let source: InsertPlan.Source
    switch insert.source {
    case .defaultValues: source = try rows([[]], [], table, QueryLevel(outer: nil))
    case .query(let query):
      if insert.with.isEmpty, query.with.isEmpty, query.orderBy.isEmpty, query.limit == nil, query.offset == nil,
        case .values(let rows, let at) = query.body
      {
        source = try values(rows, targets, table, at, isExplicit: !insert.columns.isEmpty)
      } else {
        var query = query
        query.with = insert.with + query.with
        source = try self.query(query, targets, table, isExplicit: !insert.columns.isEmpty)
      }
    }
    let returned = try returning(insert.returning, rowLevel(table, insert.alias, .returning))
    let plan = InsertPlan(
      table: table, source: source, checks: try checks(table),
      conflict: try insert.conflict.map { clause throws(SQLError) in try conflict(clause, table, insert.alias) },
      returning: returned?.plan)
    return (plan, returned?.columns)
  }

  private func insertTargets(_ insert: InsertSyntax, _ table: TableDescriptor) throws(SQLError) -> [Int] {
    if insert.columns.isEmpty { return Array(table.columns.indices) }
    var result: [Int] = []
    for (name, at) in insert.columns {
      let position = try column(table, name, at)
      if result.contains(position) { throw SQLError("42701", "column \"\(name)\" specified more than once", at: at) }
      result.append(position)
    }
    return result
  }

  private func checkCount(
    _ count: Int, _ targets: [Int], isExplicit: Bool, at: SourceOffset
  ) throws(SQLError) {
    if count > targets.count { throw SQLError("42601", "INSERT has more expressions than target columns", at: at) }
    if count < targets.count, isExplicit {
      throw SQLError("42601", "INSERT has more target columns than expressions", at: at)
    }
  }

  private func values(
    _ rows: [[SyntaxExpression]], _ targets: [Int], _ table: TableDescriptor, _ at: SourceOffset, isExplicit: Bool
  ) throws(SQLError) -> InsertPlan.Source {
    for row in rows where row.count != rows[0].count {
      throw SQLError("42601", "VALUES lists must all be the same length", at: row.first?.offset ?? at)
    }
    try checkCount(rows[0].count, targets, isExplicit: isExplicit, at: rows[0].first?.offset ?? at)
    let level = QueryLevel(outer: nil)
    level.clause = .values
    return try self.rows(rows, targets, table, level)
  }

  private func rows(
    _ rows: [[SyntaxExpression]], _ targets: [Int], _ table: TableDescriptor, _ level: QueryLevel
  ) throws(SQLError) -> InsertPlan.Source {
    let plan = PlanLevel()
    let layout = Layout(level: level, plan: plan, use: ColumnUse(), order: [])
    var defaults: [Expression] = []
    for column in table.columns {
      // A column that gets a value in every row needs no default.
      defaults.append(try planner.finish(try defaultValue(column), layout))
    }
    var templates: [(values: [Expression], sequences: [Int])] = []
    templates.reserveCapacity(rows.count)
    for row in rows {
      var values = defaults
      var isGiven = [Bool](repeating: false, count: table.columns.count)
      for (syntax, target) in zip(row, targets) {
        if case .defaultValue = syntax { continue }
        isGiven[target] = true
        values[target] = try planner.finish(try assigned(syntax, table.columns[target], level), layout)
      }
      let sequences = table.columns.indices.filter { !isGiven[$0] && table.columns[$0].sequence != nil }
      templates.append((values, sequences))
    }
    if plan.subplans.isEmpty {
      return .rows(templates.map { .init(values: $0.values.map { $0.evaluator() }, sequences: $0.sequences) })
    }
    plan.root = .values(templates.map(\.values), columns: table.columns.count)
    return .query(plan, sequences: templates[0].sequences)
  }

  /// A value for a column, with errors placed at the value.
  private func assigned(
    _ syntax: SyntaxExpression, _ column: ColumnDescriptor, _ level: QueryLevel
  ) throws(SQLError) -> Expression {
    let value = try binder.bind(syntax, level)
    do throws(SQLError) {
      return try checker.assign(value, to: column.type, column: column.name)
    } catch {
      // A literal that is no value of the type has a place; one that is too long for the column has none.
      guard error.position == nil, syntax.offset != .none, error.code != "22001" else { throw error }
      var located = error
      located.position = -Int(syntax.offset.bytes) - 1
      throw located
    }
  }

  private func query(
    _ query: SyntaxQuery, _ targets: [Int], _ table: TableDescriptor, isExplicit: Bool
  ) throws(SQLError) -> InsertPlan.Source {
    let bound = try binder.bindQuery(query, outer: nil, keepsUnknown: true)
    try checkCount(bound.columns.count, targets, isExplicit: isExplicit, at: query.at)
    for (index, target) in zip(bound.columns.indices, targets) where bound.columns[index].type == .unknown {
      try binder.coerceColumns(
        bound,
        bound.columns.indices.map {
          $0 == index ? table.columns[target].type : bound.columns[$0].type
        }, .assignment)
    }
    let source = try planner.level(bound)
    let plan = PlanLevel()
    let level = QueryLevel(outer: nil)
    var values: [Expression] = []
    for column in table.columns { values.append(try defaultValue(column)) }
    var isGiven = [Bool](repeating: false, count: values.count)
    for (index, target) in zip(bound.columns.indices, targets) {
      isGiven[target] = true
      let column = table.columns[target]
      values[target] = try checker.assign(
        .column(index, bound.columns[index].type), to: column.type, column: column.name)
    }
    let layout = Layout(level: level, plan: plan, use: ColumnUse(), order: Array(bound.columns.indices))
    var finished: [Expression] = []
    for value in values { finished.append(try planner.finish(value, layout)) }
    plan.root = .project(.level(source, skip: 0, alias: ""), finished)
    return .query(plan, sequences: table.columns.indices.filter { !isGiven[$0] && table.columns[$0].sequence != nil })
  }

  private func conflict(
    _ clause: ConflictClause, _ table: TableDescriptor, _ alias: String?
  ) throws(SQLError) -> InsertPlan.Conflict {
    let index: IndexDescriptor?
    switch clause.target {
    case .none: index = nil
    case .constraint(let name, let at):
      guard let found = table.uniqueKeys.first(where: { $0.name == name }) else {
        throw SQLError("42704", "constraint \"\(name)\" for table \"\(table.name)\" does not exist", at: at)
      }
      index = found
    case .columns(let names, let at):
      var ids: Set<UInt16> = []
      for name in names { ids.insert(table.columns[try column(table, name, at)].id) }
      guard let found = table.uniqueKeys.first(where: { Set($0.columns) == ids }) else {
        throw SQLError(
          "42P10", "there is no unique or exclusion constraint matching the ON CONFLICT specification", at: at)
      }
      index = found
    }
    guard let update = clause.update else { return .init(index: index, update: nil) }
    let level = try rowLevel(table, alias, .update)
    let excluded = TableAlias(name: "excluded")
    let (_, names) = try binder.bindTable(table, excluded, level, locator: false, at: .none)
    level.namespace.tables += names.tables
    let layout = rowLayout(level, PlanLevel())
    var finished: [(column: Int, value: Evaluator)] = []
    for (position, value) in try assignments(update.assignments, table, level) {
      guard !hasSubquery(value) else { throw SQLError("0A000", "subqueries in ON CONFLICT are not supported") }
      finished.append((position, try planner.finish(value, layout).evaluator()))
    }
    var filter: Evaluator?
    if let syntax = update.filter {
      let condition = try checker.condition(binder.bind(syntax, level), "WHERE")
      guard !hasSubquery(condition) else { throw SQLError("0A000", "subqueries in ON CONFLICT are not supported") }
      filter = try planner.finish(condition, layout).evaluator()
    }
    return .init(index: index, update: (finished, filter))
  }

  private func assignments(
    _ syntax: [Assignment], _ table: TableDescriptor, _ level: QueryLevel
  ) throws(SQLError) -> [(column: Int, value: Expression)] {
    var result: [(column: Int, value: Expression)] = []
    for assignment in syntax {
      guard assignment.columns.count == assignment.values.count else {
        throw SQLError("0A000", "assignment of a row from a subquery is not supported", at: assignment.columns[0].at)
      }
      for (target, value) in zip(assignment.columns, assignment.values) {
        let position = try column(table, target.name, target.at)
        if result.contains(where: { $0.column == position }) {
          throw SQLError("42601", "multiple assignments to same column \"\(target.name)\"", at: target.at)
        }
        if case .defaultValue = value {
          guard table.columns[position].sequence == nil else {
            throw SQLError("0A000", "DEFAULT of a serial column in UPDATE is not supported", at: target.at)
          }
          result.append((position, try defaultValue(table.columns[position])))
        } else {
          result.append((position, try assigned(value, table.columns[position], level)))
        }
      }
    }
    return result
  }

  // MARK: UPDATE and DELETE

  /// The level of a change: the target first, then the other tables.
  private func changeLevel(
    _ table: TableDescriptor, _ name: TableName, _ alias: String?, _ from: [TableReference], _ with: [CommonTable]
  ) throws(SQLError) -> (QueryLevel, JoinTree) {
    var scopes: [CommonTableScope] = []
    for common in with { scopes.append(CommonTableScope(table: common, visible: scopes, outer: nil)) }
    let level = QueryLevel(outer: nil, commonTables: scopes)
    let (target, names) = try binder.bindTable(
      table, alias.map { TableAlias(name: $0) }, level, locator: true, at: name.at)
    level.namespace = names
    guard let others = try binder.bindFrom(from, level) else { return (level, target) }
    return (level, .join(.cross, target, others, on: []))
  }

  /// Plans the rows a change touches: all input columns in their order, then `values`.
  private func changed(
    _ level: QueryLevel, _ tree: JoinTree, _ filter: [Expression], _ values: [Expression], needs: Set<Int>
  ) throws(SQLError) -> PlanLevel {
    let plan = PlanLevel()
    let use = ColumnUse()
    for position in needs { use.insert(position) }
    var joins = JoinPlanner(planner: planner, level: level, plan: plan, use: use)
    let (node, layout) = try joins.plan(tree, filter)
    var expressions: [Expression] = []
    for position in 0..<level.width {
      guard let place = layout.places[position] else { throw SQLError("XX000", "a column has no place in the plan") }
      expressions.append(.column(place, .unknown))
    }
    for value in values { expressions.append(try planner.finish(value, layout)) }
    plan.root = .project(node, expressions)
    return plan
  }

  func update(_ update: UpdateSyntax) throws(SQLError) -> (UpdatePlan, [ResultColumn]?) {
    let table = try binder.table(update.table)
    let (level, tree) = try changeLevel(table, update.table, update.alias, update.from, update.with)
    level.clause = .update
    let values = try assignments(update.assignments, table, level)
    level.clause = .filter
    let filter = try binder.conjuncts(update.filter, level, "WHERE")
    let returned = try returning(update.returning, level)
    let query = try changed(
      level, tree, filter, values.map(\.value), needs: update.returning.isEmpty ? [] : Set(0..<level.width))
    let plan = UpdatePlan(
      table: table, query: query, inputWidth: level.width, columns: values.map(\.column), checks: try checks(table),
      returning: returned?.plan)
    return (plan, returned?.columns)
  }

  func delete(_ delete: DeleteSyntax) throws(SQLError) -> (DeletePlan, [ResultColumn]?) {
    let table = try binder.table(delete.table)
    let (level, tree) = try changeLevel(table, delete.table, delete.alias, delete.using, delete.with)
    level.clause = .filter
    let filter = try binder.conjuncts(delete.filter, level, "WHERE")
    let returned = try returning(delete.returning, level)
    let query = try changed(
      level, tree, filter, [], needs: delete.returning.isEmpty ? [] : Set(0..<level.width))
    return (DeletePlan(table: table, query: query, returning: returned?.plan), returned?.columns)
  }
}
