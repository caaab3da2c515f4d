/// + - * / % and the bit operators over numbers, with PostgreSQL's overflow errors.
extension FunctionCatalogue {
  private static var divisionByZero: SQLError { SQLError("22012", "division by zero") }
  private static func outOfRange(_ type: BaseType) -> SQLError { SQLError("22003", "\(type.name) out of range") }

  static func integer(_ value: Int64, _ type: BaseType) throws(SQLError) -> Datum {
    switch type {
    case .smallint:
      guard let narrow = Int16(exactly: value) else { throw outOfRange(type) }
      return .smallint(narrow)
    case .integer:
      guard let narrow = Int32(exactly: value) else { throw outOfRange(type) }
      return .integer(narrow)
    default: return .bigint(value)
    }
  }

  mutating func addArithmetic() {
    let integers: [BaseType] = [.smallint, .integer, .bigint]
    for (leftRank, left) in integers.enumerated() {
      for (rightRank, right) in integers.enumerated() {
        let result = integers[max(leftRank, rightRank)]
        addIntegerArithmetic(left, right, result)
        if left == right {
          addIntegerBits(left)
          infix("%", left, left, left) { a, b throws(SQLError) in
            let divisor = try b.int64
            if divisor == 0 { throw Self.divisionByZero }
            return try Self.integer(divisor == -1 ? 0 : a.int64 % divisor, left)
          }
        }
      }
      prefix("-", left, left) { a throws(SQLError) in
        let value = try a.int64
        if value == .min { throw Self.outOfRange(left) }
        return try Self.integer(-value, left)
      }
      prefix("+", left, left) { a in a }
    }
    addFloatArithmetic()
    addNumericArithmetic()
  }

  private mutating func addIntegerArithmetic(_ left: BaseType, _ right: BaseType, _ result: BaseType) {
    if result == .integer {
      // The commonest case has a body of its own.
      infix("+", left, right, result) { a, b throws(SQLError) in
        let (sum, overflow) = try a.int32.addingReportingOverflow(try b.int32)
        if overflow { throw Self.outOfRange(.integer) }
        return .integer(sum)
      }
    } else {
      infix("+", left, right, result) { a, b throws(SQLError) in
        let (sum, overflow) = try a.int64.addingReportingOverflow(try b.int64)
        if overflow { throw Self.outOfRange(result) }
        return try Self.integer(sum, result)
      }
    }
    infix("-", left, right, result) { a, b throws(SQLError) in
      let (difference, overflow) = try a.int64.subtractingReportingOverflow(try b.int64)
      if overflow { throw Self.outOfRange(result) }
      return try Self.integer(difference, result)
    }
    infix("*", left, right, result) { a, b throws(SQLError) in
      let (product, overflow) = try a.int64.multipliedReportingOverflow(by: try b.int64)
      if overflow { throw Self.outOfRange(result) }
      return try Self.integer(product, result)
    }
    infix("/", left, right, result) { a, b throws(SQLError) in
      let (dividend, divisor) = (try a.int64, try b.int64)
      if divisor == 0 { throw Self.divisionByZero }
      if divisor == -1, dividend == .min { throw Self.outOfRange(result) }
      return try Self.integer(dividend / divisor, result)
    }
  }

  private mutating func addIntegerBits(_ type: BaseType) {
    infix("&", type, type, type) { a, b throws(SQLError) in try Self.integer(a.int64 & b.int64, type) }
    infix("|", type, type, type) { a, b throws(SQLError) in try Self.integer(a.int64 | b.int64, type) }
    infix("#", type, type, type) { a, b throws(SQLError) in try Self.integer(a.int64 ^ b.int64, type) }
    prefix("~", type, type) { a throws(SQLError) in try Self.integer(~a.int64, type) }
    // As the processor does: the distance counts modulo the width; a smallint shifts as an integer.
    infix("<<", type, .integer, type) { a, b throws(SQLError) in
      switch a {
      case .smallint(let value): return .smallint(Int16(truncatingIfNeeded: Int32(value) &<< (try b.int32)))
      case .integer(let value): return .integer(value &<< (try b.int32))
      default: return .bigint(try a.int64 &<< (try b.int64))
      }
    }
    infix(">>", type, .integer, type) { a, b throws(SQLError) in
      switch a {
      case .smallint(let value): return .smallint(Int16(truncatingIfNeeded: Int32(value) &>> (try b.int32)))
      case .integer(let value): return .integer(value &>> (try b.int32))
      default: return .bigint(try a.int64 &>> (try b.int64))
      }
    }
  }

  // MARK: Floating point

  static var floatOverflow: SQLError { SQLError("22003", "value out of range: overflow") }
  static var floatUnderflow: SQLError { SQLError("22003", "value out of range: underflow") }

