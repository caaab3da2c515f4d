/// Addition, multiplication and long division of decimals in base 10000.
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
    var carry: UInt16 = 0
    var position = bottom
    while position <= top {
      let digit = left.digit(at: position) + right.digit(at: position) + carry
      carry = digit >= 10000 ? 1 : 0
      sum[top - position] = carry == 1 ? digit - 10000 : digit
      position += 1
    }
    return DecimalDigits(digits: sum, weight: top, scale: 0, isNegative: false)
  }

  /// `left` must be the greater magnitude.
  private static func subtractMagnitudes(_ left: DecimalDigits, _ right: DecimalDigits) -> DecimalDigits {
    if right.digits.isEmpty { return left.magnitude }
    let top = left.weight
    let bottom = Swift.min(left.weight - left.digits.count + 1, right.weight - right.digits.count + 1)
    var difference = [UInt16](repeating: 0, count: top - bottom + 1)
    var borrow: Int32 = 0
    var position = bottom
    while position <= top {
      var digit = Int32(left.digit(at: position)) - Int32(right.digit(at: position)) - borrow
      borrow = digit < 0 ? 1 : 0
      if digit < 0 { digit += 10000 }
      difference[top - position] = UInt16(digit)
      position += 1
    }
    return DecimalDigits(digits: difference, weight: top, scale: 0, isNegative: false)
  }

  /// The product rounded to `scale` places.
  static func multiply(_ left: DecimalDigits, _ right: DecimalDigits, scale: Int) -> DecimalDigits {
    guard !left.digits.isEmpty, !right.digits.isEmpty else {
      var zero = DecimalDigits()
      zero.scale = scale
      return zero
    }
    var sums = [UInt32](repeating: 0, count: left.digits.count + right.digits.count)
    left.digits.withUnsafeBufferPointer { a in
      right.digits.withUnsafeBufferPointer { b in
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
    let product = DecimalDigits(
      digits: sums.map { UInt16($0) }, weight: left.weight + right.weight + 1, scale: scale,
      isNegative: left.isNegative != right.isNegative)
    return product.rounded(to: scale)
  }

  /// The quotient to `scale` places, rounded half away from zero or truncated. `right` must not be zero.
  static func divide(_ left: DecimalDigits, _ right: DecimalDigits, scale: Int, rounding: Bool = true) -> DecimalDigits
  {
    var zero = DecimalDigits()
    zero.scale = Swift.max(scale, 0)
    guard !left.digits.isEmpty else { return zero }
    // Quotient groups run from the weight below down to the group that holds place `scale` + 1.
    let quotientWeight = left.weight - right.weight
    let lowest = scale >= 0 ? -((scale + 4) / 4) : -scale / 4 - 1
    let count = quotientWeight - lowest + 1
    guard count > 0 else { return zero }
    let dividendCount = right.digits.count + count - 1
    var dividend = [UInt32](repeating: 0, count: dividendCount + 1)
    for index in 0..<Swift.min(left.digits.count, dividendCount) { dividend[index + 1] = UInt32(left.digits[index]) }
    let quotient = longDivision(&dividend, right.digits.map { UInt32($0) })
    let result = DecimalDigits(
      digits: quotient, weight: quotientWeight, scale: scale, isNegative: left.isNegative != right.isNegative)
    return rounding ? result.rounded(to: scale) : result.truncated(to: scale)
  }

  /// Schoolbook division (Knuth, The Art of Computer Programming 4.3.1, algorithm D). `dividend` has a leading zero
  /// group and is destroyed; gives `dividend.count - divisor.count` groups.
  private static func longDivision(_ dividend: inout [UInt32], _ divisor: [UInt32]) -> [UInt16] {
    let count = dividend.count - divisor.count
    var quotient = [UInt16](repeating: 0, count: count)
    if divisor.count == 1 {
      let value = divisor[0]
      var rest: UInt32 = 0
      for index in 1..<dividend.count {
        let current = rest * base + dividend[index]
        quotient[index - 1] = UInt16(current / value)
        rest = current % value
      }
      return quotient
    }
    let factor = base / (divisor[0] + 1)
    var divisor = divisor
    scaleUp(&divisor, by: factor)
    scaleUp(&dividend, by: factor)
    let top = divisor[0]
    let second = divisor[1]
    for index in 0..<count {
      let leading = dividend[index] * base + dividend[index + 1]
      var estimate = leading / top
      var rest = leading % top
      while estimate >= base || UInt64(estimate) * UInt64(second) > UInt64(rest) * 10000 + UInt64(dividend[index + 2]) {
        estimate -= 1
        rest += top
        if rest >= base { break }
      }
      if estimate == 0 { continue }
      var borrow: Int64 = 0
      for offset in stride(from: divisor.count - 1, through: 0, by: -1) {
        var value = Int64(dividend[index + 1 + offset]) - Int64(estimate) * Int64(divisor[offset]) - borrow
        borrow = 0
        if value < 0 {
          borrow = (-value + 9999) / 10000
          value += borrow * 10000
        }
        dividend[index + 1 + offset] = UInt32(value)
      }
      let head = Int64(dividend[index]) - borrow
      if head < 0 {
        // The estimate was one too great: add the divisor back.
        estimate -= 1
        var carry: UInt32 = 0
        for offset in stride(from: divisor.count - 1, through: 0, by: -1) {
          let value = dividend[index + 1 + offset] + divisor[offset] + carry
          carry = value >= base ? 1 : 0
          dividend[index + 1 + offset] = carry == 1 ? value - base : value
        }
      }
      dividend[index] = 0
      quotient[index] = UInt16(estimate)
    }
    return quotient
  }

  private static func scaleUp(_ digits: inout [UInt32], by factor: UInt32) {
    if factor == 1 { return }
    var carry: UInt32 = 0
    for index in stride(from: digits.count - 1, through: 0, by: -1) {
      let value = digits[index] * factor + carry
      carry = value / base
      digits[index] = value % base
    }
  }
}
