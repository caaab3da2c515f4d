import RoostRelational

/// Queries: WITH, SELECT, VALUES, set operations, ORDER BY, LIMIT.
extension Binder {
  /// `keepsUnknown`: leave literals of unknown type as they are, for a surrounding construct that gives them one.
  @inline(never)
  func bindQuery(
    _ query: SyntaxQuery, outer: QueryLevel?, commonTables: [CommonTableScope] = [], keepsUnknown: Bool = false
  ) throws(SQLError) -> BoundQuery {
    try stack.enter()
    defer { stack.leave() }
    let visible = try scopes(query.with, commonTables, outer)
    let bound: BoundQuery
    switch query.body {
    case .select(let core):
      bound = try bindSelect(core, query.orderBy, outer, visible, keepsUnknown)
    case .nested(let inner):
      let nested = try bindQuery(inner, outer: outer, commonTables: visible, keepsUnknown: keepsUnknown)
      if query.orderBy.isEmpty, query.limit == nil, query.offset == nil { return nested }
      bound = BoundQuery(
        body: .nested(nested), columns: nested.columns, limitLevel: QueryLevel(outer: outer, commonTables: visible))
      bound.orderBy = try outputOrder(query.orderBy, bound.columns)
    case .values, .setOperation:
      bound = try bindBody(query.body, outer, visible, keepsUnknown)
      bound.orderBy = try outputOrder(query.orderBy, bound.columns)
    }
    try bindLimits(query, bound)
    return bound
  }

  private func scopes(
    _ tables: [CommonTable], _ visible: [CommonTableScope], _ outer: QueryLevel?
  ) throws(SQLError) -> [CommonTableScope] {
    var result = visible
    var names: Set<String> = []
    for table in tables {
      guard names.insert(table.name).inserted else {
        throw SQLError("42712", "WITH query name \"\(table.name)\" specified more than once", at: table.at)
      }
      let scope = CommonTableScope(table: table, visible: result, outer: outer)
      // Bound here once, so that mistakes show even where nobody reads from it.
      _ = try bindQuery(table.query, outer: outer, commonTables: result)
      result.append(scope)
    }
    return result
  }

  private func bindLimits(_ query: SyntaxQuery, _ bound: BoundQuery) throws(SQLError) {
    let level = bound.limitLevel
    let clause = level.clause
    let namespace = level.namespace
    defer {
      level.clause = clause
      level.namespace = namespace
    }
    level.clause = .limit
    level.namespace = Namespace()
    func count(_ syntax: SyntaxExpression, _ name: String) throws(SQLError) -> Expression {
      do throws(SQLError) {
        return try checker.coerce(bind(syntax, level), to: .bigint, .assignment)
      } catch {
        if error.code == "42703" {
          throw SQLError("42P10", "argument of \(name) must not contain variables", at: syntax.offset)
        }
        throw error
      }
    }
    if let limit = query.limit { bound.limit = try count(limit, "LIMIT") }
    if let offset = query.offset { bound.offset = try count(offset, "OFFSET") }
  }

  // MARK: VALUES and set operations

  @inline(never)
  private func bindBody(
    _ body: QueryBody, _ outer: QueryLevel?, _ visible: [CommonTableScope], _ keepsUnknown: Bool
  ) throws(SQLError) -> BoundQuery {
    try stack.enter()
    defer { stack.leave() }
    switch body {
    case .select(let core): return try bindSelect(core, [], outer, visible, keepsUnknown)
    case .nested(let query):
      return try bindQuery(query, outer: outer, commonTables: visible, keepsUnknown: keepsUnknown)
    case .values(let rows, let at): return try bindValues(rows, at, outer, visible, keepsUnknown)
    case .setOperation: return try bindChain(body, outer, visible)
    }
  }

  /// Set operations nest to the left: a chain of them is walked in a loop.
  @inline(never)
  private func bindChain(
    _ body: QueryBody, _ outer: QueryLevel?, _ visible: [CommonTableScope]
  ) throws(SQLError) -> BoundQuery {
    var chain: [(operation: QueryBody.SetOperator, all: Bool, right: QueryBody, at: SourceOffset)] = []
    var first = body
    while case .setOperation(let operation, let all, let left, let right, let at) = first {
      chain.append((operation, all, right, at))
      first = left
    }
    var result = try bindBody(first, outer, visible, true)
    var nesting = 0
    for (operation, all, rightBody, at) in chain.reversed() {
      let right = try bindBody(rightBody, outer, visible, true)
      if operation == .union, case .setOperation(.union, all, let operands) = result.body {
        let combined = try combine(operation, all, result, right, at, outer, visible)
        combined.body = .setOperation(.union, all: all, operands + [right])
        result = combined
        continue
      }
      nesting += 1
      guard nesting <= Binder.maximumSetNesting else { throw StackGuard.error }
      result = try combine(operation, all, result, right, at, outer, visible)
    }
    return result
  }

