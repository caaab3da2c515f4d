import RoostRelational

/// Reads SQL expressions for the tests' tables: just enough grammar to write them as PostgreSQL takes them.
struct ExpressionReader {
  struct SyntaxError: Error { let reason: String }

  private var tokens: [Token]
  private var index = 0
  private let checker: TypeChecker

  private enum Token: Equatable {
    case string(String), number(String), word(String), symbol(String), end
  }

  /// The value of an expression as "type|text", "type|<null>" or "ERROR code message".
  static func outcome(_ text: String) -> String {
    do {
      let context = EvaluationContext(StatementContext())
      let expression = try read(text)
      let value = try expression.evaluator().evaluate([], context)
      let shown = value.text().split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\\n")
      return "\(expression.type.name)|" + (value.isNull ? "<null>" : shown)
    } catch let error as SQLError {
      return "ERROR \(error.code) \(error.message)"
    } catch {
      return "\(error)"
    }
  }

  static func read(_ text: String) throws -> Expression {
    var reader = try ExpressionReader(text)
    let expression = try reader.expression(0)
    guard reader.current == .end else { throw SyntaxError(reason: "trailing text in \(text)") }
    return try reader.checker.settled(expression)
  }

  private init(_ text: String) throws {
    checker = TypeChecker(input: InputContext())
    tokens = try Self.tokens(text)
  }

  // MARK: Tokens

  private static let operatorCharacters = Set("+-*/<>=~!@#%^&|".unicodeScalars)

  private static func tokens(_ text: String) throws -> [Token] {
    let source = Array(text.unicodeScalars)
    var tokens: [Token] = []
    var index = 0
    func isDigit(_ position: Int) -> Bool { position < source.count && ("0"..."9").contains(source[position]) }
    func isWord(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.isAlphabetic || scalar == "_" }
    func take(_ predicate: (Unicode.Scalar) -> Bool) -> String {
      var view = String.UnicodeScalarView()
      while index < source.count, predicate(source[index]) {
        view.append(source[index])
        index += 1
      }
      return String(view)
    }
    while index < source.count {
      let scalar = source[index]
      if scalar == " " {
        index += 1
      } else if scalar == "'" {
        var value = String.UnicodeScalarView()
        index += 1
        while index < source.count, source[index] != "'" || (index + 1 < source.count && source[index + 1] == "'") {
          if source[index] == "'" { index += 1 }
          value.append(source[index])
          index += 1
        }
        index += 1
        tokens.append(.string(String(value)))
      } else if isDigit(index) || (scalar == "." && isDigit(index + 1)) {
        var number = take { ("0"..."9").contains($0) || $0 == "." }
        if index < source.count, source[index] == "e" || source[index] == "E" {
          number += "e"
          index += 1
          if source[index] == "-" || source[index] == "+" {
            number.unicodeScalars.append(source[index])
            index += 1
          }
          number += take { ("0"..."9").contains($0) }
        }
        tokens.append(.number(number))
      } else if isWord(scalar) {
        tokens.append(.word(take { isWord($0) || ("0"..."9").contains($0) }.lowercased()))
      } else if "(),".unicodeScalars.contains(scalar) {
        index += 1
        tokens.append(.symbol(String(scalar)))
      } else if scalar == ":" {
        index += 2
        tokens.append(.symbol("::"))
      } else if operatorCharacters.contains(scalar) {
        var symbol = String(scalar)
        index += 1
        while index < source.count, operatorCharacters.contains(source[index]) {
          // A sign after an operator belongs to what follows, unless the operator has one of these characters.
          let isSign = source[index] == "-" || source[index] == "+"
          if isSign, !symbol.unicodeScalars.contains(where: { "~!@#%^&|".unicodeScalars.contains($0) }) { break }
          symbol.unicodeScalars.append(source[index])
          index += 1
        }
        tokens.append(.symbol(symbol == "!=" ? "<>" : symbol))
      } else {
        throw SyntaxError(reason: "unexpected \(scalar)")
      }
    }
    return tokens + [.end]
  }

  private var current: Token { tokens[index] }

  private mutating func accept(_ word: String) -> Bool {
    guard current == .word(word) || current == .symbol(word) else { return false }
    index += 1
    return true
  }

