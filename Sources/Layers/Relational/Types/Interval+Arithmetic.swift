/// Interval arithmetic: fractions of months become days, fractions of days time.
extension Interval {
  static var outOfRange: SQLError { SQLError("22008", "interval out of range") }

  public func adding(_ other: Interval) throws(SQLError) -> Interval {
    let (months, overflow) = months.addingReportingOverflow(other.months)
    let (days, dayOverflow) = days.addingReportingOverflow(other.days)
    let (time, timeOverflow) = microseconds.addingReportingOverflow(other.microseconds)
    if overflow || dayOverflow || timeOverflow { throw Self.outOfRange }
    return Interval(months: months, days: days, microseconds: time)
  }

  public func negated() throws(SQLError) -> Interval {
    if months == .min || days == .min || microseconds == .min { throw Self.outOfRange }
    return Interval(months: -months, days: -days, microseconds: -microseconds)
  }

  public func multiplied(by factor: Double) throws(SQLError) -> Interval {
    try scaled { $0 * factor }
  }

  public func divided(by divisor: Double) throws(SQLError) -> Interval {
    if divisor == 0 { throw SQLError("22012", "division by zero") }
    return try scaled { $0 / divisor }
  }

  private static func microsecondRounded(_ value: Double) -> Double {
    (value * 1_000_000).rounded(.toNearestOrEven) / 1_000_000
  }

  private func scaled(_ scale: (Double) -> Double) throws(SQLError) -> Interval {
    let exactMonths = scale(Double(months))
    let exactDays = scale(Double(days))
    guard let wholeMonths = Int32(exactly: exactMonths.rounded(.towardZero)),
      let wholeDays = Int32(exactly: exactDays.rounded(.towardZero))
    else { throw Self.outOfRange }
    let monthDays = Self.microsecondRounded((exactMonths - Double(wholeMonths)) * 30)
    let wholeMonthDays = monthDays.rounded(.towardZero)
    var seconds = Self.microsecondRounded((exactDays - Double(wholeDays) + monthDays - wholeMonthDays) * 86400)
    var extraDays = 0.0
    if seconds.magnitude >= 86400 {
      extraDays = (seconds / 86400).rounded(.towardZero)
      seconds -= extraDays * 86400
    }
    let time = (scale(Double(microseconds)) + seconds * 1_000_000).rounded(.toNearestOrEven)
    guard let days = Int32(exactly: Double(wholeDays) + wholeMonthDays + extraDays), let time = Int64(exactly: time)
    else { throw Self.outOfRange }
    return Interval(months: wholeMonths, days: days, microseconds: time)
  }

  /// Turns 24 hours into a day.
  public func justifiedHours() throws(SQLError) -> Interval {
    var (extra, time) = microseconds.quotientAndRemainder(dividingBy: Calendar.microsecondsPerDay)
    guard var days = Int32(exactly: Int64(self.days) + extra) else { throw Self.outOfRange }
    extra = 0
    if days > 0, time < 0 {
      time += Calendar.microsecondsPerDay
      days -= 1
    } else if days < 0, time > 0 {
      time -= Calendar.microsecondsPerDay
      days += 1
    }
    return Interval(months: months, days: days, microseconds: time)
  }

  /// Turns 30 days into a month.
  public func justifiedDays() throws(SQLError) -> Interval {
    var days = self.days % 30
    guard var months = Int32(exactly: Int64(self.months) + Int64(self.days / 30)) else { throw Self.outOfRange }
    if months > 0, days < 0 {
      days += 30
      months -= 1
    } else if months < 0, days > 0 {
      days -= 30
      months += 1
    }
    return Interval(months: months, days: days, microseconds: microseconds)
  }

  /// Both, so that all parts have one sign.
  public func justified() throws(SQLError) -> Interval {
    var months = Int64(self.months)
    var days = Int64(self.days) + microseconds / Calendar.microsecondsPerDay
    var time = microseconds % Calendar.microsecondsPerDay
    months += days / 30
    days %= 30
    if months > 0, days < 0 || (days == 0 && time < 0) {
      days += 30
      months -= 1
    } else if months < 0, days > 0 || (days == 0 && time > 0) {
      days -= 30
      months += 1
    }
    if days > 0, time < 0 {
      time += Calendar.microsecondsPerDay
      days -= 1
    } else if days < 0, time > 0 {
      time -= Calendar.microsecondsPerDay
      days += 1
    }
    guard let months = Int32(exactly: months) else { throw Self.outOfRange }
    return Interval(months: months, days: Int32(days), microseconds: time)
  }
}

extension Calendar {
  /// A local timestamp moved by an interval: months first (the day kept within its month), then days, then time.
  static func adding(_ timestamp: Int64, _ interval: Interval) throws(SQLError) -> Int64 {
    guard isFinite(timestamp) else { return timestamp }
    var (day, time) = split(timestamp)
    if interval.months != 0 {
      let fields = fields(day: day)
      let total = fields.year * 12 + Int64(fields.month - 1) + Int64(interval.months)
      let year = total >= 0 ? total / 12 : (total - 11) / 12
      let month = Int(total - year * 12) + 1
      day = dayNumber(year: year, month: month, day: min(fields.day, daysInMonth(month, year: year)))
    }
    day += Int64(interval.days)
    let sum = Int128(day) * Int128(microsecondsPerDay) + Int128(time) + Int128(interval.microseconds)
    guard let result = Int64(exactly: sum) else { throw timestampOutOfRange }
    time = result
    return try checked(time)
  }

  /// The difference of two timestamps in days and time.
  static func difference(_ left: Int64, _ right: Int64) throws(SQLError) -> Interval {
    guard isFinite(left), isFinite(right) else { throw SQLError("22008", "cannot subtract infinite timestamps") }
    let (result, overflow) = left.subtractingReportingOverflow(right)
    if overflow { throw Interval.outOfRange }
    return try Interval(microseconds: result).justifiedHours()
  }

  /// The difference in years, months, days and time, as a person counts (`age`).
  static func age(_ left: Int64, _ right: Int64) throws(SQLError) -> Interval {
    guard isFinite(left), isFinite(right) else { throw timestampOutOfRange }
    if left < right { return try age(right, left).negated() }
    let (leftDay, leftTime) = split(left)
    let (rightDay, rightTime) = split(right)
    let later = fields(day: leftDay)
    let earlier = fields(day: rightDay)
    var time = leftTime - rightTime
    var days = later.day - earlier.day
    var months = (later.year - earlier.year) * 12 + Int64(later.month - earlier.month)
    if time < 0 {
      time += microsecondsPerDay
      days -= 1
    }
    if days < 0 {
      days += daysInMonth(earlier.month, year: earlier.year)
      months -= 1
    }
    return Interval(months: Int32(clamping: months), days: Int32(days), microseconds: time)
  }
}
