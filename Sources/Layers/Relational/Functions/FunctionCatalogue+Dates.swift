/// Date and time arithmetic and functions.
extension FunctionCatalogue {
  mutating func addDates() {
    addDateOperators()
    addTimestampOperators()
    addIntervalOperators()
    addTruncation()
    addAges()
    addConstruction()
  }

  private static func dayAdding(_ day: Int32, _ count: Int64) throws(SQLError) -> Datum {
    guard Calendar.isFinite(day: day) else { return .date(day) }
    return .date(try Calendar.checked(day: Int64(day) + count))
  }

  private mutating func addDateOperators() {
    infix("+", .date, .integer, .date) { a, b throws(SQLError) in try Self.dayAdding(a.dayNumber, b.int64) }
    infix("+", .integer, .date, .date) { a, b throws(SQLError) in try Self.dayAdding(b.dayNumber, a.int64) }
    infix("-", .date, .integer, .date) { a, b throws(SQLError) in try Self.dayAdding(a.dayNumber, -(try b.int64)) }
    infix("-", .date, .date, .integer) { a, b throws(SQLError) in
      let (left, right) = (try a.dayNumber, try b.dayNumber)
      guard Calendar.isFinite(day: left), Calendar.isFinite(day: right) else {
        throw SQLError("22008", "cannot subtract infinite dates")
      }
      return .integer(Int32(truncatingIfNeeded: Int64(left) - Int64(right)))
    }
    infix("+", .date, .interval, .timestamp) { a, b throws(SQLError) in
      .timestamp(try Calendar.adding(Calendar.timestamp(day: a.dayNumber), b.intervalValue))
    }
    infix("+", .interval, .date, .timestamp) { a, b throws(SQLError) in
      .timestamp(try Calendar.adding(Calendar.timestamp(day: b.dayNumber), a.intervalValue))
    }
    infix("-", .date, .interval, .timestamp) { a, b throws(SQLError) in
      .timestamp(try Calendar.adding(Calendar.timestamp(day: a.dayNumber), b.intervalValue.negated()))
    }
    infix("+", .date, .time, .timestamp) { a, b throws(SQLError) in
      .timestamp(try Calendar.adding(Calendar.timestamp(day: a.dayNumber), Interval(microseconds: b.microseconds)))
    }
    infix("+", .time, .date, .timestamp) { a, b throws(SQLError) in
      .timestamp(try Calendar.adding(Calendar.timestamp(day: b.dayNumber), Interval(microseconds: a.microseconds)))
    }
  }

  private mutating func addTimestampOperators() {
    infix("+", .timestamp, .interval, .timestamp) { a, b throws(SQLError) in
      .timestamp(try Calendar.adding(a.microseconds, b.intervalValue))
    }
    infix("+", .interval, .timestamp, .timestamp) { a, b throws(SQLError) in
      .timestamp(try Calendar.adding(b.microseconds, a.intervalValue))
    }
    infix("-", .timestamp, .interval, .timestamp) { a, b throws(SQLError) in
      .timestamp(try Calendar.adding(a.microseconds, b.intervalValue.negated()))
    }
    infixInContext("+", .timestamptz, .interval, .timestamptz) { values, context throws(SQLError) in
      try Self.instantAdding(values[0].microseconds, values[1].intervalValue, context)
    }
    infixInContext("+", .interval, .timestamptz, .timestamptz) { values, context throws(SQLError) in
      try Self.instantAdding(values[1].microseconds, values[0].intervalValue, context)
    }
    infixInContext("-", .timestamptz, .interval, .timestamptz) { values, context throws(SQLError) in
      try Self.instantAdding(values[0].microseconds, values[1].intervalValue.negated(), context)
    }
    for type in [BaseType.timestamp, .timestamptz] {
      infix("-", type, type, .interval) { a, b throws(SQLError) in
        .interval(try Calendar.difference(a.microseconds, b.microseconds))
      }
    }
    infix("-", .time, .time, .interval) { a, b throws(SQLError) in
      .interval(Interval(microseconds: try a.microseconds - b.microseconds))
    }
    infix("+", .time, .interval, .time) { a, b throws(SQLError) in try Self.timeAdding(a, b.intervalValue.microseconds)
    }
    infix("+", .interval, .time, .time) { a, b throws(SQLError) in try Self.timeAdding(b, a.intervalValue.microseconds)
    }
    infix("-", .time, .interval, .time) { a, b throws(SQLError) in
      try Self.timeAdding(a, 0 &- b.intervalValue.microseconds)
    }
  }

