/// EXTRACT, date_trunc and the make_ functions.
enum DateTimeFields {
  enum Unit: String {
    case microseconds, milliseconds, second, minute, hour, day, week, month, quarter, year, decade, century, millennium
    case epoch, dow, doy, isodow, isoyear, julian, timezone, timezone_hour, timezone_minute

    init?(_ text: String) {
      switch DateTimeFields.word(text) {
      case "microsecond", "us", "usec", "usecs", "useconds", "usecond": self = .microseconds
      case "millisecond", "ms", "msec", "msecs", "mseconds", "msecond": self = .milliseconds
      case "s", "sec", "secs", "seconds": self = .second
      case "m", "min", "mins", "minutes": self = .minute
      case "h", "hr", "hrs", "hours": self = .hour
      case "d", "days": self = .day
      case "w", "weeks": self = .week
      case "mon", "mons", "months": self = .month
      case "qtr": self = .quarter
      case "y", "yr", "yrs", "years": self = .year
      case "dec", "decs", "decades": self = .decade
      case "c", "cent", "centuries": self = .century
      case "mil", "mils", "millennia": self = .millennium
      case "j", "jd": self = .julian
      case let name:
        guard let unit = Unit(rawValue: name) else { return nil }
        self = unit
      }
    }

    /// Whether an infinite time has an infinite value of this unit; the others have none.
    var growsForever: Bool {
      switch self {
      case .year, .decade, .century, .millennium, .epoch, .isoyear, .julian: return true
      default: return false
      }
    }
  }

  /// A unit's name in lower case, cut as an identifier is.
  static func word(_ unit: String) -> String { StringLength.cutBytes(unit, 63).lowercased() }

  private static func unrecognized(_ unit: String, _ type: BaseType) -> SQLError {
    SQLError("22023", "unit \"\(word(unit))\" not recognized for type \(type.name)")
  }

  private static func unsupported(_ unit: String, _ type: BaseType) -> SQLError {
    SQLError("0A000", "unit \"\(word(unit))\" not supported for type \(type.name)")
  }

  /// A field as numeric; nil is null.
  static func extract(_ name: String, _ value: Datum, _ zone: TimeZoneOffset) throws(SQLError) -> Numeric? {
    switch value {
    case .date(let day): return try extract(name, day: day)
    case .time(let time): return try extract(name, time: time)
    case .timestamp(let local): return try extract(name, local, instant: local, zone: nil)
    case .timestamptz(let instant):
      return try extract(name, Calendar.toLocal(instant, zone), instant: instant, zone: zone)
    case .interval(let interval): return try extract(name, interval)
    default: throw value.mismatch("timestamp")
    }
  }

  private static func extract(_ name: String, day: Int32) throws(SQLError) -> Numeric? {
    guard let unit = Unit(name) else { throw unrecognized(name, .date) }
    switch unit {
    case .microseconds, .milliseconds, .second, .minute, .hour, .timezone, .timezone_hour, .timezone_minute:
      throw unsupported(name, .date)
    default: break
    }
    guard Calendar.isFinite(day: day) else {
      return unit.growsForever ? (day < 0 ? .negativeInfinity : .infinity) : nil
    }
    switch unit {
    case .epoch: return Numeric(Int64(day) * 86400 + 946_684_800)
    case .julian: return Numeric(Int64(day) + Calendar.epochJulianDay)
    default: return Numeric(calendarField(unit, Int64(day)))
    }
  }

  private static func extract(_ name: String, time: Int64) throws(SQLError) -> Numeric? {
    guard let unit = Unit(name) else { throw unrecognized(name, .time) }
    if unit == .epoch { return Numeric(coefficient: time, scale: 6) }
    guard let field = timeField(unit, time) else { throw unsupported(name, .time) }
    return field
  }

  private static func extract(
    _ name: String, _ local: Int64, instant: Int64, zone: TimeZoneOffset?
  ) throws(SQLError) -> Numeric? {
    let type: BaseType = zone == nil ? .timestamp : .timestamptz
    guard let unit = Unit(name) else { throw unrecognized(name, type) }
    switch unit {
    case .timezone, .timezone_hour, .timezone_minute:
      guard let zone else { throw unsupported(name, type) }
      let seconds = Int64(zone.seconds)
      return Numeric(unit == .timezone ? seconds : unit == .timezone_hour ? seconds / 3600 : seconds / 60 % 60)
    default: break
    }
    guard Calendar.isFinite(local) else {
      return unit.growsForever ? (local < 0 ? .negativeInfinity : .infinity) : nil
    }
    let (day, time) = Calendar.split(local)
    if unit == .epoch {
      return try Numeric(coefficient: instant, scale: 6).adding(Numeric(Int64(946_684_800)))
    }
    if unit == .julian {
      let fraction = try Numeric(coefficient: time, scale: 6).divided(by: Numeric(Int64(86400)))
      return try Numeric(day + Calendar.epochJulianDay).adding(fraction)
    }
    return timeField(unit, time) ?? Numeric(calendarField(unit, day))
  }

