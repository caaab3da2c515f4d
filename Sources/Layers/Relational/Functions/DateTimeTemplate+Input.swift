/// to_date and to_timestamp: reads a text by a template.
extension DateTimeTemplate {
  private struct Found {
    var year: Int64?
    var month: Int?
    var day: Int?
    var dayOfYear: Int?
    var julian: Int64?
    var hour = 0
    var isTwelveHour = false
    var afternoon: Bool?
    var minute = 0
    var second = 0
    var microsecond: Int64 = 0
    var secondsOfDay: Int?
    var isBeforeChrist = false
    /// -1 or 1 once the text names a zone; it holds for hours and minutes.
    var zoneSign: Int32 = 0
    var zoneHours = 0
    var zoneMinutes = 0
    var isoYear: Int64?
    var isoWeek: Int?
    var isoDay: Int?
  }

  /// The local timestamp the text denotes and, when it names one, its distance from UTC in seconds.
  func parse(_ text: String, _ pace: EvaluationPace) throws(SQLError) -> (local: Int64, zone: Int32?) {
    // Blanks are passed over once, all else is of the template's length.
    try pace.poll(work: text.utf8.count + 16 * elements.count)
    var reader = Reader(Array(text.utf8), pace)
    var found = Found()
    for (position, element) in elements.enumerated() {
      switch element {
      case .text(let literal):
        // A separator of the template takes any separator of the text, a letter any character.
        for byte in literal { try reader.skip(byte) }
      case .field(let field, _, _, let ordinal):
        try reader.skipBlanks()
        guard !reader.isAtEnd else { continue }
        try read(field, &reader, &found, isFollowedByDigits: isNumber(position + 1))
        if ordinal != nil { reader.advance(2) }
      }
    }
    return (try Self.local(found, text), try Self.zone(found, text))
  }

  /// Hours that a zone may lie away from UTC.
  private static let furthestZone = 15

  private static func zone(_ found: Found, _ text: String) throws(SQLError) -> Int32? {
    if found.zoneSign == 0 { return nil }
    // The digits are the user's: they are checked before anything is computed with them.
    guard found.zoneHours <= furthestZone, found.zoneMinutes < 60 else {
      throw SQLError("22009", "time zone displacement out of range: \"\(text)\"")
    }
    return found.zoneSign * Int32(found.zoneHours * 3600 + found.zoneMinutes * 60)
  }

  /// Whether the element is read from digits, so that the number before it has a fixed width.
  private func isNumber(_ position: Int) -> Bool {
    guard position < elements.count, case .field(let field, _, _, _) = elements[position] else { return false }
    switch field {
    case .am, .pm, .amDots, .pmDots, .ad, .bc, .adDots, .bcDots, .monthName, .monthAbbreviation, .romanMonth, .day,
      .dayAbbreviation, .zone, .offset, .zoneHours:
      return false
    default: return true
    }
  }

