/// LIKE and ILIKE (operators ~~ and ~~*), regular expressions (~ and ~*), and their negations.
extension FunctionCatalogue {
  mutating func addPatterns() {
    for type in [BaseType.text, .name, .char] {
      addMatch("~~", type) { text, pattern, pace throws(SQLError) in try LikePattern.matches(text, pattern, pace) }
      addMatch("~~*", type) { text, pattern, pace throws(SQLError) in
        try LikePattern.matches(StringOperations.lower(text, pace), StringOperations.lower(pattern, pace), pace)
      }
      addMatch("~", type) { text, pattern, pace throws(SQLError) in
        try RegularExpression.cached(pattern, ignoringCase: false, pace).matches(text, pace)
      }
      addMatch("~*", type) { text, pattern, pace throws(SQLError) in
        try RegularExpression.cached(pattern, ignoringCase: true, pace).matches(text, pace)
      }
    }
    for (symbol, wanted) in [("~~", true), ("!~~", false)] {
      infix(symbol, .bytea, .bytea, .boolean) { a, b, pace throws(SQLError) in
        .boolean(try LikePattern.matches(a.byteArray, b.byteArray, pace) == wanted)
      }
    }
    for name in ["like", "notlike"] {
      binary(name, .text, .text, .boolean) { a, b, pace throws(SQLError) in
        .boolean(try LikePattern.matches(a.string, b.string, pace) == (name == "like"))
      }
    }
    binary("like_escape", .text, .text, .text) { a, b, pace throws(SQLError) in
      .text(try LikePattern.withEscape(a.string, b.string, pace))
    }
    addRegularExpressionFunctions()
  }

  private mutating func addMatch(
    _ symbol: String, _ type: BaseType,
    _ matches: @escaping @Sendable (String, String, EvaluationPace) throws(SQLError) -> Bool
  ) {
    infix(symbol, type, .text, .boolean) { a, b, pace throws(SQLError) in
      .boolean(try matches(a.string, b.string, pace))
    }
    infix("!" + symbol, type, .text, .boolean) { a, b, pace throws(SQLError) in
      .boolean(try !matches(a.string, b.string, pace))
    }
  }
}
