/// Intervals from text: "1 year 2 mons -3 days 04:05:06.7", "1-2", "@ 3 hours ago", ISO 8601 "P1Y2M3DT4H5M6S".
enum IntervalInput {
  private enum Unit {
    case microsecond, millisecond, second, minute, hour, day, week, month, year, decade, century, millennium
  }

  private struct Total {
    var months: Int64 = 0
    var days: Int64 = 0
    var microseconds: Int64 = 0
    var isOverflown = false
    private var units: Set<Unit> = []

    /// Notes that a unit is given; false when it was given before.
    mutating func claim(_ given: Unit...) -> Bool {
      for unit in given where !units.insert(unit).inserted { return false }
      return true
    }

    mutating func add(_ value: Int64, _ step: Int64, to field: WritableKeyPath<Total, Int64>) {
      let (product, overflow) = value.multipliedReportingOverflow(by: step)
      let (sum, carry) = self[keyPath: field].addingReportingOverflow(product)
      isOverflown = isOverflown || overflow || carry
      self[keyPath: field] = sum
    }

    mutating func add(microseconds value: Double) {
      let rounded = value.rounded(.toNearestOrEven)
      guard let exact = Int64(exactly: rounded) else {
        isOverflown = true
        return
      }
      add(exact, 1, to: \.microseconds)
    }

    /// Adds a whole number and a fraction of a unit; the fraction of a month becomes days, that of a day time.
    mutating func add(_ whole: Int64, _ fraction: Double, _ unit: Unit) {
      switch unit {
      case .microsecond: add(microseconds: Double(whole) + fraction)
      case .millisecond:
        add(whole, 1000, to: \.microseconds)
        add(microseconds: fraction * 1000)
      case .second:
        add(whole, 1_000_000, to: \.microseconds)
        add(microseconds: fraction * 1_000_000)
      case .minute:
        add(whole, Calendar.microsecondsPerMinute, to: \.microseconds)
        add(microseconds: fraction * Double(Calendar.microsecondsPerMinute))
      case .hour:
        add(whole, Calendar.microsecondsPerHour, to: \.microseconds)
        add(microseconds: fraction * Double(Calendar.microsecondsPerHour))
      case .day:
        add(whole, 1, to: \.days)
        add(microseconds: fraction * Double(Calendar.microsecondsPerDay))
      case .week:
        add(whole, 7, to: \.days)
        addDays(fraction * 7)
      case .month:
        add(whole, 1, to: \.months)
        addDays(fraction * 30)
      case .year: addYears(whole, fraction, 1)
      case .decade: addYears(whole, fraction, 10)
      case .century: addYears(whole, fraction, 100)
      case .millennium: addYears(whole, fraction, 1000)
      }
    }

    private mutating func addDays(_ value: Double) {
      let whole = value.rounded(.towardZero)
      add(Int64(whole), 1, to: \.days)
      add(microseconds: (value - whole) * Double(Calendar.microsecondsPerDay))
    }

    private mutating func addYears(_ whole: Int64, _ fraction: Double, _ years: Int64) {
      add(whole, 12 * years, to: \.months)
      add(Int64((fraction * 12 * Double(years)).rounded(.toNearestOrEven)), 1, to: \.months)
    }
  }

  static func parse(_ text: String) throws(SQLError) -> Interval {
    let bytes = Array(text.utf8).trimmingBlanks()
    let invalid = SQLError("22007", "invalid input syntax for type interval: \"\(text)\"")
    guard !bytes.isEmpty, bytes.count <= 256 else { throw invalid }
    let total = bytes[0] == UInt8(ascii: "P") ? iso(bytes) : verbose(bytes)
    guard let total else { throw invalid }
    guard !total.isOverflown, let months = Int32(exactly: total.months), let days = Int32(exactly: total.days) else {
      throw SQLError("22008", "interval field value out of range: \"\(text)\"")
    }
    return Interval(months: months, days: days, microseconds: total.microseconds)
  }

  // MARK: Tokens

  private enum Token {
    case number(sign: Int64?, whole: [UInt8], fraction: [UInt8]?)
    case time(sign: Int64?, [UInt8])
    case yearMonth(sign: Int64?, [UInt8], [UInt8])
    case word(String)
  }

