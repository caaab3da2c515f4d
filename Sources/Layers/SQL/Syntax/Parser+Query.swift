import RoostRelational

/// SELECT, VALUES, set operations, WITH, and what may stand in FROM.
extension Parser {
  mutating func query() throws(SQLError) -> SyntaxQuery {
    try stack.enter()
    defer { stack.leave() }
    let at = token.at
    let with = token.isWord("with") ? try commonTables() : []
    var query = SyntaxQuery(with: with, body: try setOperation(minimum: 0), at: at)
    if try accept("order", "by") { query.orderBy = try sortItems() }
    try limits(&query)
    // FOR UPDATE may stand before or behind LIMIT.
    while token.isWord("for") {
      try locking(&query)
      try limits(&query)
    }
    return query
  }

  @inline(never)
  private mutating func limits(_ query: inout SyntaxQuery) throws(SQLError) {
    while true {
      if token.isWord("limit"), query.limit == nil {
        try advance()
        if try accept("all") { continue }
        query.limit = try expression()
      } else if token.isWord("offset"), query.offset == nil {
        try advance()
        query.offset = try expression()
        if try !accept("rows") { _ = try accept("row") }
      } else if token.isWord("fetch"), query.limit == nil {
        try advance()
        guard try accept(anyOf: "first", "next") else { throw syntaxError() }
        let at = token.at
        query.limit = token.isWord("row") || token.isWord("rows") ? .number("1", at) : try expression(.sign)
        guard try accept(anyOf: "rows", "row") else { throw syntaxError() }
        if try accept("with", "ties") { throw SQLError("0A000", "WITH TIES is not supported", at: at) }
        try expect("only")
      } else {
        return
      }
    }
  }

  private mutating func locking(_ query: inout SyntaxQuery) throws(SQLError) {
    try expect("for")
    if try !accept("update"), try !accept("share") {
      if try !accept("no", "key", "update") {
        try expect("key")
        try expect("share")
      }
    }
    if try accept("of") { _ = try list { parser throws(SQLError) in try parser.tableName() } }
    if try !accept("nowait"), token.isWord("skip") {
      throw SQLError("0A000", "SKIP LOCKED is not supported", at: token.at)
    }
    query.locksRows = true
  }

  @inline(never)
  mutating func commonTables() throws(SQLError) -> [CommonTable] {
    try expect("with")
    if token.isWord("recursive") { throw SQLError("0A000", "WITH RECURSIVE is not supported", at: token.at) }
    return try list { parser throws(SQLError) in try parser.commonTable() }
  }

  private mutating func commonTable() throws(SQLError) -> CommonTable {
    let (name, at) = try locatedName()
    let columns = token.isSymbol("(") ? try names() : []
    try expect("as")
    if try accept("not") { try expect("materialized") } else { _ = try accept("materialized") }
    try expectSymbol("(")
    if ["insert", "update", "delete"].contains(token.text) {
      throw SQLError("0A000", "data-modifying statements in WITH are not supported", at: token.at)
    }
    let query = try self.query()
    try expectSymbol(")")
    return CommonTable(name: name, columns: columns, query: query, at: at)
  }

  /// INTERSECT binds tighter than UNION and EXCEPT.
  @inline(never)
  private mutating func setOperation(minimum: Int) throws(SQLError) -> QueryBody {
    var left = try queryTerm()
    var chained = 0
    while token.kind == .word {
      let at = token.at
      let operation: QueryBody.SetOperator
      switch token.text {
      case "union": operation = .union
      case "except": operation = .except
      case "intersect": operation = .intersect
      default: return left
      }
      let precedence = operation == .intersect ? 2 : 1
      guard precedence > minimum else { return left }
      chained += 1
      guard chained <= 500 else { throw StackGuard.error }
      try advance()
      let all = try accept("all")
      if !all { _ = try accept("distinct") }
      left = .setOperation(operation, all: all, left, try setOperation(minimum: precedence), at)
    }
    return left
  }

