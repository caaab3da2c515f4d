import RoostRelational

/// INSERT, UPDATE, DELETE, TRUNCATE.
extension Parser {
  mutating func insert(with: [CommonTable]) throws(SQLError) -> InsertSyntax {
    try expect("insert")
    try expect("into")
    let table = try tableName()
    var insert = InsertSyntax(with: with, table: table, columns: [], source: .defaultValues)
    if try accept("as") { insert.alias = try name() }
    if token.isSymbol("("), try !beginsQueryAhead() {
      try advance()
      insert.columns = try list { parser throws(SQLError) in try parser.locatedName() }
      try expectSymbol(")")
    }
    if try accept("overriding") {
      guard try accept(anyOf: "user", "system") else { throw syntaxError() }
      try expect("value")
    }
    if try accept("default", "values") {
      insert.source = .defaultValues
    } else {
      guard beginsQuery(token) || token.isSymbol("(") || token.isWord("table") else { throw syntaxError() }
      insert.source = .query(try query())
    }
    if try accept("on", "conflict") { insert.conflict = try conflictClause() }
    insert.returning = try returning()
    return insert
  }

  /// At an opening parenthesis: whether a query stands behind it (and any further ones).
  private mutating func beginsQueryAhead() throws(SQLError) -> Bool {
    var distance = 1
    while try peek(distance).isSymbol("(") {
      distance += 1
      guard distance < 64 else { return true }
    }
    return beginsQuery(try peek(distance))
  }

  private mutating func conflictClause() throws(SQLError) -> ConflictClause {
    var clause = ConflictClause(target: .none, update: nil)
    let at = token.at
    if token.isSymbol("(") {
      clause.target = .columns(try names(), at)
      if token.isWord("where") { throw SQLError("0A000", "partial indexes are not supported", at: token.at) }
    } else if try accept("on", "constraint") {
      clause.target = .constraint(try name(), at)
    }
    try expect("do")
    if try accept("nothing") { return clause }
    try expect("update")
    try expect("set")
    if case .none = clause.target {
      throw SQLError(
        "42601", "ON CONFLICT DO UPDATE requires inference specification or constraint name", at: at,
        hint: "For example, ON CONFLICT (column_name).")
    }
    let assignments = try list { parser throws(SQLError) in try parser.assignment() }
    let filter = try accept("where") ? try expression() : nil
    clause.update = (assignments, filter)
    return clause
  }

  private mutating func assignment() throws(SQLError) -> Assignment {
    if try acceptSymbol("(") {
      let columns = try list { parser throws(SQLError) in try parser.locatedName() }
      try expectSymbol(")")
      try expectSymbol("=")
      _ = try accept("row")
      let at = token.at
      let value = try expression()
      if case .row(let items, _) = value {
        guard items.count == columns.count else {
          throw SQLError("42601", "number of columns does not match number of values", at: at)
        }
        return Assignment(columns: columns, values: items)
      }
      return Assignment(columns: columns, values: [value])
    }
    let column = try locatedName()
    if token.isSymbol(".") || token.isSymbol("[") {
      throw SQLError("0A000", "assignment to a part of a column is not supported", at: token.at)
    }
    try expectSymbol("=")
    return Assignment(columns: [column], values: [try expression()])
  }

  private mutating func returning() throws(SQLError) -> [SelectTarget] {
    try accept("returning") ? try targets() : []
  }

  private mutating func targetAlias(_ stop: String) throws(SQLError) -> String? {
    if try accept("as") { return try name() }
    return isName(token) && !token.isWord(stop) ? try name() : nil
  }

  mutating func update(with: [CommonTable]) throws(SQLError) -> UpdateSyntax {
    try expect("update")
    _ = try accept("only")
    let table = try tableName()
    _ = try acceptSymbol("*")
    var update = UpdateSyntax(with: with, table: table, assignments: [])
    update.alias = try targetAlias("set")
    try expect("set")
    update.assignments = try list { parser throws(SQLError) in try parser.assignment() }
    if try accept("from") { update.from = try fromList() }
    if try accept("where") { update.filter = try filterExpression() }
    update.returning = try returning()
    return update
  }

  mutating func delete(with: [CommonTable]) throws(SQLError) -> DeleteSyntax {
    try expect("delete")
    try expect("from")
    _ = try accept("only")
    let table = try tableName()
    _ = try acceptSymbol("*")
    var delete = DeleteSyntax(with: with, table: table)
    delete.alias = try targetAlias("using")
    if try accept("using") { delete.using = try fromList() }
    if try accept("where") { delete.filter = try filterExpression() }
    delete.returning = try returning()
    return delete
  }

  private mutating func filterExpression() throws(SQLError) -> SyntaxExpression {
    if token.isWord("current"), try peek().isWord("of") {
      throw SQLError("0A000", "WHERE CURRENT OF is not supported", at: token.at)
    }
    return try expression()
  }

  mutating func truncate() throws(SQLError) -> SyntaxStatement {
    try expect("truncate")
    _ = try accept("table")
    _ = try accept("only")
    let tables = try list { parser throws(SQLError) in try parser.tableName() }
    if try accept("restart", "identity") {} else { _ = try accept("continue", "identity") }
    if token.isWord("cascade") { throw SQLError("0A000", "TRUNCATE CASCADE is not supported", at: token.at) }
    _ = try accept("restrict")
    return .truncate(tables)
  }
}
