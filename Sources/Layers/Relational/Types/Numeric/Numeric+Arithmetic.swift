/// The four operations, remainder, rounding: results have the scales PostgreSQL gives them. The work of long numbers is
/// counted where the caller gives a pace.
extension Numeric {
  public func adding(_ other: Numeric, _ pace: EvaluationPace? = nil) throws(SQLError) -> Numeric {
    if case .small(let left, let leftScale) = storage, case .small(let right, let rightScale) = other.storage {
      if leftScale == rightScale {
        let (sum, overflow) = left.addingReportingOverflow(right)
        if !overflow, sum != .min { return Numeric(storage: .small(sum, leftScale)) }
      } else if let (a, b, scale) = Self.aligned(left, leftScale, right, rightScale) {
        let (sum, overflow) = a.addingReportingOverflow(b)
        if !overflow, sum != .min { return Numeric(storage: .small(sum, scale)) }
      }
    }
    if !isFinite || !other.isFinite {
      if isNaN || other.isNaN { return .nan }
      if isInfinite, other.isInfinite { return signum == other.signum ? self : .nan }
      return isInfinite ? self : other
    }
    try pace?.poll(work: heapSize + other.heapSize)
    return try Numeric(checking: digits + other.digits)
  }

  public func subtracting(_ other: Numeric, _ pace: EvaluationPace? = nil) throws(SQLError) -> Numeric {
    try adding(other.negated, pace)
  }

  private static func aligned(
    _ left: Int64, _ leftScale: UInt8, _ right: Int64, _ rightScale: UInt8
  ) -> (Int64, Int64, UInt8)? {
    if leftScale < rightScale {
      let (product, overflow) = left.multipliedReportingOverflow(by: powersOfTen[Int(rightScale - leftScale)])
      return overflow ? nil : (product, right, rightScale)
    }
    let (product, overflow) = right.multipliedReportingOverflow(by: powersOfTen[Int(leftScale - rightScale)])
    return overflow ? nil : (left, product, leftScale)
  }

  public var negated: Numeric {
    switch storage {
    case .small(let coefficient, let scale): return Numeric(storage: .small(-coefficient, scale))
    case .big(let digits): return Numeric(digits.negated)
    case .nan: return self
    case .infinity(let negative): return Numeric(storage: .infinity(negative: !negative))
    }
  }

  public var magnitude: Numeric { signum < 0 ? negated : self }

  public func multiplied(by other: Numeric, _ pace: EvaluationPace? = nil) throws(SQLError) -> Numeric {
    if case .small(let left, let leftScale) = storage, case .small(let right, let rightScale) = other.storage {
      let scale = leftScale + rightScale
      let (product, overflow) = left.multipliedReportingOverflow(by: right)
      if scale <= UInt8(Self.smallScaleLimit), !overflow, product != .min {
        return Numeric(storage: .small(product, scale))
      }
    }
    if !isFinite || !other.isFinite {
      if isNaN || other.isNaN { return .nan }
      let sign = signum * other.signum
      return sign == 0 ? .nan : sign < 0 ? .negativeInfinity : .infinity
    }
    let scale = Swift.min(self.scale + other.scale, Self.scaleLimit)
    return try Numeric(checking: DecimalDigits.multiply(digits, other.digits, scale: scale, pace))
  }

  static var divisionByZero: SQLError { SQLError("22012", "division by zero") }

  public func divided(by other: Numeric, _ pace: EvaluationPace? = nil) throws(SQLError) -> Numeric {
    if !isFinite || !other.isFinite {
      if isNaN || other.isNaN { return .nan }
      if isInfinite {
        if other.isInfinite { return .nan }
        if other.signum == 0 { throw Self.divisionByZero }
        return signum * other.signum < 0 ? .negativeInfinity : .infinity
      }
      return .zero
    }
    if other.signum == 0 { throw Self.divisionByZero }
    let scale = Self.quotientScale(self, other)
    if let quotient = smallQuotient(other, scale: scale) { return quotient }
    return try Numeric(checking: DecimalDigits.divide(digits, other.digits, scale: scale, pace))
  }

  /// The quotient in 128-bit arithmetic, when dividend and result are small enough.
  private func smallQuotient(_ other: Numeric, scale: Int) -> Numeric? {
    guard case .small(let left, let leftScale) = storage, case .small(let right, let rightScale) = other.storage,
      scale <= Self.smallScaleLimit
    else { return nil }
    let shift = scale + Int(rightScale) - Int(leftScale)
    guard shift >= 0, shift <= 18 else { return nil }
    let dividend = UInt128(left.magnitude) * UInt128(Self.powersOfTen[shift])
    let divisor = UInt128(right.magnitude)
    let (quotient, remainder) = dividend.quotientAndRemainder(dividingBy: divisor)
    let rounded = remainder * 2 >= divisor ? quotient + 1 : quotient
    guard rounded <= UInt128(Int64.max) else { return nil }
    let coefficient = Int64(rounded)
    return Numeric(storage: .small((left < 0) != (right < 0) ? -coefficient : coefficient, UInt8(scale)))
  }

  /// PostgreSQL's select_div_scale: at least 16 significant digits and no fewer places than either operand.
  static func quotientScale(_ left: Numeric, _ right: Numeric) -> Int {
    let (leftWeight, leftFirst) = left.leadingGroup
    let (rightWeight, rightFirst) = right.leadingGroup
    var weight = leftWeight - rightWeight
    if leftFirst <= rightFirst { weight -= 1 }
    let scale = Swift.max(significantDigits - weight * 4, left.scale, right.scale, 0)
    return Swift.min(scale, displayScaleLimit)
  }