  private func read(
    _ field: Field, _ reader: inout Reader, _ found: inout Found, isFollowedByDigits: Bool
  ) throws(SQLError) {
    func number(_ width: Int) throws(SQLError) -> Int {
      try reader.number(isFollowedByDigits ? width : max(width, 9), field.rawValue)
    }
    switch field {
    case .year:
      let digits = reader.digitCount
      let value = try number(4)
      found.year = Self.century(Int64(value), digits: digits)
    case .year3, .year2, .year1:
      let width = field == .year3 ? 3 : field == .year2 ? 2 : 1
      let digits = reader.digitCount
      found.year = Self.century(Int64(try number(width)), digits: min(digits, max(width, digits)))
    case .yearComma:
      let thousands = try reader.number(9, "Y,YYY")
      try reader.skip(UInt8(ascii: ","))
      found.year = Int64(thousands) * 1000 + Int64(try reader.number(3, "Y,YYY"))
    case .month: found.month = try number(2)
    case .monthName, .monthAbbreviation:
      guard let month = reader.name(of: Self.monthNames, abbreviated: field == .monthAbbreviation) else {
        throw Self.invalid(reader.rest(field == .monthAbbreviation ? 3 : 9), field)
      }
      found.month = month + 1
    case .romanMonth:
      guard let month = reader.roman() else { throw Self.invalid(reader.rest(4), field) }
      found.month = month
    case .dayOfMonth: found.day = try number(2)
    case .dayOfYear: found.dayOfYear = try number(3)
    case .day, .dayAbbreviation:
      guard reader.name(of: Self.dayNames, abbreviated: field == .dayAbbreviation) != nil else {
        throw Self.invalid(reader.rest(field == .dayAbbreviation ? 3 : 9), field)
      }
    case .hour, .hour12:
      found.hour = try number(2)
      found.isTwelveHour = true
    case .hour24: found.hour = try number(2)
    case .minute: found.minute = try number(2)
    case .seconds: found.second = try number(2)
    case .milliseconds, .ff3: found.microsecond = try reader.fraction(3)
    case .microseconds, .ff6: found.microsecond = try reader.fraction(6)
    case .ff1: found.microsecond = try reader.fraction(1)
    case .ff2: found.microsecond = try reader.fraction(2)
    case .ff4: found.microsecond = try reader.fraction(4)
    case .ff5: found.microsecond = try reader.fraction(5)
    case .secondsOfDay, .secondsOfDay5: found.secondsOfDay = try number(5)
    case .am, .pm, .amDots, .pmDots:
      guard let isAfternoon = reader.meridian() else {
        throw Self.invalid(reader.rest(field.rawValue.utf8.count), field)
      }
      found.afternoon = isAfternoon
      found.isTwelveHour = true
    case .ad, .bc, .adDots, .bcDots:
      guard let isBefore = reader.era() else { throw Self.invalid(reader.rest(field.rawValue.utf8.count), field) }
      found.isBeforeChrist = isBefore
    case .julian: found.julian = Int64(try number(9)) - Calendar.epochJulianDay
    case .isoYear: found.isoYear = Int64(try number(4))
    case .isoWeek: found.isoWeek = try number(2)
    case .isoDay: found.isoDay = try number(1)
    case .zoneHours:
      found.zoneSign = reader.sign()
      found.zoneHours = try reader.number(2, field.rawValue)
    case .zoneMinutes:
      if found.zoneSign == 0 { found.zoneSign = 1 }
      found.zoneMinutes = try number(2)
    case .quarter, .dayOfWeek, .weekOfMonth, .century: _ = try number(2)
    case .zone, .offset, .weekOfYear, .isoYear3, .isoYear2, .isoYear1, .isoDayOfYear:
      throw SQLError("0A000", "formatting field \"\(field.rawValue)\" is only supported in to_char")
    }
  }

  /// Fewer than four digits name the year nearest to 2020.
  private static func century(_ year: Int64, digits: Int) -> Int64 {
    switch digits {
    case 1, 2: return year < 70 ? year + 2000 : year + 1900
    case 3: return year < 520 ? year + 2000 : year + 1000
    default: return year
    }
  }

  private static func invalid(_ found: String, _ field: Field) -> SQLError {
    SQLError(
      "22007", "invalid value \"\(found)\" for \"\(field.rawValue)\"",
      detail: "The given value did not match any of the allowed values for this field.")
  }

  private static func local(_ found: Found, _ text: String) throws(SQLError) -> Int64 {
    let outOfRange = SQLError("22008", "date/time field value out of range: \"\(text)\"")
    var hour = found.hour
    if found.isTwelveHour {
      guard (1...12).contains(hour) else {
        throw SQLError(
          "22007", "hour \"\(hour)\" is invalid for the 12-hour clock",
          hint: "Use the 24-hour clock, or give an hour between 1 and 12.")
      }
      if found.afternoon == true, hour < 12 { hour += 12 }
      if found.afternoon == false, hour == 12 { hour = 0 }
    }
    var minute = found.minute
    var second = found.second
    if let seconds = found.secondsOfDay {
      hour = seconds / 3600
      minute = seconds / 60 % 60
      second = seconds % 60
    }
    guard hour < 24, minute < 60, second < 60 else { throw outOfRange }
    let time = Int64(hour * 3600 + minute * 60 + second) * 1_000_000 + found.microsecond
    let day: Int64
    if let julian = found.julian {
      day = julian
    } else if let isoYear = found.isoYear {
      day = Calendar.firstDay(isoYear: isoYear, week: found.isoWeek ?? 1) + Int64((found.isoDay ?? 1) - 1)
    } else {
      // Without a year the date lies in 1 BC.
      let given = found.year ?? 0
      let year = found.isBeforeChrist ? 1 - given : given
      if let dayOfYear = found.dayOfYear, found.month == nil {
        guard dayOfYear >= 1, dayOfYear <= (Calendar.isLeap(year) ? 366 : 365) else { throw outOfRange }
        day = Calendar.dayNumber(year: year, month: 1, day: 1) + Int64(dayOfYear - 1)
      } else {
        let month = found.month ?? 1
        let number = found.day ?? 1
        guard (1...12).contains(month), number >= 1, number <= Calendar.daysInMonth(month, year: year) else {
          throw outOfRange
        }
        day = Calendar.dayNumber(year: year, month: month, day: number)
      }
    }
    let (start, overflow) = day.multipliedReportingOverflow(by: Calendar.microsecondsPerDay)
    let (local, carry) = start.addingReportingOverflow(time)
    if overflow || carry { throw outOfRange }
    return try Calendar.checked(local)
  }

