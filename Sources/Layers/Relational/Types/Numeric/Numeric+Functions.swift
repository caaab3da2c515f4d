/// Roots, exponentials, logarithms and powers to PostgreSQL's result scales.
///
/// The scale of a result follows from an estimate of its decimal weight, so that it has about 16 significant digits and
/// no fewer places than its arguments; the sums run with some digits more.
extension Numeric {
  private static func bounded(_ scale: Int, _ arguments: Int...) -> Int {
    Swift.min(arguments.reduce(Swift.max(scale, 0)) { Swift.max($0, $1) }, displayScaleLimit)
  }

  public func squareRoot(_ pace: EvaluationPace? = nil) throws(SQLError) -> Numeric {
    if isNaN { return self }
    if signum < 0 { throw SQLError("2201F", "cannot take square root of a negative number") }
    if isInfinite { return self }
    let exponent = (digits.weight + 1) * 4
    let rootWeight = (exponent >= 0 ? exponent / 2 : -(-exponent / 2)) - 1
    return try squareRoot(scale: Self.bounded(Self.significantDigits - rootWeight, scale), pace)
  }

  /// The root of a finite number that isn't negative, to `scale` places.
  func squareRoot(scale: Int, _ pace: EvaluationPace?) throws(SQLError) -> Numeric {
    let value = digits
    if value.digits.isEmpty { return Numeric(value.rounded(to: scale)) }
    let working = scale + 8
    // Newton's iteration doubles the correct digits of the double estimate each time.
    var leading = 0.0
    var unit = 1.0
    for digit in value.digits.prefix(4) {
      leading += Double(digit) * unit
      unit /= 10000
    }
    var root = Numeric(leading.squareRoot()).digits.shifted(decimalPlaces: value.weight * 2)
    let half = DecimalDigits(digits: [5000], weight: -1, scale: 1, isNegative: false)
    // With few digits as long as few are right; `wholeDigits` of them stand before the point.
    let wholeDigits = (root.weight + 1) * 4
    var right = 12
    while 2 * right < working + wholeDigits {
      let places = 2 * right + 8 - wholeDigits
      let sum = try root + DecimalDigits.divide(value, root, scale: places, pace)
      root = try DecimalDigits.multiply(sum, half, scale: places, pace)
      right = 2 * right - 4
    }
    var previous = root
    for _ in 0..<64 {
      let sum = try root + DecimalDigits.divide(value, root, scale: working + 4, pace)
      root = try DecimalDigits.multiply(sum, half, scale: working + 4, pace)
      if (root - previous).rounded(to: working).digits.isEmpty { break }
      previous = root
    }
    // The iteration may stop a hair above a root that lies just below the middle between two results.
    let rounded = root.rounded(to: scale)
    let halfUnit = DecimalDigits(magnitude: 5, negative: false).shifted(decimalPlaces: -scale - 1)
    var middle = rounded - halfUnit
    middle.scale = scale + 1
    if !middle.isNegative, try DecimalDigits.multiply(middle, middle, scale: 2 * scale + 2, pace).compare(value) > 0 {
      return Numeric((middle - halfUnit).rounded(to: scale))
    }
    return Numeric(rounded)
  }

  public func exponential(_ pace: EvaluationPace? = nil) throws(SQLError) -> Numeric {
    if isNaN { return self }
    if isInfinite { return signum < 0 ? .zero : self }
    let weight = Swift.max(Swift.min(doubleValue * 0.434294481903252, 2000), -2000)
    let scale = Self.bounded(Self.significantDigits - Int(weight), self.scale)
    return try Numeric(checking: Self.exponential(digits, scale: scale, pace))
  }