  /// Weight and value of the first base-10000 digit; zeros for zero.
  var leadingGroup: (weight: Int, digit: Int) {
    switch storage {
    case .small(let coefficient, let scale):
      if coefficient == 0 { return (0, 0) }
      var places = 0
      var rest = coefficient.magnitude
      while rest > 0 {
        rest /= 10
        places += 1
      }
      // The highest decimal digit counts 10^(places - scale - 1).
      let exponent = places - Int(scale) - 1
      let weight = exponent >= 0 ? exponent / 4 : -((3 - exponent) / 4)
      // The group is the value divided by 10000^weight = 10^(4·weight).
      let shift = -(4 * weight) - Int(scale)
      if shift >= 0 {
        return (weight, Int(coefficient.magnitude) * Int(Self.powersOfTen[shift]))
      }
      return (weight, -shift > 18 ? 0 : Int(coefficient.magnitude / UInt64(Self.powersOfTen[-shift])))
    case .big(let digits): return (digits.weight, Int(digits.digits.first ?? 0))
    case .nan, .infinity: return (0, 0)
    }
  }

  /// The remainder with the dividend's sign.
  public func remainder(dividingBy other: Numeric, _ pace: EvaluationPace? = nil) throws(SQLError) -> Numeric {
    if !isFinite || !other.isFinite {
      if isNaN || other.isNaN { return .nan }
      if isInfinite {
        if other.signum == 0 { throw Self.divisionByZero }
        return .nan
      }
      return self
    }
    if other.signum == 0 { throw Self.divisionByZero }
    if case .small(let left, let leftScale) = storage, case .small(let right, let rightScale) = other.storage,
      let (a, b, scale) = Self.aligned(left, leftScale, right, rightScale), b != 0
    {
      return Numeric(storage: .small(a % b, scale))
    }
    let scale = Swift.max(self.scale, other.scale)
    let quotient = try DecimalDigits.divide(digits, other.digits, scale: 0, rounding: false, pace)
    var rest = try digits - DecimalDigits.multiply(quotient, other.digits, scale: other.scale, pace)
    rest.scale = scale
    return try Numeric(checking: rest)
  }

  /// The quotient truncated to an integer (`div`).
  public func truncatedQuotient(_ other: Numeric, _ pace: EvaluationPace? = nil) throws(SQLError) -> Numeric {
    if !isFinite || !other.isFinite { return try divided(by: other, pace) }
    if other.signum == 0 { throw Self.divisionByZero }
    return try Numeric(checking: DecimalDigits.divide(digits, other.digits, scale: 0, rounding: false, pace))
  }

  /// Rounds half away from zero to `places` after the decimal point, which may be negative.
  public func rounded(to places: Int) throws(SQLError) -> Numeric {
    guard isFinite else { return self }
    let places = Swift.max(Swift.min(places, Self.scaleLimit), -Self.weightLimit * 4)
    if case .small(let coefficient, let scale) = storage, places >= 0, places <= Int(scale) {
      if places == Int(scale) { return self }
      let unit = Self.powersOfTen[Int(scale) - places]
      var quotient = coefficient / unit
      let rest = (coefficient % unit).magnitude
      if rest >= unit.magnitude - rest { quotient += coefficient < 0 ? -1 : 1 }
      return Numeric(storage: .small(quotient, UInt8(places)))
    }
    return try Numeric(checking: digits.rounded(to: places))
  }

  public func truncated(to places: Int) -> Numeric {
    guard isFinite else { return self }
    let places = Swift.max(Swift.min(places, Self.scaleLimit), -Self.weightLimit * 4)
    return Numeric(digits.truncated(to: places))
  }

  public func floor() throws(SQLError) -> Numeric {
    guard isFinite else { return self }
    let whole = truncated(to: 0)
    return signum < 0 && whole != self ? try whole.subtracting(.one) : whole
  }

  public func ceiling() throws(SQLError) -> Numeric {
    guard isFinite else { return self }
    let whole = truncated(to: 0)
    return signum > 0 && whole != self ? try whole.adding(.one) : whole
  }

  /// Rounds to the scale of numeric(precision, scale) and checks that the digits before the point fit; the scale may
  /// be negative or greater than the precision.
  public func constrained(precision: Int, scale: Int) throws(SQLError) -> Numeric {
    if isNaN { return self }
    func tooBig(_ reason: String) -> SQLError {
      SQLError("22003", "numeric field overflow", detail: reason)
    }
    if isInfinite {
      throw tooBig("A field with precision \(precision), scale \(scale) cannot hold an infinite value.")
    }
    let value = try rounded(to: scale)
    let limit = precision - scale
    if value.signum != 0, value.decimalWeight >= limit {
      throw tooBig(
        "A field with precision \(precision), scale \(scale) must round to an absolute value less than "
          + (limit == 0 ? "1" : "10^\(limit)") + ".")
    }
    return value
  }

  /// The exponent of ten of the highest decimal digit of a number other than zero.
  var decimalWeight: Int {
    let (weight, digit) = leadingGroup
    return weight * 4 + (digit >= 1000 ? 3 : digit >= 100 ? 2 : digit >= 10 ? 1 : 0)
  }

  /// Without trailing zeros after the point (`trim_scale`).
  public var trimmed: Numeric {
    guard isFinite else { return self }
    var result = digits
    result.scale = result.minimalScale
    return Numeric(result)
  }
}
