/// The proleptic Gregorian calendar over day numbers and microseconds since 2000-01-01.
public enum Calendar {
  public static let microsecondsPerSecond: Int64 = 1_000_000
  public static let microsecondsPerMinute: Int64 = 60_000_000
  public static let microsecondsPerHour: Int64 = 3_600_000_000
  public static let microsecondsPerDay: Int64 = 86_400_000_000

  /// The Julian day of 2000-01-01.
  static let epochJulianDay: Int64 = 2_451_545
  /// First and last day a date can hold: 4714-11-24 BC and 5874897-12-31.
  static let minimumDay: Int64 = -2_451_545
  static let maximumDay: Int64 = 2_145_031_948
  /// First instant of a timestamp and the one after the last: 4714-11-24 BC, 294277-01-01.
  static let minimumTimestamp: Int64 = -211_813_488_000_000_000
  static let endTimestamp: Int64 = 9_223_371_331_200_000_000

  public struct Fields: Equatable, Sendable {
    /// 0 is 1 BC.
    public var year: Int64
    public var month: Int
    public var day: Int
  }

  @inlinable
  public static func isFinite(_ timestamp: Int64) -> Bool { timestamp != .min && timestamp != .max }

  @inlinable
  public static func isFinite(day: Int32) -> Bool { day != .min && day != .max }

  /// The day number of a date of the calendar. `year` 0 is 1 BC; month and day must be valid.
  public static func dayNumber(year: Int64, month: Int, day: Int) -> Int64 {
    // Years count from March, in eras of 400 years that all have 146097 days.
    let shifted = month <= 2 ? year - 1 : year
    let era = shifted >= 0 ? shifted / 400 : (shifted - 399) / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = Int64((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1)
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 730_425
  }

  public static func fields(day: Int64) -> Fields {
    let shifted = day + 730_425
    let era = shifted >= 0 ? shifted / 146_097 : (shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = Int(shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9)
    return Fields(
      year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month: month,
      day: Int(dayOfYear - (153 * shiftedMonth + 2) / 5 + 1))
  }

  public static func isLeap(_ year: Int64) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

  public static func daysInMonth(_ month: Int, year: Int64) -> Int {
    switch month {
    case 2: return isLeap(year) ? 29 : 28
    case 4, 6, 9, 11: return 30
    default: return 31
    }
  }

  /// Day number and microseconds of the day.
  public static func split(_ timestamp: Int64) -> (day: Int64, time: Int64) {
    var (day, time) = timestamp.quotientAndRemainder(dividingBy: microsecondsPerDay)
    if time < 0 {
      time += microsecondsPerDay
      day -= 1
    }
    return (day, time)
  }

  static func timeOfDay(_ timestamp: Int64) -> Int64 { split(timestamp).time }

  static var timestampOutOfRange: SQLError { SQLError("22008", "timestamp out of range") }
  static var dateOutOfRange: SQLError { SQLError("22008", "date out of range") }

  /// Checks the range of a finite timestamp.
  static func checked(_ timestamp: Int64) throws(SQLError) -> Int64 {
    guard timestamp >= minimumTimestamp, timestamp < endTimestamp else { throw timestampOutOfRange }
    return timestamp
  }

  static func checked(day: Int64) throws(SQLError) -> Int32 {
    guard day >= minimumDay, day <= maximumDay, let result = Int32(exactly: day) else { throw dateOutOfRange }
    return result
  }

  /// Midnight of a date; infinities stay.
  static func timestamp(day: Int32) throws(SQLError) -> Int64 {
    if day == .min { return .min }
    if day == .max { return .max }
    let (product, overflow) = Int64(day).multipliedReportingOverflow(by: microsecondsPerDay)
    if overflow || product >= endTimestamp { throw SQLError("22008", "date out of range for timestamp") }
    return product
  }

  static func day(of timestamp: Int64) throws(SQLError) -> Int32 {
    if timestamp == .min { return .min }
    if timestamp == .max { return .max }
    return try checked(day: split(timestamp).day)
  }

  static func toUTC(_ local: Int64, _ zone: TimeZoneOffset) throws(SQLError) -> Int64 {
    guard isFinite(local), zone.seconds != 0 else { return local }
    let (result, overflow) = local.subtractingReportingOverflow(Int64(zone.seconds) * microsecondsPerSecond)
    if overflow { throw timestampOutOfRange }
    return try checked(result)
  }

  static func toLocal(_ instant: Int64, _ zone: TimeZoneOffset) throws(SQLError) -> Int64 {
    guard isFinite(instant), zone.seconds != 0 else { return instant }
    let (result, overflow) = instant.addingReportingOverflow(Int64(zone.seconds) * microsecondsPerSecond)
    if overflow { throw timestampOutOfRange }
    return result
  }

  /// 0 is Sunday.
  static func dayOfWeek(_ day: Int64) -> Int { Int(((day + 6) % 7 + 7) % 7) }

  static func dayOfYear(_ fields: Fields) -> Int {
    Int(
      dayNumber(year: fields.year, month: fields.month, day: fields.day)
        - dayNumber(year: fields.year, month: 1, day: 1)) + 1
  }

  /// The ISO 8601 week and the year it belongs to.
  static func isoWeek(_ day: Int64) -> (year: Int64, week: Int) {
    let weekday = (dayOfWeek(day) + 6) % 7
    let thursday = day - Int64(weekday) + 3
    let year = fields(day: thursday).year
    let first = dayNumber(year: year, month: 1, day: 1)
    return (year, Int((thursday - first) / 7) + 1)
  }

  /// Monday of an ISO week.
  static func firstDay(isoYear: Int64, week: Int) -> Int64 {
    let fourth = dayNumber(year: isoYear, month: 1, day: 4)
    let monday = fourth - Int64((dayOfWeek(fourth) + 6) % 7)
    return monday + Int64(week - 1) * 7
  }
}
