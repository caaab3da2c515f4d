/// LIKE and ILIKE (operators ~~ and ~~*), regular expressions (~ and ~*), and their negations.
extension FunctionCatalogue {
  mutating func addPatterns() {
    for type in [BaseType.text, .name, .char] {
      addMatch("~~", type) { text, pattern throws(SQLError) in try LikePattern.matches(text, pattern) }
      addMatch("~~*", type) { text, pattern throws(SQLError) in
        try LikePattern.matches(StringOperations.lower(text), StringOperations.lower(pattern))
      }
      addMatch("~", type) { text, pattern throws(SQLError) in
        try RegularExpression.cached(pattern, ignoringCase: false).matches(text)
      }
      addMatch("~*", type) { text, pattern throws(SQLError) in
        try RegularExpression.cached(pattern, ignoringCase: true).matches(text)
      }
    }
    for (symbol, wanted) in [("~~", true), ("!~~", false)] {
      infix(symbol, .bytea, .bytea, .boolean) { a, b throws(SQLError) in
        .boolean(try LikePattern.matches(a.byteArray, b.byteArray) == wanted)
      }
    }
    for name in ["like", "notlike"] {
      binary(name, .text, .text, .boolean) { a, b throws(SQLError) in
        .boolean(try LikePattern.matches(a.string, b.string) == (name == "like"))
      }
    }
    binary("like_escape", .text, .text, .text) { a, b throws(SQLError) in
      .text(try LikePattern.withEscape(a.string, b.string))
    }
    addRegularExpressionFunctions()
  }

  private mutating func addMatch(
    _ symbol: String, _ type: BaseType, _ matches: @escaping @Sendable (String, String) throws(SQLError) -> Bool
  ) {
    infix(symbol, type, .text, .boolean) { a, b throws(SQLError) in .boolean(try matches(try a.string, try b.string)) }
    infix("!" + symbol, type, .text, .boolean) { a, b throws(SQLError) in
      .boolean(try !matches(try a.string, try b.string))
    }
  }
}
