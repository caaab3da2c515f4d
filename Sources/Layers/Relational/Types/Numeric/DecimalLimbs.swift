/// Multiplication and division of long natural numbers in base 10⁸, least limb first.
///
/// Two groups of base 10000 make a limb, so that a product takes a quarter of the steps and a row of products can be
/// summed in 64 bits before it is carried. Long numbers are multiplied by Karatsuba's method; division is long division
/// (Knuth, The Art of Computer Programming 4.3.1, algorithm D).
enum DecimalLimbs {
  static let base: UInt64 = 100_000_000
  /// Rows whose products of limbs fit 64 bits together: 2⁶⁴ / 10¹⁶, less what was there.
  private static let rowsBetweenCarries = 1024
  /// Up to this many limbs the schoolbook method is faster.
  private static let karatsubaThreshold = 128

  /// The limbs of a number given in groups of base 10000, greatest first.
  static func limbs(_ groups: ArraySlice<UInt16>) -> [UInt32] {
    var result: [UInt32] = []
    result.reserveCapacity(groups.count / 2 + 1)
    var index = groups.endIndex
    while index > groups.startIndex {
      let low = UInt32(groups[index - 1])
      let high = index - 1 > groups.startIndex ? UInt32(groups[index - 2]) : 0
      result.append(high * 10000 + low)
      index -= 2
    }
    return result
  }

  /// `count` groups of base 10000, greatest first; what lies above them must be zero.
  static func groups(_ limbs: [UInt32], count: Int) -> [UInt16] {
    var result = [UInt16](repeating: 0, count: count)
    for (index, limb) in limbs.enumerated() {
      let low = count - 1 - 2 * index
      if low < 0 { break }
      result[low] = UInt16(limb % 10000)
      if low > 0 { result[low - 1] = UInt16(limb / 10000) }
    }
    return result
  }

  // MARK: Multiplication

  /// The product, as long as both factors together.
  static func multiply(_ left: [UInt32], _ right: [UInt32], _ pace: EvaluationPace?) throws(SQLError) -> [UInt32] {
    try multiply(left[...], right[...], pace)
  }

  private static func multiply(
    _ left: ArraySlice<UInt32>, _ right: ArraySlice<UInt32>, _ pace: EvaluationPace?
  ) throws(SQLError) -> [UInt32] {
    let (long, short) = left.count >= right.count ? (left, right) : (right, left)
    if short.count < karatsubaThreshold { return try schoolbook(long, short, pace) }
    if long.count >= 2 * short.count { return try multiplyInParts(long, short, pace) }
    return try karatsuba(long, short, pace)
  }

  private static func schoolbook(
    _ long: ArraySlice<UInt32>, _ short: ArraySlice<UInt32>, _ pace: EvaluationPace?
  ) throws(SQLError) -> [UInt32] {
    var sums = [UInt64](repeating: 0, count: long.count + short.count)
    var rows = 0
    for (row, factor) in short.enumerated() {
      if factor == 0 { continue }
      try pace?.poll(work: long.count >> 1)
      addProducts(long, UInt64(factor), to: &sums, at: row)
      rows += 1
      if rows == rowsBetweenCarries {
        carry(&sums)
        rows = 0
      }
    }
    carry(&sums)
    return sums.map { UInt32(truncatingIfNeeded: $0) }
  }

  private static func addProducts(
    _ limbs: ArraySlice<UInt32>, _ factor: UInt64, to sums: inout [UInt64], at start: Int
  ) {
    limbs.withUnsafeBufferPointer { limbs in
      sums.withUnsafeMutableBufferPointer { sums in
        for index in 0..<limbs.count { sums[start + index] &+= UInt64(limbs[index]) &* factor }
      }
    }
  }

  private static func carry(_ sums: inout [UInt64]) {
    var carry: UInt64 = 0
    sums.withUnsafeMutableBufferPointer { sums in
      for index in 0..<sums.count {
        let value = sums[index] + carry
        carry = value / base
        sums[index] = value - carry * base
      }
    }
  }

