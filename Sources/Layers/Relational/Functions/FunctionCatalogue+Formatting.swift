/// to_char, to_number, to_date, to_timestamp.
extension FunctionCatalogue {
  mutating func addFormatting() {
    addNumberFormatting()
    binary("to_char", .timestamp, .text, .text) { a, b, pace throws(SQLError) in
      let local = try a.microseconds
      let template = try DateTimeTemplate(b.string, pace)
      guard Calendar.isFinite(local), !template.elements.isEmpty else { return .null }
      return StringOperations.string(try template.format(DateTimeParts(local, zone: nil)))
    }
    general("to_char", [.timestamptz, .text], .text, volatility: .stable) { values, context throws(SQLError) in
      let zone = context.statement.timeZone
      let instant = try values[0].microseconds
      let template = try DateTimeTemplate(values[1].string, context.statement)
      guard Calendar.isFinite(instant), !template.elements.isEmpty else { return .null }
      return StringOperations.string(try template.format(DateTimeParts(Calendar.toLocal(instant, zone), zone: zone)))
    }
    binary("to_char", .interval, .text, .text) { a, b, pace throws(SQLError) in
      let template = try DateTimeTemplate(b.string, pace)
      guard !template.elements.isEmpty else { return .null }
      return StringOperations.string(try template.format(DateTimeParts(a.intervalValue)))
    }
    binary("to_date", .text, .text, .date) { a, b, pace throws(SQLError) in
      .date(try Calendar.day(of: DateTimeTemplate(b.string, pace).parse(a.string, pace).local))
    }
    general("to_timestamp", [.text, .text], .timestamptz, volatility: .stable) { values, context throws(SQLError) in
      let (local, zone) = try DateTimeTemplate(values[1].string, context.statement).parse(
        values[0].string, context.statement)
      let offset = zone.map { TimeZoneOffset(name: "", seconds: $0) } ?? context.statement.timeZone
      return .timestamptz(try Calendar.toUTC(local, offset))
    }
  }

  private mutating func addNumberFormatting() {
    for type in [BaseType.integer, .bigint] {
      binary("to_char", type, .text, .text) { a, b, pace throws(SQLError) in
        try Self.format(Numeric(a.int64), b.string, pace)
      }
    }
    binary("to_char", .numeric, .text, .text) { a, b, pace throws(SQLError) in
      try Self.format(a.numericValue, b.string, pace)
    }
    for (type, digits) in [(BaseType.double, 15), (.real, 6)] {
      binary("to_char", type, .text, .text) { a, b, pace throws(SQLError) in
        try Self.format(a.float64, b.string, significant: digits, pace)
      }
    }
    binary("to_number", .text, .text, .numeric) { a, b, pace throws(SQLError) in
      try Self.toNumber(a.string, b.string, pace)
    }
  }

  /// Floating point shows no more than its reliable digits.
  private static func format(
    _ value: Double, _ template: String, significant: Int, _ pace: EvaluationPace
  ) throws(SQLError) -> Datum {
    let format = try NumberFormat(template, pace)
    if format.isRoman, value.isFinite {
      return try roman(Numeric(value.rounded(.toNearestOrEven)), format)
    }
    guard value.isFinite, !format.isRoman, !format.isScientific else {
      return try Self.format(Numeric(value), template, pace)
    }
    let shifted = format.shift > 0 ? value * Mathematics.pow(10, Double(format.shift)) : value
    let before = Self.wholeDigits(shifted)
    let places = before >= significant ? 0 : min(format.after, significant - before)
    var digits: [UInt8] = []
    Numeric.printed(shifted, places: places).append(to: &digits)
    var layout = NumberLayout(format, digits: digits, after: places, isNegative: shifted.sign == .minus)
    return StringOperations.string(layout.layOut())
  }

  /// Digits before the point when rounded to an integer.
  private static func wholeDigits(_ value: Double) -> Int {
    var digits: [UInt8] = []
    Numeric.printed(value, places: 0).append(to: &digits)
    return digits.count
  }

