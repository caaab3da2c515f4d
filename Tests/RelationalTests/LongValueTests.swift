import RoostRelational
import Testing

/// No function runs for ever: each counts its work, most in proportion to their arguments, and a cancelled statement
/// ends in the middle of any.
@Suite struct LongValueTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let label: String
    let arguments: @Sendable (Int) -> [Datum]
    /// Work for twice the length, at most, in hundredths of that for the length.
    var growth = 230

    init(
      _ name: String, _ label: String = "", growth: Int = 230, _ arguments: @escaping @Sendable (Int) -> [Datum]
    ) {
      self.name = name
      self.label = label
      self.growth = growth
      self.arguments = arguments
    }

    var testDescription: String { "\(name) \(label)" }
  }

  static let cases: [Case] = strings + patterns + bytes + templates + numbers

  private static let strings: [Case] = [
    Case("length") { [LongValue.repeated("é", $0)] },
    Case("lower") { [LongValue.repeated("Ab", $0)] },
    Case("upper", "beyond ASCII") { [LongValue.repeated("aé", $0)] },
    Case("initcap") { [LongValue.repeated("ab ", $0)] },
    Case("reverse") { [LongValue.repeated("é", $0)] },
    Case("substr") { [LongValue.repeated("é", $0), .integer(Int32($0 / 4)), .integer(Int32($0 / 8))] },
    Case("left") { [LongValue.repeated("é", $0), .integer(-3)] },
    Case("right") { [LongValue.repeated("é", $0), .integer(7)] },
    Case("btrim") { [LongValue.repeated("ab", $0), .text("ba")] },
    Case("ltrim", "wide set") { [LongValue.repeated("z", $0), LongValue.repeated("a", $0)] },
    Case("rtrim", "wide set") { [LongValue.repeated("é", $0), LongValue.repeated("aé", $0)] },
    Case("lpad") { [.text("x"), .integer(Int32($0)), .text("éa")] },
    Case("rpad") { [LongValue.repeated("é", $0), .integer(Int32(2 * $0)), .text("é")] },
    Case("repeat") { [.text("ab"), .integer(Int32($0 * 8))] },
    Case("||") { [LongValue.repeated("a", $0 * 8), LongValue.repeated("b", $0 * 8)] },
    Case("concat") { [LongValue.repeated("a", $0 * 8), LongValue.repeated("b", $0 * 8)] },
    Case("concat_ws") { [.text(","), LongValue.repeated("a", $0 * 8), LongValue.repeated("b", $0 * 8)] },
    Case("overlay") { [LongValue.repeated("é", $0 * 2), .text("x"), .integer(Int32($0 / 2)), .integer(1)] },
    Case("translate") { [LongValue.repeated("abc", $0), .text("abc"), .text("xé")] },
    Case("translate", "wide set") { [.text("z"), LongValue.repeated("a", $0), LongValue.repeated("b", $0)] },
    Case("strpos", "nearly everywhere") {
      [LongValue.repeated("a", $0), .text(String(repeating: "a", count: $0 / 2) + "b")]
    },
    Case("strpos", "nearly at once") {
      [LongValue.repeated("a", $0), .text("b" + String(repeating: "a", count: $0 / 2))]
    },
    Case("strpos", "short") { [LongValue.repeated("a", $0), .text("aaab")] },
    Case("replace", "nearly everywhere") {
      [LongValue.repeated("a", $0), .text(String(repeating: "a", count: $0 / 2) + "b"), .text("x")]
    },
    Case("replace", "everywhere") { [LongValue.repeated("ab", $0), .text("b"), .text("é")] },
    Case("split_part") { [LongValue.repeated("a,", $0), .text(","), .integer(Int32($0 / 2 - 1))] },
    Case("split_part", "from the end") { [LongValue.repeated("a,", $0), .text(","), .integer(-3)] },
    Case("split_part", "nearly everywhere") {
      [LongValue.repeated("a", $0), .text(String(repeating: "a", count: $0 / 2) + "b"), .integer(2)]
    },
    Case("starts_with") { [LongValue.repeated("a", $0 * 8), LongValue.repeated("a", $0 * 8)] },
    Case("quote_literal") { [LongValue.repeated("a'", $0)] },
    Case("quote_ident") { [LongValue.repeated("a\"", $0)] },
    Case("format") { [LongValue.repeated("%%%1$s", $0), .text("é")] },
    Case("format", "literals") { [.text("%L"), LongValue.repeated("'", $0)] },
    Case("md5") { [LongValue.repeated("a", $0)] },
    Case("=", "equal texts") { [LongValue.repeated("a", $0 * 8), LongValue.repeated("a", $0 * 8)] },
  ]

  private static let patterns: [Case] = [
    Case("~~", "many parts") { [LongValue.repeated("a", $0), .text(String(repeating: "%a", count: $0 / 4) + "b")] },
    Case("~~", "one long part") {
      [LongValue.repeated("a", $0), .text("%" + String(repeating: "a", count: $0 / 2) + "b%")]
    },
    Case("~~", "a short part with _") { [LongValue.repeated("a", $0), .text("%a_ab%")] },
    Case("~~*") { [LongValue.repeated("A", $0), .text("%" + String(repeating: "a", count: $0 / 2) + "b%")] },
    Case("~", "nested") { [LongValue.repeated("a", $0 / 8), .text("(a|aa)*b")] },
    Case("~", "optional") { [LongValue.repeated("a", $0 / 64), .text("(a?){40}b$")] },
    Case("~", "several stars") { [LongValue.repeated("ab", $0 / 64), .text("(.*)(.*)(.*)(.*)x")] },
    Case("~", "absent") { [LongValue.repeated("ab", $0), .text("x.*y")] },
    Case("substring", "absent") { [LongValue.repeated("ab", $0), .text("x.*y")] },
    Case("regexp_like", "wide set") { [LongValue.repeated("é", $0 / 16), .text("[a-zà-èê-ÿ]")] },
    Case("regexp_replace") { [LongValue.repeated("ab", $0 / 16), .text("a.*?b"), .text("\\&é"), .text("g")] },
    Case("regexp_replace", "ignoring case") {
      [LongValue.repeated("Ab", $0 / 16), .text("B"), .text(""), .text("gi")]
    },
    Case("like_escape") { [LongValue.repeated("a#", $0), .text("#")] },
  ]

  private static func content(_ count: Int) -> Datum { .bytea([UInt8](repeating: 0x61, count: count)) }

  private static let bytes: [Case] = [
    Case("encode", "hex") { [content($0), .text("hex")] },
    Case("encode", "base64") { [content($0), .text("base64")] },
    Case("encode", "escape") { [.bytea([UInt8](repeating: 0xFF, count: $0)), .text("escape")] },
    Case("decode", "hex") { [LongValue.repeated("ab", $0), .text("hex")] },
    Case("decode", "base64") { [LongValue.repeated("abcd", $0), .text("base64")] },
    Case("decode", "escape") { [LongValue.repeated("a\\\\", $0), .text("escape")] },
    Case("position", "nearly everywhere") {
      [content($0), .bytea([UInt8](repeating: 0x61, count: $0 / 2) + [0x62])]
    },
    Case("btrim", "bytes") { [content($0), .bytea([0x61])] },
    Case("ltrim", "bytes, wide set") { [.bytea([0x62]), content($0)] },
    Case("substring", "bytes") { [content($0 * 16), .integer(2)] },
    Case("||", "bytes") { [content($0 * 16), content($0 * 16)] },
    Case("set_byte") { [content($0 * 16), .integer(1), .integer(2)] },
    Case("md5", "bytes") { [content($0)] },
    Case("convert_from") { [content($0 * 4), .text("UTF8")] },
    Case("convert_to") { [LongValue.repeated("a", $0 * 16), .text("UTF8")] },
    Case("~~", "bytes") { [content($0), .bytea(Array("%".utf8) + [UInt8](repeating: 0x61, count: $0 / 2) + [0x62])] },
  ]

  private static let templates: [Case] = [
    Case("to_number") { [LongValue.repeated("1x", $0), .text("999.99")] },
    Case("to_date") { [.text(String(repeating: " ", count: $0) + "2020"), .text("YYYY")] },
  ]

  private static let numbers: [Case] = [
    Case("+") { [LongValue.nines($0), LongValue.nines($0)] },
    Case("-") { [LongValue.nines($0), LongValue.nines($0 - 1)] },
    // Karatsuba's method takes three times the work for twice the length; division four times.
    Case("*", growth: 350) { [LongValue.nines($0), LongValue.nines($0)] },
    Case("*", "by a short one") { [LongValue.nines($0), LongValue.nines(9)] },
    Case("/", growth: 450) { [LongValue.nines($0), LongValue.nines($0 / 2)] },
    Case("%", growth: 450) { [LongValue.nines($0), LongValue.nines($0 / 2)] },
    Case("div", growth: 450) { [LongValue.nines($0), LongValue.nines($0 / 2)] },
    Case("sqrt", growth: 450) { [LongValue.nines($0)] },
    Case("ln") { [LongValue.nines($0)] },
    Case("power", growth: 450) { [LongValue.nines(2), .numeric(Numeric(Int64($0 / 2)))] },
    Case("to_char") { [LongValue.nines($0), .text("999")] },
  ]

  private func units(_ test: Case, _ length: Int) throws -> Int {
    let statement = StatementContext()
    do {
      _ = try LongValue.call(test.name, test.arguments(length), statement)
    } catch is SQLError {
      // A function may refuse what it has read.
    }
    return statement.spent
  }

  @Test(arguments: cases)
  func workGrowsWithTheArguments(_ test: Case) throws {
    let length = 1 << 14
    // A pattern is compiled once.
    _ = try units(test, length)
    let (one, two) = (try units(test, length), try units(test, 2 * length))
    #expect(one >= length / 64, "\(test.testDescription) counted \(one) units for \(length)")
    #expect(two * 100 <= one * test.growth + 25600, "\(test.testDescription): \(one) units, then \(two)")
  }

  /// A statement that was cancelled ends within the function.
  @Test(arguments: cases)
  func aCancelEndsTheFunction(_ test: Case) throws {
    var length = 4096
    _ = try units(test, length)
    let counted = try units(test, length)
    length *= max(1, (2 * EvaluationPace.unitsPerTurn + counted - 1) / counted)
    if numeric(test) {
      // A number has no more digits; some functions never need a millisecond for them.
      length = min(length, 130_000)
      if try units(test, length) <= EvaluationPace.unitsPerTurn { return }
    }
    let arguments = test.arguments(length)
    let outcome = LongValue.failure { _ = try LongValue.call(test.name, arguments, LongValue.cancelled) }
    #expect(outcome == "57014 canceling statement due to user request", "\(test.testDescription)")
  }

  private func numeric(_ test: Case) -> Bool {
    if case .numeric = test.arguments(16)[0] { return true }
    return false
  }

  /// What a function takes where a long text would be refused for its length, by name and place: patterns that occur
  /// nowhere, templates, names.
  private static let words: [String: [Int: String]] = [
    "~": [1: "x"], "!~": [1: "x"], "~*": [1: "x"], "!~*": [1: "x"], "substring": [1: "x"], "regexp_substr": [1: "x"],
    "regexp_like": [1: "x", 2: "i"], "regexp_replace": [1: "x", 2: "cd", 3: "g"], "like_escape": [1: "#"],
    "encode": [1: "hex"], "decode": [1: "hex"], "to_number": [1: "999"], "to_date": [1: "YYYY"],
    "to_timestamp": [1: "YYYY"],
  ]

  /// What a call of the function with long arguments counts, as a statement makes it, and what it fails with.
  private func units(_ function: FunctionDefinition, _ values: [Datum]) -> (spent: Int, failure: String?) {
    let operands = zip(values, function.arguments).map { Expression.constant($0, SQLType($1)) }
    let evaluator = Expression.call(function, operands, SQLType(function.result)).evaluator()
    let statement = StatementContext()
    let failure = LongValue.failure { _ = try evaluator.evaluate([], EvaluationContext(statement)) }
    return (statement.spent, failure)
  }

  private var everyFunction: [FunctionDefinition] {
    let catalogue = FunctionCatalogue.builtin
    return catalogue.functions.values.flatMap { $0 } + catalogue.operators.values.flatMap { $0 }
  }

  private func signature(_ function: FunctionDefinition) -> String {
    "\(function.name)(\(function.arguments.map(\.name).joined(separator: ", ")))"
  }

  private func value(_ type: BaseType, _ text: Datum, _ number: Datum, _ count: Int32) -> Datum {
    switch type {
    case .text, .varchar, .char, .any: return text
    case .bytea: return .bytea([UInt8](repeating: 0x61, count: 200_000))
    case .name: return .text("UTF8")
    case .numeric: return number
    case .smallint: return .smallint(1)
    case .integer: return .integer(count)
    case .bigint, .oid: return .bigint(1)
    case .double: return .double(1)
    case .real: return .real(1)
    case .boolean: return .boolean(true)
    case .date: return .date(1)
    case .time: return .time(1)
    case .timestamp: return .timestamp(1)
    case .timestamptz: return .timestamptz(1)
    case .interval: return .interval(Interval(days: 1))
    case .unknown, .void: return .null
    }
  }

  /// Every function over text or bytes counts its work, also one that is added later.
  @Test func everyFunctionOverLongValuesCounts() throws {
    // Names of units and zones are words, and a comparison looks at no more than the shorter value.
    let shortNames: Set<String> = ["timezone", "extract", "date_part", "date_trunc"]
    let length = 200_000
    let text = LongValue.repeated("ab", length)
    var silent: [String] = []
    for function in everyFunction {
      guard function.arguments.contains(where: { [.text, .char, .bytea, .any].contains($0) }),
        !shortNames.contains(function.name), !function.arguments.contains(.name) || function.result != .boolean
      else { continue }
      let count: Int32 = function.name == "repeat" ? 3 : 100_000
      var values = function.arguments.map { value($0, text, .numeric(.one), count) }
      for (place, word) in Self.words[function.name] ?? [:]
      where place < values.count && function.arguments[place] == .text {
        values[place] = .text(word)
      }
      let (spent, failure) = units(function, values)
      // The only long text that is refused unread.
      if function.name == "to_char", failure == "22023 the format template is too long" { continue }
      if spent < length / 64 { silent.append("\(signature(function)): \(spent) \(failure ?? "")") }
    }
    #expect(silent.isEmpty, "\(silent)")
  }

  /// The same for functions over numbers of thousands of digits.
  @Test func everyFunctionOverLongNumbersCounts() throws {
    // Looks at the first digits only: e to the power of more than 6000 is out of range.
    let constant: Set<String> = ["exp(numeric)"]
    let number = LongValue.nines(20_000)
    var silent: [String] = []
    var count = 0
    for function in everyFunction where function.arguments.contains(.numeric) {
      guard !function.arguments.contains(where: { [.text, .char, .bytea, .any].contains($0) }),
        !constant.contains(signature(function))
      else { continue }
      count += 1
      var values = function.arguments.map { value($0, .null, number, 100) }
      // Higher powers are out of range and aren't computed.
      if ["power", "pow", "^"].contains(function.name) { values[1] = .numeric(Numeric(2)) }
      let (spent, failure) = units(function, values)
      if spent < 20_000 / 64 { silent.append("\(signature(function)): \(spent) \(failure ?? "")") }
    }
    #expect(silent.isEmpty, "\(silent)")
    #expect(count > 30)
  }

  /// Casts of long values, both ways.
  @Test(arguments: [
    "numeric", "integer", "double precision", "boolean", "bytea", "character varying", "character", "date",
  ])
  func castsCount(_ name: String) throws {
    let (type, text): (SQLType, String) =
      switch name {
      case "numeric": (.unconstrainedNumeric, String(repeating: "7", count: 130_000))
      case "integer": (.integer, String(repeating: "0", count: 200_000) + "1")
      case "double precision": (.double, String(repeating: " ", count: 200_000) + "1")
      case "boolean": (.boolean, String(repeating: " ", count: 200_000) + "t")
      case "bytea": (.bytea, "\\x" + String(repeating: "61", count: 100_000))
      case "character varying": (.varchar(150_000), String(repeating: "é", count: 200_000))
      case "character": (.char(300_000), String(repeating: "é", count: 200_000))
      default: (.date, String(repeating: " ", count: 200_000) + "x")
      }
    let method: Coercion.Method = type.base.category == .string ? .relabel : .inputOutput
    let cast = Cast(.text, type, method, isExplicit: true)
    let statement = StatementContext()
    _ = try? cast.apply(.text(text), EvaluationContext(statement))
    #expect(statement.spent >= 50_000)
    let long = String(repeating: text, count: name == "numeric" ? 1 : 4)
    #expect(
      LongValue.failure { _ = try cast.apply(.text(long), EvaluationContext(LongValue.cancelled)) }?.prefix(5)
        == "57014")
  }

  @Test func aggregatesOverLongValuesCountAndStop() throws {
    let long = LongValue.repeated("ab", 1 << 20)
    let content = Datum.bytea([UInt8](repeating: 1, count: 1 << 20))
    let number = LongValue.nines(100_000)
    let rows: [(String, [BaseType], [Datum])] = [
      ("string_agg", [.text, .text], [long, .text(",")]), ("string_agg", [.bytea, .bytea], [content, .bytea([1])]),
      ("sum", [.numeric], [number]), ("avg", [.numeric], [number]), ("variance", [.numeric], [number]),
      ("max", [.text], [long]), ("min", [.numeric], [number]),
    ]
    for (name, types, values) in rows {
      let definition = try #require(
        FunctionCatalogue.builtin.aggregates[name]?.first { $0.arguments == types }, "\(name)")
      let accumulator = definition.accumulator(LongValue.cancelled)
      let failure = LongValue.failure { for _ in 0..<100 { try accumulator.add(values) } }
      #expect(failure?.prefix(5) == "57014", "\(name)")
    }
  }

  /// What can grow is refused before it is built.
  @Test(arguments: [
    "repeat", "lpad", "rpad", "replace", "||", "concat", "concat_ws", "format", "regexp_replace", "encode", "overlay",
    "string_agg", "width", "hex",
  ])
  func resultsAreBounded(_ name: String) throws {
    let half = Datum.text(String(repeating: "0123456789abcdef", count: 40 << 16))
    let content = Datum.bytea([UInt8](repeating: 0, count: 40 << 20))
    let failure = LongValue.failure {
      switch name {
      case "repeat": _ = try LongValue.call(name, [.text("ab"), .integer(.max)])
      case "lpad", "rpad": _ = try LongValue.call(name, [.text("a"), .integer(60 << 20), .text("é")])
      case "replace":
        let text = LongValue.repeated("a", 1 << 12)
        _ = try LongValue.call(name, [text, .text("a"), LongValue.repeated("b", 1 << 16)])
      case "regexp_replace":
        let text = LongValue.repeated("a", 1 << 12)
        let template = LongValue.repeated("\\&", 1 << 16)
        _ = try LongValue.call(name, [text, .text(".*"), template])
      case "||", "concat": _ = try LongValue.call(name, [half, half])
      case "concat_ws": _ = try LongValue.call(name, [half, .text("a"), .text("b"), .text("c")])
      case "format": _ = try LongValue.call(name, [.text("%1$s%1$s"), half])
      case "width": _ = try LongValue.call("format", [.text("%1000000000s"), .text("a")])
      case "encode": _ = try LongValue.call(name, [content, .text("base64")])
      case "hex": _ = try LongValue.call("concat", [content])
      case "overlay": _ = try LongValue.call(name, [half, half, .integer(1), .integer(0)])
      default:
        let definition = FunctionCatalogue.builtin.aggregates[name]?.first { $0.arguments == [.text, .text] }
        let accumulator = definition?.accumulator()
        try accumulator?.add([half, .null])
        try accumulator?.add([half, .null])
      }
    }
    // base64 of 40 MiB is 54 MiB.
    #expect(name == "encode" ? failure == nil : failure == "54000 requested length too large", "\(name)")
  }

  /// Expressions that would make the compiler or its tree grow without bound.
  @Test func hostilePatternsAreRefused() {
    func failure(_ pattern: String) -> String? {
      LongValue.failure { _ = try LongValue.call("~", [.text("aaa"), .text(pattern)]) }
    }
    let nested = (0..<20).reduce("(?:)") { pattern, _ in "(?:" + pattern + "{255})" }
    #expect(failure(nested) == "2201B invalid regular expression: regular expression is too complex")
    #expect(
      failure("a" + String(repeating: "*", count: 100_000))
        == "2201B invalid regular expression: quantifier operand invalid")
    #expect(
      failure(String(repeating: "a", count: 1 << 20))
        == "2201B invalid regular expression: regular expression is too complex")
    #expect(failure("[" + String(repeating: "a", count: 100_000) + "]b*?c??d+") == nil)
  }
}