  /// Multiplies a much longer number piece by piece.
  private static func multiplyInParts(
    _ long: ArraySlice<UInt32>, _ short: ArraySlice<UInt32>, _ pace: EvaluationPace?
  ) throws(SQLError) -> [UInt32] {
    var result = [UInt32](repeating: 0, count: long.count + short.count)
    var start = 0
    while start < long.count {
      let end = min(start + short.count, long.count)
      let part = try multiply(long[(long.startIndex + start)..<(long.startIndex + end)], short, pace)
      add(part[...], to: &result, at: start)
      start = end
    }
    return result
  }

  /// (a₁B + a₀)(b₁B + b₀) with three products: a₁b₁, a₀b₀ and (a₁ + a₀)(b₁ + b₀).
  private static func karatsuba(
    _ left: ArraySlice<UInt32>, _ right: ArraySlice<UInt32>, _ pace: EvaluationPace?
  ) throws(SQLError) -> [UInt32] {
    let half = (left.count + 1) / 2
    let leftCut = left.startIndex + half
    let rightCut = right.startIndex + min(half, right.count)
    let (leftLow, leftHigh) = (left[..<leftCut], left[leftCut...])
    let (rightLow, rightHigh) = (right[..<rightCut], right[rightCut...])
    let low = try multiply(leftLow, rightLow, pace)
    let high = rightHigh.isEmpty ? [] : try multiply(leftHigh, rightHigh, pace)
    var middle = try multiply(sum(leftLow, leftHigh)[...], sum(rightLow, rightHigh)[...], pace)
    subtract(low[...], from: &middle)
    subtract(high[...], from: &middle)
    var result = low
    result.append(contentsOf: repeatElement(0, count: left.count + right.count - low.count))
    add(high[...], to: &result, at: 2 * half)
    while middle.last == 0 { middle.removeLast() }
    add(middle[...], to: &result, at: half)
    try pace?.poll(work: 4 * result.count)
    return result
  }

  private static func sum(_ left: ArraySlice<UInt32>, _ right: ArraySlice<UInt32>) -> [UInt32] {
    var result = Array(left)
    result.append(contentsOf: repeatElement(0, count: max(0, right.count - left.count) + 1))
    add(right, to: &result, at: 0)
    return result
  }

  /// Adds limbs from a place on; there is room for the carry.
  private static func add(_ limbs: ArraySlice<UInt32>, to result: inout [UInt32], at start: Int) {
    var carry: UInt32 = 0
    var index = start
    for limb in limbs {
      let value = result[index] + limb + carry
      carry = value >= UInt32(base) ? 1 : 0
      result[index] = carry == 1 ? value - UInt32(base) : value
      index += 1
    }
    while carry > 0 {
      let value = result[index] + 1
      carry = value == UInt32(base) ? 1 : 0
      result[index] = carry == 1 ? 0 : value
      index += 1
    }
  }

  /// Subtracts a number that isn't greater.
  private static func subtract(_ limbs: ArraySlice<UInt32>, from result: inout [UInt32]) {
    var borrow: UInt32 = 0
    var index = 0
    for limb in limbs {
      // Limbs above the result are zero.
      if index == result.count { return }
      let wanted = limb + borrow
      borrow = result[index] < wanted ? 1 : 0
      result[index] = borrow == 1 ? result[index] + UInt32(base) - wanted : result[index] - wanted
      index += 1
    }
    while borrow > 0, index < result.count {
      borrow = result[index] == 0 ? 1 : 0
      result[index] = borrow == 1 ? UInt32(base) - 1 : result[index] - 1
      index += 1
    }
  }

  // MARK: Division

