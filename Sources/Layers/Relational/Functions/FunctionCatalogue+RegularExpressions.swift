/// substring(text from pattern), regexp_replace and regexp_like.
extension FunctionCatalogue {
  mutating func addRegularExpressionFunctions() {
    for name in ["substring", "regexp_substr"] {
      binary(name, .text, .text, .text) { a, b, pace throws(SQLError) in
        let expression = try RegularExpression.cached(b.string, ignoringCase: false, pace)
        return try a.string.withBytes { text throws(SQLError) in
          var matcher = RegularExpressionMatcher(expression, text, wantsPositions: true, groups: 1, pace)
          guard let match = try matcher.match(from: 0) else { return .null }
          // The first group when there is one.
          let group = expression.groupCount > 0 && name == "substring" ? 2 : 0
          guard match[group] >= 0 else { return .null }
          return .text(try StringOperations.text(text, match[group]..<match[group + 1], pace))
        }
      }
    }
    binary("regexp_like", .text, .text, .boolean) { a, b, pace throws(SQLError) in
      .boolean(try RegularExpression.cached(b.string, ignoringCase: false, pace).matches(a.string, pace))
    }
    ternary("regexp_like", [.text, .text, .text], .boolean) { a, b, c, pace throws(SQLError) in
      let ignoresCase = try c.string.utf8.contains(UInt8(ascii: "i"))
      return .boolean(try RegularExpression.cached(b.string, ignoringCase: ignoresCase, pace).matches(a.string, pace))
    }
    ternary("regexp_replace", [.text, .text, .text], .text) { a, b, c, pace throws(SQLError) in
      try Self.replaceMatches(a.string, b.string, c.string, flags: "", pace)
    }
    general("regexp_replace", [.text, .text, .text, .text], .text) { values, context throws(SQLError) in
      try Self.replaceMatches(
        values[0].string, values[1].string, values[2].string, flags: values[3].string, context.statement)
    }
  }

  private static func replaceMatches(
    _ source: String, _ pattern: String, _ replacement: String, flags: String, _ pace: EvaluationPace
  ) throws(SQLError) -> Datum {
    var isGlobal = false
    var ignoresCase = false
    for flag in flags.unicodeScalars {
      try pace.poll(work: 1)
      switch flag {
      case "g": isGlobal = true
      case "i": ignoresCase = true
      default: throw SQLError("22023", "invalid regular expression option: \"\(flag)\"")
      }
    }
    let expression = try RegularExpression.cached(pattern, ignoringCase: ignoresCase, pace)
    return try source.withBytes { text throws(SQLError) in
      try replacement.withBytes { template throws(SQLError) in
        var matcher = RegularExpressionMatcher(expression, text, wantsPositions: true, pace)
        var result = TextBuilder(pace)
        var copied = 0
        var position = 0
        while position <= text.count, let match = try matcher.match(from: position) {
          try result.append(text.part(copied..<match[0]))
          try append(template, match, text, to: &result)
          copied = match[1]
          // An empty match must not be found again.
          position = match[1] > match[0] ? match[1] : match[1] + (match[1] < text.count ? text.width(at: match[1]) : 1)
          if !isGlobal { break }
        }
        try result.append(text.part(copied..<text.count))
        return result.datum
      }
    }
  }

  /// \1…\9 stand for groups, \& for the whole match, \\ for a backslash.
  private static func append(
    _ template: UnsafeBufferPointer<UInt8>, _ match: [Int], _ text: UnsafeBufferPointer<UInt8>,
    to result: inout TextBuilder
  ) throws(SQLError) {
    var index = 0
    while index < template.count {
      guard template[index] == 92, index + 1 < template.count else {
        try result.append(template[index])
        index += 1
        continue
      }
      let next = template[index + 1]
      index += 2
      if next == 38 || (next >= 49 && next <= 57) {
        let group = next == 38 ? 0 : Int(next - 48) * 2
        if group + 1 < match.count, match[group] >= 0 { try result.append(text.part(match[group]..<match[group + 1])) }
      } else if next == 92 {
        try result.append(92)
      } else {
        try result.append(92)
        try result.append(next)
      }
    }
  }
}