  /// Moves over the text.
  private struct Reader {
    private let bytes: [UInt8]
    private let pace: EvaluationPace
    private var index = 0

    init(_ bytes: [UInt8], _ pace: EvaluationPace) {
      self.bytes = bytes
      self.pace = pace
    }

    var isAtEnd: Bool { index >= bytes.count }
    /// Digits ahead; no field takes more than these.
    var digitCount: Int { bytes[index...].prefix(Self.longestNumber).prefix { $0.isDigit }.count }
    private static let longestNumber = 32

    func rest(_ count: Int) -> String { String(decoding: bytes[index...].prefix(count), as: UTF8.self) }

    mutating func advance(_ count: Int) { index = min(bytes.count, index + count) }

    mutating func skipBlanks() throws(SQLError) {
      while index < bytes.count, bytes[index].isBlank {
        try pace.poll(work: 1)
        index += 1
      }
    }

    mutating func skip(_ literal: UInt8) throws(SQLError) {
      guard index < bytes.count else { return }
      if literal.isBlank {
        // Any separators of the text, as many as there are blanks or one other.
        if !bytes[index].isDigit, !bytes[index].isLetter { index += 1 }
        try skipBlanks()
      } else if literal.isLetter || literal.isDigit {
        index += 1
      } else {
        try skipBlanks()
        if index < bytes.count, !bytes[index].isDigit, !bytes[index].isLetter { index += 1 }
      }
    }

    mutating func number(_ width: Int, _ field: String) throws(SQLError) -> Int {
      let digits = bytes[index...].prefix(width).prefix { $0.isDigit }
      guard !digits.isEmpty else {
        throw SQLError(
          "22007", "invalid value \"\(rest(min(width, 4)))\" for \"\(field)\"", detail: "Value must be an integer.")
      }
      index += digits.count
      return digits.reduce(0) { $0 * 10 + Int($1 - 48) }
    }

    mutating func fraction(_ width: Int) throws(SQLError) -> Int64 {
      let count = min(digitCount, width)
      var value = Int64(try number(width, "US"))
      for _ in count..<6 { value *= 10 }
      return value
    }

    /// -1 for a minus, 1 for a plus or no sign.
    mutating func sign() -> Int32 {
      guard index < bytes.count, bytes[index] == 43 || bytes[index] == 45 else { return 1 }
      index += 1
      return bytes[index - 1] == 45 ? -1 : 1
    }

    private func begins(_ word: some Collection<UInt8>) -> Bool {
      bytes.count - index >= word.count && zip(word, bytes[index...]).allSatisfy { $0.lowercased == $1.lowercased }
    }

    mutating func name(of names: [String], abbreviated: Bool) -> Int? {
      for (position, name) in names.enumerated() {
        let word = abbreviated ? Array(name.utf8.prefix(3)) : Array(name.utf8)
        if begins(word) {
          index += word.count
          return position
        }
      }
      return nil
    }

    mutating func roman() -> Int? {
      let order = DateTimeTemplate.romanMonths.enumerated().sorted { $0.element.utf8.count > $1.element.utf8.count }
      for (position, name) in order where begins(name.utf8) {
        index += name.utf8.count
        return position + 1
      }
      return nil
    }

    mutating func meridian() -> Bool? {
      for (word, isAfternoon) in [("a.m.", false), ("p.m.", true), ("am", false), ("pm", true)] where begins(word.utf8)
      {
        index += word.utf8.count
        return isAfternoon
      }
      return nil
    }

    mutating func era() -> Bool? {
      for (word, isBefore) in [("a.d.", false), ("b.c.", true), ("ad", false), ("bc", true)] where begins(word.utf8) {
        index += word.utf8.count
        return isBefore
      }
      return nil
    }
  }
}
