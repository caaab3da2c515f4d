import RoostRelational
import Testing

@Suite struct TypeTests {
  @Test func modifiersGoBothWays() {
    let types: [SQLType] = [
      .numeric(precision: 10, scale: 2), .numeric(precision: 3, scale: -2), .numeric(precision: 5, scale: 7),
      .unconstrainedNumeric, .varchar(20), .varchar(nil), .char(3), .char(nil), .integer, .timestamptz, .interval,
    ]
    for type in types {
      #expect(SQLType(oid: type.oid, typeModifier: type.typeModifier) == type)
    }
    #expect(SQLType.varchar(20).typeModifier == 24)
    #expect(SQLType.numeric(precision: 10, scale: 2).typeModifier == 655_366)
    #expect(SQLType(oid: 999_999) == nil)
  }

  @Test func namesAreThoseOfFormatType() {
    #expect(SQLType.numeric(precision: 10, scale: 2).displayName == "numeric(10,2)")
    #expect(SQLType.varchar(5).displayName == "character varying(5)")
    #expect(SQLType.char(5).displayName == "character(5)")
    #expect(SQLType.char(nil).displayName == "bpchar")
    #expect(SQLType.timestamptz.name == "timestamp with time zone")
    #expect(BaseType(catalogueName: "float8") == .double)
  }

  @Test func storesOnlyWhatFits() throws {
    let checker = TypeChecker(input: InputContext())
    let context = EvaluationContext(StatementContext())
    func store(_ text: String, _ type: SQLType) throws -> String {
      let expression = try checker.assign(.constant(.text(text), .text), to: type, column: "c")
      return try expression.evaluator().evaluate([], context).text()
    }
    #expect(try store("ab", .char(4)) == "ab  ")
    #expect(try store("ab   ", .varchar(3)) == "ab ")
    #expect { try store("abcd", .varchar(3)) } throws: {
      let error = $0 as? SQLError
      return error?.code == "22001" && error?.message == "value too long for type character varying(3)"
    }
    #expect { try store("1", .integer) } throws: {
      let error = $0 as? SQLError
      return error?.code == "42804"
        && error?.message == "column \"c\" is of type integer but expression is of type text"
    }
    let number = try checker.assign(.constant(.integer(5), .integer), to: .text, column: "c")
    #expect(try number.evaluator().evaluate([], context).isSame(.text("5")))
  }

  @Test func parametersTakeTheTypeOfTheirFirstUse() throws {
    let parameters = ParameterTypes(declared: [.unknown, .bigint])
    let checker = TypeChecker(parameters: parameters, input: InputContext())
    _ = try checker.infix("=", .column(0, .varchar(10)), checker.parameter(0))
    _ = try checker.infix("+", .column(0, .integer), checker.parameter(1))
    _ = try checker.coerce(checker.parameter(2), to: .numeric(precision: 5, scale: 1), .assignment)
    #expect(parameters.types == [.text, .bigint, .unconstrainedNumeric])
    let same = try checker.infix("+", checker.column(0), checker.parameter(3))
    #expect(same.type == .integer && parameters.types[3] == .integer)
    #expect { try checker.coerce(.parameter(3, .unknown), to: .text, .explicit) } throws: {
      ($0 as? SQLError)?.code == "42P08"
    }
    #expect(throws: SQLError.self) { try checker.parameter(70_000) }
  }

  @Test func constantsFold() throws {
    let checker = TypeChecker(input: InputContext())
    let context = EvaluationContext(StatementContext())
    let sum = try checker.infix("+", checker.number("1"), checker.number("2"))
    guard case .constant(.integer(3), .integer) = sum.folded(context) else {
      Issue.record("1 + 2 did not fold")
      return
    }
    let random = try checker.function("random", [])
    guard case .call = random.folded(context) else {
      Issue.record("random() must not fold")
      return
    }
    let failing = try checker.infix("/", checker.number("1"), checker.number("0")).folded(context)
    #expect(throws: SQLError.self) { try failing.evaluator().evaluate([], context) }
  }

  @Test func theClockAndTheSessionComeFromTheStatement() throws {
    let checker = TypeChecker(input: InputContext())
    let zone = TimeZoneOffset(name: "+02:00", seconds: 7200)
    let statement = StatementContext(
      transactionTime: 86_400_000_000 - 1_000_000, timeZone: zone, currentUser: "ada", random: { 1 << 63 })
    let context = EvaluationContext(statement)
    func value(_ name: String) throws -> String {
      try checker.function(name, []).evaluator().evaluate([], context).text(zone)
    }
    #expect(try value("now") == "2000-01-02 01:59:59+02")
    #expect(try value("current_date") == "2000-01-02")
    #expect(try value("localtimestamp") == "2000-01-02 01:59:59")
    #expect(try value("current_user") == "ada")
    #expect(try value("random") == "0.5")
  }

  @Test func hostilePatternsAreBounded() throws {
    let many = String(repeating: "a", count: 5000)
    #expect(ExpressionReader.outcome("'\(many)' like '%a%a%a%a%a%a%a%a%b'") == "boolean|f")
    #expect(ExpressionReader.outcome("'\(many)' ~ '(a*)*(a*)*(a*)*b'") == "boolean|f")
    #expect(ExpressionReader.outcome("'x' ~ '((((((a{200}){200}){200}){200}){200}){200})'").contains("2201B"))
    #expect(ExpressionReader.outcome("'x' ~ '\(String(repeating: "(", count: 5000))'").contains("2201B"))
    #expect(ExpressionReader.outcome("repeat('abcdefgh', 100000000)").contains("54000"))
    #expect(ExpressionReader.outcome("lpad('a', 2000000000)").contains("54000"))
    #expect(ExpressionReader.outcome("timestamp '\(many)'").contains("22007"))
    #expect(ExpressionReader.outcome("interval '\(many)'").contains("22007"))
  }

  /// Numbers of many digits are read from those that can matter, and only those.
  @Test func longTextsOfFloatingPoint() throws {
    func read(_ text: String) throws -> Double { try TextFormat.parse(text, as: .double, InputContext()).float64 }
    let zeros = String(repeating: "0", count: 3000)
    let middle = "1.00000000000000011102230246251565404236316680908203125"
    #expect(try read(middle + zeros) == 1)
    #expect(try read("-" + middle + zeros + "1") == -(1.0.nextUp))
    #expect(try read(zeros + "12.5e-3") == 0.0125)
    #expect(try read("0." + zeros + "125e3003") == 125)
    #expect(try read("125" + zeros + "e-3001") == 12.5)
    #expect(try read(zeros) == 0)
    for text in [zeros + "x", zeros + "e", zeros + "e+", "." + zeros + ".", zeros + "e1x"] {
      #expect(LongValue.failure { _ = try read(text) }?.prefix(5) == "22P02", "\(text.suffix(4))")
    }
    #expect(LongValue.failure { _ = try read("1" + zeros) }?.prefix(5) == "22003")
    #expect(LongValue.failure { _ = try read("0." + zeros + "1") }?.prefix(5) == "22003")
  }

  @Test func errorsQuoteNoMoreThanIsOfUse() {
    let text = String(repeating: "é", count: 1 << 20)
    let failure = LongValue.failure { _ = try TextFormat.parse(text, as: .integer, InputContext()) }
    #expect(failure?.hasPrefix("22P02 invalid input syntax for type integer: \"éé") == true)
    #expect((failure?.utf8.count ?? 0) < 8192)
  }
}

extension TypeChecker {
  fileprivate func column(_ position: Int) -> Expression { .column(position, .integer) }
}
