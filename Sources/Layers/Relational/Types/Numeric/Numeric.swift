/// An arbitrary-precision decimal number with PostgreSQL's rules.
///
/// A value carries its display scale: 1.0 and 1.00 are equal and hash alike, but print differently. Up to 131072 digits
/// before and 16383 after the decimal point, NaN (equal to itself, greater than everything) and both infinities.
/// Values whose digits fit 64 bits, with up to 16 of them after the point, are held and computed without allocation.
public struct Numeric: Sendable {
  enum Storage: Sendable {
    /// `coefficient` × 10^-`scale`; scale ≤ `smallScaleLimit`, coefficient > Int64.min.
    case small(Int64, UInt8)
    indirect case big(DecimalDigits)
    case nan
    case infinity(negative: Bool)
  }

  let storage: Storage

  /// Digits after the point that the compact form can hold.
  static let smallScaleLimit = 16
  /// Digits after the point that an operation's result keeps at most (NUMERIC_MAX_DISPLAY_SCALE).
  static let displayScaleLimit = 1000
  /// Significant digits that division and functions give at least (NUMERIC_MIN_SIG_DIGITS).
  static let significantDigits = 16
  /// Digits after the point that any value may have.
  static let scaleLimit = 16383
  /// Greatest power of 10000 a value may have.
  static let weightLimit = 32767

  init(storage: Storage) { self.storage = storage }

  public init(_ value: Int64) {
    self.init(
      storage: value == .min ? .big(DecimalDigits(magnitude: value.magnitude, negative: true)) : .small(value, 0))
  }

  @inlinable public init(_ value: Int32) { self.init(Int64(value)) }
  @inlinable public init(_ value: Int) { self.init(Int64(value)) }

  /// `coefficient` × 10^-`scale`.
  public init(coefficient: Int64, scale: Int) {
    if scale >= 0, scale <= Self.smallScaleLimit, coefficient != .min {
      self.init(storage: .small(coefficient, UInt8(scale)))
    } else {
      var digits = DecimalDigits(magnitude: coefficient.magnitude, negative: coefficient < 0)
      digits = digits.shifted(decimalPlaces: -scale)
      digits.scale = Swift.max(0, scale)
      self.init(digits)
    }
  }

  /// Takes digits that are within the format's limits, in the compact form when they fit.
  init(_ digits: DecimalDigits) {
    if let (coefficient, scale) = digits.compact {
      self.init(storage: .small(coefficient, scale))
    } else {
      self.init(storage: .big(digits))
    }
  }

  /// Takes the result of an operation: checks the limits.
  init(checking digits: DecimalDigits) throws(SQLError) {
    if !digits.digits.isEmpty, digits.weight > Self.weightLimit { throw Self.overflow }
    self.init(digits)
  }

  static var overflow: SQLError { SQLError("22003", "value overflows numeric format") }

  public static let zero = Numeric(Int64(0))
  public static let one = Numeric(Int64(1))
  public static let nan = Numeric(storage: .nan)
  public static let infinity = Numeric(storage: .infinity(negative: false))
  public static let negativeInfinity = Numeric(storage: .infinity(negative: true))

  public var isNaN: Bool {
    if case .nan = storage { return true }
    return false
  }

  public var isInfinite: Bool {
    if case .infinity = storage { return true }
    return false
  }

  public var isFinite: Bool {
    switch storage {
    case .small, .big: return true
    case .nan, .infinity: return false
    }
  }

  /// Digits after the decimal point that are shown; 0 for NaN and infinities.
  public var scale: Int {
    switch storage {
    case .small(_, let scale): return Int(scale)
    case .big(let digits): return digits.scale
    case .nan, .infinity: return 0
    }
  }

  /// -1, 0 or 1; 1 for NaN.
  public var signum: Int {
    switch storage {
    case .small(let coefficient, _): return coefficient == 0 ? 0 : coefficient < 0 ? -1 : 1
    case .big(let digits): return digits.digits.isEmpty ? 0 : digits.isNegative ? -1 : 1
    case .nan: return 1
    case .infinity(let negative): return negative ? -1 : 1
    }
  }

  /// Bytes outside the value itself.
  public var heapSize: Int {
    if case .big(let digits) = storage { return 80 + 2 * digits.digits.count }
    return 0
  }

  /// The digits of a finite value; of zero for the others.
  var digits: DecimalDigits {
    switch storage {
    case .small(let coefficient, let scale): return DecimalDigits(coefficient: coefficient, scale: Int(scale))
    case .big(let digits): return digits
    case .nan, .infinity: return DecimalDigits()
    }
  }

  static let powersOfTen: [Int64] = (0...18).map { exponent in (0..<exponent).reduce(1) { value, _ in value * 10 } }
}

// MARK: - Order

extension Numeric: Hashable, Comparable {
  public static func == (left: Numeric, right: Numeric) -> Bool { left.compare(right) == 0 }
  public static func < (left: Numeric, right: Numeric) -> Bool { left.compare(right) < 0 }

  /// -1, 0 or 1 in the total order -Infinity < numbers < Infinity < NaN.
  public func compare(_ other: Numeric) -> Int {
    if case .small(let left, let leftScale) = storage, case .small(let right, let rightScale) = other.storage {
      if leftScale == rightScale { return left < right ? -1 : left > right ? 1 : 0 }
      if let order = Self.compareScaled(left, leftScale, right, rightScale) { return order }
    }
    let leftRank = rank
    let rightRank = other.rank
    if leftRank != 0 || rightRank != 0 { return leftRank < rightRank ? -1 : leftRank > rightRank ? 1 : 0 }
    return digits.compare(other.digits)
  }

  private static func compareScaled(_ left: Int64, _ leftScale: UInt8, _ right: Int64, _ rightScale: UInt8) -> Int? {
    var left = left
    var right = right
    if leftScale < rightScale {
      let (product, overflow) = left.multipliedReportingOverflow(by: powersOfTen[Int(rightScale - leftScale)])
      if overflow { return nil }
      left = product
    } else {
      let (product, overflow) = right.multipliedReportingOverflow(by: powersOfTen[Int(leftScale - rightScale)])
      if overflow { return nil }
      right = product
    }
    return left < right ? -1 : left > right ? 1 : 0
  }

  private var rank: Int {
    switch storage {
    case .small, .big: return 0
    case .nan: return 2
    case .infinity(let negative): return negative ? -1 : 1
    }
  }

  public func hash(into hasher: inout Hasher) {
    switch storage {
    case .nan: hasher.combine(2 as UInt8)
    case .infinity(let negative): hasher.combine(negative ? 3 : 4 as UInt8)
    case .small(var coefficient, var scale):
      while scale > 0, coefficient % 10 == 0 {
        coefficient /= 10
        scale -= 1
      }
      hasher.combine(coefficient)
      hasher.combine(scale)
    case .big(let digits):
      // Equal values hash alike whatever their form: what fits the compact form without trailing zeros hashes as it.
      var stripped = digits
      stripped.scale = digits.minimalScale
      if let (coefficient, scale) = stripped.compact {
        hasher.combine(coefficient)
        hasher.combine(scale)
      } else {
        hasher.combine(digits.isNegative)
        hasher.combine(digits.weight)
        hasher.combine(digits.digits)
      }
    }
  }
}