  private static func format(
    _ value: Numeric, _ template: String, _ pace: EvaluationPace
  ) throws(SQLError) -> Datum {
    let format = try NumberFormat(template, pace)
    try pace.poll(work: value.heapSize)
    if format.isRoman { return try roman(value, format) }
    guard value.isFinite else { return try special(value, format) }
    if format.isScientific { return try scientific(value, format) }
    var shifted = value
    if format.shift > 0 {
      shifted = try value.multiplied(by: Numeric(Int64(10)).power(Numeric(format.shift), pace), pace)
    }
    let rounded = try shifted.rounded(to: format.after)
    var digits: [UInt8] = []
    rounded.magnitude.append(to: &digits)
    var layout = NumberLayout(format, digits: digits, after: format.after, isNegative: rounded.signum < 0)
    return StringOperations.string(layout.layOut())
  }

  private static func special(_ value: Numeric, _ format: NumberFormat) throws(SQLError) -> Datum {
    if format.isScientific {
      return .text(
        " " + String(repeating: "#", count: format.before) + "." + String(repeating: "#", count: format.after + 4))
    }
    let word = Array((value.isNaN ? "NaN" : "Infinity").utf8)
    for element in format.elements {
      if case .ordinal = element {
        throw SQLError("22P02", "\"\(String(decoding: word, as: UTF8.self))\" is not a number")
      }
    }
    var layout = NumberLayout(format, digits: word, after: format.after, isNegative: value.signum < 0)
    return StringOperations.string(layout.layOut())
  }

  private static func scientific(_ value: Numeric, _ format: NumberFormat) throws(SQLError) -> Datum {
    var bytes: [UInt8] = [value.signum < 0 ? UInt8(ascii: "-") : 32]
    let exponent = value.signum == 0 ? 0 : value.decimalWeight
    // 9.995 becomes 10.00: PostgreSQL doesn't move the point again.
    Numeric(value.magnitude.digits.shifted(decimalPlaces: -exponent).rounded(to: format.after)).append(to: &bytes)
    bytes.append(UInt8(ascii: "e"))
    bytes.append(exponent < 0 ? UInt8(ascii: "-") : UInt8(ascii: "+"))
    bytes.appendDecimal(UInt64(exponent.magnitude), width: 2)
    return StringOperations.string(bytes)
  }

  private static func roman(_ value: Numeric, _ format: NumberFormat) throws(SQLError) -> Datum {
    if !value.isFinite {
      throw SQLError("0A000", "cannot convert \(value.isNaN ? "NaN" : "infinity") to integer")
    }
    guard let number = value.roundedInt64, Int32(exactly: number) != nil else {
      throw SQLError("22003", "integer out of range")
    }
    guard (1...3999).contains(number) else {
      return .text(String(repeating: "#", count: 15))
    }
    let steps: [(Int64, String)] = [
      (1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"), (40, "XL"), (10, "X"),
      (9, "IX"), (5, "V"), (4, "IV"), (1, "I"),
    ]
    var rest = number
    var text = ""
    for (step, letters) in steps {
      while rest >= step {
        text += letters
        rest -= step
      }
    }
    for element in format.elements { if case .roman(upper: false) = element { text = text.lowercased() } }
    return .text(format.isFillMode ? text : String(repeating: " ", count: 15 - text.utf8.count) + text)
  }

  /// Reads the digits, sign and point of a text; the template says where the point is and how many digits count.
  private static func toNumber(
    _ text: String, _ template: String, _ pace: EvaluationPace
  ) throws(SQLError) -> Datum {
    let format = try NumberFormat(template, pace)
    var digits: [UInt8] = []
    var isNegative = false
    var seenPoint = false
    var before = 0
    for byte in text.utf8 {
      try pace.poll(work: 1)
      switch byte {
      case UInt8(ascii: "-"), UInt8(ascii: "<"): isNegative = true
      case UInt8(ascii: ".") where format.hasPoint:
        seenPoint = true
        digits.append(byte)
      case 48...57:
        if seenPoint || before < format.before {
          digits.append(byte)
          if !seenPoint { before += 1 }
        }
      default: break
      }
    }
    guard before > 0 || seenPoint, let value = try Numeric.parse(digits, pace) else {
      throw SQLError("22P02", "invalid input syntax for type numeric: \" \"")
    }
    var result = value.truncated(to: format.after)
    if format.shift > 0 {
      result = try result.divided(by: Numeric(Int64(10)).power(Numeric(format.shift), pace), pace)
    }
    return .numeric(isNegative ? result.negated : result)
  }
}