  private static func timeField(_ unit: Unit, _ time: Int64) -> Numeric? {
    let inMinute = time % Calendar.microsecondsPerMinute
    switch unit {
    case .microseconds: return Numeric(inMinute)
    case .milliseconds: return Numeric(coefficient: inMinute, scale: 3)
    case .second: return Numeric(coefficient: inMinute, scale: 6)
    case .minute: return Numeric(time / Calendar.microsecondsPerMinute % 60)
    case .hour: return Numeric(time / Calendar.microsecondsPerHour)
    default: return nil
    }
  }

  private static func calendarField(_ unit: Unit, _ day: Int64) -> Int64 {
    let fields = Calendar.fields(day: day)
    let year = fields.year > 0 ? fields.year : fields.year - 1
    switch unit {
    case .day: return Int64(fields.day)
    case .month: return Int64(fields.month)
    case .quarter: return Int64((fields.month - 1) / 3 + 1)
    case .week: return Int64(Calendar.isoWeek(day).week)
    case .year: return year
    // Counted without a year 0: decade 200 is 2000 to 2009, century 20 ends with 2000.
    case .decade: return fields.year >= 0 ? fields.year / 10 : -((8 - (fields.year - 1)) / 10)
    case .century: return fields.year > 0 ? (fields.year + 99) / 100 : -((99 - (fields.year - 1)) / 100)
    case .millennium: return fields.year > 0 ? (fields.year + 999) / 1000 : -((999 - (fields.year - 1)) / 1000)
    case .dow: return Int64(Calendar.dayOfWeek(day))
    case .isodow: return Int64((Calendar.dayOfWeek(day) + 6) % 7 + 1)
    case .doy: return Int64(Calendar.dayOfYear(fields))
    case .isoyear:
      let iso = Calendar.isoWeek(day).year
      return iso > 0 ? iso : iso - 1
    default: return 0
    }
  }

  private static func extract(_ name: String, _ interval: Interval) throws(SQLError) -> Numeric? {
    guard let unit = Unit(name) else { throw unrecognized(name, .interval) }
    let months = Int64(interval.months)
    let time = interval.microseconds
    switch unit {
    case .microseconds, .milliseconds, .second, .minute, .hour: return timeField(unit, time)
    case .day: return Numeric(Int64(interval.days))
    case .month: return Numeric(months % 12)
    case .quarter: return Numeric(months % 12 / 3 + 1)
    case .year: return Numeric(months / 12)
    case .decade: return Numeric(months / 120)
    case .century: return Numeric(months / 1200)
    case .millennium: return Numeric(months / 12000)
    case .epoch:
      // A year counts 365.25 days, a month 30.
      let quarterDays = months / 12 * 1461 + months % 12 * 120 + Int64(interval.days) * 4
      let seconds = Numeric(quarterDays * 21600)
      return try seconds.adding(Numeric(coefficient: time, scale: 6))
    default: throw unsupported(name, .interval)
    }
  }

  // MARK: Truncation

  static func truncate(_ local: Int64, _ name: String, _ type: BaseType) throws(SQLError) -> Int64 {
    guard Calendar.isFinite(local) else { return local }
    guard let unit = Unit(name) else { throw unrecognized(name, type) }
    let (day, time) = Calendar.split(local)
    let start = day * Calendar.microsecondsPerDay
    switch unit {
    case .microseconds: return local
    case .milliseconds: return start + time / 1000 * 1000
    case .second: return start + time / Calendar.microsecondsPerSecond * Calendar.microsecondsPerSecond
    case .minute: return start + time / Calendar.microsecondsPerMinute * Calendar.microsecondsPerMinute
    case .hour: return start + time / Calendar.microsecondsPerHour * Calendar.microsecondsPerHour
    case .day: return start
    case .week:
      let (year, week) = Calendar.isoWeek(day)
      return try Calendar.checked(Calendar.firstDay(isoYear: year, week: week) * Calendar.microsecondsPerDay)
    default: break
    }
    var fields = Calendar.fields(day: day)
    fields.day = 1
    switch unit {
    case .month: break
    case .quarter: fields.month = (fields.month - 1) / 3 * 3 + 1
    case .year: fields.month = 1
    case .decade:
      fields.month = 1
      fields.year = fields.year > 0 ? fields.year / 10 * 10 : -((8 - (fields.year - 1)) / 10) * 10
    case .century:
      fields.month = 1
      fields.year = fields.year > 0 ? (fields.year + 99) / 100 * 100 - 99 : -((99 - (fields.year - 1)) / 100) * 100 + 1
    case .millennium:
      fields.month = 1
      fields.year =
        fields.year > 0 ? (fields.year + 999) / 1000 * 1000 - 999 : -((999 - (fields.year - 1)) / 1000) * 1000 + 1
    case .timezone, .timezone_hour, .timezone_minute: throw unsupported(name, type)
    default: throw unrecognized(name, type)
    }
    let first = Calendar.dayNumber(year: fields.year, month: fields.month, day: 1)
    return try Calendar.checked(first * Calendar.microsecondsPerDay)
  }

