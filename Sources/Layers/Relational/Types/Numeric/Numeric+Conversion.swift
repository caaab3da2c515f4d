/// Conversion between decimals, integers and binary floating point.
extension Numeric {
  /// The nearest integer (half away from zero), nil beyond 64 bits or when not finite.
  public var roundedInt64: Int64? {
    switch storage {
    case .small(let coefficient, 0): return coefficient
    case .small, .big:
      let whole = digits.rounded(to: 0)
      if let (coefficient, _) = whole.compact { return coefficient }
      // The compact form leaves Int64.min out.
      return whole.isNegative && whole.compare(DecimalDigits(magnitude: Int64.min.magnitude, negative: true)) == 0
        ? .min : nil
    case .nan, .infinity: return nil
    }
  }

  /// The nearest double; infinite beyond its range.
  public var doubleValue: Double {
    switch storage {
    case .nan: return .nan
    case .infinity(let negative): return negative ? -.infinity : .infinity
    case .small(let coefficient, 0) where coefficient.magnitude <= 1 << 53: return Double(coefficient)
    case .small(let coefficient, let scale) where coefficient.magnitude <= 1 << 53:
      // Both operands are exact, so the one rounding is the correct one.
      return Double(coefficient) / Double(Self.powersOfTen[Int(scale)])
    case .small: return Double(description) ?? .nan
    case .big(let digits): return Double(digits.scientificNotation) ?? .nan
    }
  }

  /// The nearest single-precision number; infinite beyond its range.
  public var floatValue: Float {
    switch storage {
    case .nan: return .nan
    case .infinity(let negative): return negative ? -.infinity : .infinity
    case .small: return Float(description) ?? .nan
    case .big(let digits): return Float(digits.scientificNotation) ?? .nan
    }
  }

  /// The decimal with 15 significant digits that is nearest to `value`, as PostgreSQL converts.
  public init(_ value: Double) { self.init(value, significantDigits: 15) }

  /// The decimal with 6 significant digits that is nearest to `value`.
  public init(_ value: Float) { self.init(Double(value), significantDigits: 6) }

  private init(_ value: Double, significantDigits: Int) {
    if value.isNaN {
      self = .nan
    } else if value.isInfinite {
      self = value < 0 ? .negativeInfinity : .infinity
    } else if value == 0 {
      self = .zero
    } else {
      let exact = Self.exact(value)
      // Round to the wanted digits, then drop trailing zeros after the point, as printf's %g does.
      var digits = exact.rounded(to: significantDigits - 1 - Numeric(exact).decimalWeight)
      digits.scale = digits.minimalScale
      self.init(digits)
    }
  }

  /// `value` to `places` after the point as C's printf rounds: its exact digits, ties to even.
  static func printed(_ value: Double, places: Int) -> Numeric {
    if value == 0 { return Numeric(DecimalDigits().rounded(to: places)) }
    let digits = exact(value.magnitude)
    let cut = digits.truncated(to: places)
    let rest = digits - cut
    let half = DecimalDigits(magnitude: 5, negative: false).shifted(decimalPlaces: -places - 1)
    let isEven = cut.shifted(decimalPlaces: places).digit(at: 0) & 1 == 0
    return Numeric(rest.compare(half) == 0 && isEven ? cut : digits.rounded(to: places))
  }

  /// The product of two whole numbers of a few hundred digits, or of one and a half.
  private static func product(_ left: DecimalDigits, _ right: DecimalDigits) -> DecimalDigits {
    // Without a pace nothing throws.
    (try? DecimalDigits.multiply(left, right, scale: 0)) ?? DecimalDigits()
  }

  /// All digits of a finite double other than zero.
  private static func exact(_ value: Double) -> DecimalDigits {
    var digits = DecimalDigits(
      magnitude: value.significandBitPattern | (value.isNormal ? 1 << 52 : 0), negative: value < 0)
    var exponent = (value.isNormal ? Int(value.exponentBitPattern) : 1) - 1075
    while exponent < 0, !digits.digits.isEmpty, digits.weight == digits.digits.count - 1,
      digits.digits[digits.digits.count - 1] & 1 == 0
    {
      digits = product(digits, DecimalDigits(digits: [5000], weight: -1, scale: 1, isNegative: false))
      exponent += 1
    }
    func power(_ base: UInt64, _ count: Int) -> DecimalDigits {
      var result = DecimalDigits(magnitude: 1, negative: false)
      var square = DecimalDigits(magnitude: base, negative: false)
      var count = count
      while count > 0 {
        if count & 1 == 1 { result = product(result, square) }
        square = product(square, square)
        count >>= 1
      }
      return result
    }
    if exponent > 0 {
      digits = product(digits, power(2, exponent))
    } else if exponent < 0 {
      // × 2^exponent = × 5^-exponent × 10^exponent
      digits = product(digits, power(5, -exponent)).shifted(decimalPlaces: exponent)
      digits.scale = digits.minimalScale
    }
    return digits
  }
}

extension DecimalDigits {
  /// Groups with which a decimal still rounds to the right double: the middle between two of them has up to 767 digits.
  private static let roundingGroups = 200

  /// The value as "123e45" for a conversion to binary floating point. What lies beyond the digits that can matter is
  /// told by one more digit.
  var scientificNotation: String {
    var bytes: [UInt8] = isNegative ? [UInt8(ascii: "-")] : []
    let shown = digits.prefix(Self.roundingGroups)
    for group in shown { bytes.appendDecimal(UInt64(group), width: 4) }
    var exponent = (weight - shown.count + 1) * 4
    if shown.count < digits.count {
      bytes.append(UInt8(ascii: "1"))
      exponent -= 1
    }
    if shown.isEmpty { bytes.append(UInt8(ascii: "0")) }
    return String(decoding: bytes, as: UTF8.self) + "e\(exponent)"
  }
}
