/// Dates, times and timestamps from text: ISO 8601, the order month-day-year of DateStyle MDY, month names, eras,
/// numeric zones and the special words.
enum DateTimeInput {
  static func date(_ text: String, _ input: InputContext) throws(SQLError) -> Int32 {
    var decoder = DateTimeDecoder(text, .date, input)
    switch try decoder.decode() {
    case .negativeInfinity: return .min
    case .infinity: return .max
    case .fields: break
    }
    let day = try decoder.dayNumber()
    guard day >= Calendar.minimumDay, day <= Calendar.maximumDay else {
      throw SQLError("22008", "date out of range: \"\(text)\"")
    }
    return Int32(day)
  }

  static func time(_ text: String, _ input: InputContext) throws(SQLError) -> Int64 {
    var decoder = DateTimeDecoder(text, .time, input)
    guard case .fields = try decoder.decode() else { throw decoder.badFormat }
    guard decoder.hasTime else { throw decoder.badFormat }
    return decoder.timeOfDay
  }

  static func timestamp(_ text: String, _ input: InputContext) throws(SQLError) -> Int64 {
    var decoder = DateTimeDecoder(text, .timestamp, input)
    return try instant(&decoder, text, "timestamp", zone: nil)
  }

  static func timestamptz(_ text: String, _ input: InputContext) throws(SQLError) -> Int64 {
    var decoder = DateTimeDecoder(text, .timestamptz, input)
    return try instant(&decoder, text, "timestamp", zone: input.timeZone)
  }

  private static func instant(
    _ decoder: inout DateTimeDecoder, _ text: String, _ name: String, zone: TimeZoneOffset?
  ) throws(SQLError) -> Int64 {
    switch try decoder.decode() {
    case .negativeInfinity: return .min
    case .infinity: return .max
    case .fields: break
    }
    let outOfRange = SQLError("22008", "\(name) out of range: \"\(text)\"")
    let (start, overflow) = try decoder.dayNumber().multipliedReportingOverflow(by: Calendar.microsecondsPerDay)
    var (result, carry) = start.addingReportingOverflow(decoder.timeOfDay)
    if overflow || carry { throw outOfRange }
    if let zone {
      let offset = Int64(decoder.zone ?? zone.seconds)
      (result, carry) = result.subtractingReportingOverflow(offset * Calendar.microsecondsPerSecond)
      if carry { throw outOfRange }
    }
    guard result >= Calendar.minimumTimestamp, result < Calendar.endTimestamp else { throw outOfRange }
    return result
  }

  static let months = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
  ]
  static let fullMonths = [
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
  ]

  static func month(_ word: String) -> Int? {
    if word == "sept" { return 9 }
    return (months.firstIndex(of: word) ?? fullMonths.firstIndex(of: word)).map { $0 + 1 }
  }

  private static let weekdays: Set<String> = [
    "sun", "sunday", "mon", "monday", "tue", "tues", "tuesday", "wed", "weds", "wednesday", "thu", "thur", "thurs",
    "thursday", "fri", "friday", "sat", "saturday",
  ]

  static func isWeekday(_ word: String) -> Bool { weekdays.contains(word) }

  /// Offsets in seconds of the abbreviations that name one offset everywhere.
  static let zones: [String: Int32] = [
    "z": 0, "zulu": 0, "utc": 0, "gmt": 0, "ut": 0, "uct": 0, "wet": 0, "west": 3600, "cet": 3600, "cest": 7200,
    "met": 3600, "mest": 7200, "eet": 7200, "eest": 10800, "msk": 10800, "bst": 3600, "est": -18000, "edt": -14400,
    "cst": -21600, "cdt": -18000, "mst": -25200, "mdt": -21600, "pst": -28800, "pdt": -25200, "jst": 32400,
    "akst": -32400, "akdt": -28800, "hst": -36000, "ist": 7200,
  ]

  /// "+05:30", "-8", "+0530", "+05:30:15" in seconds east of UTC; nil when it is none.
  static func offset(_ bytes: [UInt8]) -> Int32? {
    guard let sign = bytes.first, sign == 43 || sign == 45 else { return nil }
    let parts = bytes.dropFirst().split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    guard parts.count <= 3, parts.allSatisfy({ !$0.isEmpty && $0.count <= 6 && $0.allSatisfy(\.isDigit) }) else {
      return nil
    }
    var numbers = parts.map { $0.reduce(0) { $0 * 10 + Int32($1 - 48) } }
    if parts.count == 1, parts[0].count > 2 {
      let joined = numbers[0]
      numbers = parts[0].count > 4 ? [joined / 10000, joined / 100 % 100, joined % 100] : [joined / 100, joined % 100]
    }
    while numbers.count < 3 { numbers.append(0) }
    guard numbers[0] <= 15, numbers[1] < 60, numbers[2] < 60 else { return nil }
    let seconds = numbers[0] * 3600 + numbers[1] * 60 + numbers[2]
    return sign == 45 ? -seconds : seconds
  }
}

extension TimeZoneOffset {
  private static let longestName = 256

  /// The zone a SET TIME ZONE or AT TIME ZONE names: UTC and its like, fixed abbreviations, numeric offsets. Roost has
  /// no table of zones whose offset changes over the year.
  public init?(named name: String) {
    guard name.utf8.count <= Self.longestName else { return nil }
    let bytes = Array(name.utf8).trimmingBlanks()
    let lowered = String(decoding: bytes.map(\.lowercased), as: UTF8.self)
    if ["utc", "etc/utc", "gmt", "etc/gmt", "z", "zulu", "uct", "universal"].contains(lowered) {
      self.init(name: lowered == "utc" || lowered == "z" ? "UTC" : name, seconds: 0)
    } else if let seconds = DateTimeInput.zones[lowered] {
      self.init(name: name, seconds: seconds)
    } else if let seconds = DateTimeInput.offset(bytes) {
      // A bare offset in a zone's place counts west of Greenwich (POSIX).
      self.init(name: name, seconds: -seconds)
    } else {
      return nil
    }
  }
}
