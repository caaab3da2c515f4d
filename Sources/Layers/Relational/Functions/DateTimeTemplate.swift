/// The templates of to_char, to_date and to_timestamp over dates and times.
struct DateTimeTemplate {
  enum Case { case upper, lower, capital }

  enum Field: String, CaseIterable {
    // Longer names stand before those they begin with.
    case adDots = "A.D.", amDots = "A.M.", ad = "AD", am = "AM", bcDots = "B.C.", bc = "BC", century = "CC"
    case day = "DAY", dayOfYear = "DDD", dayOfMonth = "DD", dayAbbreviation = "DY", dayOfWeek = "D"
    case ff1 = "FF1", ff2 = "FF2", ff3 = "FF3", ff4 = "FF4", ff5 = "FF5", ff6 = "FF6"
    case hour24 = "HH24", hour12 = "HH12", hour = "HH"
    case isoDayOfYear = "IDDD", isoDay = "ID", isoWeek = "IW", isoYear = "IYYY", isoYear3 = "IYY", isoYear2 = "IY"
    case isoYear1 = "I", julian = "J", minute = "MI", month = "MM", monthName = "MONTH", monthAbbreviation = "MON"
    case milliseconds = "MS", offset = "OF", pmDots = "P.M.", pm = "PM", quarter = "Q", romanMonth = "RM"
    case secondsOfDay5 = "SSSSS", secondsOfDay = "SSSS", seconds = "SS", zoneHours = "TZH", zoneMinutes = "TZM"
    case zone = "TZ", microseconds = "US", weekOfYear = "WW", weekOfMonth = "W", yearComma = "Y,YYY", year = "YYYY"
    case year3 = "YYY", year2 = "YY", year1 = "Y"
  }

  enum Element {
    case field(Field, Case, fill: Bool, ordinal: Case?)
    case text([UInt8])
  }

  let elements: [Element]

  private static let fields = Field.allCases.sorted { $0.rawValue.utf8.count > $1.rawValue.utf8.count }

  init(_ template: String, _ pace: EvaluationPace) throws(SQLError) {
    guard template.utf8.count <= 1024 else { throw SQLError("22023", "the format template is too long") }
    let bytes = Array(template.utf8)
    // Every place is compared with every field's name.
    try pace.poll(work: 256 * bytes.count)
    var elements: [Element] = []
    var index = 0
    func begins(_ word: String, at index: Int) -> Bool {
      index + word.utf8.count <= bytes.count
        && zip(word.utf8, bytes[index...]).allSatisfy { $0 == $1.uppercased }
    }
    while index < bytes.count {
      if bytes[index] == UInt8(ascii: "\"") {
        index += 1
        var text: [UInt8] = []
        while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
          if bytes[index] == UInt8(ascii: "\\"), index + 1 < bytes.count { index += 1 }
          text.append(bytes[index])
          index += 1
        }
        index += 1
        elements.append(.text(text))
        continue
      }
      var fill = false
      while begins("FM", at: index) || begins("FX", at: index) || begins("TM", at: index) {
        fill = fill || !begins("FX", at: index)
        index += 2
      }
      guard index < bytes.count else { break }
      guard let field = Self.fields.first(where: { begins($0.rawValue, at: index) }) else {
        elements.append(.text([bytes[index]]))
        index += 1
        continue
      }
      let letters = bytes[index..<(index + field.rawValue.utf8.count)].filter(\.isLetter)
      let style: Case
      if letters[0] != letters[0].uppercased {
        style = .lower
      } else {
        style = letters.count > 1 && letters[1] != letters[1].uppercased ? .capital : .upper
      }
      index += field.rawValue.utf8.count
      var ordinal: Case?
      if begins("TH", at: index) {
        ordinal = bytes[index] == UInt8(ascii: "T") ? .upper : .lower
        index += 2
      }
      elements.append(.field(field, style, fill: fill, ordinal: ordinal))
    }
    self.elements = elements
  }

  static let monthNames = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
  ]
  static let dayNames = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
  static let romanMonths = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"]

  static func styled(_ word: String, _ style: Case) -> String {
    switch style {
    case .upper: return word.uppercased()
    case .lower: return word.lowercased()
    case .capital: return word
    }
  }
}

