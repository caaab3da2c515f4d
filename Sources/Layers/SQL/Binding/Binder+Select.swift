import RoostRelational

/// SELECT: targets, grouping, ordering.
extension Binder {
  @inline(never)
  func bindSelect(
    _ core: SelectCore, _ orderBy: [SortItem], _ outer: QueryLevel?, _ commonTables: [CommonTableScope],
    _ keepsUnknown: Bool
  ) throws(SQLError) -> BoundQuery {
    let level = QueryLevel(outer: outer, commonTables: commonTables)
    let select = BoundSelect(level: level)
    level.namedWindows = core.windows.map { ($0.name, $0.definition) }
    select.from = try bindFrom(core.from, level)
    level.clause = .filter
    select.filter = try conjuncts(core.filter, level, "WHERE")
    level.clause = .targets
    let columns = try bindTargets(core.targets, select, keepsUnknown)
    let query = BoundQuery(body: .select(select), columns: columns, limitLevel: level)
    level.clause = .grouping
    try bindGrouping(core.groupBy, columns, select)
    level.clause = .having
    if let having = core.having {
      select.having = try checker.condition(bind(having, level), "HAVING")
    }
    level.clause = .ordering
    try bindOrder(orderBy, core.distinct, query, select)
    level.clause = .targets
    select.isAggregated = !core.groupBy.isEmpty || core.having != nil || !level.aggregates.isEmpty
    if select.isAggregated { try GroupingCheck(level: level, select: select, stack: stack).run() }
    return query
  }

  /// Binds targets and gives them names; also used for RETURNING.
  func bindTargets(
    _ targets: [SelectTarget], _ select: BoundSelect, _ keepsUnknown: Bool = false
  ) throws(SQLError) -> [ResultColumn] {
    var columns: [ResultColumn] = []
    for target in targets {
      if case .star(let parts, let at) = target.expression {
        for column in try expandStar(parts, at, select.level) {
          select.targets.append(column.expression)
          try Binder.checkWidth(select.targets.count)
          columns.append(resultColumn(column.name, column.expression.type, column.origin))
        }
        continue
      }
      var expression = try bind(target.expression, select.level)
      if !keepsUnknown { expression = try checker.settled(expression) }
      select.targets.append(expression)
      try Binder.checkWidth(select.targets.count)
      let name = target.alias ?? Binder.name(of: target.expression)
      columns.append(resultColumn(name, expression.type, origin(expression, select.level)))
    }
    return columns
  }

  /// The protocol counts columns in 16 bits, and every row is built whole: PostgreSQL's limit.
  static func checkWidth(_ count: Int) throws(SQLError) {
    guard count <= 1_664 else {
      throw SQLError(
        "54011", "target lists can have at most 1664 entries", hint: "Select the columns in several queries.")
    }
  }

  private func resultColumn(_ name: String, _ type: SQLType, _ origin: ColumnOrigin?) -> ResultColumn {
    ResultColumn(name: name, type: type, tableOID: origin?.table ?? 0, columnNumber: origin?.column ?? 0)
  }

  private func origin(_ expression: Expression, _ level: QueryLevel) -> ColumnOrigin? {
    guard case .column(let position, _) = expression else { return nil }
    return level.origin(position)
  }

  /// The name of a result column without an alias (FigureColname in PostgreSQL's documentation of SELECT).
  static func name(of expression: SyntaxExpression) -> String {
    switch expression {
    case .column(let parts, _): return parts[parts.count - 1]
    case .call(let call): return call.name.split(separator: ".").last.map(String.init) ?? call.name
    case .cast(let operand, let type, _):
      let inner = name(of: operand)
      return inner == "?column?" ? displayName(type) : inner
    case .typed(let type, _, _): return displayName(type)
    case .collate(let operand, _, _): return name(of: operand)
    case .caseWhen(_, _, let otherwise, _):
      let inner = otherwise.map(name) ?? "case"
      return inner == "?column?" ? "case" : inner
    case .exists: return "exists"
    case .subquery(let query, _):
      var body = query.body
      while case .nested(let inner) = body { body = inner.body }
      if case .select(let core) = body, let target = core.targets.first {
        return target.alias ?? name(of: target.expression)
      }
      return "?column?"
    case .row: return "row"
    case .array: return "array"
    case .boolean: return "bool"
    case .atTimeZone: return "timezone"
    default: return "?column?"
    }
  }

  private static func displayName(_ type: TypeName) -> String {
    switch type.name {
    case "int", "integer": "int4"
    case "smallint": "int2"
    case "bigint": "int8"
    case "real": "float4"
    case "decimal": "numeric"
    case "boolean": "bool"
    default: type.name
    }
  }

  // MARK: GROUP BY

