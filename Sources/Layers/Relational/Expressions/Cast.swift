/// One conversion of a value to a type with its modifier.
public struct Cast: Sendable {
  public let source: BaseType
  public let target: SQLType
  public let method: Coercion.Method
  /// CAST and `::` cut overlong strings silently; assignments fail with 22001.
  public let isExplicit: Bool

  public init(_ source: BaseType, _ target: SQLType, _ method: Coercion.Method, isExplicit: Bool) {
    self.source = source
    self.target = target
    self.method = method
    self.isExplicit = isExplicit
  }

  /// Whether the result depends on the value alone and not on the session's time zone or the clock.
  public var isImmutable: Bool {
    switch (source, target.base) {
    case (.timestamptz, .timestamptz): return true
    case (.timestamptz, _), (_, .timestamptz): return false
    case (_, .date), (_, .timestamp), (_, .time):
      // 'now' and 'today' in a text read the clock.
      return source.category != .string
    default: return true
    }
  }

  /// Converts; null stays null.
  public func apply(_ value: Datum, _ context: EvaluationContext) throws(SQLError) -> Datum {
    if value.isNull { return .null }
    let pace = context.statement
    try pace.poll(work: 4)
    let converted: Datum
    switch method {
    case .relabel: converted = value
    case .function: converted = try convert(value, context.statement.timeZone, pace)
    case .inputOutput: converted = try throughText(value, InputContext(context.statement))
    }
    return try Self.fit(converted, target, isExplicit: isExplicit, pace)
  }

  private func throughText(_ value: Datum, _ input: InputContext) throws(SQLError) -> Datum {
    let text: String
    if source.category == .string || source == .unknown {
      text = try value.string
    } else {
      try StringOperations.admit(value.estimatedTextSize, input.pace)
      var bytes: [UInt8] = []
      try value.appendText(to: &bytes, input.timeZone, input.pace)
      text = String(decoding: bytes, as: UTF8.self)
    }
    if target.base.category == .string { return .text(text) }
    return try TextFormat.parse(text, as: target.unmodified, input)
  }

  /// Applies a type's modifier to a value of the type: pads and cuts char, cuts or refuses varchar, rounds numeric.
  public static func fit(
    _ value: Datum, _ type: SQLType, isExplicit: Bool, _ pace: EvaluationPace? = nil
  ) throws(SQLError) -> Datum {
    switch (type, value) {
    case (.numeric(let precision?, let scale), .numeric(let number)):
      return .numeric(try number.constrained(precision: precision, scale: scale))
    case (.varchar(let limit?), .text(let text)):
      return .text(try StringLength.cut(text, limit, isExplicit: isExplicit, type: type, pace))
    case (.char(let limit?), .text(let text)):
      return .text(try StringLength.pad(text, limit, isExplicit: isExplicit, type: type, pace))
    case (.name, .text(let text)): return .text(StringLength.cutBytes(text, 63))
    default: return value
    }
  }

  private func convert(_ value: Datum, _ zone: TimeZoneOffset, _ pace: EvaluationPace) throws(SQLError) -> Datum {
    try pace.poll(work: value.comparisonWork)
    switch target.base {
    case .smallint, .integer, .bigint, .oid: return try toInteger(value)
    case .real: return .real(try toFloat(value))
    case .double: return .double(try toDouble(value))
    case .numeric: return .numeric(try toNumeric(value))
    case .boolean: return .boolean(try value.int32 != 0)
    case .text, .varchar, .char, .name:
      switch value {
      case .boolean(let flag): return .text(flag ? "true" : "false")
      case .text(let text): return .text(source == .char ? StringLength.withoutPadding(text) : text)
      default: throw value.mismatch("text")
      }
    case .date, .time, .timestamp, .timestamptz, .interval: return try toTime(value, zone)
    case .unknown, .bytea, .void, .any: throw value.mismatch("cast")
    }
  }

  // MARK: Numbers