  static func exponential(
    _ argument: DecimalDigits, scale: Int, _ pace: EvaluationPace?
  ) throws(SQLError) -> DecimalDigits {
    let value = Numeric(argument).doubleValue
    if value.magnitude >= 6000 {
      if value > 0 { throw overflow }
      var zero = DecimalDigits()
      zero.scale = scale
      return zero
    }
    // Halve until the series converges fast, then square as often.
    var halvings = 0
    var reduced = value.magnitude
    while reduced > 0.01 {
      reduced /= 2
      halvings += 1
    }
    let weight = value * 0.434294481903252
    let working = Swift.max(scale + Int(weight.magnitude) + 10 + halvings, 12)
    let divisor = DecimalDigits(magnitude: 1 << UInt64(halvings), negative: false)
    let x = try DecimalDigits.divide(argument, divisor, scale: working, pace)
    var sum = DecimalDigits(magnitude: 1, negative: false) + x
    var term = x
    var index: UInt64 = 2
    while !term.digits.isEmpty {
      term = try DecimalDigits.multiply(term, x, scale: working, pace)
      term = try DecimalDigits.divide(term, DecimalDigits(magnitude: index, negative: false), scale: working, pace)
      sum = sum + term
      index += 1
    }
    for _ in 0..<halvings { sum = try DecimalDigits.multiply(sum, sum, scale: working, pace) }
    return sum.rounded(to: scale)
  }

  private static var logarithmOfZero: SQLError { SQLError("2201E", "cannot take logarithm of zero") }
  private static var logarithmOfNegative: SQLError { SQLError("2201E", "cannot take logarithm of a negative number") }

  private func checkLogarithm() throws(SQLError) {
    if isNaN { return }
    if signum == 0 { throw Self.logarithmOfZero }
    if signum < 0 { throw Self.logarithmOfNegative }
  }

  public func naturalLogarithm(_ pace: EvaluationPace? = nil) throws(SQLError) -> Numeric {
    try checkLogarithm()
    if !isFinite { return self }
    let scale = Self.bounded(Self.significantDigits - logarithmWeight, self.scale)
    return try Numeric(checking: Self.naturalLogarithm(digits, scale: scale, pace))
  }

  /// The decimal weight of ln(self), estimated.
  private var logarithmWeight: Int {
    let value = digits
    let low = DecimalDigits(digits: [9000], weight: -1, scale: 1, isNegative: false)
    let high = DecimalDigits(digits: [1, 1000], weight: 0, scale: 1, isNegative: false)
    if value.compare(low) >= 0, value.compare(high) <= 0 {
      let difference = value - DecimalDigits(magnitude: 1, negative: false)
      guard let first = difference.digits.first else { return 0 }
      return difference.weight * 4 + Int(Mathematics.log10(Double(first)))
    }
    guard let first = value.digits.first else { return 0 }
    var leading = Double(first)
    var weight = value.weight * 4
    if value.digits.count > 1 {
      leading = leading * 10000 + Double(value.digits[1])
      weight -= 4
    }
    let logarithm = Mathematics.log(leading) + Double(weight) * 2.302585092994046
    return Int(Mathematics.log10(logarithm.magnitude))
  }

  /// Groups before the point, or zeros behind it, beyond which an argument's power of ten is taken out first.
  private static let reducedWeight = 16

  static func naturalLogarithm(
    _ argument: DecimalDigits, scale: Int, _ pace: EvaluationPace?
  ) throws(SQLError) -> DecimalDigits {
    if argument.weight.magnitude > reducedWeight {
      return try reducedLogarithm(argument, scale: scale, pace)
    }
    // Take square roots until the argument is near 1, then ln(x) = 2 artanh((x - 1) / (x + 1)).
    var x = argument
    let one = DecimalDigits(magnitude: 1, negative: false)
    let low = DecimalDigits(digits: [9000], weight: -1, scale: 1, isNegative: false)
    let high = DecimalDigits(digits: [1, 1000], weight: 0, scale: 1, isNegative: false)
    let working = scale + 16
    var factor: UInt64 = 2
    while x.compare(low) < 0 || x.compare(high) > 0 {
      x = try root(x, scale: working + Swift.max(0, -x.weight * 4), pace)
      factor *= 2
    }
    let y = try DecimalDigits.divide(x - one, x + one, scale: working, pace)
    let square = try DecimalDigits.multiply(y, y, scale: working, pace)
    var sum = y
    var power = y
    var index: UInt64 = 3
    while !power.digits.isEmpty {
      power = try DecimalDigits.multiply(power, square, scale: working, pace)
      sum =
        try sum + DecimalDigits.divide(power, DecimalDigits(magnitude: index, negative: false), scale: working, pace)
      index += 2
    }
    return try DecimalDigits.multiply(sum, DecimalDigits(magnitude: factor, negative: false), scale: scale, pace)
  }

