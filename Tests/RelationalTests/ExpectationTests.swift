import Testing

/// Expressions against PostgreSQL 15's answers.
@Suite struct ExpectationTests {
  private static let tables: [(String, String)] = [
    ("arithmetic", arithmeticExpectations), ("numeric functions", numericFunctionExpectations),
    ("floating point text", floatTextExpectations), ("dates and times", dateTimeExpectations),
    ("text input", textInputExpectations), ("functions", functionExpectations),
    ("number templates", numberFormatExpectations), ("date templates", dateFormatExpectations),
  ]

  @Test(arguments: tables.map(\.0))
  func agreesWithPostgreSQL(_ name: String) throws {
    let table = try #require(Self.tables.first { $0.0 == name }?.1)
    var count = 0
    for line in table.split(separator: "\n") {
      // The arrow stands between blanks, which the expected text may begin or end with.
      let scalars = Array(line.unicodeScalars)
      let arrow = try #require(scalars.lastIndex(of: "⇒"))
      let expression = String(String.UnicodeScalarView(scalars[..<(arrow - 1)]))
      let expected = String(String.UnicodeScalarView(scalars[(arrow + 2)...]))
      let outcome = ExpressionReader.outcome(expression)
      #expect(Array(outcome.utf8) == Array(expected.utf8), "\(expression) gave \(outcome), not \(expected)")
      count += 1
    }
    #expect(count > 50)
  }
}