  @inline(never)
  private mutating func queryTerm() throws(SQLError) -> QueryBody {
    if token.isSymbol("(") {
      try stack.enter()
      defer { stack.leave() }
      try advance()
      let nested = try query()
      try expectSymbol(")")
      return .nested(nested)
    }
    if token.isWord("values") {
      let at = token.at
      try advance()
      return .values(try list { parser throws(SQLError) in try parser.valuesRow() }, at)
    }
    if token.isWord("table") {
      try advance()
      let at = token.at
      var core = SelectCore(at: at)
      core.targets = [SelectTarget(expression: .star([], at), alias: nil)]
      core.from = [.table(try tableName(), nil)]
      return .select(core)
    }
    guard token.isWord("select") else {
      if token.isWord("with") { return .nested(try query()) }
      throw syntaxError()
    }
    return .select(try selectCore())
  }

  private mutating func valuesRow() throws(SQLError) -> [SyntaxExpression] {
    try expectSymbol("(")
    let row = try list { parser throws(SQLError) in try parser.expression() }
    try expectSymbol(")")
    return row
  }

  @inline(never)
  private mutating func selectCore() throws(SQLError) -> SelectCore {
    var core = SelectCore(at: token.at)
    try expect("select")
    if try accept("distinct") {
      core.distinct = .all
      if try accept("on") {
        try expectSymbol("(")
        core.distinct = .on(try list { parser throws(SQLError) in try parser.expression() })
        try expectSymbol(")")
      }
    } else {
      _ = try accept("all")
    }
    if !endsTargets() { core.targets = try targets() }
    if token.isWord("into") { throw SQLError("0A000", "SELECT INTO is not supported", at: token.at) }
    if try accept("from") { core.from = try list { parser throws(SQLError) in try parser.tableReference() } }
    if try accept("where") { core.filter = try expression() }
    if try accept("group", "by") {
      core.groupBy = try list { parser throws(SQLError) in try parser.groupingItem() }
    }
    if try accept("having") { core.having = try expression() }
    if try accept("window") {
      repeat {
        let name = try self.name()
        try expect("as")
        core.windows.append((name, try windowDefinition()))
      } while try acceptSymbol(",")
    }
    return core
  }

  private func endsTargets() -> Bool {
    switch token.kind {
    case .end: true
    case .symbol: token.text == ";" || token.text == ")"
    case .word:
      ["from", "where", "group", "having", "order", "limit", "offset", "union", "intersect", "except", "window"]
        .contains(token.text)
    default: false
    }
  }

  private mutating func groupingItem() throws(SQLError) -> SyntaxExpression {
    if token.kind == .word, ["rollup", "cube", "grouping"].contains(token.text) {
      let next = try peek()
      if next.isSymbol("(") || next.isWord("sets") {
        throw SQLError("0A000", "GROUPING SETS, CUBE and ROLLUP are not supported", at: token.at)
      }
    }
    return try expression()
  }

  mutating func targets() throws(SQLError) -> [SelectTarget] {
    try list { parser throws(SQLError) in try parser.target() }
  }

  @inline(never)
  private mutating func target() throws(SQLError) -> SelectTarget {
    if token.isSymbol("*") {
      let at = token.at
      try advance()
      return SelectTarget(expression: .star([], at), alias: nil)
    }
    let expression = try self.expression()
    if try accept("as") { return SelectTarget(expression: expression, alias: try label()) }
    if token.kind == .quoted || (token.kind == .word && !token.keyword.contains(.needsAs)) {
      return SelectTarget(expression: expression, alias: try label())
    }
    return SelectTarget(expression: expression, alias: nil)
  }

  // MARK: FROM

