import RoostRelational

/// The SQL parser: recursive descent for statements, Pratt for expressions.
///
/// It looks at most three tokens ahead and keeps no tokens, so that its memory is that of the tree it builds; the
/// tree's size is bounded by ``maximumNodes`` and its depth by ``StackGuard``.
struct Parser {
  /// Expressions a statement may hold: parsed, planned and evaluated each takes some 250 bytes.
  static let maximumNodes = 500_000

  let source: StatementSource
  private var lexer: Lexer
  var token: Token
  private var ahead: [Token] = []
  /// Where the token before the current one ended: for the text of a default or a check.
  private(set) var previousEnd = 0
  var stack: StackGuard
  private var nodes = 0
  private var tokens = 0
  /// Tells how many bytes the statement takes in all, as they become more; what it throws ends the parsing.
  private let admit: ((Int) throws(SQLError) -> Void)?
  /// The number of tokens at which to tell next.
  private var nextAdmission = Int.max
  /// Tokens between two such calls.
  private static let admissionStep = 1_024

  init(
    _ source: StatementSource, _ pace: EvaluationPace? = nil, admit: ((Int) throws(SQLError) -> Void)? = nil
  ) throws(SQLError) {
    self.source = source
    self.admit = admit
    if let admit {
      try admit(StatementSize.bytes(text: source.text.utf8.count, tokens: 0))
      nextAdmission = Self.admissionStep
    }
    stack = StackGuard(pace)
    lexer = Lexer(source)
    token = try lexer.next()
  }

  /// Parses all statements of a text. A text without any gives one empty statement.
  static func parse(
    _ text: String, maximumBytes: Int, _ pace: EvaluationPace? = nil, admit: ((Int) throws(SQLError) -> Void)? = nil
  ) throws(SQLError) -> [ParsedStatement] {
    guard text.utf8.count <= maximumBytes else {
      throw SQLError(
        "54000", "statement of \(text.utf8.count) bytes is over the limit of \(maximumBytes) bytes",
        hint: "Send the work in several statements.")
    }
    let source = StatementSource(text)
    do {
      var parser = try Parser(source, pace, admit: admit)
      return try parser.statements()
    } catch {
      throw error.located(in: source)
    }
  }

  /// Parses an expression that stands alone, as the catalogue keeps them.
  static func expression(_ text: String) throws(SQLError) -> SyntaxExpression {
    let source = StatementSource(text)
    var parser = try Parser(source)
    let expression = try parser.expression()
    guard parser.token.kind == .end else { throw parser.syntaxError() }
    return expression
  }

  private mutating func statements() throws(SQLError) -> [ParsedStatement] {
    var result: [ParsedStatement] = []
    while true {
      while token.isSymbol(";") { try advance() }
      guard token.kind != .end else { break }
      let (start, before) = (token.start, tokens)
      let syntax = try statement()
      result.append(
        ParsedStatement(syntax: syntax, source: source, tokens: tokens - before, length: previousEnd - start))
      guard token.kind == .end || token.isSymbol(";") else { throw syntaxError() }
    }
    if result.isEmpty { result.append(ParsedStatement(syntax: .empty, source: source)) }
    if result.count == 1 { result[0].isWholeText = true }
    return result
  }

  // MARK: Tokens

  mutating func advance() throws(SQLError) {
    previousEnd = token.end
    tokens += 1
    if tokens >= nextAdmission { try admitTokens() }
    if ahead.isEmpty { token = try lexer.next() } else { token = ahead.removeFirst() }
  }

  private mutating func admitTokens() throws(SQLError) {
    nextAdmission += Self.admissionStep
    try admit?(StatementSize.bytes(text: source.text.utf8.count, tokens: nextAdmission))
  }

  mutating func peek(_ distance: Int = 1) throws(SQLError) -> Token {
    while ahead.count < distance { ahead.append(try lexer.next()) }
    return ahead[distance - 1]
  }

