import RoostRelational

/// CREATE, DROP and ALTER.
extension Parser {
  mutating func create() throws(SQLError) -> SyntaxStatement {
    try expect("create")
    switch token.text {
    case "table": return try createTable()
    case "unique", "index": return try createIndex()
    case "temporary", "temp", "unlogged", "global", "local":
      let kind = token.text.uppercased()
      try skipStatement()
      return .unsupported("CREATE \(kind) TABLE")
    default:
      let kind = token.text.uppercased()
      guard token.kind == .word else { throw syntaxError() }
      try skipStatement()
      return .unsupported("CREATE \(kind)")
    }
  }

  private mutating func createTable() throws(SQLError) -> SyntaxStatement {
    try expect("table")
    let ifNotExists = try accept("if", "not", "exists")
    let table = try tableName()
    if token.isWord("as") || token.isWord("of") || token.isWord("partition") {
      throw SQLError("0A000", "CREATE TABLE \(token.text.uppercased()) is not supported", at: token.at)
    }
    var create = CreateTableSyntax(table: table, ifNotExists: ifNotExists, columns: [], constraints: [])
    try expectSymbol("(")
    if !token.isSymbol(")") {
      repeat {
        if token.isWord("like") { throw SQLError("0A000", "LIKE in CREATE TABLE is not supported", at: token.at) }
        if beginsTableConstraint() {
          create.constraints.append(try tableConstraint())
        } else {
          create.columns.append(try columnDefinition())
        }
      } while try acceptSymbol(",")
    }
    try expectSymbol(")")
    if token.isWord("inherits") || token.isWord("partition") {
      throw SQLError("0A000", "\(token.text.uppercased()) is not supported", at: token.at)
    }
    if try accept("with") {
      try storageParameters()
    } else if try accept("without") {
      try expect("oids")
    }
    try tableSpace()
    return .createTable(create)
  }

  private func beginsTableConstraint() -> Bool {
    token.kind == .word && ["constraint", "primary", "unique", "check", "foreign", "exclude"].contains(token.text)
  }

  mutating func columnDefinition() throws(SQLError) -> ColumnDefinition {
    let (name, at) = try locatedName()
    var column = ColumnDefinition(name: name, type: try typeName(), at: at)
    while token.kind == .word {
      let constraintAt = token.at
      let constraintName = try accept("constraint") ? try self.name() : nil
      switch token.text {
      case "not" where try peek().isWord("null"):
        try advance()
        try advance()
        column.isNotNull = true
      case "null": try advance()
      case "default":
        try advance()
        let start = token.start
        column.defaultValue = try expression(.other)
        column.defaultText = text(from: start)
      case "generated":
        try advance()
        guard try acceptGenerationTime() else { throw syntaxError() }
        try expect("as")
        guard try accept("identity") else {
          throw SQLError("0A000", "generated columns are not supported", at: constraintAt)
        }
        if token.isSymbol("(") {
          throw SQLError("0A000", "sequence options of an identity column are not supported", at: token.at)
        }
        column.isIdentity = true
      case "primary":
        try advance()
        try expect("key")
        column.constraints.append(.init(name: constraintName, kind: .primaryKey([name]), at: constraintAt))
      case "unique":
        try advance()
        column.constraints.append(.init(name: constraintName, kind: .unique([name]), at: constraintAt))
      case "check":
        column.constraints.append(.init(name: constraintName, kind: try check(), at: constraintAt))
      case "references":
        column.constraints.append(.init(name: constraintName, kind: try references([name]), at: constraintAt))
      case "collate":
        try advance()
        _ = try label()
        while try acceptSymbol(".") { _ = try label() }
      default:
        guard try deferral() else { return column }
      }
    }
    return column
  }

  private mutating func acceptGenerationTime() throws(SQLError) -> Bool {
    if try accept("always") { return true }
    return try accept("by", "default")
  }

