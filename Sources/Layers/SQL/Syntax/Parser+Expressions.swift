import RoostRelational

/// How tightly an operator binds its operands.
enum Precedence: Int, Comparable {
  case lowest, or, and, not, `is`, comparison, range, other, additive, multiplicative, power, timeZone, collate, sign,
    subscripting, cast

  static func < (left: Precedence, right: Precedence) -> Bool { left.rawValue < right.rawValue }
  var tighter: Precedence { Precedence(rawValue: rawValue + 1) ?? .cast }
}

/// Expressions by operator precedence (PostgreSQL documentation, section 4.1.6).
extension Parser {
  mutating func expression() throws(SQLError) -> SyntaxExpression { try expression(.or) }

  /// Parses what binds at least as tightly as `minimum`.
  mutating func expression(_ minimum: Precedence) throws(SQLError) -> SyntaxExpression {
    try stack.enter()
    defer { stack.leave() }
    var left = try prefix()
    var chained = 0
    while let precedence = try infixPrecedence(), precedence >= minimum {
      left = try infix(left, precedence)
      // A chain of the same operators nests to the left: it costs no stack here, but does for whoever walks the tree.
      chained += 1
      guard chained <= StackGuard.maximumChain else { throw StackGuard.error }
    }
    return left
  }

  mutating func infixPrecedence() throws(SQLError) -> Precedence? {
    switch token.kind {
    case .word:
      switch token.text {
      case "or": return .or
      case "and": return .and
      case "is", "isnull", "notnull": return .is
      case "between", "in", "like", "ilike", "similar": return .range
      case "not":
        let next = try peek()
        return next.kind == .word && ["between", "in", "like", "ilike", "similar"].contains(next.text) ? .range : nil
      case "at":
        return try peek().isWord("time") ? .timeZone : nil
      case "collate": return .collate
      case "operator": return .other
      default: return nil
      }
    case .symbol:
      switch token.text {
      case "<", ">", "=", "<=", ">=", "<>": return .comparison
      case "+", "-": return .additive
      case "*", "/", "%": return .multiplicative
      case "^": return .power
      case "::": return .cast
      case "[": return .subscripting
      case "(", ")", ",", ";", "]", ":", ":=", ".", "=>": return nil
      default: return .other
      }
    default: return nil
    }
  }

  @inline(never)
  private mutating func infix(
    _ left: SyntaxExpression, _ precedence: Precedence
  ) throws(SQLError) -> SyntaxExpression {
    let at = token.at
    switch precedence {
    case .or:
      return .or(try chain(left, "or", .and))
    case .and:
      return .and(try chain(left, "and", .not))
    case .is: return try isPredicate(left)
    case .range: return try rangePredicate(left)
    case .cast:
      try advance()
      return .cast(left, try typeName(), at)
    case .timeZone:
      try advance()
      try expect("time")
      try expect("zone")
      return .atTimeZone(left, try expression(.collate), at)
    case .collate:
      try advance()
      var collation = try label()
      while try acceptSymbol(".") { collation = try label() }
      return .collate(left, collation, at)
    case .subscripting:
      throw SQLError("0A000", "array subscripts are not supported", at: at)
    default: return try binaryOperator(left, precedence, at)
    }
  }

  /// The operands of a chain of AND or OR; a left operand that is such a chain itself is spliced in.
  @inline(never)
  private mutating func chain(
    _ left: SyntaxExpression, _ word: String, _ operand: Precedence
  ) throws(SQLError) -> [SyntaxExpression] {
    var operands = [left]
    while try accept(word) {
      try countNode()
      operands.append(try expression(operand))
    }
    return operands
  }

