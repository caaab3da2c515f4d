/// format(): %s, %I, %L, %% with positions (%2$s), widths (%10s, %-10s, %*s).
enum FormatString {
  static func format(_ values: [Datum], _ context: EvaluationContext) throws(SQLError) -> Datum {
    if values[0].isNull { return .null }
    let pace = context.statement
    return try values[0].string.withBytes { pattern throws(SQLError) in
      var result = TextBuilder(pace)
      var index = 0
      var next = 1
      while index < pattern.count {
        let byte = pattern[index]
        index += 1
        if byte != UInt8(ascii: "%") {
          try result.append(byte)
          continue
        }
        guard index < pattern.count else { throw unterminated }
        if pattern[index] == UInt8(ascii: "%") {
          try result.append(byte)
          index += 1
          continue
        }
        var specifier = try Specifier(pattern, &index, pace)
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
        try StringOperations.checkSize(specifier.width)
        let padding = specifier.width == 0 ? 0 : specifier.width - (try StringLength.characters(text, pace))
        if !specifier.isLeft { try result.append(blanks: padding) }
        try result.append(text.utf8)
        if specifier.isLeft { try result.append(blanks: padding) }
      }
      return result.datum
    }
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
    let pace = context.statement
    try StringOperations.admit(value.estimatedTextSize, pace)
    let text = try value.text(pace.timeZone, pace)
    switch conversion {
    case UInt8(ascii: "s"): return text
    case UInt8(ascii: "I"):
      if value.isNull { throw SQLError("22004", "null values cannot be formatted as an SQL identifier") }
      return try StringOperations.quoteIdentifier(text, pace)
    case UInt8(ascii: "L"): return value.isNull ? "NULL" : try StringOperations.quoteLiteral(text, pace)
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

    init(_ pattern: UnsafeBufferPointer<UInt8>, _ index: inout Int, _ pace: EvaluationPace) throws(SQLError) {
      let begin = index
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
      try pace.poll(work: index - begin)
    }
  }
}