/// The values a template prints.
struct DateTimeParts {
  var year: Int64
  var month: Int
  var day: Int
  /// Hours of an interval may exceed 23, and all parts be negative.
  var hour: Int64
  var minute: Int64
  var second: Int64
  var microsecond: Int64
  /// nil for intervals.
  var dayNumber: Int64?
  var zone: TimeZoneOffset?

  init(_ local: Int64, zone: TimeZoneOffset?) {
    let (day, time) = Calendar.split(local)
    let fields = Calendar.fields(day: day)
    year = fields.year
    month = fields.month
    self.day = fields.day
    hour = time / Calendar.microsecondsPerHour
    minute = time / Calendar.microsecondsPerMinute % 60
    second = time / Calendar.microsecondsPerSecond % 60
    microsecond = time % Calendar.microsecondsPerSecond
    dayNumber = day
    self.zone = zone
  }

  init(_ interval: Interval) {
    let time = interval.microseconds
    year = Int64(interval.months / 12)
    month = Int(interval.months % 12)
    day = Int(interval.days)
    hour = time / Calendar.microsecondsPerHour
    minute = time / Calendar.microsecondsPerMinute % 60
    second = time / Calendar.microsecondsPerSecond % 60
    microsecond = time % Calendar.microsecondsPerSecond
  }
}

extension DateTimeTemplate {
  func format(_ parts: DateTimeParts) throws(SQLError) -> [UInt8] {
    var output: [UInt8] = []
    for element in elements {
      switch element {
      case .text(let text): output += text
      case .field(let field, let style, let fill, let ordinal):
        let start = output.count
        try append(field, style, fill, parts, to: &output)
        if let ordinal { output += OrdinalSuffix.of(Array(output[start...]), upper: ordinal == .upper) }
      }
    }
    return output
  }