  private mutating func expect(_ word: String) throws {
    guard accept(word) else { throw SyntaxError(reason: "expected \(word) at \(current)") }
  }

  // MARK: Types

  private mutating func type() throws -> SQLType {
    guard case .word(var name) = current else { throw SyntaxError(reason: "expected a type at \(current)") }
    index += 1
    if name == "double" {
      try expect("precision")
      return .double
    }
    if name == "timestamp" || name == "time", accept("with") {
      try expect("time")
      try expect("zone")
      return .timestamptz
    }
    var modifiers: [Int] = []
    if accept("(") {
      repeat {
        let sign = accept("-") ? -1 : 1
        guard case .number(let digits) = current, let number = Int(digits) else {
          throw SyntaxError(reason: "expected a modifier")
        }
        modifiers.append(sign * number)
        index += 1
      } while accept(",")
      try expect(")")
    }
    let synonyms = [
      "int": "int4", "integer": "int4", "smallint": "int2", "bigint": "int8", "real": "float4", "float": "float8",
      "boolean": "bool", "decimal": "numeric",
    ]
    name = synonyms[name] ?? name
    if name == "char" { return .char(modifiers.first ?? 1) }
    guard let base = BaseType(catalogueName: name) else { throw SyntaxError(reason: "type \(name)") }
    switch (base, modifiers.first) {
    case (.numeric, let precision?):
      return .numeric(precision: precision, scale: modifiers.count > 1 ? modifiers[1] : 0)
    case (.varchar, let length?): return .varchar(length)
    case (.char, let length?): return .char(length)
    default: return SQLType(base)
    }
  }

  // MARK: Operators

  private static let comparisons: Set<String> = ["=", "<", ">", "<=", ">=", "<>"]
  private static let strengths: [String: Int] = ["+": 8, "-": 8, "*": 9, "/": 9, "%": 9, "^": 10]

  private mutating func expression(_ least: Int) throws -> Expression {
    var left = try unary()
    while true {
      switch current {
      case .word("or") where least <= 1:
        index += 1
        left = try checker.or([left, try expression(2)])
      case .word("and") where least <= 2:
        index += 1
        left = try checker.and([left, try expression(3)])
      case .word("is") where least <= 4:
        index += 1
        left = try test(left)
      case .word("like"), .word("ilike"), .word("in"), .word("between"), .word("not"):
        if least > 6 { return left }
        left = try predicate(left)
      case .word("at") where least <= 12:
        index += 1
        try expect("time")
        try expect("zone")
        left = try checker.function("timezone", [try expression(13), left])
      case .symbol("::"):
        index += 1
        left = try checker.coerce(left, to: try type(), .explicit)
      case .symbol(let symbol) where !"(),".contains(symbol):
        let strength = Self.comparisons.contains(symbol) ? 5 : Self.strengths[symbol] ?? 7
        if least > strength { return left }
        index += 1
        left = try checker.infix(symbol, left, try expression(strength + 1))
      default: return left
      }
    }
  }

  private mutating func test(_ operand: Expression) throws -> Expression {
    let negated = accept("not")
    if accept("null") { return try checker.isNull(operand, negated: negated) }
    if accept("true") { return try checker.isTruth(operand, .isTrue, negated: negated) }
    if accept("false") { return try checker.isTruth(operand, .isFalse, negated: negated) }
    if accept("unknown") { return try checker.isTruth(operand, .isUnknown, negated: negated) }
    try expect("distinct")
    try expect("from")
    return try checker.isDistinct(operand, try expression(5), negated: negated)
  }

  private mutating func predicate(_ operand: Expression) throws -> Expression {
    let negated = accept("not")
    if accept("in") {
      try expect("(")
      return try checker.inList(operand, try list(), negated: negated)
    }
    if accept("between") {
      let symmetric = accept("symmetric")
      let low = try expression(7)
      try expect("and")
      return try checker.between(operand, low, try expression(7), negated: negated, symmetric: symmetric)
    }
    let symbol = accept("ilike") ? "~~*" : "~~"
    if symbol == "~~" { try expect("like") }
    var pattern = try expression(7)
    if accept("escape") { pattern = try checker.function("like_escape", [pattern, try expression(7)]) }
    return try checker.infix((negated ? "!" : "") + symbol, operand, pattern)
  }