  /// Set operations of changing kind in one chain: plans nest that deep.
  private static let maximumSetNesting = 40

  private func combine(
    _ operation: QueryBody.SetOperator, _ all: Bool, _ left: BoundQuery, _ right: BoundQuery, _ at: SourceOffset,
    _ outer: QueryLevel?, _ visible: [CommonTableScope]
  ) throws(SQLError) -> BoundQuery {
    guard left.columns.count == right.columns.count else {
      throw SQLError("42601", "each \(operation.rawValue) query must have the same number of columns", at: at)
    }
    var columns: [ResultColumn] = []
    for (leftColumn, rightColumn) in zip(left.columns, right.columns) {
      let type: SQLType
      do throws(SQLError) {
        type = try checker.commonType([leftColumn.type, rightColumn.type], operation.rawValue)
      } catch {
        throw SQLError(error.code, error.message, at: at)
      }
      columns.append(ResultColumn(name: leftColumn.name, type: type))
    }
    try coerceColumns(left, columns.map(\.type), .implicit)
    try coerceColumns(right, columns.map(\.type), .implicit)
    return BoundQuery(
      body: .setOperation(operation, all: all, [left, right]), columns: columns,
      limitLevel: QueryLevel(outer: outer, commonTables: visible))
  }

  private func bindValues(
    _ rows: [[SyntaxExpression]], _ at: SourceOffset, _ outer: QueryLevel?, _ visible: [CommonTableScope],
    _ keepsUnknown: Bool
  ) throws(SQLError) -> BoundQuery {
    let level = QueryLevel(outer: outer, commonTables: visible)
    level.clause = .values
    try Binder.checkWidth(rows[0].count)
    var bound: [[Expression]] = []
    for row in rows {
      guard row.count == rows[0].count else {
        throw SQLError("42601", "VALUES lists must all be the same length", at: at)
      }
      bound.append(try bind(row, level))
    }
    var columns: [ResultColumn] = []
    for column in rows[0].indices {
      let types = bound.map { $0[column].type }
      let unknown = types.allSatisfy { $0 == .unknown }
      let type = unknown && keepsUnknown ? .unknown : try checker.commonType(types, "VALUES")
      if type != .unknown {
        for row in bound.indices {
          bound[row][column] = try checker.coerce(bound[row][column], to: type, .implicit)
        }
      }
      columns.append(ResultColumn(name: "column\(column + 1)", type: type))
    }
    return BoundQuery(body: .values(bound, level: level), columns: columns, limitLevel: level)
  }

  /// Converts the columns of a bound query, down to the expressions that make them.
  func coerceColumns(
    _ query: BoundQuery, _ types: [SQLType], _ context: Coercion.Context
  ) throws(SQLError) {
    for (index, type) in types.enumerated() where query.columns[index].type != type {
      try coerceColumn(query, index, type, context)
    }
  }

  private func coerceColumn(
    _ query: BoundQuery, _ index: Int, _ type: SQLType, _ context: Coercion.Context
  ) throws(SQLError) {
    switch query.body {
    case .select(let select): select.targets[index] = try checker.coerce(select.targets[index], to: type, context)
    case .values(var rows, let level):
      for row in rows.indices { rows[row][index] = try checker.coerce(rows[row][index], to: type, context) }
      query.body = .values(rows, level: level)
    case .setOperation(_, _, let operands):
      for operand in operands where operand.columns[index].type != type {
        try coerceColumn(operand, index, type, context)
      }
    case .nested(let inner): try coerceColumn(inner, index, type, context)
    }
    query.columns[index].type = type
  }

  /// ORDER BY of a set operation or VALUES: output columns only.
  private func outputOrder(
    _ items: [SortItem], _ columns: [ResultColumn]
  ) throws(SQLError) -> [BoundQuery.SortPosition] {
    var result: [BoundQuery.SortPosition] = []
    for item in items {
      let position: Int
      switch item.expression {
      case .number(let text, let at):
        guard let number = Int(text), (1...columns.count).contains(number) else {
          throw SQLError("42P10", "ORDER BY position \(text) is not in select list", at: at)
        }
        position = number - 1
      case .column(let parts, let at) where parts.count == 1:
        let matches = columns.indices.filter { columns[$0].name == parts[0] }
        guard let first = matches.first else {
          throw SQLError("42703", "column \"\(parts[0])\" does not exist", at: at)
        }
        guard matches.count == 1 else { throw SQLError("42702", "ORDER BY \"\(parts[0])\" is ambiguous", at: at) }
        position = first
      default:
        throw SQLError(
          "0A000", "invalid UNION/INTERSECT/EXCEPT ORDER BY clause", at: item.expression.offset,
          detail: "Only result column names can be used, not expressions or functions.",
          hint: "Add the expression/function to every SELECT, or move the UNION into a FROM clause.")
      }
      result.append(
        .init(position: position, descending: item.descending, nullsFirst: item.nullsFirst ?? item.descending))
    }
    return result
  }
}