  private func append(
    _ field: Field, _ style: Case, _ fill: Bool, _ parts: DateTimeParts, to output: inout [UInt8]
  ) throws(SQLError) {
    func number(_ value: Int64, _ width: Int) {
      if value < 0 { output.append(UInt8(ascii: "-")) }
      output.appendDecimal(value.magnitude, width: fill ? 1 : value < 0 ? width - 1 : width)
    }
    func word(_ text: String, padTo width: Int = 0) {
      output += Self.styled(text, style).utf8
      if !fill { output += [UInt8](repeating: 32, count: max(0, width - text.utf8.count)) }
    }
    func dayNumber() throws(SQLError) -> Int64 {
      if let day = parts.dayNumber { return day }
      throw SQLError(
        "22007", "invalid format specification for an interval value",
        hint: "Intervals are not tied to specific calendar dates.")
    }
    func isoYear() throws(SQLError) -> Int64 {
      let year = Calendar.isoWeek(try dayNumber()).year
      return year > 0 ? year : 1 - year
    }
    let zone = parts.zone ?? .utc
    let isBeforeChrist = parts.dayNumber != nil && parts.year <= 0
    let shownYear = isBeforeChrist ? 1 - parts.year : parts.year
    switch field {
    case .am, .pm: word(parts.hour % 24 >= 12 ? "PM" : "AM")
    case .amDots, .pmDots: word(parts.hour % 24 >= 12 ? "P.M." : "A.M.")
    case .ad, .bc, .adDots, .bcDots:
      _ = try dayNumber()
      let dotted = field == .adDots || field == .bcDots
      word(isBeforeChrist ? (dotted ? "B.C." : "BC") : (dotted ? "A.D." : "AD"))
    case .hour, .hour12: number(parts.hour % 12 == 0 ? 12 : parts.hour % 12, 2)
    case .hour24: number(parts.hour, 2)
    case .minute: number(parts.minute, 2)
    case .seconds: number(parts.second, 2)
    case .milliseconds, .ff3: number(parts.microsecond / 1000, 3)
    case .microseconds, .ff6: output.appendDecimal(parts.microsecond.magnitude, width: 6)
    case .ff1: number(parts.microsecond / 100_000, 1)
    case .ff2: number(parts.microsecond / 10_000, 2)
    case .ff4: number(parts.microsecond / 100, 4)
    case .ff5: number(parts.microsecond / 10, 5)
    case .secondsOfDay, .secondsOfDay5: output.appendDecimal(parts.hour * 3600 + parts.minute * 60 + parts.second)
    case .year: number(shownYear, 4)
    case .year3: number(shownYear % 1000, 3)
    case .year2: number(shownYear % 100, 2)
    case .year1: number(shownYear % 10, 1)
    case .yearComma:
      output.appendDecimal(shownYear / 1000)
      output.append(UInt8(ascii: ","))
      output.appendDecimal((shownYear % 1000).magnitude, width: 3)
    case .century:
      number(isBeforeChrist ? -((99 - (parts.year - 1)) / 100) : (parts.year + 99) / 100, 2)
    case .month: number(Int64(parts.month), 2)
    case .monthName, .monthAbbreviation:
      _ = try dayNumber()
      let name = Self.monthNames[parts.month - 1]
      if field == .monthName { word(name, padTo: 9) } else { word(String(name.prefix(3))) }
    case .romanMonth:
      guard parts.month >= 1, parts.month <= 12 else { return }
      word(Self.romanMonths[parts.month - 1], padTo: 4)
    case .quarter:
      guard parts.month >= 1 else { return }
      number(Int64((parts.month - 1) / 3 + 1), 1)
    case .day: word(Self.dayNames[Calendar.dayOfWeek(try dayNumber())], padTo: 9)
    case .dayAbbreviation: word(String(Self.dayNames[Calendar.dayOfWeek(try dayNumber())].prefix(3)))
    case .dayOfWeek: number(Int64(Calendar.dayOfWeek(try dayNumber()) + 1), 1)
    case .isoDay: number(Int64((Calendar.dayOfWeek(try dayNumber()) + 6) % 7 + 1), 1)
    case .dayOfMonth: number(Int64(parts.day), 2)
    case .dayOfYear: number(Int64(Calendar.dayOfYear(Calendar.fields(day: try dayNumber()))), 3)
    case .weekOfYear: number(Int64((Calendar.dayOfYear(Calendar.fields(day: try dayNumber())) - 1) / 7 + 1), 2)
    case .weekOfMonth: number(Int64((parts.day - 1) / 7 + 1), 1)
    case .isoWeek: number(Int64(Calendar.isoWeek(try dayNumber()).week), 2)
    case .isoYear: number(try isoYear(), 4)
    case .isoYear3: number(try isoYear() % 1000, 3)
    case .isoYear2: number(try isoYear() % 100, 2)
    case .isoYear1: number(try isoYear() % 10, 1)
    case .isoDayOfYear:
      let day = try dayNumber()
      number(day - Calendar.firstDay(isoYear: Calendar.isoWeek(day).year, week: 1) + 1, 3)
    case .julian: output.appendDecimal(try dayNumber() + Calendar.epochJulianDay)
    case .zone:
      _ = try dayNumber()
      if let zone = parts.zone { output += Self.styled(zone.name, style).utf8 }
    case .offset:
      _ = try dayNumber()
      DateTimeOutput.append(offset: zone.seconds, to: &output)
    case .zoneHours:
      _ = try dayNumber()
      output.append(zone.seconds < 0 ? UInt8(ascii: "-") : UInt8(ascii: "+"))
      output.appendDecimal(UInt64(zone.seconds.magnitude / 3600), width: 2)
    case .zoneMinutes:
      _ = try dayNumber()
      output.appendDecimal(UInt64(zone.seconds.magnitude / 60 % 60), width: 2)
    }
  }
}