  private mutating func list() throws -> [Expression] {
    if accept(")") { return [] }
    var result: [Expression] = []
    repeat { result.append(try expression(0)) } while accept(",")
    try expect(")")
    return result
  }

  private mutating func unary() throws -> Expression {
    if accept("not") { return try checker.not(try expression(3)) }
    if accept("-") { return try negated(try expression(11)) }
    if accept("+") { return try checker.prefix("+", try expression(11)) }
    for symbol in ["~", "|/", "||/", "@"] where accept(symbol) { return try checker.prefix(symbol, try expression(8)) }
    var operand = try primary()
    while accept("::") { operand = try checker.coerce(operand, to: try type(), .explicit) }
    return operand
  }

  /// A sign before a constant is part of it, as in PostgreSQL's grammar.
  private func negated(_ operand: Expression) throws -> Expression {
    if case .constant(.bigint(2_147_483_648), _) = operand { return .constant(.integer(.min), .integer) }
    return try checker.prefix("-", operand)
  }

  private mutating func primary() throws -> Expression {
    let token = current
    index += 1
    switch token {
    case .string(let text): return checker.string(text)
    case .number(let text): return try checker.number(text)
    case .symbol("("):
      let inner = try expression(0)
      try expect(")")
      return inner
    case .word("null"): return checker.null
    case .word("true"): return checker.boolean(true)
    case .word("false"): return checker.boolean(false)
    case .word("case"): return try caseExpression()
    case .word("cast"):
      try expect("(")
      let operand = try expression(0)
      try expect("as")
      let target = try type()
      try expect(")")
      return try checker.coerce(operand, to: target, .explicit)
    case .word(let name): return try named(name)
    default: throw SyntaxError(reason: "unexpected \(token)")
    }
  }

  private mutating func caseExpression() throws -> Expression {
    let operand = current == .word("when") ? nil : try expression(0)
    var branches: [(condition: Expression, result: Expression)] = []
    while accept("when") {
      let condition = try expression(0)
      try expect("then")
      branches.append((condition, try expression(0)))
    }
    let otherwise = accept("else") ? try expression(0) : nil
    try expect("end")
    return try checker.caseWhen(operand: operand, branches, otherwise: otherwise)
  }

  private mutating func named(_ name: String) throws -> Expression {
    if case .string(let literal) = current {
      index -= 1
      let target = try type()
      index += 1
      return try checker.coerce(checker.string(literal), to: target, .explicit)
    }
    guard accept("(") else { return try checker.function(name, []) }
    switch name {
    case "extract": return try extract()
    case "position":
      let needle = try expression(7)
      try expect("in")
      let text = try expression(0)
      try expect(")")
      return try checker.function("position", [text, needle])
    case "trim": return try trim()
    case "substring", "overlay": return try parts(name)
    default: break
    }
    let operands = try list()
    switch name {
    case "coalesce": return try checker.coalesce(operands)
    case "nullif": return try checker.nullIf(operands[0], operands[1])
    case "greatest": return try checker.greatest(operands)
    case "least": return try checker.least(operands)
    default: return try checker.function(name, operands)
    }
  }

  private mutating func extract() throws -> Expression {
    guard case .word(let field) = current else { throw SyntaxError(reason: "expected a field") }
    index += 1
    try expect("from")
    let source = try expression(0)
    try expect(")")
    return try checker.function("extract", [.constant(.text(field), .text), source])
  }

  private mutating func trim() throws -> Expression {
    let name = accept("leading") ? "ltrim" : accept("trailing") ? "rtrim" : "btrim"
    _ = accept("both")
    var operands = accept("from") ? [] : [try expression(0)]
    if operands.isEmpty || accept("from") { operands.insert(try expression(0), at: 0) }
    try expect(")")
    return try checker.function(name, operands)
  }

  private mutating func parts(_ name: String) throws -> Expression {
    var operands = [try expression(0)]
    if accept("placing") { operands.append(try expression(0)) }
    if accept("from") {
      operands.append(try expression(0))
      if accept("for") { operands.append(try expression(0)) }
    } else if accept("for") {
      operands += [.constant(.integer(1), .integer), try expression(0)]
    } else {
      while accept(",") { operands.append(try expression(0)) }
    }
    try expect(")")
    return try checker.function(name, operands)
  }
}