  static func sum(_ a: Double, _ b: Double) throws(SQLError) -> Double {
    let result = a + b
    if result.isInfinite, !a.isInfinite, !b.isInfinite { throw floatOverflow }
    return result
  }

  static func product(_ a: Double, _ b: Double) throws(SQLError) -> Double {
    let result = a * b
    if result.isInfinite, !a.isInfinite, !b.isInfinite { throw floatOverflow }
    if result == 0, a != 0, b != 0 { throw floatUnderflow }
    return result
  }

  static func quotient(_ a: Double, _ b: Double) throws(SQLError) -> Double {
    if b == 0, !a.isNaN { throw divisionByZero }
    let result = a / b
    if result.isInfinite, !a.isInfinite { throw floatOverflow }
    if result == 0, a != 0, !b.isInfinite { throw floatUnderflow }
    return result
  }

  private mutating func addFloatArithmetic() {
    for (left, right) in [(BaseType.double, BaseType.double), (.real, .double), (.double, .real)] {
      infix("+", left, right, .double) { a, b throws(SQLError) in .double(try Self.sum(a.float64, b.float64)) }
      infix("-", left, right, .double) { a, b throws(SQLError) in .double(try Self.sum(a.float64, -b.float64)) }
      infix("*", left, right, .double) { a, b throws(SQLError) in .double(try Self.product(a.float64, b.float64)) }
      infix("/", left, right, .double) { a, b throws(SQLError) in .double(try Self.quotient(a.float64, b.float64)) }
    }
    infix("+", .real, .real, .real) { a, b throws(SQLError) in
      let (x, y) = (try a.float, try b.float)
      return .real(try Self.checkedSum(x + y, x, y))
    }
    infix("-", .real, .real, .real) { a, b throws(SQLError) in
      let (x, y) = (try a.float, try b.float)
      return .real(try Self.checkedSum(x - y, x, y))
    }
    infix("*", .real, .real, .real) { a, b throws(SQLError) in
      let (x, y) = (try a.float, try b.float)
      let result = x * y
      if result.isInfinite, !x.isInfinite, !y.isInfinite { throw Self.floatOverflow }
      if result == 0, x != 0, y != 0 { throw Self.floatUnderflow }
      return .real(result)
    }
    infix("/", .real, .real, .real) { a, b throws(SQLError) in
      let (x, y) = (try a.float, try b.float)
      if y == 0, !x.isNaN { throw Self.divisionByZero }
      let result = x / y
      if result.isInfinite, !x.isInfinite { throw Self.floatOverflow }
      if result == 0, x != 0, !y.isInfinite { throw Self.floatUnderflow }
      return .real(result)
    }
    prefix("-", .double, .double) { a throws(SQLError) in .double(-(try a.float64)) }
    prefix("-", .real, .real) { a throws(SQLError) in .real(-(try a.float)) }
    prefix("+", .double, .double) { a in a }
    prefix("+", .real, .real) { a in a }
    infix("^", .double, .double, .double) { a, b throws(SQLError) in .double(try Self.power(a.float64, b.float64)) }
  }

  private static func checkedSum(_ result: Float, _ x: Float, _ y: Float) throws(SQLError) -> Float {
    if result.isInfinite, !x.isInfinite, !y.isInfinite { throw floatOverflow }
    return result
  }

  // MARK: Numeric

  private mutating func addNumericArithmetic() {
    infix("+", .numeric, .numeric, .numeric) { a, b, pace throws(SQLError) in
      .numeric(try a.numericValue.adding(b.numericValue, pace))
    }
    infix("-", .numeric, .numeric, .numeric) { a, b, pace throws(SQLError) in
      .numeric(try a.numericValue.subtracting(b.numericValue, pace))
    }
    infix("*", .numeric, .numeric, .numeric) { a, b, pace throws(SQLError) in
      .numeric(try a.numericValue.multiplied(by: b.numericValue, pace))
    }
    infix("/", .numeric, .numeric, .numeric) { a, b, pace throws(SQLError) in
      .numeric(try a.numericValue.divided(by: b.numericValue, pace))
    }
    infix("%", .numeric, .numeric, .numeric) { a, b, pace throws(SQLError) in
      .numeric(try a.numericValue.remainder(dividingBy: b.numericValue, pace))
    }
    infix("^", .numeric, .numeric, .numeric) { a, b, pace throws(SQLError) in
      .numeric(try a.numericValue.power(b.numericValue, pace))
    }
    prefix("-", .numeric, .numeric) { a throws(SQLError) in .numeric(try a.numericValue.negated) }
    prefix("+", .numeric, .numeric) { a in a }
  }
}