  @inline(never)
  private mutating func binaryOperator(
    _ left: SyntaxExpression, _ precedence: Precedence, _ at: SourceOffset
  ) throws(SQLError) -> SyntaxExpression {
    try countNode()
    var name = token.text
    if token.isWord("operator") {
      try advance()
      try expectSymbol("(")
      while token.kind == .word || token.kind == .quoted {
        try advance()
        try expectSymbol(".")
      }
      guard token.kind == .symbol else { throw syntaxError() }
      name = token.text
      try advance()
      try expectSymbol(")")
    } else {
      try advance()
    }
    if let quantifier = try quantifiedOperand() {
      return .quantified(left, name, all: quantifier.all, quantifier.operand, at)
    }
    if name == "||" {
      var operands = [left, try expression(precedence.tighter)]
      while token.isSymbol("||") {
        let next = try peek()
        guard !["any", "all", "some"].contains(next.text) else { break }
        try advance()
        try countNode()
        operands.append(try expression(precedence.tighter))
      }
      return .concatenation(operands, at)
    }
    let right = try expression(precedence.tighter)
    // Comparisons don't chain: `a < b < c` is an error.
    if precedence == .comparison, try infixPrecedence() == .comparison { throw syntaxError() }
    return .binary(name, left, right, at)
  }

  /// `ANY (…)`, `SOME (…)`, `ALL (…)` after an operator.
  @inline(never)
  private mutating func quantifiedOperand() throws(SQLError) -> (
    all: Bool, operand: SyntaxExpression.QuantifiedOperand
  )? {
    guard token.kind == .word, ["any", "some", "all"].contains(token.text), try peek().isSymbol("(") else {
      return nil
    }
    let all = token.text == "all"
    try advance()
    try advance()
    if beginsQuery(token) {
      let query = try self.query()
      try expectSymbol(")")
      return (all, .query(query))
    }
    let array = try expression()
    try expectSymbol(")")
    return (all, .array(array))
  }

  func beginsQuery(_ token: Token) -> Bool {
    token.kind == .word && (token.text == "select" || token.text == "values" || token.text == "with")
  }

  @inline(never)
  private mutating func isPredicate(_ left: SyntaxExpression) throws(SQLError) -> SyntaxExpression {
    let at = token.at
    if try accept("isnull") { return .isNull(left, negated: false) }
    if try accept("notnull") { return .isNull(left, negated: true) }
    try expect("is")
    let negated = try accept("not")
    if try accept("null") { return .isNull(left, negated: negated) }
    if try accept("true") { return .isBoolean(left, true, negated: negated, at) }
    if try accept("false") { return .isBoolean(left, false, negated: negated, at) }
    if try accept("unknown") { return .isBoolean(left, nil, negated: negated, at) }
    if try accept("distinct") {
      try expect("from")
      return .isDistinct(left, try expression(.comparison), negated: negated, at)
    }
    throw syntaxError()
  }

  @inline(never)
  private mutating func rangePredicate(_ left: SyntaxExpression) throws(SQLError) -> SyntaxExpression {
    let at = token.at
    try countNode()
    let negated = try accept("not")
    if try accept("between") {
      let symmetric = try accept("symmetric")
      if !symmetric { _ = try accept("asymmetric") }
      let low = try expression(.other)
      try expect("and")
      let high = try expression(.other)
      return .between(left, low, high, negated: negated, symmetric: symmetric, at)
    }
    if try accept("in") {
      try expectSymbol("(")
      if beginsQuery(token) {
        let query = try self.query()
        try expectSymbol(")")
        return .inQuery(left, query, negated: negated, at)
      }
      let items = try list { parser throws(SQLError) in try parser.expression() }
      try expectSymbol(")")
      return .inList(left, items, negated: negated, at)
    }
    if token.isWord("similar") { throw SQLError("0A000", "SIMILAR TO is not supported", at: at) }
    let ignoresCase = token.text == "ilike"
    try advance()
    if token.kind == .word, ["any", "some", "all"].contains(token.text) {
      if let quantifier = try quantifiedOperand() {
        let name = (negated ? "!" : "") + (ignoresCase ? "~~*" : "~~")
        return .quantified(left, name, all: quantifier.all, quantifier.operand, at)
      }
    }
    let pattern = try expression(.other)
    let escape = try accept("escape") ? try expression(.other) : nil
    return .like(left, pattern, escape: escape, .init(negated: negated, ignoresCase: ignoresCase), at)
  }
}