  /// The quotient without remainder. `divisor` has no leading zero limb and isn't zero.
  static func divide(
    _ dividend: [UInt32], by divisor: [UInt32], _ pace: EvaluationPace?
  ) throws(SQLError) -> [UInt32] {
    guard dividend.count >= divisor.count, let leading = divisor.last else { return [] }
    if divisor.count == 1 { return try divide(dividend, byLimb: UInt64(leading), pace) }
    let factor = base / (UInt64(leading) + 1)
    var rest = scaled(dividend, by: factor)
    let divisor = scaled(divisor, by: factor).dropLast()
    let length = divisor.count
    let top = UInt64(divisor[length - 1])
    let second = UInt64(divisor[length - 2])
    var quotient = [UInt32](repeating: 0, count: dividend.count - length + 1)
    for place in stride(from: quotient.count - 1, through: 0, by: -1) {
      try pace?.poll(work: 2 * length + 4)
      let leading = UInt64(rest[place + length]) * base + UInt64(rest[place + length - 1])
      var (estimate, remainder) = leading.quotientAndRemainder(dividingBy: top)
      while estimate >= base || estimate * second > remainder * base + UInt64(rest[place + length - 2]) {
        estimate -= 1
        remainder += top
        if remainder >= base { break }
      }
      if estimate == 0 { continue }
      if subtractProduct(divisor, estimate, from: &rest, at: place) {
        // The estimate was one too great: add the divisor back.
        estimate -= 1
        addBack(divisor, to: &rest, at: place)
      }
      quotient[place] = UInt32(truncatingIfNeeded: estimate)
    }
    return quotient
  }

  private static func divide(
    _ dividend: [UInt32], byLimb divisor: UInt64, _ pace: EvaluationPace?
  ) throws(SQLError) -> [UInt32] {
    try pace?.poll(work: 4 * dividend.count)
    var quotient = [UInt32](repeating: 0, count: dividend.count)
    var rest: UInt64 = 0
    for index in dividend.indices.reversed() {
      let value = rest * base + UInt64(dividend[index])
      quotient[index] = UInt32(truncatingIfNeeded: value / divisor)
      rest = value % divisor
    }
    return quotient
  }

  /// The number × a limb, one limb longer.
  private static func scaled(_ limbs: [UInt32], by factor: UInt64) -> [UInt32] {
    var result: [UInt32] = []
    result.reserveCapacity(limbs.count + 1)
    var carry: UInt64 = 0
    for limb in limbs {
      let value = UInt64(limb) * factor + carry
      carry = value / base
      result.append(UInt32(truncatingIfNeeded: value - carry * base))
    }
    result.append(UInt32(truncatingIfNeeded: carry))
    return result
  }

  /// Subtracts divisor × factor at a place; whether the result is negative, that is short of one base power.
  private static func subtractProduct(
    _ divisor: ArraySlice<UInt32>, _ factor: UInt64, from rest: inout [UInt32], at place: Int
  ) -> Bool {
    divisor.withUnsafeBufferPointer { divisor in
      rest.withUnsafeMutableBufferPointer { rest in
        var carry: UInt64 = 0
        for index in 0..<divisor.count {
          let product = UInt64(divisor[index]) &* factor &+ carry
          carry = product / base
          let low = UInt32(truncatingIfNeeded: product &- carry &* base)
          let value = rest[place + index]
          if value < low {
            rest[place + index] = value &+ UInt32(base) &- low
            carry += 1
          } else {
            rest[place + index] = value &- low
          }
        }
        let head = UInt64(rest[place + divisor.count])
        let isNegative = head < carry
        rest[place + divisor.count] = UInt32(truncatingIfNeeded: isNegative ? head + base - carry : head - carry)
        return isNegative
      }
    }
  }

  private static func addBack(_ divisor: ArraySlice<UInt32>, to rest: inout [UInt32], at place: Int) {
    var carry: UInt32 = 0
    for (index, limb) in divisor.enumerated() {
      let value = rest[place + index] + limb + carry
      carry = value >= UInt32(base) ? 1 : 0
      rest[place + index] = carry == 1 ? value - UInt32(base) : value
    }
    // The carry makes good for the borrow above.
    let head = rest[place + divisor.count] + carry
    rest[place + divisor.count] = head >= UInt32(base) ? head - UInt32(base) : head
  }
}