  private func bindGrouping(
    _ items: [SyntaxExpression], _ columns: [ResultColumn], _ select: BoundSelect
  ) throws(SQLError) {
    for item in items {
      switch item {
      case .number(let text, let at):
        guard let number = Int(text) else {
          throw SQLError("42601", "non-integer constant in GROUP BY", at: at)
        }
        guard (1...max(1, columns.count)).contains(number), !columns.isEmpty else {
          throw SQLError("42P10", "GROUP BY position \(text) is not in select list", at: at)
        }
        try checkGroupable(select.targets[number - 1], at)
        select.groupBy.append(select.targets[number - 1])
      case .string(_, let at): throw SQLError("42601", "non-integer constant in GROUP BY", at: at)
      case .column(let parts, let at) where parts.count == 1:
        // An input column goes before an output name.
        let matches = try isInput(parts[0], select.level) ? [] : outputs(parts[0], columns)
        guard let first = matches.first else {
          select.groupBy.append(try checker.settled(bind(item, select.level)))
          continue
        }
        let same = matches.allSatisfy { $0 == first || select.targets[$0].isEquivalent(to: select.targets[first]) }
        guard same else { throw SQLError("42702", "GROUP BY \"\(parts[0])\" is ambiguous", at: at) }
        try checkGroupable(select.targets[first], at)
        select.groupBy.append(select.targets[first])
      case .row(let parts, _):
        for part in parts { select.groupBy.append(try checker.settled(bind(part, select.level))) }
      default: select.groupBy.append(try checker.settled(bind(item, select.level)))
      }
    }
  }

  private func checkGroupable(_ target: Expression, _ at: SourceOffset) throws(SQLError) {
    let holdsAggregate = target.contains {
      if case .column(let position, _) = $0 { return position >= QueryLevel.firstAggregate }
      return false
    }
    if holdsAggregate { throw SQLError("42803", "aggregate functions are not allowed in GROUP BY", at: at) }
  }

  private func isInput(_ name: String, _ level: QueryLevel) throws(SQLError) -> Bool {
    if case .none = try level.visible(name, stack) { return false }
    return true
  }

  /// The result columns of a name.
  private func outputs(_ name: String, _ columns: [ResultColumn]) throws(SQLError) -> [Int] {
    try stack.poll(1 + columns.count / 8)
    return columns.indices.filter { columns[$0].name == name }
  }

  // MARK: ORDER BY and DISTINCT

  private func bindOrder(
    _ items: [SortItem], _ distinct: SelectCore.Distinctness, _ query: BoundQuery, _ select: BoundSelect
  ) throws(SQLError) {
    let visible = query.columns.count
    for item in items {
      let position = try orderPosition(item.expression, query.columns, select)
      query.orderBy.append(
        .init(position: position, descending: item.descending, nullsFirst: item.nullsFirst ?? item.descending))
    }
    switch distinct {
    case .none: break
    case .all:
      select.distinct = .all
      if let hidden = query.orderBy.firstIndex(where: { $0.position >= visible }) {
        throw SQLError(
          "42P10", "for SELECT DISTINCT, ORDER BY expressions must appear in select list",
          at: items[hidden].expression.offset)
      }
    case .on(let expressions):
      var positions: [Int] = []
      for expression in expressions { positions.append(try orderPosition(expression, query.columns, select)) }
      let leading = Set(query.orderBy.prefix(positions.count).map(\.position))
      if !query.orderBy.isEmpty, !leading.isSubset(of: Set(positions)) {
        throw SQLError(
          "42P10", "SELECT DISTINCT ON expressions must match initial ORDER BY expressions",
          at: expressions[0].offset)
      }
      select.distinct = .on(positions)
    }
  }

  /// The place in the target list that an ORDER BY item names; an expression not found there is added behind.
  private func orderPosition(
    _ syntax: SyntaxExpression, _ columns: [ResultColumn], _ select: BoundSelect
  ) throws(SQLError) -> Int {
    switch syntax {
    case .number(let text, let at):
      guard let number = Int(text) else { throw SQLError("42601", "non-integer constant in ORDER BY", at: at) }
      guard !columns.isEmpty, (1...columns.count).contains(number) else {
        throw SQLError("42P10", "ORDER BY position \(text) is not in select list", at: at)
      }
      return number - 1
    case .string(_, let at): throw SQLError("42601", "non-integer constant in ORDER BY", at: at)
    case .column(let parts, let at) where parts.count == 1:
      // Output names go before input columns.
      let matches = try outputs(parts[0], columns)
      if let first = matches.first {
        let same = matches.allSatisfy { $0 == first || select.targets[$0].isEquivalent(to: select.targets[first]) }
        guard same else { throw SQLError("42702", "ORDER BY \"\(parts[0])\" is ambiguous", at: at) }
        return first
      }
    default: break
    }
    let expression = try checker.settled(bind(syntax, select.level))
    try stack.poll(1 + select.targets.count / 4)
    if let found = select.targets.firstIndex(where: { $0.isEquivalent(to: expression) }) { return found }
    select.targets.append(expression)
    try Binder.checkWidth(select.targets.count)
    return select.targets.count - 1
  }
}
