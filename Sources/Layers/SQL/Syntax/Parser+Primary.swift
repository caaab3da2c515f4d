import RoostRelational

/// What an expression begins with: literals, names, calls, parentheses, CASE, CAST, EXISTS.
extension Parser {
  mutating func prefix() throws(SQLError) -> SyntaxExpression {
    let at = token.at
    switch token.kind {
    case .word:
      if token.text == "not" {
        try advance()
        return .not(try expression(.not))
      }
      return try wordPrimary()
    case .symbol:
      switch token.text {
      case "-", "+":
        let name = token.text
        try advance()
        let operand = try expression(.sign)
        if case .number(let digits, _) = operand {
          if name == "+" { return operand }
          return .number(digits.hasPrefix("-") ? String(digits.dropFirst()) : "-" + digits, at)
        }
        return .unary(name, operand, at)
      case "(": return try parenthesized()
      case "*", ")", ",", ";", "]", "[", "::", ":", ".", "=", "<", ">", "<=", ">=", "<>": throw syntaxError()
      default:
        let name = token.text
        try advance()
        return .unary(name, try expression(.other), at)
      }
    default: return try atom()
    }
  }

  @inline(never)
  private mutating func atom() throws(SQLError) -> SyntaxExpression {
    try countNode()
    let at = token.at
    let text = token.text
    switch token.kind {
    case .string:
      try advance()
      return .string(text, at)
    case .number:
      try advance()
      return .number(text, at)
    case .parameter:
      guard let number = Int(text), number <= 65_535 else {
        throw SQLError("54000", "there is no parameter $\(text)", at: at)
      }
      guard number >= 1 else { throw SQLError("42P02", "there is no parameter $\(text)", at: at) }
      try advance()
      return .parameter(number, at)
    case .quoted: return try nameOrCall()
    default: throw syntaxError()
    }
  }

  @inline(never)
  private mutating func parenthesized() throws(SQLError) -> SyntaxExpression {
    let at = token.at
    try advance()
    if try beginsNestedQuery() {
      let query = try self.query()
      try expectSymbol(")")
      return .subquery(query, at)
    }
    let first = try expression()
    if token.isSymbol(",") {
      var items = [first]
      while try acceptSymbol(",") { items.append(try expression()) }
      try expectSymbol(")")
      return .row(items, at)
    }
    try expectSymbol(")")
    if token.isSymbol("."), try peek().kind != .symbol {
      throw SQLError("0A000", "field selection from a row is not supported", at: token.at)
    }
    return first
  }

  /// After an opening parenthesis: whether a query follows, perhaps behind more parentheses. `((SELECT 1))` is one,
  /// `((SELECT 1) + 1)` is not: the latter is found out by looking behind the inner query, so only the direct case
  /// counts here.
  private mutating func beginsNestedQuery() throws(SQLError) -> Bool { beginsQuery(token) }

  @inline(never)
  private mutating func wordPrimary() throws(SQLError) -> SyntaxExpression {
    let at = token.at
    switch token.text {
    case "null":
      try countNode()
      try advance()
      return .null
    case "true", "false":
      try countNode()
      let value = token.text == "true"
      try advance()
      return .boolean(value)
    case "default":
      try advance()
      return .defaultValue(at)
    case "case": return try caseExpression()
    case "cast":
      try advance()
      try expectSymbol("(")
      let operand = try expression()
      try expect("as")
      let type = try typeName()
      try expectSymbol(")")
      return .cast(operand, type, at)
    case "exists" where try peek().isSymbol("("):
      try advance()
      try advance()
      let query = try self.query()
      try expectSymbol(")")
      return .exists(query, at)
    case "array":
      try advance()
      if try acceptSymbol("[") {
        var items: [SyntaxExpression] = []
        if !token.isSymbol("]") { items = try list { parser throws(SQLError) in try parser.expression() } }
        try expectSymbol("]")
        return .array(items, at)
      }
      throw SQLError("0A000", "ARRAY(subquery) is not supported", at: at)
    case "row" where try peek().isSymbol("("):
      try advance()
      try advance()
      var items: [SyntaxExpression] = []
      if !token.isSymbol(")") { items = try list { parser throws(SQLError) in try parser.expression() } }
      try expectSymbol(")")
      return .row(items, at)
    case "current_date", "current_user", "current_role", "session_user", "user", "current_catalog":
      let name = token.text
      try countNode()
      try advance()
      return .call(SyntaxCall(name: name, arguments: [], at: at))
    case "current_schema" where try !peek().isSymbol("("):
      try advance()
      return .call(SyntaxCall(name: "current_schema", arguments: [], at: at))
    case "current_timestamp", "current_time", "localtime", "localtimestamp":
      let name = token.text
      try countNode()
      try advance()
      var arguments: [SyntaxExpression] = []
      if try acceptSymbol("(") {
        arguments = [try expression()]
        try expectSymbol(")")
      }
      return .call(SyntaxCall(name: name, arguments: arguments, at: at))
    case "extract", "position", "substring", "overlay", "trim", "coalesce", "nullif", "greatest", "least":
      if try peek().isSymbol("(") { return try specialCall() }
      return try nameOrCall()
    default:
      if beginsTypedLiteral(), let literal = try typedLiteral() { return literal }
      return try nameOrCall()
    }
  }

