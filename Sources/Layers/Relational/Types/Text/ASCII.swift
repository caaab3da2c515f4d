/// Bytes of ASCII text: classes, case, decimal numbers.
extension UInt8 {
  @inlinable var isDigit: Bool { self >= 48 && self <= 57 }
  @inlinable var isLetter: Bool { (self | 0x20) >= 97 && (self | 0x20) <= 122 }
  /// What C's isspace takes for white space.
  @inlinable var isBlank: Bool { self == 32 || (self >= 9 && self <= 13) }
  @inlinable var lowercased: UInt8 { self >= 65 && self <= 90 ? self | 0x20 : self }
  @inlinable var uppercased: UInt8 { self >= 97 && self <= 122 ? self & ~0x20 : self }

  var hexValue: UInt8? {
    switch self {
    case 48...57: return self - 48
    case 65...70: return self - 55
    case 97...102: return self - 87
    default: return nil
    }
  }

  /// The lower-case hexadecimal digit of a value below 16.
  var hexDigit: UInt8 { self < 10 ? self + 48 : self + 87 }
}

extension Array where Element == UInt8 {
  func trimmingBlanks() -> [UInt8] {
    var first = 0
    var end = count
    while first < end, self[first].isBlank { first += 1 }
    while end > first, self[end - 1].isBlank { end -= 1 }
    return first == 0 && end == count ? self : Array(self[first..<end])
  }

  /// Appends the number in decimal, with leading zeros up to `width`.
  @usableFromInline
  mutating func appendDecimal(_ value: UInt64, width: Int = 1) {
    if value < 10, width <= 1 {
      append(UInt8(value) + 48)
      return
    }
    var places = 1
    var bound: UInt64 = 10
    while places < 20, value >= bound {
      places += 1
      let (next, overflow) = bound.multipliedReportingOverflow(by: 10)
      if overflow { break }
      bound = next
    }
    let total = Swift.max(places, width)
    let start = count
    append(contentsOf: repeatElement(48, count: total))
    var rest = value
    var index = start + total - 1
    while rest > 0 {
      self[index] = UInt8(rest % 10) + 48
      rest /= 10
      index -= 1
    }
  }

  @usableFromInline
  mutating func appendDecimal(_ value: Int64) {
    if value < 0 { append(UInt8(ascii: "-")) }
    appendDecimal(value.magnitude)
  }
}
