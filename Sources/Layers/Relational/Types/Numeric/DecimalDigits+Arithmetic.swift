/// Addition, multiplication and division of decimals in base 10000; long ones in base 10⁸ (`DecimalLimbs`).
extension DecimalDigits {
  var negated: DecimalDigits {
    var result = self
    if !digits.isEmpty { result.isNegative.toggle() }
    return result
  }

  var magnitude: DecimalDigits {
    var result = self
    result.isNegative = false
    return result
  }

  static func + (left: DecimalDigits, right: DecimalDigits) -> DecimalDigits {
    let scale = Swift.max(left.scale, right.scale)
    var result: DecimalDigits
    if left.isNegative == right.isNegative {
      result = addMagnitudes(left, right)
      result.isNegative = left.isNegative && !result.digits.isEmpty
    } else {
      let order = left.compareMagnitude(right)
      if order == 0 {
        result = DecimalDigits()
      } else if order > 0 {
        result = subtractMagnitudes(left, right)
        result.isNegative = left.isNegative
      } else {
        result = subtractMagnitudes(right, left)
        result.isNegative = right.isNegative
      }
    }
    result.scale = scale
    return result
  }

  static func - (left: DecimalDigits, right: DecimalDigits) -> DecimalDigits { left + right.negated }

  private static func addMagnitudes(_ left: DecimalDigits, _ right: DecimalDigits) -> DecimalDigits {
    if left.digits.isEmpty { return right.magnitude }
    if right.digits.isEmpty { return left.magnitude }
    let top = Swift.max(left.weight, right.weight) + 1
    let bottom = Swift.min(left.weight - left.digits.count + 1, right.weight - right.digits.count + 1)
    var sum = [UInt16](repeating: 0, count: top - bottom + 1)
    left.digits.withUnsafeBufferPointer { a in
      for index in 0..<a.count { sum[top - left.weight + index] = a[index] }
    }
    var carry: UInt16 = 0
    right.digits.withUnsafeBufferPointer { b in
      var index = top - right.weight + b.count - 1
      for digit in b.reversed() {
        let value = sum[index] + digit + carry
        carry = value >= 10000 ? 1 : 0
        sum[index] = carry == 1 ? value - 10000 : value
        index -= 1
      }
      while carry > 0 {
        let value = sum[index] + 1
        carry = value == 10000 ? 1 : 0
        sum[index] = carry == 1 ? 0 : value
        index -= 1
      }
    }
    return DecimalDigits(digits: sum, weight: top, scale: 0, isNegative: false)
  }

  /// `left` must be the greater magnitude.
  private static func subtractMagnitudes(_ left: DecimalDigits, _ right: DecimalDigits) -> DecimalDigits {
    if right.digits.isEmpty { return left.magnitude }
    let top = left.weight
    let bottom = Swift.min(left.weight - left.digits.count + 1, right.weight - right.digits.count + 1)
    var difference = [UInt16](repeating: 0, count: top - bottom + 1)
    left.digits.withUnsafeBufferPointer { a in
      for index in 0..<a.count { difference[index] = a[index] }
    }
    var borrow: UInt16 = 0
    right.digits.withUnsafeBufferPointer { b in
      var index = top - right.weight + b.count - 1
      for digit in b.reversed() {
        let wanted = digit + borrow
        borrow = difference[index] < wanted ? 1 : 0
        difference[index] = borrow == 1 ? difference[index] + 10000 - wanted : difference[index] - wanted
        index -= 1
      }
      while borrow > 0, index >= 0 {
        borrow = difference[index] == 0 ? 1 : 0
        difference[index] = borrow == 1 ? 9999 : difference[index] - 1
        index -= 1
      }
    }
    return DecimalDigits(digits: difference, weight: top, scale: 0, isNegative: false)
  }

  /// Groups in the shorter factor up to which a conversion to limbs is not worth while.
  private static let shortCount = 8

  /// The product rounded to `scale` places.
  static func multiply(
    _ left: DecimalDigits, _ right: DecimalDigits, scale: Int, _ pace: EvaluationPace? = nil
  ) throws(SQLError) -> DecimalDigits {
    guard !left.digits.isEmpty, !right.digits.isEmpty else {
      var zero = DecimalDigits()
      zero.scale = scale
      return zero
    }
    let groups: [UInt16]
    if Swift.min(left.digits.count, right.digits.count) <= shortCount {
      try pace?.poll(work: left.digits.count * right.digits.count)
      groups = shortProduct(left.digits, right.digits)
    } else {
      try pace?.poll(work: 4 * (left.digits.count + right.digits.count))
      let limbs = try DecimalLimbs.multiply(
        DecimalLimbs.limbs(left.digits[...]), DecimalLimbs.limbs(right.digits[...]), pace)
      groups = DecimalLimbs.groups(limbs, count: left.digits.count + right.digits.count)
    }
    let product = DecimalDigits(
      digits: groups, weight: left.weight + right.weight + 1, scale: scale,
      isNegative: left.isNegative != right.isNegative)
    return product.rounded(to: scale)
  }

  private static func shortProduct(_ left: [UInt16], _ right: [UInt16]) -> [UInt16] {
    var sums = [UInt32](repeating: 0, count: left.count + right.count)
    left.withUnsafeBufferPointer { a in
      right.withUnsafeBufferPointer { b in
        sums.withUnsafeMutableBufferPointer { sums in
          for i in stride(from: a.count - 1, through: 0, by: -1) {
            let factor = UInt32(a[i])
            if factor == 0 { continue }
            var carry: UInt32 = 0
            for j in stride(from: b.count - 1, through: 0, by: -1) {
              let value = sums[i + j + 1] + factor * UInt32(b[j]) + carry
              carry = value / 10000
              sums[i + j + 1] = value - carry * 10000
            }
            sums[i] += carry
          }
        }
      }
    }
    return sums.map { UInt16($0) }
  }

  /// The quotient to `scale` places, rounded half away from zero or truncated. `right` must not be zero.
  static func divide(
    _ left: DecimalDigits, _ right: DecimalDigits, scale: Int, rounding: Bool = true, _ pace: EvaluationPace? = nil
  ) throws(SQLError) -> DecimalDigits {
    var zero = DecimalDigits()
    zero.scale = Swift.max(scale, 0)
    guard !left.digits.isEmpty else { return zero }
    // Quotient groups run from the weight below down to the group that holds place `scale` + 1.
    let quotientWeight = left.weight - right.weight
    let lowest = scale >= 0 ? -((scale + 4) / 4) : -scale / 4 - 1
    let count = quotientWeight - lowest + 1
    guard count > 0 else { return zero }
    // As many groups of the dividend as give so many groups of a quotient of whole numbers.
    let dividendCount = right.digits.count + count - 1
    var dividend = Array(left.digits.prefix(dividendCount))
    dividend.append(contentsOf: repeatElement(0, count: dividendCount - dividend.count))
    try pace?.poll(work: 4 * dividendCount)
    var divisor = DecimalLimbs.limbs(right.digits[...])
    while divisor.last == 0 { divisor.removeLast() }
    let limbs = try DecimalLimbs.divide(DecimalLimbs.limbs(dividend[...]), by: divisor, pace)
    let result = DecimalDigits(
      digits: DecimalLimbs.groups(limbs, count: count), weight: quotientWeight, scale: scale,
      isNegative: left.isNegative != right.isNegative)
    return rounding ? result.rounded(to: scale) : result.truncated(to: scale)
  }
}