  /// `DATE '…'`, `INTERVAL '…' DAY`, `double precision '…'`; nil when the word is a name after all.
  @inline(never)
  private mutating func typedLiteral() throws(SQLError) -> SyntaxExpression? {
    let at = token.at
    let next = try peek()
    switch next.kind {
    case .string: break
    case .word:
      guard
        ["precision", "with", "without", "varying"].contains(next.text)
          && ["double", "time", "timestamp", "character", "char"].contains(token.text)
      else { return nil }
    // `timestamp(3) '…'`, but also the call `text(x)`: only a number and a closing parenthesis make a modifier.
    case .symbol where next.text == "(":
      let third = try peek(2)
      let fourth = try peek(3)
      let fifth = try peek(4)
      let hasOne = third.kind == .number && fourth.isSymbol(")") && (fifth.kind == .string || fifth.kind == .word)
      guard hasOne, fifth.kind == .string || fifth.isWord("with") || fifth.isWord("without") else { return nil }
    default: return nil
    }
    try countNode()
    var type = try typeName()
    let literalAt = token.at
    guard token.kind == .string else { throw syntaxError() }
    let text = token.text
    try advance()
    if type.name == "interval" {
      // The field after an interval literal gives its unit: INTERVAL '3' DAY.
      if token.kind == .word, ["year", "month", "day", "hour", "minute", "second"].contains(token.text) {
        let unit = token.text
        try advance()
        if try accept("to") { _ = try label() }
        let isBare = text.utf8.allSatisfy {
          ($0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9")) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".")
        }
        return .typed(type, isBare ? "\(text) \(unit)" : text, literalAt)
      }
    }
    type.at = at
    return .typed(type, text, literalAt)
  }

  @inline(never)
  private mutating func caseExpression() throws(SQLError) -> SyntaxExpression {
    let at = token.at
    try countNode()
    try advance()
    let operand = token.isWord("when") ? nil : try expression()
    var branches: [SyntaxExpression.CaseBranch] = []
    while try accept("when") {
      let condition = try expression()
      try expect("then")
      branches.append(.init(condition: condition, result: try expression()))
    }
    guard !branches.isEmpty else { throw syntaxError() }
    let otherwise = try accept("else") ? try expression() : nil
    try expect("end")
    return .caseWhen(operand, branches, otherwise: otherwise, at)
  }

  /// `a`, `a.b.c`, `a.*`, `f(…)`, `s.f(…)`.
  @inline(never)
  mutating func nameOrCall() throws(SQLError) -> SyntaxExpression {
    try countNode()
    let at = token.at
    if token.kind == .word, token.keyword.contains(.reserved) { throw syntaxError() }
    if token.kind == .word, token.keyword.contains(.reservedExceptFunctions), try !peek().isSymbol("(") {
      throw syntaxError()
    }
    var parts = [token.text]
    try advance()
    while token.isSymbol(".") {
      try advance()
      if try acceptSymbol("*") { return .star(parts, at) }
      parts.append(try label())
    }
    guard token.isSymbol("(") else { return .column(parts, at) }
    if parts.count > 1, parts[0] == "pg_catalog" { parts.removeFirst() }
    return try call(parts.joined(separator: "."), at)
  }
}