  static func truncate(_ interval: Interval, _ name: String) throws(SQLError) -> Interval {
    guard let unit = Unit(name) else { throw unrecognized(name, .interval) }
    var result = interval
    func step(_ size: Int64) { result.microseconds = result.microseconds / size * size }
    switch unit {
    case .microseconds: return result
    case .milliseconds: step(1000)
    case .second: step(Calendar.microsecondsPerSecond)
    case .minute: step(Calendar.microsecondsPerMinute)
    case .hour: step(Calendar.microsecondsPerHour)
    case .day: result.microseconds = 0
    case .month, .quarter, .year, .decade, .century, .millennium:
      result.microseconds = 0
      result.days = 0
      let size: Int32
      switch unit {
      case .month: size = 1
      case .quarter: size = 3
      case .year: size = 12
      case .decade: size = 120
      case .century: size = 1200
      default: size = 12000
      }
      result.months = result.months / size * size
    case .week:
      throw SQLError(
        "0A000", "unit \"week\" not supported for type interval",
        detail: "Months usually have fractional weeks.")
    case .timezone, .timezone_hour, .timezone_minute: throw unsupported(name, .interval)
    default: throw unrecognized(name, .interval)
    }
    return result
  }

  // MARK: Construction

  static func makeDate(_ year: Int64, _ month: Int64, _ day: Int64) throws(SQLError) -> Int32 {
    func pad(_ value: Int64, _ width: Int) -> String {
      var bytes: [UInt8] = value < 0 ? [45] : []
      bytes.appendDecimal(value.magnitude, width: value < 0 ? width - 1 : width)
      return String(decoding: bytes, as: UTF8.self)
    }
    let invalid = SQLError("22008", "date field value out of range: \(year)-\(pad(month, 2))-\(pad(day, 2))")
    // A negative year is BC; there is no year 0.
    let astronomical = year < 0 ? year + 1 : year
    guard year != 0, (1...12).contains(month), day >= 1,
      day <= Int64(Calendar.daysInMonth(Int(month), year: astronomical)), year.magnitude <= 6_000_000
    else { throw invalid }
    let number = Calendar.dayNumber(year: astronomical, month: Int(month), day: Int(day))
    guard number >= Calendar.minimumDay, number <= Calendar.maximumDay else {
      throw SQLError("22008", "date out of range: \(year)-\(pad(month, 2))-\(pad(day, 2))")
    }
    return Int32(number)
  }

  static func makeTime(_ hour: Int64, _ minute: Int64, _ second: Double) throws(SQLError) -> Int64 {
    let microseconds = (second * 1_000_000).rounded(.toNearestOrEven)
    guard (0...24).contains(hour), (0...59).contains(minute), second >= 0, second <= 60, microseconds <= 60_000_000
    else {
      throw SQLError(
        "22008",
        "time field value out of range: \(hour):\(minute < 10 ? "0" : "")\(minute):\(Datum.double(second).text())")
    }
    let time = hour * Calendar.microsecondsPerHour + minute * Calendar.microsecondsPerMinute + Int64(microseconds)
    guard time <= Calendar.microsecondsPerDay else {
      throw SQLError(
        "22008",
        "time field value out of range: \(hour):\(minute < 10 ? "0" : "")\(minute):\(Datum.double(second).text())")
    }
    return time
  }

  static func makeTimestamp(_ values: [Datum]) throws(SQLError) -> Int64 {
    let day = try makeDate(values[0].int64, values[1].int64, values[2].int64)
    let time = try makeTime(values[3].int64, values[4].int64, values[5].float64)
    let (start, overflow) = Int64(day).multipliedReportingOverflow(by: Calendar.microsecondsPerDay)
    let (result, carry) = start.addingReportingOverflow(time)
    if overflow || carry { throw Calendar.timestampOutOfRange }
    return try Calendar.checked(result)
  }
}