  private static func timeAdding(_ time: Datum, _ microseconds: Int64) throws(SQLError) -> Datum {
    .time(Calendar.timeOfDay(try time.microseconds + microseconds % Calendar.microsecondsPerDay))
  }

  /// Months and days are counted in the session's local time.
  private static func instantAdding(
    _ instant: Int64, _ interval: Interval, _ context: EvaluationContext
  ) throws(SQLError) -> Datum {
    let zone = context.statement.timeZone
    return .timestamptz(try Calendar.toUTC(Calendar.adding(Calendar.toLocal(instant, zone), interval), zone))
  }

  private mutating func addIntervalOperators() {
    infix("+", .interval, .interval, .interval) { a, b throws(SQLError) in
      .interval(try a.intervalValue.adding(b.intervalValue))
    }
    infix("-", .interval, .interval, .interval) { a, b throws(SQLError) in
      .interval(try a.intervalValue.adding(b.intervalValue.negated()))
    }
    infix("*", .interval, .double, .interval) { a, b throws(SQLError) in
      .interval(try a.intervalValue.multiplied(by: b.float64))
    }
    infix("*", .double, .interval, .interval) { a, b throws(SQLError) in
      .interval(try b.intervalValue.multiplied(by: a.float64))
    }
    infix("/", .interval, .double, .interval) { a, b throws(SQLError) in
      .interval(try a.intervalValue.divided(by: b.float64))
    }
    prefix("-", .interval, .interval) { a throws(SQLError) in .interval(try a.intervalValue.negated()) }
    unary("justify_hours", .interval, .interval) { a throws(SQLError) in .interval(try a.intervalValue.justifiedHours())
    }
    unary("justify_days", .interval, .interval) { a throws(SQLError) in .interval(try a.intervalValue.justifiedDays()) }
    unary("justify_interval", .interval, .interval) { a throws(SQLError) in .interval(try a.intervalValue.justified()) }
  }

  private mutating func addTruncation() {
    binary("date_trunc", .text, .timestamp, .timestamp) { a, b throws(SQLError) in
      .timestamp(try DateTimeFields.truncate(b.microseconds, a.string, .timestamp))
    }
    general("date_trunc", [.text, .timestamptz], .timestamptz, volatility: .stable) {
      values, context throws(SQLError) in
      let zone = context.statement.timeZone
      let local = try Calendar.toLocal(values[1].microseconds, zone)
      return .timestamptz(try Calendar.toUTC(DateTimeFields.truncate(local, values[0].string, .timestamptz), zone))
    }
    binary("date_trunc", .text, .interval, .interval) { a, b throws(SQLError) in
      .interval(try DateTimeFields.truncate(b.intervalValue, a.string))
    }
    // EXTRACT gives numeric, date_part double precision.
    for type in [BaseType.date, .time, .timestamp, .timestamptz, .interval] {
      let volatility: FunctionDefinition.Volatility = type == .timestamptz ? .stable : .immutable
      general("extract", [.text, type], .numeric, volatility: volatility) { values, context throws(SQLError) in
        guard let field = try DateTimeFields.extract(values[0].string, values[1], context.statement.timeZone) else {
          return .null
        }
        return .numeric(field)
      }
      general("date_part", [.text, type], .double, volatility: volatility) { values, context throws(SQLError) in
        // date_part of a date goes through timestamp and so knows the units of time.
        let value: Datum
        if case .date(let day) = values[1] {
          value = .timestamp(try Calendar.timestamp(day: day))
        } else {
          value = values[1]
        }
        guard let field = try DateTimeFields.extract(values[0].string, value, context.statement.timeZone) else {
          return .null
        }
        return .double(field.doubleValue)
      }
    }
  }

