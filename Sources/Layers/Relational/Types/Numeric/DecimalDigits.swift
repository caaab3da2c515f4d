/// The general form of a decimal: digits of base 10000 aligned at the decimal point, as PostgreSQL lays them out.
///
/// The value is ± Σ digits[i] × 10000^(weight - i). No leading and no trailing zero digits; zero has no digits, weight
/// 0
/// and no sign. `scale` is the number of decimal places shown, and no digit lies beyond it.
struct DecimalDigits: Sendable {
  var digits: [UInt16] = []
  var weight = 0
  var scale = 0
  var isNegative = false

  static let base: UInt32 = 10000
  static let digitsPerGroup = 4

  init() {}

  init(digits: [UInt16], weight: Int, scale: Int, isNegative: Bool) {
    self.digits = digits
    self.weight = weight
    self.scale = scale
    self.isNegative = isNegative
    normalize()
  }

  init(magnitude: UInt64, negative: Bool) {
    var rest = magnitude
    var groups: [UInt16] = []
    while rest > 0 {
      groups.append(UInt16(rest % 10000))
      rest /= 10000
    }
    self.init(digits: groups.reversed(), weight: groups.count - 1, scale: 0, isNegative: negative)
  }

  /// `coefficient` × 10^-`scale` with scale ≤ 16.
  init(coefficient: Int64, scale: Int) {
    let power = UInt64(Numeric.powersOfTen[scale])
    let (whole, fraction) = coefficient.magnitude.quotientAndRemainder(dividingBy: power)
    var groups: [UInt16] = []
    var rest = whole
    while rest > 0 {
      groups.append(UInt16(rest % 10000))
      rest /= 10000
    }
    groups.reverse()
    let weight = groups.count - 1
    let fractionGroups = (scale + 3) / 4
    var padded = fraction * UInt64(Numeric.powersOfTen[fractionGroups * 4 - scale])
    var tail = [UInt16](repeating: 0, count: fractionGroups)
    for index in stride(from: fractionGroups - 1, through: 0, by: -1) {
      tail[index] = UInt16(padded % 10000)
      padded /= 10000
    }
    self.init(digits: groups + tail, weight: weight, scale: scale, isNegative: coefficient < 0)
  }

  /// The 64-bit form, when the value and its scale fit it.
  var compact: (Int64, UInt8)? {
    guard scale <= Numeric.smallScaleLimit else { return nil }
    if digits.isEmpty { return (0, UInt8(scale)) }
    guard weight < 5 else { return nil }
    var magnitude: UInt64 = 0
    let lowest = -((scale + 3) / 4)
    var position = Swift.max(weight, -1)
    while position >= lowest {
      let group = digit(at: position)
      // The last group may reach beyond the scale; its digits there are zero.
      let surplus = position == lowest && lowest < 0 ? -lowest * 4 - scale : 0
      let step = UInt64(Numeric.powersOfTen[4 - surplus])
      let (product, overflow) = magnitude.multipliedReportingOverflow(by: step)
      let (sum, carry) = product.addingReportingOverflow(UInt64(group) / UInt64(Numeric.powersOfTen[surplus]))
      if overflow || carry { return nil }
      magnitude = sum
      position -= 1
    }
    guard magnitude <= UInt64(Int64.max) else { return nil }
    return (isNegative ? -Int64(magnitude) : Int64(magnitude), UInt8(scale))
  }

  /// The group that counts 10000^`position`.
  func digit(at position: Int) -> UInt16 {
    let index = weight - position
    return index >= 0 && index < digits.count ? digits[index] : 0
  }

  mutating func normalize() {
    var leading = 0
    while leading < digits.count, digits[leading] == 0 { leading += 1 }
    if leading > 0 {
      digits.removeFirst(leading)
      weight -= leading
    }
    while digits.last == 0 { digits.removeLast() }
    if digits.isEmpty {
      weight = 0
      isNegative = false
    }
  }

  /// The decimal places that are needed to show every digit.
  var minimalScale: Int {
    guard let last = digits.last else { return 0 }
    var places = (digits.count - weight - 1) * 4
    if places > 0 {
      var group = last
      while group % 10 == 0 {
        group /= 10
        places -= 1
      }
    }
    return Swift.max(places, 0)
  }

