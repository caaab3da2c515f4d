/// String functions and concatenation.
extension FunctionCatalogue {
  mutating func addStrings() {
    addLengths()
    addParts()
    addSearching()
    addConcatenation()
    addCharacters()
  }

  private mutating func addLengths() {
    for name in ["length", "char_length", "character_length"] {
      unary(name, .text, .integer) { a throws(SQLError) in
        .integer(Int32(clamping: StringLength.characters(try a.string)))
      }
      unary(name, .char, .integer) { a throws(SQLError) in
        .integer(Int32(clamping: StringLength.characters(StringLength.withoutPadding(try a.string))))
      }
    }
    unary("octet_length", .text, .integer) { a throws(SQLError) in .integer(Int32(clamping: try a.string.utf8.count)) }
    unary("octet_length", .char, .integer) { a throws(SQLError) in .integer(Int32(clamping: try a.string.utf8.count)) }
    unary("bit_length", .text, .integer) { a throws(SQLError) in .integer(Int32(clamping: try a.string.utf8.count * 8))
    }
  }

  private mutating func addParts() {
    for name in ["substring", "substr"] {
      ternary(name, [.text, .integer, .integer], .text) { a, b, c throws(SQLError) in
        .text(try StringOperations.substring(a.string, b.int64, c.int64))
      }
      binary(name, .text, .integer, .text) { a, b throws(SQLError) in
        .text(try StringOperations.substring(a.string, b.int64, nil))
      }
    }
    binary("left", .text, .integer, .text) { a, b throws(SQLError) in
      .text(try StringOperations.left(a.string, b.int64))
    }
    binary("right", .text, .integer, .text) { a, b throws(SQLError) in
      .text(try StringOperations.right(a.string, b.int64))
    }
    for (name, leading, trailing) in [("btrim", true, true), ("ltrim", true, false), ("rtrim", false, true)] {
      unary(name, .text, .text) { a throws(SQLError) in
        .text(StringOperations.trim(try a.string, " ", leading: leading, trailing: trailing))
      }
      binary(name, .text, .text, .text) { a, b throws(SQLError) in
        .text(StringOperations.trim(try a.string, try b.string, leading: leading, trailing: trailing))
      }
    }
    for (name, atStart) in [("lpad", true), ("rpad", false)] {
      binary(name, .text, .integer, .text) { a, b throws(SQLError) in
        .text(try StringOperations.pad(a.string, b.int64, " ", atStart: atStart))
      }
      ternary(name, [.text, .integer, .text], .text) { a, b, c throws(SQLError) in
        .text(try StringOperations.pad(a.string, b.int64, c.string, atStart: atStart))
      }
    }
    ternary("split_part", [.text, .text, .integer], .text) { a, b, c throws(SQLError) in
      .text(try StringOperations.splitPart(a.string, b.string, c.int64))
    }
    general("overlay", [.text, .text, .integer, .integer], .text) { values, _ throws(SQLError) in
      try Self.overlay(values, length: values[3].int64)
    }
    general("overlay", [.text, .text, .integer], .text) { values, _ throws(SQLError) in
      try Self.overlay(values, length: Int64(StringLength.characters(try values[1].string)))
    }
  }

  private static func overlay(_ values: [Datum], length: Int64) throws(SQLError) -> Datum {
    let text = try values[0].string
    let start = try values[2].int64
    if start <= 0 { throw SQLError("22011", "negative substring length not allowed") }
    let before = try StringOperations.substring(text, 1, start - 1)
    let after = try StringOperations.substring(text, start + length, nil)
    return .text(before + (try values[1].string) + after)
  }

  private mutating func addSearching() {
    for name in ["strpos", "position"] {
      binary(name, .text, .text, .integer) { a, b throws(SQLError) in
        .integer(StringOperations.position(try a.string, try b.string))
      }
    }
    ternary("replace", [.text, .text, .text], .text) { a, b, c throws(SQLError) in
      .text(try StringOperations.replace(a.string, b.string, c.string))
    }
    ternary("translate", [.text, .text, .text], .text) { a, b, c throws(SQLError) in
      .text(StringOperations.translate(try a.string, try b.string, try c.string))
    }
    binary("starts_with", .text, .text, .boolean) { a, b throws(SQLError) in
      .boolean(try a.string.utf8.starts(with: try b.string.utf8))
    }
    infix("^@", .text, .text, .boolean) { a, b throws(SQLError) in
      .boolean(try a.string.utf8.starts(with: try b.string.utf8))
    }
  }