  private mutating func addAges() {
    for type in [BaseType.timestamp, .timestamptz] {
      general("age", [type, type], .interval, volatility: .stable) { values, context throws(SQLError) in
        let zone = type == .timestamptz ? context.statement.timeZone : .utc
        return .interval(
          try Calendar.age(
            Calendar.toLocal(values[0].microseconds, zone), Calendar.toLocal(values[1].microseconds, zone)))
      }
      general("age", [type], .interval, volatility: .stable) { values, context throws(SQLError) in
        let zone = context.statement.timeZone
        let today = Calendar.split(try Calendar.toLocal(context.statement.transactionTime, zone)).day
        let then = try type == .timestamptz ? Calendar.toLocal(values[0].microseconds, zone) : values[0].microseconds
        return .interval(try Calendar.age(today * Calendar.microsecondsPerDay, then))
      }
    }
    for type in [BaseType.date, .timestamp, .timestamptz, .interval] {
      unary("isfinite", type, .boolean) { a throws(SQLError) in
        switch a {
        case .date(let day): return .boolean(Calendar.isFinite(day: day))
        case .timestamp(let time), .timestamptz(let time): return .boolean(Calendar.isFinite(time))
        default: return .boolean(true)
        }
      }
    }
  }

  private mutating func addConstruction() {
    ternary("make_date", [.integer, .integer, .integer], .date) { a, b, c throws(SQLError) in
      .date(try DateTimeFields.makeDate(a.int64, b.int64, c.int64))
    }
    ternary("make_time", [.integer, .integer, .double], .time) { a, b, c throws(SQLError) in
      .time(try DateTimeFields.makeTime(a.int64, b.int64, c.float64))
    }
    let parts: [BaseType] = [.integer, .integer, .integer, .integer, .integer, .double]
    general("make_timestamp", parts, .timestamp) { values, _ throws(SQLError) in
      .timestamp(try DateTimeFields.makeTimestamp(values))
    }
    general("make_timestamptz", parts, .timestamptz, volatility: .stable) { values, context throws(SQLError) in
      .timestamptz(try Calendar.toUTC(DateTimeFields.makeTimestamp(values), context.statement.timeZone))
    }
    unary("to_timestamp", .double, .timestamptz) { a throws(SQLError) in
      let seconds = try a.float64
      if seconds.isNaN { throw SQLError("22008", "timestamp cannot be NaN") }
      if seconds.isInfinite { return .timestamptz(seconds < 0 ? .min : .max) }
      let microseconds = ((seconds - 946_684_800) * 1_000_000).rounded(.toNearestOrEven)
      guard let instant = Int64(exactly: microseconds), instant >= Calendar.minimumTimestamp,
        instant < Calendar.endTimestamp
      else { throw SQLError("22008", "timestamp out of range: \"\(Datum.double(seconds).text())\"") }
      return .timestamptz(instant)
    }
    // AT TIME ZONE.
    binary("timezone", .text, .timestamp, .timestamptz) { a, b throws(SQLError) in
      .timestamptz(try Calendar.toUTC(b.microseconds, Self.zone(a.string)))
    }
    binary("timezone", .text, .timestamptz, .timestamp) { a, b throws(SQLError) in
      .timestamp(try Calendar.toLocal(b.microseconds, Self.zone(a.string)))
    }
    binary("timezone", .interval, .timestamp, .timestamptz) { a, b throws(SQLError) in
      .timestamptz(try Calendar.toUTC(b.microseconds, Self.zone(a.intervalValue)))
    }
    binary("timezone", .interval, .timestamptz, .timestamp) { a, b throws(SQLError) in
      .timestamp(try Calendar.toLocal(b.microseconds, Self.zone(a.intervalValue)))
    }
  }

  private static func zone(_ name: String) throws(SQLError) -> TimeZoneOffset {
    guard let zone = TimeZoneOffset(named: name) else {
      throw SQLError("22023", "time zone \"\(name)\" not recognized")
    }
    return zone
  }

  private static func zone(_ interval: Interval) throws(SQLError) -> TimeZoneOffset {
    if interval.months != 0 || interval.days != 0 {
      throw SQLError("22023", "interval time zone must not include months or days")
    }
    return TimeZoneOffset(name: "", seconds: Int32(clamping: interval.microseconds / 1_000_000))
  }
}