  // MARK: Order

  func compare(_ other: DecimalDigits) -> Int {
    if digits.isEmpty || other.digits.isEmpty || isNegative != other.isNegative {
      let left = digits.isEmpty ? 0 : isNegative ? -1 : 1
      let right = other.digits.isEmpty ? 0 : other.isNegative ? -1 : 1
      return left < right ? -1 : left > right ? 1 : 0
    }
    let order = compareMagnitude(other)
    return isNegative ? -order : order
  }

  func compareMagnitude(_ other: DecimalDigits) -> Int {
    if digits.isEmpty { return other.digits.isEmpty ? 0 : -1 }
    if other.digits.isEmpty { return 1 }
    if weight != other.weight { return weight < other.weight ? -1 : 1 }
    for index in 0..<Swift.min(digits.count, other.digits.count) where digits[index] != other.digits[index] {
      return digits[index] < other.digits[index] ? -1 : 1
    }
    return digits.count < other.digits.count ? -1 : digits.count > other.digits.count ? 1 : 0
  }

  // MARK: Scale

  /// Rounds half away from zero to `places` after the point (before it when negative) and sets the scale.
  func rounded(to places: Int) -> DecimalDigits { cut(to: places, rounding: true) }

  /// Drops what lies beyond `places` after the point and sets the scale.
  func truncated(to places: Int) -> DecimalDigits { cut(to: places, rounding: false) }

  private func cut(to places: Int, rounding: Bool) -> DecimalDigits {
    var result = self
    result.scale = Swift.max(places, 0)
    if digits.isEmpty { return result }
    // Decimal digits kept, counted from the top of the first group.
    let kept = (weight + 1) * 4 + places
    if kept < 0 {
      result.digits = []
      result.normalize()
      return result
    }
    let keptGroups = (kept + 3) / 4
    if keptGroups > digits.count || (keptGroups == digits.count && kept % 4 == 0) { return result }
    var carry = false
    if kept % 4 == 0 {
      carry = rounding && digits[keptGroups] >= 5000
      result.digits.removeLast(digits.count - keptGroups)
    } else {
      let unit = UInt16(Numeric.powersOfTen[4 - kept % 4])
      let group = digits[keptGroups - 1]
      result.digits.removeLast(digits.count - keptGroups)
      result.digits[keptGroups - 1] = group - group % unit
      if rounding, group % unit >= unit / 2 {
        let raised = group - group % unit + unit
        if raised >= 10000 {
          result.digits[keptGroups - 1] = raised - 10000
          result.carryUp(into: keptGroups - 2)
        } else {
          result.digits[keptGroups - 1] = raised
        }
      }
    }
    if carry { result.carryUp(into: keptGroups - 1) }
    result.normalize()
    return result
  }

  /// Adds one at group `index`, which may be -1: the group before the first.
  private mutating func carryUp(into index: Int) {
    var index = index
    while index >= 0 {
      if digits[index] < 9999 {
        digits[index] += 1
        return
      }
      digits[index] = 0
      index -= 1
    }
    digits.insert(1, at: 0)
    weight += 1
  }

  /// The value × 10^`decimalPlaces`; the scale is left to the caller.
  func shifted(decimalPlaces: Int) -> DecimalDigits {
    if digits.isEmpty || decimalPlaces == 0 { return self }
    var groups = decimalPlaces / 4
    var rest = decimalPlaces % 4
    if rest < 0 {
      rest += 4
      groups -= 1
    }
    var result = self
    result.weight += groups
    guard rest > 0 else { return result }
    let factor = UInt32(Numeric.powersOfTen[rest])
    var carry: UInt32 = 0
    for index in stride(from: digits.count - 1, through: 0, by: -1) {
      let product = UInt32(digits[index]) * factor + carry
      result.digits[index] = UInt16(product % 10000)
      carry = product / 10000
    }
    if carry > 0 {
      result.digits.insert(UInt16(carry), at: 0)
      result.weight += 1
    }
    result.normalize()
    return result
  }
}
