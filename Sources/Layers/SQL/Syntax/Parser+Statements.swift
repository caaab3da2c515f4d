import RoostRelational

/// Dispatch over statements, and the small ones: transactions, settings, EXPLAIN, PREPARE.
extension Parser {
  mutating func statement() throws(SQLError) -> SyntaxStatement {
    try stack.enter()
    defer { stack.leave() }
    if token.isSymbol("(") { return .query(try query()) }
    guard token.kind == .word else { throw syntaxError() }
    switch token.text {
    case "select", "values", "table": return .query(try query())
    case "with": return try withStatement()
    case "insert": return .insert(try insert(with: []))
    case "update": return .update(try update(with: []))
    case "delete": return .delete(try delete(with: []))
    case "create": return try create()
    case "drop": return try drop()
    case "alter": return try alter()
    case "truncate": return try truncate()
    case "begin", "start", "commit", "end", "rollback", "abort", "savepoint", "release": return try transaction()
    case "set": return try set()
    case "show": return try show()
    case "reset":
      try advance()
      if try accept("all") { return .reset(nil) }
      return .reset(try settingName())
    case "explain": return try explain()
    case "discard":
      try advance()
      return .discard(try label())
    case "deallocate":
      try advance()
      _ = try accept("prepare")
      return .deallocate(try accept("all") ? nil : try name())
    case "prepare": return try prepareStatement()
    case "execute": return try executeStatement()
    case "vacuum", "analyze":
      let name = token.text.uppercased()
      try skipStatement()
      return .maintenance(name)
    default: return try unsupported()
    }
  }

  private mutating func withStatement() throws(SQLError) -> SyntaxStatement {
    // WITH belongs to the statement that follows it; only a look behind it tells which.
    let start = self
    let with = try commonTables()
    switch token.text {
    case "insert": return .insert(try insert(with: with))
    case "update": return .update(try update(with: with))
    case "delete": return .delete(try delete(with: with))
    default:
      self = start
      return .query(try query())
    }
  }

  /// Statements PostgreSQL has and Roost does not: read to their end and refused when run.
  private mutating func unsupported() throws(SQLError) -> SyntaxStatement {
    let known: Set<String> = [
      "copy", "grant", "revoke", "cluster", "comment", "listen", "notify", "unlisten", "lock",
      "declare", "fetch", "move", "close", "do", "call", "refresh", "reindex", "security", "checkpoint", "load",
      "merge",
      "reassign", "import",
    ]
    guard known.contains(token.text) else { throw syntaxError() }
    let name = token.text.uppercased()
    try skipStatement()
    return .unsupported(name)
  }

  mutating func skipStatement() throws(SQLError) {
    while token.kind != .end, !token.isSymbol(";") { try advance() }
  }

  // MARK: Transactions

  private mutating func transaction() throws(SQLError) -> SyntaxStatement {
    let word = token.text
    try advance()
    switch word {
    case "begin", "start":
      if word == "start" { try expect("transaction") } else { try transactionNoise() }
      return .transaction(.begin(try transactionModes(), isStart: word == "start"))
    case "savepoint":
      _ = try label()
      return .transaction(.savepoint("SAVEPOINT"))
    case "release":
      _ = try accept("savepoint")
      _ = try label()
      return .transaction(.savepoint("RELEASE SAVEPOINT"))
    default: break
    }
    if word == "commit" || word == "rollback", token.isWord("prepared") {
      try skipStatement()
      return .unsupported("\(word.uppercased()) PREPARED")
    }
    try transactionNoise()
    if word == "rollback", try accept("to") {
      _ = try accept("savepoint")
      _ = try label()
      return .transaction(.savepoint("ROLLBACK TO SAVEPOINT"))
    }
    if try accept("and") {
      let no = try accept("no")
      let at = token.at
      try expect("chain")
      if !no { throw SQLError("0A000", "AND CHAIN is not supported", at: at) }
    }
    return .transaction(word == "commit" || word == "end" ? .commit : .rollback)
  }

  private mutating func transactionNoise() throws(SQLError) {
    if try !accept("work") { _ = try accept("transaction") }
  }

  mutating func transactionModes() throws(SQLError) -> TransactionMode {
    var mode = TransactionMode()
    while token.kind == .word {
      if try accept("isolation", "level") {
        if try accept("serializable") {
          mode.isolation = "serializable"
        } else if try accept("repeatable", "read") {
          mode.isolation = "repeatable read"
        } else if try accept("read", "committed") {
          mode.isolation = "read committed"
        } else if try accept("read", "uncommitted") {
          mode.isolation = "read uncommitted"
        } else {
          throw syntaxError()
        }
      } else if try accept("read", "only") {
        mode.isReadOnly = true
      } else if try accept("read", "write") {
        mode.isReadOnly = false
      } else if try !accept("not", "deferrable"), try !accept("deferrable") {
        throw syntaxError()
      }
      _ = try acceptSymbol(",")
    }
    return mode
  }

  // MARK: Settings

  private mutating func settingName() throws(SQLError) -> String {
    if try accept("time", "zone") { return "timezone" }
    if try accept("transaction", "isolation", "level") { return "transaction_isolation" }
    if try accept("session", "authorization") { return "session_authorization" }
    var name = try label()
    while try acceptSymbol(".") { name += "." + (try label()) }
    return name
  }