  private static func tokens(_ bytes: [UInt8]) -> [Token]? {
    var tokens: [Token] = []
    var index = 0
    func run(_ predicate: (UInt8) -> Bool) -> [UInt8] {
      let start = index
      while index < bytes.count, predicate(bytes[index]) { index += 1 }
      return Array(bytes[start..<index])
    }
    while index < bytes.count {
      let byte = bytes[index]
      if byte.isBlank || byte == UInt8(ascii: "@") || byte == UInt8(ascii: ",") {
        index += 1
        continue
      }
      if byte.isLetter {
        tokens.append(.word(String(decoding: run(\.isLetter).map(\.lowercased), as: UTF8.self)))
        continue
      }
      var sign: Int64?
      if byte == 43 || byte == 45 {
        sign = byte == 45 ? -1 : 1
        index += 1
        _ = run(\.isBlank)
      }
      let whole = run(\.isDigit)
      if index < bytes.count, bytes[index] == UInt8(ascii: ":") {
        tokens.append(
          .time(sign: sign, whole + run { $0.isDigit || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".") }))
      } else if index < bytes.count, bytes[index] == UInt8(ascii: "-"), !whole.isEmpty {
        index += 1
        tokens.append(.yearMonth(sign: sign, whole, run(\.isDigit)))
        // A third part would make it a date.
        if index < bytes.count, bytes[index] == UInt8(ascii: "-") { return nil }
      } else if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
        index += 1
        let fraction = run(\.isDigit)
        guard !whole.isEmpty || !fraction.isEmpty else { return nil }
        tokens.append(.number(sign: sign, whole: whole, fraction: fraction))
      } else {
        guard !whole.isEmpty else { return nil }
        tokens.append(.number(sign: sign, whole: whole, fraction: nil))
      }
    }
    return tokens
  }

  private static func unit(_ word: String) -> Unit? {
    switch word {
    case "us", "usec", "usecs", "microsecond", "microseconds", "useconds", "usecond": return .microsecond
    case "ms", "msec", "msecs", "millisecond", "milliseconds", "mseconds", "msecond": return .millisecond
    case "s", "sec", "secs", "second", "seconds": return .second
    case "m", "min", "mins", "minute", "minutes": return .minute
    case "h", "hr", "hrs", "hour", "hours": return .hour
    case "d", "day", "days": return .day
    case "w", "week", "weeks": return .week
    case "mon", "mons", "month", "months": return .month
    case "y", "yr", "yrs", "year", "years": return .year
    case "dec", "decs", "decade", "decades": return .decade
    case "c", "cent", "century", "centuries": return .century
    case "mil", "mils", "millennia", "millennium": return .millennium
    default: return nil
    }
  }

  private static func value(_ sign: Int64, _ whole: [UInt8], _ fraction: [UInt8]?) -> (Int64, Double)? {
    var number: Int64 = 0
    for digit in whole {
      let (product, overflow) = number.multipliedReportingOverflow(by: 10)
      let (sum, carry) = product.addingReportingOverflow(Int64(digit - 48))
      if overflow || carry { return nil }
      number = sum
    }
    let part = fraction.flatMap { Double("0." + String(decoding: $0, as: UTF8.self)) } ?? 0
    return (number * sign, part * Double(sign))
  }

  /// The text is read from its end, so that a number without a unit takes the one that fits what follows it.
  private static func verbose(_ bytes: [UInt8]) -> Total? {
    guard let tokens = tokens(bytes), !tokens.isEmpty else { return nil }
    var total = Total()
    var unit: Unit? = .second
    var isAgo = false
    var hasUnit = false
    var hasValue = false
    for (position, token) in tokens.enumerated().reversed() {
      switch token {
      case .word("ago"):
        guard position == tokens.count - 1, position > 0 else { return nil }
        isAgo = true
      case .word(let word):
        guard let named = self.unit(word), !hasUnit else { return nil }
        unit = named
        hasUnit = true
      case .number(let sign, let whole, let fraction):
        guard let current = unit, total.claim(current), let (number, part) = value(sign ?? 1, whole, fraction) else {
          return nil
        }
        total.add(number, part, current)
        hasUnit = false
        hasValue = true
        unit = nil
      case .time(let sign, let text):
        guard !hasUnit, total.claim(.hour, .minute, .second), let time = clock(text) else { return nil }
        total.add(time, sign ?? 1, to: \.microseconds)
        // A bare number before a time of day counts days.
        unit = .day
        hasValue = true
      case .yearMonth(let sign, let years, let months):
        guard !hasUnit, total.claim(.year, .month), let (year, _) = value(sign ?? 1, years, nil),
          let (month, _) = value(sign ?? 1, months, nil),
          month.magnitude < 12
        else { return nil }
        total.add(year, 12, to: \.months)
        total.add(month, 1, to: \.months)
        unit = .day
        hasValue = true
      }
    }
    guard hasValue, !hasUnit else { return nil }
    if isAgo {
      total.months = 0 &- total.months
      total.days = 0 &- total.days
      total.microseconds = 0 &- total.microseconds
    }
    return total
  }

  private static func clock(_ text: [UInt8]) -> Int64? {
    let parts = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false).map { Array($0) }
    guard (2...3).contains(parts.count) else { return nil }
    func integer(_ digits: [UInt8]) -> Int64? {
      guard digits.count <= 10, digits.allSatisfy(\.isDigit) else { return nil }
      return digits.reduce(0) { $0 * 10 + Int64($1 - 48) }
    }
    func seconds(_ digits: [UInt8]) -> Int64? {
      let halves = digits.split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false).map {
        Array($0)
      }
      guard let whole = integer(halves[0]), whole <= 60 else { return nil }
      guard halves.count == 2 else { return whole * 1_000_000 }
      return DateTimeDecoder.fraction(halves[1]).map { whole * 1_000_000 + $0 }
    }
    guard let first = integer(parts[0]) else { return nil }
    if parts.count == 2, parts[1].contains(UInt8(ascii: ".")) {
      return seconds(parts[1]).map { first * Calendar.microsecondsPerMinute + $0 }
    }
    guard let minutes = integer(parts[1]), minutes < 60, first < 2_000_000_000 else { return nil }
    let base = first * Calendar.microsecondsPerHour + minutes * Calendar.microsecondsPerMinute
    return parts.count == 3 ? seconds(parts[2]).map { base + $0 } : base
  }

  /// P[nY][nM][nW][nD][T[nH][nM][nS]].
  private static func iso(_ bytes: [UInt8]) -> Total? {
    var total = Total()
    var index = 1
    var inTime = false
    var hasValue = false
    while index < bytes.count {
      if bytes[index] == UInt8(ascii: "T") {
        if inTime { return nil }
        inTime = true
        index += 1
        continue
      }
      var sign: Int64 = 1
      if bytes[index] == 45 || bytes[index] == 43 {
        sign = bytes[index] == 45 ? -1 : 1
        index += 1
      }
      let start = index
      while index < bytes.count, bytes[index].isDigit || bytes[index] == UInt8(ascii: ".") { index += 1 }
      let parts = bytes[start..<index].split(
        separator: UInt8(ascii: "."), omittingEmptySubsequences: false
      ).map { Array($0) }
      guard index > start, parts.count <= 2, index < bytes.count,
        let (number, fraction) = value(sign, parts[0], parts.count == 2 ? parts[1] : nil)
      else { return nil }
      let unit: Unit
      switch (bytes[index], inTime) {
      case (UInt8(ascii: "Y"), false): unit = .year
      case (UInt8(ascii: "M"), false): unit = .month
      case (UInt8(ascii: "W"), false): unit = .week
      case (UInt8(ascii: "D"), false): unit = .day
      case (UInt8(ascii: "H"), true): unit = .hour
      case (UInt8(ascii: "M"), true): unit = .minute
      case (UInt8(ascii: "S"), true): unit = .second
      default: return nil
      }
      total.add(number, fraction, unit)
      hasValue = true
      index += 1
    }
    return hasValue ? total : nil
  }
}
