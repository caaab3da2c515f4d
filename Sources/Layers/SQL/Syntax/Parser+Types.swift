import RoostRelational

/// Type names: the forms of several words, modifiers, arrays.
extension Parser {
  mutating func typeName() throws(SQLError) -> TypeName {
    let at = token.at
    if token.isWord("setof") { throw syntaxError() }
    guard token.kind == .quoted || token.kind == .word,
      token.kind == .quoted || !token.keyword.contains(.reserved)
    else { throw syntaxError() }
    var word = token.text
    let quoted = token.kind == .quoted
    try advance()
    while try acceptSymbol(".") { word = try label() }
    var type = TypeName(name: word, at: at)
    if !quoted { try completeTypeName(&type) }
    while token.isSymbol("[") {
      try advance()
      if token.kind == .number { try advance() }
      try expectSymbol("]")
      type.isArray = true
    }
    if try accept("array") { type.isArray = true }
    return type
  }

  private mutating func completeTypeName(_ type: inout TypeName) throws(SQLError) {
    switch type.name {
    case "double":
      if try accept("precision") { type.name = "float8" }
    case "character", "char", "nchar":
      type.name = try accept("varying") ? "varchar" : "bpchar"
      if token.isSymbol("(") { try modifiers(&type) } else if type.name == "bpchar" { type.modifiers = [1] }
    case "national":
      guard try accept(anyOf: "character", "char") else { throw syntaxError() }
      type.name = try accept("varying") ? "varchar" : "bpchar"
      if token.isSymbol("(") { try modifiers(&type) } else if type.name == "bpchar" { type.modifiers = [1] }
    case "time", "timestamp":
      if token.isSymbol("(") { try modifiers(&type) }
      if try accept("with", "time", "zone") {
        type.name += "tz"
      } else {
        _ = try accept("without", "time", "zone")
      }
    case "interval": try intervalFields(&type)
    case "float":
      if token.isSymbol("(") {
        try modifiers(&type)
        let precision = type.modifiers.first ?? 53
        guard precision >= 1 else {
          throw SQLError("22023", "precision for type float must be at least 1 bit", at: type.at)
        }
        guard precision <= 53 else {
          throw SQLError("22023", "precision for type float must be less than 54 bits", at: type.at)
        }
        type.modifiers = []
        type.name = precision <= 24 ? "float4" : "float8"
      } else {
        type.name = "float8"
      }
    case "dec":
      type.name = "numeric"
      if token.isSymbol("(") { try modifiers(&type) }
    default: if token.isSymbol("(") { try modifiers(&type) }
    }
  }

  /// `interval year to month` and the like: the fields are accepted and not enforced.
  private mutating func intervalFields(_ type: inout TypeName) throws(SQLError) {
    if token.isSymbol("(") { try modifiers(&type) }
    let fields = ["year", "month", "day", "hour", "minute", "second"]
    guard token.kind == .word, fields.contains(token.text) else { return }
    try advance()
    guard try accept("to") else { return }
    guard token.kind == .word, fields.contains(token.text) else { throw syntaxError() }
    try advance()
    if token.isSymbol("(") { try modifiers(&type) }
  }

  private mutating func modifiers(_ type: inout TypeName) throws(SQLError) {
    try expectSymbol("(")
    repeat {
      let negative = try acceptSymbol("-")
      guard token.kind == .number, let value = Int(token.text) else { throw syntaxError() }
      type.modifiers.append(negative ? -value : value)
      try advance()
    } while try acceptSymbol(",")
    try expectSymbol(")")
  }

  /// Whether the word begins a type that can be followed by a literal: `DATE '…'`.
  func beginsTypedLiteral() -> Bool { token.keyword.contains(.beginsTypedLiteral) }
}