  private mutating func show() throws(SQLError) -> SyntaxStatement {
    try expect("show")
    return .show(try settingName())
  }

  private mutating func set() throws(SQLError) -> SyntaxStatement {
    try expect("set")
    var isLocal = false
    if token.isWord("session"), try peek().isWord("characteristics") {
      try advance()
      try advance()
      try expect("as")
      try expect("transaction")
      let mode = try transactionModes()
      return .set(
        SetSyntax(
          name: "session characteristics", value: .values([mode.isolation ?? "", modeText(mode)]), isLocal: false))
    }
    if token.isWord("session") || token.isWord("local") {
      let next = try peek()
      if next.kind == .word, next.text != "to" {
        isLocal = token.text == "local"
        try advance()
      }
    }
    if try accept("transaction") {
      let mode = try transactionModes()
      return .set(
        SetSyntax(name: "transaction", value: .values([mode.isolation ?? "", modeText(mode)]), isLocal: true))
    }
    if token.isWord("constraints") { return try refused("SET CONSTRAINTS") }
    if token.isWord("role") || token.isWord("authorization") { return try refused("SET ROLE") }
    if try accept("names") {
      let value = token.isWord("default") || token.kind == .end ? "UTF8" : token.text
      if token.kind != .end { try advance() }
      return .set(SetSyntax(name: "client_encoding", value: .values([value]), isLocal: isLocal))
    }
    let name = try settingName()
    // SET TIME ZONE takes its value without TO.
    if name != "timezone" || token.isWord("to") || token.isSymbol("=") {
      if try !acceptSymbol("=") { try expect("to") }
    }
    if try accept("default") { return .set(SetSyntax(name: name, value: .toDefault, isLocal: isLocal)) }
    if name == "timezone", try accept("local") {
      return .set(SetSyntax(name: name, value: .toDefault, isLocal: isLocal))
    }
    let values = try list { parser throws(SQLError) in try parser.settingValue() }
    return .set(SetSyntax(name: name, value: .values(values), isLocal: isLocal))
  }

  private func modeText(_ mode: TransactionMode) -> String { mode.isReadOnly.map { $0 ? "on" : "off" } ?? "" }

  private mutating func refused(_ what: String) throws(SQLError) -> SyntaxStatement {
    try skipStatement()
    return .unsupported(what)
  }

  private mutating func settingValue() throws(SQLError) -> String {
    var sign = ""
    if token.isSymbol("-") || token.isSymbol("+") {
      sign = token.text == "-" ? "-" : ""
      try advance()
      guard token.kind == .number else { throw syntaxError() }
    }
    if token.isWord("interval") {
      try advance()
      guard token.kind == .string else { throw syntaxError() }
      let text = token.text
      try advance()
      if token.kind == .word {
        _ = try label()
        if try accept("to") { _ = try label() }
      }
      return text
    }
    switch token.kind {
    case .word, .quoted, .string, .number:
      let text = sign + token.text
      try advance()
      return text
    default: throw syntaxError()
    }
  }

  // MARK: EXPLAIN, PREPARE, EXECUTE

  private mutating func explain() throws(SQLError) -> SyntaxStatement {
    try expect("explain")
    var analyzes = false
    if token.isSymbol("(") {
      try advance()
      repeat {
        let option = try label()
        if option == "analyze" { analyzes = true }
        if option == "format", !token.isWord("text") {
          throw SQLError("0A000", "EXPLAIN is only supported in text format", at: token.at)
        }
        if token.kind == .word || token.kind == .number {
          if option == "analyze", ["off", "false", "0"].contains(token.text) { analyzes = false }
          try advance()
        }
      } while try acceptSymbol(",")
      try expectSymbol(")")
    } else {
      if try accept("analyze") { analyzes = true }
      _ = try accept("verbose")
    }
    guard
      token.isSymbol("(") || ["select", "values", "with", "insert", "update", "delete", "table"].contains(token.text)
    else { throw syntaxError() }
    return .explain(ExplainSyntax(analyzes: analyzes, body: .statement(try statement())))
  }

  private mutating func prepareStatement() throws(SQLError) -> SyntaxStatement {
    try expect("prepare")
    if token.isWord("transaction") { return try refused("PREPARE TRANSACTION") }
    let name = try name()
    var types: [TypeName] = []
    if try acceptSymbol("(") {
      types = try list { parser throws(SQLError) in try parser.typeName() }
      try expectSymbol(")")
    }
    try expect("as")
    guard
      token.isSymbol("(") || ["select", "values", "with", "insert", "update", "delete", "table"].contains(token.text)
    else { throw syntaxError() }
    return .prepare(name: name, types: types, .statement(try statement()))
  }

  private mutating func executeStatement() throws(SQLError) -> SyntaxStatement {
    try expect("execute")
    let name = try name()
    var arguments: [SyntaxExpression] = []
    if try acceptSymbol("(") {
      if !token.isSymbol(")") { arguments = try list { parser throws(SQLError) in try parser.expression() } }
      try expectSymbol(")")
    }
    return .execute(name: name, arguments)
  }
}