  @inline(never)
  mutating func tableReference() throws(SQLError) -> TableReference {
    try stack.enter()
    defer { stack.leave() }
    var left = try tablePrimary()
    var chained = 0
    while true {
      let at = token.at
      let natural = try accept("natural")
      guard let kind = try joinKind() else {
        if natural { throw syntaxError() }
        return left
      }
      chained += 1
      guard chained <= 500 else { throw StackGuard.error }
      let right = kind == .cross || natural ? try tablePrimary() : try joinedRight()
      var condition = TableReference.JoinCondition.none
      if natural {
        condition = .natural
      } else if kind != .cross {
        if try accept("on") {
          condition = .on(try expression())
        } else if try accept("using") {
          condition = .using(try names())
        } else {
          throw syntaxError()
        }
      }
      left = .join(kind, left, right, condition, at)
    }
  }

  /// The right side of a join with a condition; `a JOIN b JOIN c ON … ON …` nests to the right.
  @inline(never)
  private mutating func joinedRight() throws(SQLError) -> TableReference {
    try stack.enter()
    defer { stack.leave() }
    var right = try tablePrimary()
    while let kind = try nestedJoinKind() {
      let at = token.at
      let inner = try joinedRight()
      guard try accept("on") else { throw syntaxError() }
      right = .join(kind, right, inner, .on(try expression()), at)
    }
    return right
  }

  private mutating func nestedJoinKind() throws(SQLError) -> TableReference.JoinKind? {
    guard token.kind == .word, !token.isWord("cross"), !token.isWord("natural") else { return nil }
    return try joinKind()
  }

  private mutating func joinKind() throws(SQLError) -> TableReference.JoinKind? {
    guard token.kind == .word else { return nil }
    switch token.text {
    case "join":
      try advance()
      return .inner
    case "inner":
      try advance()
      try expect("join")
      return .inner
    case "cross":
      try advance()
      try expect("join")
      return .cross
    case "left", "right", "full":
      let kind: TableReference.JoinKind = token.text == "left" ? .left : token.text == "right" ? .right : .full
      try advance()
      _ = try accept("outer")
      try expect("join")
      return kind
    default: return nil
    }
  }

  @inline(never)
  private mutating func tablePrimary() throws(SQLError) -> TableReference {
    let at = token.at
    if token.isWord("lateral") { throw SQLError("0A000", "LATERAL is not supported", at: at) }
    if token.isSymbol("(") {
      try advance()
      if beginsQuery(token) { return try derivedTable(at) }
      if token.isSymbol("("), try beginsQueryInParentheses() { return try derivedTable(at) }
      let inner = try tableReference()
      try expectSymbol(")")
      if token.isWord("as") || isName(token) { throw SQLError("0A000", "join aliases are not supported", at: token.at) }
      return inner
    }
    _ = try accept("only")
    let name = try tableName()
    if token.isSymbol("("), name.schema == nil || name.schema == "pg_catalog" {
      return .function(try callSyntax(name.name, name.at), try tableAlias())
    }
    _ = try acceptSymbol("*")
    return .table(name, try tableAlias())
  }

  /// At `((`: whether the inner parenthesis holds a query, as in `FROM ((SELECT 1) UNION SELECT 2) t`.
  private mutating func beginsQueryInParentheses() throws(SQLError) -> Bool {
    var distance = 1
    while try peek(distance).isSymbol("(") {
      distance += 1
      guard distance < 64 else { return false }
    }
    return beginsQuery(try peek(distance))
  }

  @inline(never)
  private mutating func derivedTable(_ at: SourceOffset) throws(SQLError) -> TableReference {
    let query = try self.query()
    try expectSymbol(")")
    return .derived(query, try tableAlias(), at)
  }

  private mutating func tableAlias() throws(SQLError) -> TableAlias? {
    let name: String
    if try accept("as") {
      name = try self.name()
    } else if isName(token) {
      name = try self.name()
    } else {
      return nil
    }
    return TableAlias(name: name, columns: token.isSymbol("(") ? try names() : [])
  }
}