  private func toInteger(_ value: Datum) throws(SQLError) -> Datum {
    let integer: Int64?
    switch value {
    case .smallint(let v): integer = Int64(v)
    case .integer(let v):
      // int4 and oid are the same bits.
      integer = target == .oid ? Int64(UInt32(bitPattern: v)) : Int64(v)
    case .bigint(let v): integer = source == .oid && target == .integer ? Int64(Int32(truncatingIfNeeded: v)) : v
    case .boolean(let v): integer = v ? 1 : 0
    case .real(let v): integer = Self.round(Double(v))
    case .double(let v): integer = Self.round(v)
    case .numeric(let v):
      if !v.isFinite {
        throw SQLError("0A000", "cannot convert \(v.isNaN ? "NaN" : "infinity") to \(target.name)")
      }
      integer = v.roundedInt64
    default: throw value.mismatch("number")
    }
    switch target.base {
    case .smallint:
      if let integer, let fits = Int16(exactly: integer) { return .smallint(fits) }
      throw SQLError("22003", "smallint out of range")
    case .integer:
      if let integer, let fits = Int32(exactly: integer) { return .integer(fits) }
      throw SQLError("22003", "integer out of range")
    case .oid:
      if let integer, integer >= (source == .smallint ? -32768 : 0), integer <= Int64(UInt32.max) {
        return .bigint(Int64(UInt32(truncatingIfNeeded: integer)))
      }
      throw SQLError("22003", "OID out of range")
    default:
      if let integer { return .bigint(integer) }
      throw SQLError("22003", "bigint out of range")
    }
  }

  /// The nearest integer, halves to even, nil beyond 64 bits.
  static func round(_ value: Double) -> Int64? { Int64(exactly: value.rounded(.toNearestOrEven)) }

  private func toDouble(_ value: Datum) throws(SQLError) -> Double {
    switch value {
    case .smallint(let v): return Double(v)
    case .integer(let v): return Double(v)
    case .bigint(let v): return Double(v)
    case .real(let v): return Double(v)
    case .numeric(let v):
      let result = v.doubleValue
      if v.isFinite, result.isInfinite || (result == 0 && v.signum != 0) {
        throw SQLError("22003", "\"\(v)\" is out of range for type double precision")
      }
      return result
    default: throw value.mismatch("number")
    }
  }

  private func toFloat(_ value: Datum) throws(SQLError) -> Float {
    switch value {
    case .smallint(let v): return Float(v)
    case .integer(let v): return Float(v)
    case .bigint(let v): return Float(v)
    case .double(let v):
      let result = Float(v)
      if result.isInfinite, !v.isInfinite { throw SQLError("22003", "value out of range: overflow") }
      if result == 0, v != 0 { throw SQLError("22003", "value out of range: underflow") }
      return result
    case .numeric(let v):
      let result = v.floatValue
      if v.isFinite, result.isInfinite || (result == 0 && v.signum != 0) {
        throw SQLError("22003", "\"\(v)\" is out of range for type real")
      }
      return result
    default: throw value.mismatch("number")
    }
  }

  private func toNumeric(_ value: Datum) throws(SQLError) -> Numeric {
    switch value {
    case .smallint(let v): return Numeric(Int64(v))
    case .integer(let v): return Numeric(Int64(v))
    case .bigint(let v): return Numeric(v)
    case .real(let v): return Numeric(v)
    case .double(let v): return Numeric(v)
    default: return try value.numericValue
    }
  }

  // MARK: Times

  private func toTime(_ value: Datum, _ zone: TimeZoneOffset) throws(SQLError) -> Datum {
    let target = target.base
    switch value {
    case .date(let day):
      let local = try Calendar.timestamp(day: day)
      return target == .timestamp ? .timestamp(local) : .timestamptz(try Calendar.toUTC(local, zone))
    case .timestamp(let local):
      switch target {
      case .timestamptz: return .timestamptz(try Calendar.toUTC(local, zone))
      case .date: return .date(try Calendar.day(of: local))
      default: return Calendar.isFinite(local) ? .time(Calendar.timeOfDay(local)) : .null
      }
    case .timestamptz(let instant):
      let local = try Calendar.toLocal(instant, zone)
      switch target {
      case .timestamp: return .timestamp(local)
      case .date: return .date(try Calendar.day(of: local))
      default: return Calendar.isFinite(local) ? .time(Calendar.timeOfDay(local)) : .null
      }
    case .time(let time): return .interval(Interval(microseconds: time))
    case .interval(let interval):
      return .time(Calendar.timeOfDay(interval.microseconds))
    default: throw value.mismatch("timestamp")
    }
  }
}