  mutating func tableConstraint() throws(SQLError) -> ConstraintSyntax {
    let at = token.at
    let name = try accept("constraint") ? try self.name() : nil
    let kind: ConstraintSyntax.Kind
    switch token.text {
    case "primary":
      try advance()
      try expect("key")
      kind = .primaryKey(try indexedColumns())
    case "unique":
      try advance()
      kind = .unique(try indexedColumns())
    case "check": kind = try check()
    case "foreign":
      try advance()
      try expect("key")
      let columns = try names()
      kind = try references(columns)
    case "exclude": throw SQLError("0A000", "exclusion constraints are not supported", at: token.at)
    default: throw syntaxError()
    }
    while try deferral() {}
    if token.isWord("not"), try peek().isWord("valid") {
      throw SQLError("0A000", "NOT VALID is not supported", at: token.at)
    }
    return ConstraintSyntax(name: name, kind: kind, at: at)
  }

  private mutating func indexedColumns() throws(SQLError) -> [String] {
    if token.isWord("using") { throw SQLError("0A000", "USING INDEX is not supported", at: token.at) }
    return try names()
  }

  private mutating func check() throws(SQLError) -> ConstraintSyntax.Kind {
    try expect("check")
    try expectSymbol("(")
    let start = token.start
    let condition = try expression()
    let text = text(from: start)
    try expectSymbol(")")
    _ = try accept("no", "inherit")
    return .check(condition, text: text)
  }

  private mutating func references(_ columns: [String]) throws(SQLError) -> ConstraintSyntax.Kind {
    try expect("references")
    let table = try tableName()
    let referenced = token.isSymbol("(") ? try names() : []
    var onDelete = ConstraintSyntax.Action.noAction
    var onUpdate = ConstraintSyntax.Action.noAction
    while true {
      if try accept("on", "delete") {
        onDelete = try referentialAction()
      } else if try accept("on", "update") {
        onUpdate = try referentialAction()
      } else if try accept("match") {
        let at = token.at
        guard try accept(anyOf: "simple", "full") else {
          throw SQLError("0A000", "MATCH PARTIAL is not supported", at: at)
        }
      } else {
        break
      }
    }
    return .foreignKey(
      columns: columns, table: table, referenced: referenced, onDelete: onDelete, onUpdate: onUpdate)
  }

  private mutating func referentialAction() throws(SQLError) -> ConstraintSyntax.Action {
    if try accept("no", "action") { return .noAction }
    if try accept("restrict") { return .restrict }
    if try accept("cascade") { return .cascade }
    if try accept("set", "null") { return .setNull }
    if try accept("set", "default") { return .setDefault }
    throw syntaxError()
  }

  /// DEFERRABLE and INITIALLY …: checks happen at once; only INITIALLY DEFERRED would show a difference.
  private mutating func deferral() throws(SQLError) -> Bool {
    if try accept("not", "deferrable") { return true }
    if try accept("deferrable") { return true }
    guard token.isWord("initially") else { return false }
    let at = token.at
    try advance()
    guard try accept("immediate") else { throw SQLError("0A000", "deferred constraints are not supported", at: at) }
    return true
  }

  // MARK: Indexes

  private mutating func createIndex() throws(SQLError) -> SyntaxStatement {
    let at = token.at
    let isUnique = try accept("unique")
    try expect("index")
    if token.isWord("concurrently") { try advance() }
    let ifNotExists = try accept("if", "not", "exists")
    let name = token.isWord("on") ? nil : try tableName().name
    try expect("on")
    _ = try accept("only")
    let table = try tableName()
    if try accept("using") {
      let methodAt = token.at
      guard try label() == "btree" else {
        throw SQLError("0A000", "only btree indexes are supported", at: methodAt)
      }
    }
    try expectSymbol("(")
    let columns = try list { parser throws(SQLError) in try parser.indexColumn() }
    try expectSymbol(")")
    if token.kind == .word, ["where", "include", "nulls"].contains(token.text) {
      throw SQLError("0A000", "\(token.text.uppercased()) in CREATE INDEX is not supported", at: token.at)
    }
    if try accept("with") { try storageParameters() }
    try tableSpace()
    return .createIndex(
      CreateIndexSyntax(
        name: name, table: table, isUnique: isUnique, ifNotExists: ifNotExists, columns: columns, at: at))
  }

