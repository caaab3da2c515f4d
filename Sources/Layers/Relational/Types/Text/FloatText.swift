/// Floating point as text: the shortest digits that read back to the same number, in C's notation.
enum FloatText {
  static func append(_ value: Double, to bytes: inout [UInt8]) {
    if appendSpecial(value, to: &bytes) { return }
    append(
      shortest: boundaryFree(value, value.nextUp, value.nextDown) ?? value.description, exponentFrom: 15, to: &bytes)
  }

  static func append(_ value: Float, to bytes: inout [UInt8]) {
    if appendSpecial(Double(value), to: &bytes) { return }
    let up = Double(value.nextUp)
    let down = Double(value.nextDown)
    append(shortest: boundaryFree(Double(value), up, down, of: value) ?? value.description, exponentFrom: 6, to: &bytes)
  }

  /// The shortest digits that lie strictly between the middles to the neighbours, where Swift's may lie on a middle.
  ///
  /// Reading rounds a middle to the even neighbour, so Swift accepts it; PostgreSQL's output doesn't. Such a number is
  /// an integer with so many zeros at its end that the case is found by integer arithmetic.
  private static func boundaryFree(_ value: Double, _ up: Double, _ down: Double, of narrow: Float? = nil) -> String? {
    let magnitude = value.magnitude
    guard magnitude >= 0x1p24, magnitude < 0x1p126, up.isFinite, down.isFinite else { return nil }
    let exact = UInt128(magnitude)
    let above = UInt128(Swift.max(up.magnitude, down.magnitude)) - exact
    let below = exact - UInt128(Swift.min(up.magnitude, down.magnitude))
    // Gaps below 2 leave no room for a middle that ends in a zero.
    guard above > 1 else { return nil }
    func isInside(_ candidate: UInt128) -> Bool {
      candidate >= exact ? (candidate - exact) * 2 < above : (exact - candidate) * 2 < below
    }
    guard let shown = integer(narrow?.description ?? value.description), !isInside(shown) else { return nil }
    var unit: UInt128 = 1
    while shown % (unit * 10) == 0 { unit *= 10 }
    while unit > 1 {
      unit /= 10
      let rounded = (exact + unit / 2) / unit * unit
      if isInside(rounded) { return (value < 0 ? "-" : "") + rounded.description }
    }
    return nil
  }

  /// The magnitude a description of an integral number stands for.
  private static func integer(_ description: String) -> UInt128? {
    var digits: UInt128 = 0
    var exponent = 0
    var places = 0
    var seenPoint = false
    var seenExponent = false
    for byte in description.utf8 {
      switch byte {
      case UInt8(ascii: "-"), UInt8(ascii: "+"): continue
      case UInt8(ascii: "."): seenPoint = true
      case UInt8(ascii: "e"): seenExponent = true
      default:
        if seenExponent {
          exponent = exponent * 10 + Int(byte) - 48
        } else {
          digits = digits * 10 + UInt128(byte - 48)
          if seenPoint { places += 1 }
        }
      }
    }
    while places > exponent {
      guard digits % 10 == 0 else { return nil }
      digits /= 10
      places -= 1
    }
    for _ in 0..<(exponent - places) {
      let (product, overflow) = digits.multipliedReportingOverflow(by: 10)
      if overflow { return nil }
      digits = product
    }
    return digits
  }

  private static func appendSpecial(_ value: Double, to bytes: inout [UInt8]) -> Bool {
    if value.isNaN {
      bytes.append(contentsOf: "NaN".utf8)
    } else if value.isInfinite {
      bytes.append(contentsOf: (value < 0 ? "-Infinity" : "Infinity").utf8)
    } else if value == 0 {
      bytes.append(contentsOf: (value.sign == .minus ? "-0" : "0").utf8)
    } else {
      return false
    }
    return true
  }

