/// Mathematical functions over integers, floating point and decimals.
extension FunctionCatalogue {
  mutating func addMathematics() {
    addRounding()
    addPowers()
    addIntegerFunctions()
    addTrigonometry()
  }

  private mutating func addRounding() {
    for type in [BaseType.smallint, .integer, .bigint] {
      unary("abs", type, type) { a throws(SQLError) in
        let value = try a.int64
        if value == .min { throw SQLError("22003", "bigint out of range") }
        return try Self.integer(Int64(value.magnitude), type)
      }
    }
    unary("abs", .real, .real) { a throws(SQLError) in .real(try a.float.magnitude) }
    unary("abs", .double, .double) { a throws(SQLError) in .double(try a.float64.magnitude) }
    unary("abs", .numeric, .numeric) { a throws(SQLError) in .numeric(try a.numericValue.magnitude) }
    for function in functions["abs"] ?? [] {
      add(operator: FunctionDefinition("@", function.arguments, function.result, function.body))
    }
    for name in ["ceil", "ceiling"] {
      unary(name, .double, .double) { a throws(SQLError) in .double(try a.float64.rounded(.up)) }
      unary(name, .numeric, .numeric) { a throws(SQLError) in .numeric(try a.numericValue.ceiling()) }
    }
    unary("floor", .double, .double) { a throws(SQLError) in .double(try a.float64.rounded(.down)) }
    unary("floor", .numeric, .numeric) { a throws(SQLError) in .numeric(try a.numericValue.floor()) }
    unary("round", .double, .double) { a throws(SQLError) in .double(try a.float64.rounded(.toNearestOrEven)) }
    unary("round", .numeric, .numeric) { a throws(SQLError) in .numeric(try a.numericValue.rounded(to: 0)) }
    binary("round", .numeric, .integer, .numeric) { a, b throws(SQLError) in
      .numeric(try a.numericValue.rounded(to: Self.places(b)))
    }
    unary("trunc", .double, .double) { a throws(SQLError) in .double(try a.float64.rounded(.towardZero)) }
    unary("trunc", .numeric, .numeric) { a throws(SQLError) in .numeric(try a.numericValue.truncated(to: 0)) }
    binary("trunc", .numeric, .integer, .numeric) { a, b throws(SQLError) in
      .numeric(try a.numericValue.truncated(to: Self.places(b)))
    }
    unary("sign", .double, .double) { a throws(SQLError) in
      let value = try a.float64
      return .double(value > 0 ? 1 : value < 0 ? -1 : 0)
    }
    unary("sign", .numeric, .numeric) { a throws(SQLError) in
      let value = try a.numericValue
      return .numeric(value.isNaN ? value : Numeric(value.signum))
    }
    unary("scale", .numeric, .integer) { a throws(SQLError) in
      let value = try a.numericValue
      return value.isFinite ? .integer(Int32(value.scale)) : .null
    }
    unary("min_scale", .numeric, .integer) { a throws(SQLError) in
      let value = try a.numericValue
      return value.isFinite ? .integer(Int32(value.digits.minimalScale)) : .null
    }
    unary("trim_scale", .numeric, .numeric) { a throws(SQLError) in .numeric(try a.numericValue.trimmed) }
  }

  /// Decimal places within NUMERIC_MAX_RESULT_SCALE.
  private static func places(_ value: Datum) throws(SQLError) -> Int { Int(max(-2000, min(2000, try value.int64))) }

  private mutating func addPowers() {
    unary("sqrt", .double, .double) { a throws(SQLError) in
      let value = try a.float64
      if value < 0 { throw SQLError("2201F", "cannot take square root of a negative number") }
      return .double(value.squareRoot())
    }
    unary("sqrt", .numeric, .numeric) { a, pace throws(SQLError) in .numeric(try a.numericValue.squareRoot(pace)) }
    prefix("|/", .double, .double) { a throws(SQLError) in
      let value = try a.float64
      if value < 0 { throw SQLError("2201F", "cannot take square root of a negative number") }
      return .double(value.squareRoot())
    }
    unary("cbrt", .double, .double) { a throws(SQLError) in .double(Mathematics.cbrt(try a.float64)) }
    prefix("||/", .double, .double) { a throws(SQLError) in .double(Mathematics.cbrt(try a.float64)) }
    unary("exp", .double, .double) { a throws(SQLError) in
      let value = try a.float64
      let result = Mathematics.exp(value)
      if result.isInfinite, !value.isInfinite { throw Self.floatOverflow }
      if result == 0, !value.isInfinite { throw Self.floatUnderflow }
      return .double(result)
    }
    unary("exp", .numeric, .numeric) { a, pace throws(SQLError) in .numeric(try a.numericValue.exponential(pace)) }
    unary("ln", .double, .double) { a throws(SQLError) in .double(Mathematics.log(try Self.logarithmArgument(a))) }
    unary("ln", .numeric, .numeric) { a, pace throws(SQLError) in
      .numeric(try a.numericValue.naturalLogarithm(pace))
    }
    for name in ["log", "log10"] {
      unary(name, .double, .double) { a throws(SQLError) in .double(Mathematics.log10(try Self.logarithmArgument(a))) }
      unary(name, .numeric, .numeric) { a, pace throws(SQLError) in
        .numeric(try a.numericValue.logarithm(base: Numeric(Int64(10)), pace))
      }
    }
    binary("log", .numeric, .numeric, .numeric) { a, b, pace throws(SQLError) in
      .numeric(try b.numericValue.logarithm(base: a.numericValue, pace))
    }
    for name in ["power", "pow"] {
      binary(name, .double, .double, .double) { a, b throws(SQLError) in .double(try Self.power(a.float64, b.float64)) }
      binary(name, .numeric, .numeric, .numeric) { a, b, pace throws(SQLError) in
        .numeric(try a.numericValue.power(b.numericValue, pace))
      }
    }
  }

