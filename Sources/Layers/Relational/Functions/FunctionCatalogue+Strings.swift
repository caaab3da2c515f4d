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
      unary(name, .text, .integer) { a, pace throws(SQLError) in
        .integer(Int32(clamping: try StringLength.characters(a.string, pace)))
      }
      unary(name, .char, .integer) { a, pace throws(SQLError) in
        .integer(Int32(clamping: try StringLength.characters(StringLength.withoutPadding(a.string), pace)))
      }
    }
    unary("octet_length", .text, .integer) { a throws(SQLError) in .integer(Int32(clamping: try a.string.utf8.count)) }
    unary("octet_length", .char, .integer) { a throws(SQLError) in .integer(Int32(clamping: try a.string.utf8.count)) }
    unary("bit_length", .text, .integer) { a throws(SQLError) in .integer(Int32(clamping: try a.string.utf8.count * 8))
    }
  }

  private mutating func addParts() {
    for name in ["substring", "substr"] {
      ternary(name, [.text, .integer, .integer], .text) { a, b, c, pace throws(SQLError) in
        .text(try StringOperations.substring(a.string, b.int64, c.int64, pace))
      }
      binary(name, .text, .integer, .text) { a, b, pace throws(SQLError) in
        .text(try StringOperations.substring(a.string, b.int64, nil, pace))
      }
    }
    binary("left", .text, .integer, .text) { a, b, pace throws(SQLError) in
      .text(try StringOperations.left(a.string, b.int64, pace))
    }
    binary("right", .text, .integer, .text) { a, b, pace throws(SQLError) in
      .text(try StringOperations.right(a.string, b.int64, pace))
    }
    for (name, leading, trailing) in [("btrim", true, true), ("ltrim", true, false), ("rtrim", false, true)] {
      unary(name, .text, .text) { a, pace throws(SQLError) in
        .text(try StringOperations.trim(a.string, " ", leading: leading, trailing: trailing, pace))
      }
      binary(name, .text, .text, .text) { a, b, pace throws(SQLError) in
        .text(try StringOperations.trim(a.string, b.string, leading: leading, trailing: trailing, pace))
      }
    }
    for (name, atStart) in [("lpad", true), ("rpad", false)] {
      binary(name, .text, .integer, .text) { a, b, pace throws(SQLError) in
        .text(try StringOperations.pad(a.string, b.int64, " ", atStart: atStart, pace))
      }
      ternary(name, [.text, .integer, .text], .text) { a, b, c, pace throws(SQLError) in
        .text(try StringOperations.pad(a.string, b.int64, c.string, atStart: atStart, pace))
      }
    }
    ternary("split_part", [.text, .text, .integer], .text) { a, b, c, pace throws(SQLError) in
      .text(try StringOperations.splitPart(a.string, b.string, c.int64, pace))
    }
    general("overlay", [.text, .text, .integer, .integer], .text) { values, context throws(SQLError) in
      try Self.overlay(values, length: values[3].int64, context.statement)
    }
    general("overlay", [.text, .text, .integer], .text) { values, context throws(SQLError) in
      let pace = context.statement
      return try Self.overlay(values, length: Int64(StringLength.characters(values[1].string, pace)), pace)
    }
  }

  private static func overlay(
    _ values: [Datum], length: Int64, _ pace: EvaluationPace
  ) throws(SQLError) -> Datum {
    let text = try values[0].string
    let start = try values[2].int64
    if start <= 0 { throw SQLError("22011", "negative substring length not allowed") }
    var result = TextBuilder(pace)
    try result.append(StringOperations.substring(text, 1, start - 1, pace).utf8)
    try result.append(values[1].string.utf8)
    try result.append(StringOperations.substring(text, start + length, nil, pace).utf8)
    return result.datum
  }

  private mutating func addSearching() {
    for name in ["strpos", "position"] {
      binary(name, .text, .text, .integer) { a, b, pace throws(SQLError) in
        .integer(try StringOperations.position(a.string, b.string, pace))
      }
    }
    ternary("replace", [.text, .text, .text], .text) { a, b, c, pace throws(SQLError) in
      .text(try StringOperations.replace(a.string, b.string, c.string, pace))
    }
    ternary("translate", [.text, .text, .text], .text) { a, b, c, pace throws(SQLError) in
      .text(try StringOperations.translate(a.string, b.string, c.string, pace))
    }
    binary("starts_with", .text, .text, .boolean) { a, b, pace throws(SQLError) in
      .boolean(try StringOperations.startsWith(a.string, b.string, pace))
    }
    infix("^@", .text, .text, .boolean) { a, b, pace throws(SQLError) in
      .boolean(try StringOperations.startsWith(a.string, b.string, pace))
    }
  }

  private mutating func addConcatenation() {
    infix("||", .text, .text, .text) { a, b, pace throws(SQLError) in
      .text(try StringOperations.concatenated(a.string, b.string, pace))
    }
    infixInContext("||", .text, .any, .text) { values, context throws(SQLError) in
      try .text(
        StringOperations.concatenated(values[0].string, Self.asText(values[1], context), context.statement))
    }
    infixInContext("||", .any, .text, .text) { values, context throws(SQLError) in
      try .text(
        StringOperations.concatenated(Self.asText(values[0], context), values[1].string, context.statement))
    }
    general("concat", [.any], .text, strict: false, volatility: .stable, variadic: true) {
      values, context throws(SQLError) in
      var result = TextBuilder(context.statement)
      for value in values { try result.append(value, context.statement.timeZone) }
      return result.datum
    }
    general("concat_ws", [.text, .any], .text, strict: false, volatility: .stable, variadic: true) {
      values, context throws(SQLError) in
      if values[0].isNull { return .null }
      let separator = try values[0].string
      var result = TextBuilder(context.statement)
      var isFirst = true
      for value in values.dropFirst() where !value.isNull {
        if !isFirst { try result.append(separator.utf8) }
        try result.append(value, context.statement.timeZone)
        isFirst = false
      }
      return result.datum
    }
    general("format", [.text], .text, strict: false, volatility: .stable) { values, context throws(SQLError) in
      try FormatString.format(values, context)
    }
    general("format", [.text, .any], .text, strict: false, volatility: .stable, variadic: true) {
      values, context throws(SQLError) in try FormatString.format(values, context)
    }
  }

  /// A value converted to text as a cast does.
  static func asText(_ value: Datum, _ context: EvaluationContext) throws(SQLError) -> String {
    if case .boolean(let flag) = value { return flag ? "true" : "false" }
    try StringOperations.admit(value.estimatedTextSize, context.statement)
    return try value.text(context.statement.timeZone, context.statement)
  }

  private mutating func addCharacters() {
    unary("lower", .text, .text) { a, pace throws(SQLError) in .text(try StringOperations.lower(a.string, pace)) }
    unary("upper", .text, .text) { a, pace throws(SQLError) in .text(try StringOperations.upper(a.string, pace)) }
    unary("initcap", .text, .text) { a, pace throws(SQLError) in .text(try StringOperations.initcap(a.string, pace)) }
    unary("reverse", .text, .text) { a, pace throws(SQLError) in .text(try StringOperations.reversed(a.string, pace)) }
    binary("repeat", .text, .integer, .text) { a, b, pace throws(SQLError) in
      .text(try StringOperations.repeated(a.string, b.int64, pace))
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
    unary("quote_ident", .text, .text) { a, pace throws(SQLError) in
      .text(try StringOperations.quoteIdentifier(a.string, pace))
    }
    unary("quote_literal", .text, .text) { a, pace throws(SQLError) in
      .text(try StringOperations.quoteLiteral(a.string, pace))
    }
    general("quote_literal", [.any], .text, volatility: .stable) { values, context throws(SQLError) in
      .text(try StringOperations.quoteLiteral(Self.asText(values[0], context), context.statement))
    }
    for argument in [BaseType.text, .any] {
      general("quote_nullable", [argument], .text, strict: false, volatility: .stable) {
        values, context throws(SQLError) in
        if values[0].isNull { return .text("NULL") }
        return .text(try StringOperations.quoteLiteral(Self.asText(values[0], context), context.statement))
      }
    }
    for type in [BaseType.integer, .bigint] {
      unary("to_hex", type, .text) { a throws(SQLError) in
        if case .integer(let value) = a { return .text(String(UInt32(bitPattern: value), radix: 16)) }
        return .text(String(UInt64(bitPattern: try a.int64), radix: 16))
      }
    }
    unary("md5", .text, .text) { a, pace throws(SQLError) in
      let text = try a.string
      return .text(try text.withBytes { bytes throws(SQLError) in try MD5.hexDigest(bytes, pace) })
    }
  }
}