  mutating func countNode() throws(SQLError) {
    nodes += 1
    guard nodes <= Parser.maximumNodes else {
      throw SQLError(
        "54001", "statement too complex", hint: "A statement may hold at most \(Parser.maximumNodes) expressions.")
    }
  }

  func text(from start: Int) -> String { lexer.text(start, max(start, previousEnd)) }

  func syntaxError() -> SQLError {
    guard token.kind != .end else { return SQLError("42601", "syntax error at end of input", at: token.at) }
    return SQLError("42601", "syntax error at or near \"\(lexer.text(token.start, token.end))\"", at: token.at)
  }

  @inline(__always) mutating func accept(_ word: String) throws(SQLError) -> Bool {
    guard token.isWord(word) else { return false }
    try advance()
    return true
  }

  mutating func accept(anyOf first: String, _ second: String) throws(SQLError) -> Bool {
    if try accept(first) { return true }
    return try accept(second)
  }

  /// Accepts all of the words or none.
  mutating func accept(_ first: String, _ second: String) throws(SQLError) -> Bool {
    guard token.isWord(first), try peek().isWord(second) else { return false }
    try advance()
    try advance()
    return true
  }

  mutating func accept(_ first: String, _ second: String, _ third: String) throws(SQLError) -> Bool {
    guard token.isWord(first), try peek().isWord(second), try peek(2).isWord(third) else { return false }
    try advance()
    try advance()
    try advance()
    return true
  }

  @inline(__always) mutating func acceptSymbol(_ symbol: String) throws(SQLError) -> Bool {
    guard token.isSymbol(symbol) else { return false }
    try advance()
    return true
  }

  mutating func expect(_ word: String) throws(SQLError) {
    guard token.isWord(word) else { throw syntaxError() }
    try advance()
  }

  mutating func expectSymbol(_ symbol: String) throws(SQLError) {
    guard token.isSymbol(symbol) else { throw syntaxError() }
    try advance()
  }

  // MARK: Names

  /// A name of a table, a column, a constraint.
  mutating func name() throws(SQLError) -> String {
    guard isName(token) else { throw syntaxError() }
    let text = token.text
    try advance()
    return text
  }

  func isName(_ token: Token) -> Bool {
    switch token.kind {
    case .quoted: true
    case .word: token.keyword.isDisjoint(with: .unnameable)
    default: false
    }
  }

  /// A name after a dot or AS: any word will do.
  mutating func label() throws(SQLError) -> String {
    guard token.kind == .word || token.kind == .quoted else { throw syntaxError() }
    let text = token.text
    try advance()
    return text
  }

  mutating func locatedName() throws(SQLError) -> (name: String, at: SourceOffset) {
    let at = token.at
    return (try name(), at)
  }

  /// Names in parentheses. Each counts as an expression: a statement may be of nothing but names.
  mutating func names() throws(SQLError) -> [String] {
    try expectSymbol("(")
    var result: [String] = []
    repeat {
      try countNode()
      result.append(try name())
    } while try acceptSymbol(",")
    try expectSymbol(")")
    return result
  }

  /// `name`, `schema.name` or `database.schema.name`.
  mutating func tableName() throws(SQLError) -> TableName {
    let at = token.at
    var parts = [try name()]
    while try acceptSymbol(".") { parts.append(try label()) }
    guard parts.count <= 3 else {
      throw SQLError(
        "42601", "improper qualified name (too many dotted names): \(parts.joined(separator: "."))", at: at)
    }
    return TableName(schema: parts.count > 1 ? parts[parts.count - 2] : nil, name: parts[parts.count - 1], at: at)
  }

  mutating func list<Element>(
    _ element: (inout Parser) throws(SQLError) -> Element
  ) throws(SQLError) -> [Element] {
    var result = [try element(&self)]
    while try acceptSymbol(",") { result.append(try element(&self)) }
    return result
  }
}