  private static func logarithmArgument(_ value: Datum) throws(SQLError) -> Double {
    let argument = try value.float64
    if argument == 0 { throw SQLError("2201E", "cannot take logarithm of zero") }
    if argument < 0 { throw SQLError("2201E", "cannot take logarithm of a negative number") }
    return argument
  }

  static func power(_ base: Double, _ exponent: Double) throws(SQLError) -> Double {
    if base.isNaN { return exponent == 0 ? 1 : base }
    if exponent.isNaN { return base == 1 ? 1 : exponent }
    if base == 0, exponent < 0 { throw SQLError("2201F", "zero raised to a negative power is undefined") }
    if base < 0, exponent.isFinite, exponent.rounded(.down) != exponent {
      throw SQLError("2201F", "a negative number raised to a non-integer power yields a complex result")
    }
    let result = Mathematics.pow(base, exponent)
    guard base.isFinite, exponent.isFinite else { return result }
    if result.isInfinite { throw floatOverflow }
    if result == 0, base != 0 { throw floatUnderflow }
    return result
  }

  private mutating func addIntegerFunctions() {
    for type in [BaseType.smallint, .integer, .bigint] {
      binary("mod", type, type, type) { a, b throws(SQLError) in
        let divisor = try b.int64
        if divisor == 0 { throw SQLError("22012", "division by zero") }
        return try Self.integer(divisor == -1 ? 0 : a.int64 % divisor, type)
      }
    }
    binary("mod", .numeric, .numeric, .numeric) { a, b, pace throws(SQLError) in
      .numeric(try a.numericValue.remainder(dividingBy: b.numericValue, pace))
    }
    binary("div", .numeric, .numeric, .numeric) { a, b, pace throws(SQLError) in
      .numeric(try a.numericValue.truncatedQuotient(b.numericValue, pace))
    }
    for type in [BaseType.integer, .bigint] {
      binary("gcd", type, type, type) { a, b throws(SQLError) in
        let divisor = Self.greatestDivisor(try a.int64.magnitude, try b.int64.magnitude)
        guard let result = Int64(exactly: divisor) else { throw SQLError("22003", "\(type.name) out of range") }
        return try Self.integer(result, type)
      }
      binary("lcm", type, type, type) { a, b throws(SQLError) in
        let (left, right) = (try a.int64.magnitude, try b.int64.magnitude)
        if left == 0 || right == 0 { return try Self.integer(0, type) }
        let (product, overflow) = (left / Self.greatestDivisor(left, right)).multipliedReportingOverflow(by: right)
        guard !overflow, let result = Int64(exactly: product) else {
          throw SQLError("22003", "\(type.name) out of range")
        }
        return try Self.integer(result, type)
      }
    }
  }

  private static func greatestDivisor(_ left: UInt64, _ right: UInt64) -> UInt64 {
    var (left, right) = (left, right)
    while right != 0 { (left, right) = (right, left % right) }
    return left
  }

  private mutating func addTrigonometry() {
    func function(_ name: String, _ body: @escaping @Sendable (Double) throws(SQLError) -> Double) {
      unary(name, .double, .double) { a throws(SQLError) in .double(try body(try a.float64)) }
    }
    let outOfRange = SQLError("22003", "input is out of range")
    func finite(_ body: @escaping @Sendable (Double) -> Double) -> @Sendable (Double) throws(SQLError) -> Double {
      { value throws(SQLError) in
        if value.isInfinite { throw outOfRange }
        return body(value)
      }
    }
    func unit(_ body: @escaping @Sendable (Double) -> Double) -> @Sendable (Double) throws(SQLError) -> Double {
      { value throws(SQLError) in
        if value < -1 || value > 1 { throw outOfRange }
        return body(value)
      }
    }
    function("sin", finite(Mathematics.sin))
    function("cos", finite(Mathematics.cos))
    function("tan", finite(Mathematics.tan))
    function("asin", unit(Mathematics.asin))
    function("acos", unit(Mathematics.acos))
    function("atan") { Mathematics.atan($0) }
    function("radians") { $0 * (Double.pi / 180) }
    function("degrees") { $0 / (Double.pi / 180) }
    binary("atan2", .double, .double, .double) { a, b throws(SQLError) in
      .double(Mathematics.atan2(try a.float64, try b.float64))
    }
    add(FunctionDefinition("pi", [], .double, .nullary { _ in .double(3.141592653589793) }))
  }
}
