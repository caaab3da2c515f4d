import RoostRelational

/// Function calls: plain ones, aggregates and windows, and the forms whose arguments are set off by words.
extension Parser {
  /// The token stands at the opening parenthesis.
  mutating func call(_ name: String, _ at: SourceOffset) throws(SQLError) -> SyntaxExpression {
    .call(try callSyntax(name, at))
  }

  @inline(never)
  mutating func callSyntax(_ name: String, _ at: SourceOffset) throws(SQLError) -> SyntaxCall {
    var call = SyntaxCall(name: name, arguments: [], at: at)
    try expectSymbol("(")
    if try acceptSymbol("*") {
      call.isStar = true
    } else if !token.isSymbol(")") {
      if try accept("distinct") { call.isDistinct = true } else { _ = try accept("all") }
      call.arguments = try list { parser throws(SQLError) in try parser.expression() }
      if try accept("order", "by") { call.orderBy = try sortItems() }
    }
    try expectSymbol(")")
    if token.isWord("within") { throw SQLError("0A000", "WITHIN GROUP is not supported", at: token.at) }
    if token.isWord("filter"), try peek().isSymbol("(") {
      try advance()
      try advance()
      try expect("where")
      call.filter = try expression()
      try expectSymbol(")")
    }
    if try accept("over") {
      let windowAt = token.at
      call.window = token.isSymbol("(") ? .inline(try windowDefinition()) : .named(try self.name(), windowAt)
    }
    return call
  }

  mutating func sortItems() throws(SQLError) -> [SortItem] {
    try list { parser throws(SQLError) in try parser.sortItem() }
  }

  @inline(never)
  private mutating func sortItem() throws(SQLError) -> SortItem {
    var item = SortItem(expression: try expression(), descending: false, nullsFirst: nil)
    if try accept("desc") { item.descending = true } else { _ = try accept("asc") }
    if try accept("using") {
      guard token.isSymbol("<") || token.isSymbol(">") else { throw syntaxError() }
      item.descending = token.text == ">"
      try advance()
    }
    if try accept("nulls") {
      if try accept("first") {
        item.nullsFirst = true
      } else {
        try expect("last")
        item.nullsFirst = false
      }
    }
    return item
  }

  @inline(never)
  mutating func windowDefinition() throws(SQLError) -> WindowDefinition {
    try expectSymbol("(")
    var window = WindowDefinition(base: nil, partitionBy: [], orderBy: [], frame: nil)
    if isName(token), !["partition", "range", "rows", "groups"].contains(token.text) { window.base = try name() }
    if try accept("partition", "by") {
      window.partitionBy = try list { parser throws(SQLError) in try parser.expression() }
    }
    if try accept("order", "by") { window.orderBy = try sortItems() }
    if token.kind == .word, ["range", "rows", "groups"].contains(token.text) { window.frame = try windowFrame() }
    try expectSymbol(")")
    return window
  }

  private mutating func windowFrame() throws(SQLError) -> WindowFrame {
    let unit: WindowFrame.Unit = token.text == "rows" ? .rows : token.text == "range" ? .range : .groups
    try advance()
    var frame = WindowFrame(unit: unit, start: .unboundedPreceding, end: .currentRow)
    if try accept("between") {
      frame.start = try frameBound()
      try expect("and")
      frame.end = try frameBound()
    } else {
      frame.start = try frameBound()
    }
    if token.isWord("exclude") { throw SQLError("0A000", "EXCLUDE in window frames is not supported", at: token.at) }
    return frame
  }

  private mutating func frameBound() throws(SQLError) -> WindowFrame.Bound {
    if try accept("unbounded") {
      if try accept("preceding") { return .unboundedPreceding }
      try expect("following")
      return .unboundedFollowing
    }
    if try accept("current", "row") { return .currentRow }
    let distance = try expression()
    if try accept("preceding") { return .preceding(distance) }
    try expect("following")
    return .following(distance)
  }

  /// EXTRACT, POSITION, SUBSTRING, OVERLAY and TRIM become calls with plain arguments; COALESCE and its kin are calls
  /// already.
  @inline(never)
  mutating func specialCall() throws(SQLError) -> SyntaxExpression {
    let at = token.at
    let name = token.text
    try countNode()
    try advance()
    switch name {
    case "extract":
      try expectSymbol("(")
      let field = token.text
      let fieldAt = token.at
      guard token.kind == .word || token.kind == .string || token.kind == .quoted else { throw syntaxError() }
      try advance()
      try expect("from")
      let operand = try expression()
      try expectSymbol(")")
      return .call(SyntaxCall(name: "extract", arguments: [.string(field, fieldAt), operand], at: at))
    case "position":
      try expectSymbol("(")
      let needle = try expression(.other)
      try expect("in")
      let haystack = try expression(.other)
      try expectSymbol(")")
      return .call(SyntaxCall(name: "position", arguments: [haystack, needle], at: at))
    case "substring": return try substring(at)
    case "overlay":
      try expectSymbol("(")
      var arguments = [try expression()]
      if try accept("placing") {
        arguments.append(try expression())
        try expect("from")
        arguments.append(try expression())
        if try accept("for") { arguments.append(try expression()) }
      } else {
        while try acceptSymbol(",") { arguments.append(try expression()) }
      }
      try expectSymbol(")")
      return .call(SyntaxCall(name: "overlay", arguments: arguments, at: at))
    case "trim": return try trim(at)
    default: return try call(name, at)
    }
  }

  @inline(never)
  private mutating func substring(_ at: SourceOffset) throws(SQLError) -> SyntaxExpression {
    try expectSymbol("(")
    var arguments = [try expression()]
    if try accept("from") {
      arguments.append(try expression())
      if try accept("for") { arguments.append(try expression()) }
    } else if try accept("for") {
      let count = try expression()
      if try accept("from") {
        arguments.append(try expression())
        arguments.append(count)
      } else {
        arguments += [.number("1", at), count]
      }
    } else if token.isWord("similar") {
      throw SQLError("0A000", "SUBSTRING with SIMILAR is not supported", at: token.at)
    } else {
      while try acceptSymbol(",") { arguments.append(try expression()) }
    }
    try expectSymbol(")")
    return .call(SyntaxCall(name: "substring", arguments: arguments, at: at))
  }

  @inline(never)
  private mutating func trim(_ at: SourceOffset) throws(SQLError) -> SyntaxExpression {
    try expectSymbol("(")
    var name = "btrim"
    if try accept("leading") {
      name = "ltrim"
    } else if try accept("trailing") {
      name = "rtrim"
    } else {
      _ = try accept("both")
    }
    var arguments: [SyntaxExpression] = []
    if try accept("from") {
      arguments = try list { parser throws(SQLError) in try parser.expression() }
    } else {
      let first = try expression()
      if try accept("from") {
        arguments = [try expression(), first]
      } else {
        arguments = [first]
        while try acceptSymbol(",") { arguments.append(try expression()) }
      }
    }
    try expectSymbol(")")
    return .call(SyntaxCall(name: name, arguments: arguments, at: at))
  }
}
