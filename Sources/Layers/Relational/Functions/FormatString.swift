/// format(): %s, %I, %L, %% with positions (%2$s), widths (%10s, %-10s, %*s).
enum FormatString {
  static func format(_ values: [Datum], _ context: EvaluationContext) throws(SQLError) -> Datum {
    if values[0].isNull { return .null }
    let pattern = Array(try values[0].string.utf8)
    var result: [UInt8] = []
    var index = 0
    var next = 1
    while index < pattern.count {
      let byte = pattern[index]
      index += 1
      if byte != UInt8(ascii: "%") {
        result.append(byte)
        continue
      }
      guard index < pattern.count else { throw unterminated }
      if pattern[index] == UInt8(ascii: "%") {
        result.append(byte)
        index += 1
        continue
      }
      var specifier = try Specifier(pattern, &index)
      if specifier.takesWidth {
        let width = try argument(&next, nil, values)
        specifier.width = width.isNull ? 0 : Int(try width.int64)
        if specifier.width < 0 {
          specifier.width = specifier.width == .min ? .max : -specifier.width
          specifier.isLeft = true
        }
      }
      let value = try argument(&next, specifier.position, values)
      let text = try convert(value, specifier.conversion, context)
      let padding = max(0, specifier.width - StringLength.characters(text))
      try StringOperations.checkSize(result.count + padding + text.utf8.count)
      if !specifier.isLeft { result += [UInt8](repeating: 32, count: padding) }
      result += text.utf8
      if specifier.isLeft { result += [UInt8](repeating: 32, count: padding) }
    }
    return StringOperations.string(result)
  }

  private static var unterminated: SQLError {
    SQLError("22023", "unterminated format() type specifier", hint: "For a single \"%\" use \"%%\".")
  }

  private static func argument(_ next: inout Int, _ position: Int?, _ values: [Datum]) throws(SQLError) -> Datum {
    let index = position ?? next
    if index == 0 { throw SQLError("22023", "format specifies argument 0, but arguments are numbered from 1") }
    guard index < values.count else { throw SQLError("22023", "too few arguments for format()") }
    next = index + 1
    return values[index]
  }

  private static func convert(
    _ value: Datum, _ conversion: UInt8, _ context: EvaluationContext
  ) throws(SQLError) -> String {
    let text = value.text(context.statement.timeZone)
    switch conversion {
    case UInt8(ascii: "s"): return text
    case UInt8(ascii: "I"):
      if value.isNull { throw SQLError("22004", "null values cannot be formatted as an SQL identifier") }
      return StringOperations.quoteIdentifier(text)
    case UInt8(ascii: "L"): return value.isNull ? "NULL" : StringOperations.quoteLiteral(text)
    default:
      throw SQLError(
        "22023", "unrecognized format() type specifier \"\(String(UnicodeScalar(conversion)))\"",
        hint: "For a single \"%\" use \"%%\".")
    }
  }

  private struct Specifier {
    var position: Int?
    var width = 0
    var takesWidth = false
    var isLeft = false
    var conversion: UInt8 = 0

    init(_ pattern: [UInt8], _ index: inout Int) throws(SQLError) {
      func number(_ index: inout Int) -> Int? {
        let start = index
        var value = 0
        while index < pattern.count, pattern[index].isDigit {
          value = min(value * 10 + Int(pattern[index] - 48), 1 << 30)
          index += 1
        }
        return index > start ? value : nil
      }
      let start = index
      if let position = number(&index), index < pattern.count, pattern[index] == UInt8(ascii: "$") {
        self.position = position
        index += 1
      } else {
        index = start
      }
      while index < pattern.count, pattern[index] == UInt8(ascii: "-") {
        isLeft = true
        index += 1
      }
      if index < pattern.count, pattern[index] == UInt8(ascii: "*") {
        takesWidth = true
        index += 1
      } else {
        width = number(&index) ?? 0
      }
      guard index < pattern.count else { throw FormatString.unterminated }
      conversion = pattern[index]
      index += 1
    }
  }
}