  /// ln(m × 10000^w) = ln(m) + 4 w ln(10), with no more digits of m than the result shows.
  private static func reducedLogarithm(
    _ argument: DecimalDigits, scale: Int, _ pace: EvaluationPace?
  ) throws(SQLError) -> DecimalDigits {
    let working = scale + 16
    var mantissa = argument
    mantissa.weight = 0
    mantissa = mantissa.truncated(to: working + 8)
    let ten = DecimalDigits(magnitude: 10, negative: false)
    let exponent = argument.weight * 4
    let factor = DecimalDigits(magnitude: UInt64(exponent.magnitude), negative: exponent < 0)
    let part = try DecimalDigits.multiply(
      naturalLogarithm(ten, scale: working, pace), factor, scale: working, pace)
    return (try naturalLogarithm(mantissa, scale: working, pace) + part).rounded(to: scale)
  }

  /// The square root to `scale` places, by Newton's iteration from a power of ten.
  private static func root(
    _ value: DecimalDigits, scale: Int, _ pace: EvaluationPace?
  ) throws(SQLError) -> DecimalDigits {
    let group = Numeric(value).leadingGroup
    var root = Numeric(Double(group.digit).squareRoot()).digits.shifted(decimalPlaces: group.weight * 2)
    let half = DecimalDigits(digits: [5000], weight: -1, scale: 1, isNegative: false)
    for _ in 0..<200 {
      let next = try DecimalDigits.multiply(
        root + DecimalDigits.divide(value, root, scale: scale + 2, pace), half, scale: scale + 2, pace)
      let isDone = (next - root).rounded(to: scale).digits.isEmpty
      root = next
      if isDone { break }
    }
    return root.rounded(to: scale)
  }

  /// The logarithm to `base`; `log(x)` has base 10.
  public func logarithm(base: Numeric, _ pace: EvaluationPace? = nil) throws(SQLError) -> Numeric {
    if isNaN || base.isNaN { return .nan }
    try base.checkLogarithm()
    try checkLogarithm()
    if isInfinite { return base.isInfinite ? .nan : .infinity }
    if base.isInfinite { return .zero }
    let baseWeight = base.logarithmWeight
    let weight = logarithmWeight
    let resultWeight = weight - baseWeight
    let scale = Self.bounded(Self.significantDigits - resultWeight, base.scale, self.scale)
    let baseLogarithm = try Self.naturalLogarithm(
      base.digits, scale: Swift.max(scale + resultWeight - baseWeight + 8, 0), pace)
    let logarithm = try Self.naturalLogarithm(digits, scale: Swift.max(scale + resultWeight - weight + 8, 0), pace)
    if baseLogarithm.digits.isEmpty { throw Self.divisionByZero }
    return try Numeric(checking: DecimalDigits.divide(logarithm, baseLogarithm, scale: scale, pace))
  }

  // MARK: Power

  public func power(_ exponent: Numeric, _ pace: EvaluationPace? = nil) throws(SQLError) -> Numeric {
    if !isFinite || !exponent.isFinite { return try specialPower(exponent) }
    if signum == 0, exponent.signum < 0 {
      throw SQLError("2201F", "zero raised to a negative power is undefined")
    }
    let isWhole = exponent.truncated(to: 0) == exponent
    if signum < 0, !isWhole {
      throw SQLError("2201F", "a negative number raised to a non-integer power yields a complex result")
    }
    if isWhole, let integer = exponent.roundedInt64, let count = Int32(exactly: integer) {
      return try power(integer: Int(count), pace)
    }
    if signum == 0 { return Numeric(DecimalDigits().rounded(to: Self.significantDigits)) }
    let base = magnitude
    let baseWeight = base.logarithmWeight
    let estimateScale = Swift.max(8 - baseWeight, 0)
    let estimate = try DecimalDigits.multiply(
      Self.naturalLogarithm(base.digits, scale: estimateScale, pace), exponent.digits, scale: estimateScale, pace)
    let value = Numeric(estimate).doubleValue
    if value.magnitude > 2000 * 3.01 {
      if value > 0 { throw Self.overflow }
      return Numeric(DecimalDigits().rounded(to: Self.displayScaleLimit))
    }
    let weight = Int(value * 0.434294481903252)
    let scale = Self.bounded(Self.significantDigits - weight, self.scale, exponent.scale)
    let working = Swift.max(Swift.max(scale + weight, 0) - baseWeight + 8, 0)
    let logarithm = try DecimalDigits.multiply(
      Self.naturalLogarithm(base.digits, scale: working, pace), exponent.digits, scale: working, pace)
    let result = try Self.exponential(logarithm, scale: scale, pace)
    let isOdd = isWhole && exponent.truncated(to: 0).digits.digit(at: 0) & 1 == 1
    return try Numeric(checking: signum < 0 && isOdd ? result.negated : result)
  }