  private mutating func indexColumn() throws(SQLError) -> (name: String, descending: Bool) {
    if token.isSymbol("(") { throw SQLError("0A000", "indexes on expressions are not supported", at: token.at) }
    let at = token.at
    let name = try name()
    if token.isSymbol("(") { throw SQLError("0A000", "indexes on expressions are not supported", at: at) }
    if try accept("collate") { _ = try label() }
    let descending = try accept("desc")
    if !descending { _ = try accept("asc") }
    if try accept("nulls") { if try !accept("first") { try expect("last") } }
    return (name, descending)
  }

  // MARK: DROP and ALTER

  mutating func drop() throws(SQLError) -> SyntaxStatement {
    try expect("drop")
    let kind = token.text
    guard kind == "table" || kind == "index" else {
      guard token.kind == .word else { throw syntaxError() }
      try skipStatement()
      return .unsupported("DROP \(kind.uppercased())")
    }
    try advance()
    if kind == "index", token.isWord("concurrently") { try advance() }
    let ifExists = try accept("if", "exists")
    let names = try list { parser throws(SQLError) in try parser.tableName() }
    let cascades = try accept("cascade")
    if !cascades { _ = try accept("restrict") }
    let drop = DropSyntax(names: names, ifExists: ifExists, cascades: cascades)
    return kind == "table" ? .dropTable(drop) : .dropIndex(drop)
  }

  mutating func alter() throws(SQLError) -> SyntaxStatement {
    try expect("alter")
    guard token.isWord("table") else {
      guard token.kind == .word else { throw syntaxError() }
      let kind = token.text.uppercased()
      try skipStatement()
      return .unsupported("ALTER \(kind)")
    }
    try advance()
    let ifExists = try accept("if", "exists")
    _ = try accept("only")
    let table = try tableName()
    _ = try acceptSymbol("*")
    let actions = try list { parser throws(SQLError) in try parser.alterAction() }
    return .alterTable(AlterTableSyntax(table: table, ifExists: ifExists, actions: actions))
  }

  private mutating func alterAction() throws(SQLError) -> AlterTableSyntax.Action {
    let at = token.at
    if try accept("add") {
      if beginsTableConstraint() { return .addConstraint(try tableConstraint()) }
      _ = try accept("column")
      let ifNotExists = try accept("if", "not", "exists")
      return .addColumn(try columnDefinition(), ifNotExists: ifNotExists)
    }
    if try accept("drop") {
      if try accept("constraint") {
        let ifExists = try accept("if", "exists")
        let name = try name()
        return .dropConstraint(name, ifExists: ifExists, cascades: try dropBehavior())
      }
      _ = try accept("column")
      let ifExists = try accept("if", "exists")
      let name = try name()
      return .dropColumn(name, ifExists: ifExists, cascades: try dropBehavior())
    }
    if try accept("rename") {
      if try accept("to") { return .renameTable(to: try name()) }
      if token.isWord("constraint") { throw SQLError("0A000", "RENAME CONSTRAINT is not supported", at: at) }
      _ = try accept("column")
      let old = try name()
      try expect("to")
      return .renameColumn(old, to: try name())
    }
    if try accept("alter") { return try alterColumn() }
    if try accept("owner", "to") {
      _ = try label()
      return .ignored
    }
    guard token.kind == .word else { throw syntaxError() }
    throw SQLError("0A000", "ALTER TABLE \(token.text.uppercased()) is not supported", at: at)
  }

  private mutating func dropBehavior() throws(SQLError) -> Bool {
    if try accept("cascade") { return true }
    _ = try accept("restrict")
    return false
  }

  private mutating func alterColumn() throws(SQLError) -> AlterTableSyntax.Action {
    _ = try accept("column")
    let column = try name()
    if try accept("set", "not", "null") { return .setNotNull(column) }
    if try accept("drop", "not", "null") { return .dropNotNull(column) }
    if try accept("drop", "default") { return .dropDefault(column) }
    if try accept("set", "default") {
      let start = token.start
      let value = try expression()
      return .setDefault(column, value, text: text(from: start))
    }
    throw SQLError("0A000", "this form of ALTER COLUMN is not supported", at: token.at)
  }

  mutating func fromList() throws(SQLError) -> [TableReference] {
    try list { parser throws(SQLError) in try parser.tableReference() }
  }
}