  /// Lays out Swift's shortest digits as PostgreSQL does: with an exponent below -4 and from `exponentFrom` on.
  private static func append(shortest text: String, exponentFrom: Int, to bytes: inout [UInt8]) {
    // At most 17 digits, a sign, a point and an exponent.
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 32) { digits in
      var count = 0
      var point = -1
      var exponent = 0
      var text = text
      text.withUTF8 { source in
        var index = 0
        if source[0] == UInt8(ascii: "-") {
          bytes.append(UInt8(ascii: "-"))
          index = 1
        }
        while index < source.count {
          let byte = source[index]
          if byte == UInt8(ascii: ".") {
            point = count
          } else if byte == UInt8(ascii: "e") {
            var negative = false
            for byte in source[(index + 1)...] {
              if byte == UInt8(ascii: "-") {
                negative = true
              } else if byte.isDigit {
                exponent = exponent * 10 + Int(byte) - 48
              }
            }
            if negative { exponent = -exponent }
            break
          } else if count < 32 {
            digits[count] = byte
            count += 1
          }
          index += 1
        }
      }
      if point < 0 { point = count }
      var first = 0
      while first < count - 1, digits[first] == 48 { first += 1 }
      while count > first + 1, digits[count - 1] == 48 { count -= 1 }
      // The first digit counts 10^leading.
      let leading = point - first - 1 + exponent
      lay(out: UnsafeBufferPointer(rebasing: digits[first..<count]), leading, exponentFrom, to: &bytes)
    }
  }

  private static func lay(
    out digits: UnsafeBufferPointer<UInt8>, _ leading: Int, _ exponentFrom: Int, to bytes: inout [UInt8]
  ) {
    if leading < -4 || leading >= exponentFrom {
      bytes.append(digits[0])
      if digits.count > 1 {
        bytes.append(UInt8(ascii: "."))
        bytes.append(contentsOf: digits[1...])
      }
      bytes.append(UInt8(ascii: "e"))
      bytes.append(leading < 0 ? UInt8(ascii: "-") : UInt8(ascii: "+"))
      bytes.appendDecimal(UInt64(leading.magnitude), width: 2)
    } else if leading < 0 {
      bytes.append(contentsOf: "0.".utf8)
      bytes.append(contentsOf: repeatElement(48, count: -leading - 1))
      bytes.append(contentsOf: digits)
    } else if digits.count <= leading + 1 {
      bytes.append(contentsOf: digits)
      bytes.append(contentsOf: repeatElement(48, count: leading + 1 - digits.count))
    } else {
      bytes.append(contentsOf: digits[...leading])
      bytes.append(UInt8(ascii: "."))
      bytes.append(contentsOf: digits[(leading + 1)...])
    }
  }

  // MARK: Input

  static func parseDouble(
    _ text: String, _ type: SQLType = .double, _ pace: EvaluationPace? = nil
  ) throws(SQLError) -> Double {
    let word = try LongDecimal.shortened(Array(text.utf8).trimmingBlanks(), pace)
    if let special = special(word) { return special }
    guard isNumber(word), let value = Double(String(decoding: word, as: UTF8.self)) else {
      throw TextFormat.invalid(type, text)
    }
    if value.isInfinite || (value == 0 && hasDigit(word)) {
      throw SQLError("22003", "\"\(text)\" is out of range for type double precision")
    }
    return value
  }

  static func parseFloat(_ text: String, _ pace: EvaluationPace? = nil) throws(SQLError) -> Float {
    let word = try LongDecimal.shortened(Array(text.utf8).trimmingBlanks(), pace)
    if let special = special(word) { return Float(special) }
    guard isNumber(word), let value = Float(String(decoding: word, as: UTF8.self)) else {
      throw TextFormat.invalid(.real, text)
    }
    if value.isInfinite || (value == 0 && hasDigit(word)) {
      throw SQLError("22003", "\"\(text)\" is out of range for type real")
    }
    return value
  }

  private static func special(_ word: [UInt8]) -> Double? {
    switch String(decoding: word.map(\.lowercased), as: UTF8.self) {
    case "nan": return .nan
    case "infinity", "+infinity", "inf", "+inf": return .infinity
    case "-infinity", "-inf": return -.infinity
    default: return nil
    }
  }

  /// Whether the mantissa has a digit other than zero.
  private static func hasDigit(_ word: [UInt8]) -> Bool {
    word.prefix { $0 | 0x20 != UInt8(ascii: "e") }.contains { $0 > 48 && $0 <= 57 }
  }

  private static func isNumber(_ word: [UInt8]) -> Bool {
    var index = 0
    func skipSign() { if index < word.count, word[index] == 43 || word[index] == 45 { index += 1 } }
    func skipDigits() -> Bool {
      let start = index
      while index < word.count, word[index].isDigit { index += 1 }
      return index > start
    }
    skipSign()
    var hasDigits = skipDigits()
    if index < word.count, word[index] == UInt8(ascii: ".") {
      index += 1
      hasDigits = skipDigits() || hasDigits
    }
    guard hasDigits else { return false }
    if index < word.count, word[index] | 0x20 == UInt8(ascii: "e") {
      index += 1
      skipSign()
      guard skipDigits() else { return false }
    }
    return index == word.count
  }
}
