/// substring(text from pattern), regexp_replace and regexp_like.
extension FunctionCatalogue {
  mutating func addRegularExpressionFunctions() {
    for name in ["substring", "regexp_substr"] {
      binary(name, .text, .text, .text) { a, b throws(SQLError) in
        let expression = try RegularExpression.cached(b.string, ignoringCase: false)
        let text = expression.scalars(try a.string)
        guard let match = try expression.match(text, from: 0) else { return .null }
        // The first group when there is one.
        let group = expression.groupCount > 0 && name == "substring" ? 2 : 0
        guard match[group] >= 0 else { return .null }
        return .text(Self.string(text[match[group]..<match[group + 1]]))
      }
    }
    binary("regexp_like", .text, .text, .boolean) { a, b throws(SQLError) in
      .boolean(try RegularExpression.cached(b.string, ignoringCase: false).matches(a.string))
    }
    ternary("regexp_like", [.text, .text, .text], .boolean) { a, b, c throws(SQLError) in
      .boolean(try RegularExpression.cached(b.string, ignoringCase: c.string.contains("i")).matches(a.string))
    }
    ternary("regexp_replace", [.text, .text, .text], .text) { a, b, c throws(SQLError) in
      try Self.replaceMatches(a.string, b.string, c.string, flags: "")
    }
    general("regexp_replace", [.text, .text, .text, .text], .text) { values, _ throws(SQLError) in
      try Self.replaceMatches(values[0].string, values[1].string, values[2].string, flags: values[3].string)
    }
  }

  private static func string(_ scalars: some Sequence<UInt32>) -> String {
    StringOperations.build(scalars.compactMap { Unicode.Scalar($0) })
  }

  private static func replaceMatches(
    _ source: String, _ pattern: String, _ replacement: String, flags: String
  ) throws(SQLError) -> Datum {
    for flag in flags where !"gi".contains(flag) {
      throw SQLError("22023", "invalid regular expression option: \"\(flag)\"")
    }
    let expression = try RegularExpression.cached(pattern, ignoringCase: flags.contains("i"))
    let text = expression.scalars(source)
    let template = Array(replacement.unicodeScalars.map(\.value))
    var result: [UInt32] = []
    var copied = 0
    var position = 0
    while position <= text.count, let match = try expression.match(text, from: position) {
      result += text[copied..<match[0]]
      append(template, match, text, to: &result)
      try StringOperations.checkSize(result.count)
      copied = match[1]
      // An empty match must not be found again.
      position = match[1] > match[0] ? match[1] : match[1] + 1
      if !flags.contains("g") { break }
    }
    result += text[copied...]
    return .text(string(result))
  }

  /// \1…\9 stand for groups, \& for the whole match, \\ for a backslash.
  private static func append(_ template: [UInt32], _ match: [Int], _ text: [UInt32], to result: inout [UInt32]) {
    var index = 0
    while index < template.count {
      guard template[index] == 92, index + 1 < template.count else {
        result.append(template[index])
        index += 1
        continue
      }
      let next = template[index + 1]
      index += 2
      if next == 38 || (next >= 49 && next <= 57) {
        let group = next == 38 ? 0 : Int(next - 48) * 2
        if group + 1 < match.count, match[group] >= 0 { result += text[match[group]..<match[group + 1]] }
      } else if next == 92 {
        result.append(92)
      } else {
        result += [92, next]
      }
    }
  }
}