  private func power(integer exponent: Int, _ pace: EvaluationPace?) throws(SQLError) -> Numeric {
    let value = digits
    var weight = 0.0
    if !value.digits.isEmpty {
      var leading = Double(value.digits[0])
      var places = value.weight * 4
      var index = 1
      while index < value.digits.count, index * 4 < 16 {
        leading = leading * 10000 + Double(value.digits[index])
        places -= 4
        index += 1
      }
      weight = Double(exponent) * (Mathematics.log10(leading) + Double(places))
    }
    if weight > Double((Self.weightLimit + 1) * 4) { throw Self.overflow }
    let scale = Self.bounded(Self.significantDigits, self.scale)
    if weight + 1 < Double(-scale) { return Numeric(DecimalDigits().rounded(to: scale)) }
    let one = DecimalDigits(magnitude: 1, negative: false)
    switch exponent {
    case 0: return Numeric(one.rounded(to: scale))
    case 1: return Numeric(value.rounded(to: scale))
    case -1: return try Numeric(checking: DecimalDigits.divide(one, value, scale: scale, pace))
    case 2: return try Numeric(checking: DecimalDigits.multiply(value, value, scale: scale, pace))
    default: break
    }
    if value.digits.isEmpty { return Numeric(value.rounded(to: scale)) }
    let significant = 1 + scale + Int(weight) + Int(Mathematics.log(Double(exponent.magnitude))) + 8
    var square = value
    var result = exponent & 1 == 1 ? value : one
    var mask = exponent.magnitude >> 1
    func product(_ left: DecimalDigits, _ right: DecimalDigits) throws(SQLError) -> DecimalDigits {
      let places = Swift.max(significant - 4 * (left.weight + right.weight), 0)
      return try DecimalDigits.multiply(left, right, scale: Swift.min(places, left.scale + right.scale), pace)
    }
    while mask > 0 {
      square = try product(square, square)
      if mask & 1 == 1 { result = try product(square, result) }
      if square.weight > Self.weightLimit || result.weight > Self.weightLimit {
        if exponent > 0 { throw Self.overflow }
        return Numeric(DecimalDigits().rounded(to: scale))
      }
      mask >>= 1
    }
    if exponent > 0 { return try Numeric(checking: result.rounded(to: scale)) }
    if result.digits.isEmpty { throw Self.overflow }
    return try Numeric(checking: DecimalDigits.divide(one, result, scale: scale, pace))
  }

  /// Powers with NaN or an infinity on one side, after the rules of C's pow.
  private func specialPower(_ exponent: Numeric) throws(SQLError) -> Numeric {
    if isNaN { return exponent.isFinite && exponent.signum == 0 ? .one : .nan }
    if exponent.isNaN { return isFinite && self == .one ? .one : .nan }
    if exponent.isInfinite {
      if signum == 0, exponent.signum < 0 {
        throw SQLError("2201F", "zero raised to a negative power is undefined")
      }
      if isFinite, self == .one { return .one }
      let order = isInfinite ? 1 : magnitude.compare(.one)
      if order == 0 { return .one }
      return (order > 0) == (exponent.signum > 0) ? .infinity : .zero
    }
    if exponent.signum == 0 { return .one }
    if exponent.signum < 0 { return .zero }
    if signum > 0 { return .infinity }
    guard exponent.truncated(to: 0) == exponent else {
      throw SQLError("2201F", "a negative number raised to a non-integer power yields a complex result")
    }
    return exponent.digits.digit(at: 0) & 1 == 1 ? .negativeInfinity : .infinity
  }
}
