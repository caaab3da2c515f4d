/// The text of a number with thousands of digits, cut to what can matter for the nearest binary floating point number.
///
/// The middle between two doubles has up to 767 significant digits. What lies beyond them can only tell that a value is
/// a little more than its first digits say, and one digit is enough to tell that.
enum LongDecimal {
  /// Texts up to this many bytes are left as they are.
  private static let shortLength = 1024
  private static let significantDigits = 800

  /// The same number in fewer digits; the word itself when it is short or no number.
  static func shortened(_ word: [UInt8], _ pace: EvaluationPace?) throws(SQLError) -> [UInt8] {
    if word.count <= shortLength { return word }
    var index = word[0] == UInt8(ascii: "-") || word[0] == UInt8(ascii: "+") ? 1 : 0
    var result = Array(word[..<index])
    let start = result.count
    // Digits read and kept from the first that isn't zero; the place of the point among all digits.
    var digits = 0
    var firstKept = 0
    var isMore = false
    var point: Int?
    while index < word.count {
      if index & 0xFFFF == 0xFFFF { try pace?.poll(work: 0x10000) }
      let byte = word[index]
      if byte.isDigit {
        if result.count == start, byte == 48 {
          firstKept = digits + 1
        } else if result.count - start < significantDigits {
          result.append(byte)
        } else {
          isMore = isMore || byte != 48
        }
        digits += 1
      } else if byte == UInt8(ascii: "."), point == nil {
        point = digits
      } else {
        break
      }
      index += 1
    }
    guard digits > 0, let given = exponent(word[index...]) else { return [UInt8(ascii: "?")] }
    let kept = result.count - start
    if kept == 0 { return result + [48] }
    // The last digit kept counts 10^scale.
    var scale = (point ?? digits) - (firstKept + kept) + given
    if isMore {
      result.append(UInt8(ascii: "1"))
      scale -= 1
    }
    result.append(UInt8(ascii: "e"))
    result.append(contentsOf: String(scale).utf8)
    return result
  }

  /// The exponent that ends a number, 0 when there is none; nil when what is there is no exponent.
  private static func exponent(_ rest: ArraySlice<UInt8>) -> Int? {
    guard let first = rest.first else { return 0 }
    guard first | 0x20 == UInt8(ascii: "e") else { return nil }
    var digits = rest.dropFirst()
    let isNegative = digits.first == UInt8(ascii: "-")
    if isNegative || digits.first == UInt8(ascii: "+") { digits = digits.dropFirst() }
    guard !digits.isEmpty else { return nil }
    var value = 0
    for digit in digits {
      guard digit.isDigit else { return nil }
      value = min(value * 10 + Int(digit - 48), 1 << 40)
    }
    return isNegative ? -value : value
  }
}