  private mutating func addConcatenation() {
    infix("||", .text, .text, .text) { a, b throws(SQLError) in
      let (left, right) = (try a.string, try b.string)
      try StringOperations.checkSize(left.utf8.count + right.utf8.count)
      return .text(left + right)
    }
    infixInContext("||", .text, .any, .text) { values, context throws(SQLError) in
      .text(try values[0].string + Self.asText(values[1], context))
    }
    infixInContext("||", .any, .text, .text) { values, context throws(SQLError) in
      .text(Self.asText(values[0], context) + (try values[1].string))
    }
    general("concat", [.any], .text, strict: false, volatility: .stable, variadic: true) {
      values, context throws(SQLError) in
      var bytes: [UInt8] = []
      for value in values { value.appendText(to: &bytes, context.statement.timeZone) }
      return StringOperations.string(bytes)
    }
    general("concat_ws", [.text, .any], .text, strict: false, volatility: .stable, variadic: true) {
      values, context throws(SQLError) in
      if values[0].isNull { return .null }
      let separator = try values[0].string
      var bytes: [UInt8] = []
      var isFirst = true
      for value in values.dropFirst() where !value.isNull {
        if !isFirst { bytes += separator.utf8 }
        value.appendText(to: &bytes, context.statement.timeZone)
        isFirst = false
      }
      return StringOperations.string(bytes)
    }
    general("format", [.text], .text, strict: false, volatility: .stable) { values, context throws(SQLError) in
      try FormatString.format(values, context)
    }
    general("format", [.text, .any], .text, strict: false, volatility: .stable, variadic: true) {
      values, context throws(SQLError) in try FormatString.format(values, context)
    }
  }

  /// A value converted to text as a cast does.
  static func asText(_ value: Datum, _ context: EvaluationContext) -> String {
    if case .boolean(let flag) = value { return flag ? "true" : "false" }
    return value.text(context.statement.timeZone)
  }

  private mutating func addCharacters() {
    unary("lower", .text, .text) { a throws(SQLError) in .text(StringOperations.lower(try a.string)) }
    unary("upper", .text, .text) { a throws(SQLError) in .text(StringOperations.upper(try a.string)) }
    unary("initcap", .text, .text) { a throws(SQLError) in .text(StringOperations.initcap(try a.string)) }
    unary("reverse", .text, .text) { a throws(SQLError) in
      .text(StringOperations.build(try a.string.unicodeScalars.reversed()))
    }
    binary("repeat", .text, .integer, .text) { a, b throws(SQLError) in
      .text(try StringOperations.repeated(a.string, b.int64))
    }
    unary("ascii", .text, .integer) { a throws(SQLError) in
      .integer(Int32(try a.string.unicodeScalars.first?.value ?? 0))
    }
    unary("chr", .integer, .text) { a throws(SQLError) in
      let code = try a.int32
      if code == 0 { throw SQLError("54000", "null character not permitted") }
      if code < 0 { throw SQLError("22023", "character number must be positive") }
      if code > 0x10FFFF { throw SQLError("54000", "requested character too large for encoding: \(code)") }
      guard let scalar = Unicode.Scalar(UInt32(code)) else {
        throw SQLError("54000", "requested character not valid for encoding: \(code)")
      }
      return .text(StringOperations.build([scalar]))
    }
    unary("quote_ident", .text, .text) { a throws(SQLError) in .text(StringOperations.quoteIdentifier(try a.string)) }
    unary("quote_literal", .text, .text) { a throws(SQLError) in .text(StringOperations.quoteLiteral(try a.string)) }
    general("quote_literal", [.any], .text, volatility: .stable) { values, context throws(SQLError) in
      .text(StringOperations.quoteLiteral(Self.asText(values[0], context)))
    }
    for argument in [BaseType.text, .any] {
      general("quote_nullable", [argument], .text, strict: false, volatility: .stable) {
        values, context throws(SQLError) in
        .text(values[0].isNull ? "NULL" : StringOperations.quoteLiteral(Self.asText(values[0], context)))
      }
    }
    for type in [BaseType.integer, .bigint] {
      unary("to_hex", type, .text) { a throws(SQLError) in
        if case .integer(let value) = a { return .text(String(UInt32(bitPattern: value), radix: 16)) }
        return .text(String(UInt64(bitPattern: try a.int64), radix: 16))
      }
    }
    unary("md5", .text, .text) { a throws(SQLError) in .text(MD5.hexDigest(Array(try a.string.utf8))) }
  }
}
