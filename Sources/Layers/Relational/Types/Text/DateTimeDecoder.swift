/// Gives the fields of a date-time text their meaning, as PostgreSQL's DecodeDateTime does.
struct DateTimeDecoder {
  enum Outcome { case fields, infinity, negativeInfinity }
  enum Era { case common, beforeChrist }

  private let text: String
  private let type: SQLType
  private let input: InputContext

  private var year: Int64?
  private var month: Int?
  private var day: Int?
  private var hasTextMonth = false
  private var isTwoDigitYear = false
  private var julianDay: Int64?
  private var era: Era?
  private var hours = 0
  private var minutes = 0
  private var microseconds: Int64 = 0
  private var afternoon: Bool?
  private(set) var hasTime = false
  /// Seconds east of UTC.
  private(set) var zone: Int32?

  init(_ text: String, _ type: SQLType, _ input: InputContext) {
    self.text = text
    self.type = type
    self.input = input
  }

  var badFormat: SQLError {
    // These two go by their short names here.
    let name = type == .timestamp ? "timestamp" : type == .time ? "time" : type.name
    return SQLError("22007", "invalid input syntax for type \(name): \"\(text)\"")
  }
  private var fieldOverflow: SQLError { SQLError("22008", "date/time field value out of range: \"\(text)\"") }

  private var monthDayOverflow: SQLError {
    var error = fieldOverflow
    error.hint = "Perhaps you need a different \"datestyle\" setting."
    return error
  }

  mutating func decode() throws(SQLError) -> Outcome {
    guard let fields = DateTimeScanner.fields(text), !fields.isEmpty else { throw badFormat }
    var expectsTime = false
    var skipsNext = false
    for (position, field) in fields.enumerated() {
      if skipsNext {
        skipsNext = false
        continue
      }
      switch field {
      case .signedWord(let word):
        guard fields.count == 1, type != .time else { throw badFormat }
        if word == "-infinity" { return .negativeInfinity }
        if word == "+infinity" { return .infinity }
        throw badFormat
      case .word(let word):
        if fields.count == 1, word == "infinity", type != .time { return .infinity }
        if word == "j", position + 1 < fields.count, case .number(let digits) = fields[position + 1],
          let number = Self.integer(digits), julianDay == nil
        {
          julianDay = Int64(number) - Calendar.epochJulianDay
          skipsNext = true
          continue
        }
        if word == "t" {
          guard position + 1 < fields.count else { throw badFormat }
          expectsTime = true
          continue
        }
        try decode(word: word)
      case .time(let bytes): try decode(time: bytes)
      case .zone(let bytes):
        guard zone == nil, hasTime || type != .date else { throw badFormat }
        guard let offset = DateTimeInput.offset(bytes) else {
          throw SQLError("22009", "time zone displacement out of range: \"\(text)\"")
        }
        zone = offset
      case .date(let parts): try decode(date: parts)
      case .number(let bytes):
        try decode(number: bytes, isTime: expectsTime || (type == .time && !hasTime))
      }
      expectsTime = false
    }
    try validateTime()
    if type != .time { try validateDate() }
    return .fields
  }

  // MARK: Fields

  private mutating func decode(word: String) throws(SQLError) {
    if let number = DateTimeInput.month(word) {
      if let month, !hasTextMonth, day == nil {
        day = month
      } else if month != nil {
        throw badFormat
      }
      month = number
      hasTextMonth = true
    } else if DateTimeInput.isWeekday(word) {
      return
    } else if let offset = DateTimeInput.zones[word], zone == nil {
      zone = offset
    } else {
      try decode(special: word)
    }
  }

  private mutating func decode(special word: String) throws(SQLError) {
    switch word {
    case "am", "a": afternoon = false
    case "pm", "p": afternoon = true
    case "ad", "ce": era = .common
    case "bc", "bce": era = .beforeChrist
    case "at", "on": return
    case "epoch": set(instant: -946_684_800_000_000, withTime: true, zone: 0)
    case "now": set(instant: local(input.now), withTime: true, zone: input.timeZone.seconds)
    case "today": set(instant: local(input.now), withTime: false, zone: nil)
    case "tomorrow": set(instant: local(input.now) &+ Calendar.microsecondsPerDay, withTime: false, zone: nil)
    case "yesterday": set(instant: local(input.now) &- Calendar.microsecondsPerDay, withTime: false, zone: nil)
    case "allballs":
      hasTime = true
      zone = 0
    default: throw badFormat
    }
  }

  private func local(_ instant: Int64) -> Int64 { instant &+ Int64(input.timeZone.seconds) * 1_000_000 }

  private mutating func set(instant: Int64, withTime: Bool, zone: Int32?) {
    let (number, time) = Calendar.split(instant)
    julianDay = number
    hasTime = true
    if withTime {
      hours = Int(time / Calendar.microsecondsPerHour)
      minutes = Int(time / Calendar.microsecondsPerMinute % 60)
      microseconds = time % Calendar.microsecondsPerMinute
    }
    self.zone = zone
  }

  private mutating func decode(time bytes: [UInt8]) throws(SQLError) {
    guard !hasTime else { throw badFormat }
    let parts = bytes.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false).map { Array($0) }
    guard parts.count <= 3, !parts[0].isEmpty, let hour = Self.integer(parts[0]) else { throw badFormat }
    if parts.count == 2, parts[1].contains(UInt8(ascii: ".")) {
      // mm:ss.fff
      minutes = hour
      microseconds = try seconds(parts[1])
    } else {
      guard let minute = Self.integer(parts[1]) else { throw badFormat }
      hours = hour
      minutes = minute
      if parts.count == 3 { microseconds = try seconds(parts[2]) }
    }
    hasTime = true
  }

  /// "06.789" in microseconds.
  private func seconds(_ bytes: [UInt8]) throws(SQLError) -> Int64 {
    let parts = bytes.split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
    guard let whole = Self.integer(Array(parts[0])) else { throw badFormat }
    var result = Int64(whole) * 1_000_000
    if parts.count == 2 {
      guard let fraction = Self.fraction(Array(parts[1])) else { throw badFormat }
      result += fraction
    }
    return result
  }

  /// Decimal places as microseconds, rounded.
  static func fraction(_ digits: [UInt8]) -> Int64? {
    guard digits.allSatisfy(\.isDigit) else { return nil }
    var value: Int64 = 0
    for index in 0..<6 { value = value * 10 + (index < digits.count ? Int64(digits[index] - 48) : 0) }
    if digits.count > 6 {
      let rest = digits[6...]
      // Ties go to the even microsecond, as rint does.
      let isTie = rest.first == 53 && rest.dropFirst().allSatisfy { $0 == 48 }
      if rest[6] > 53 || (rest[6] == 53 && (!isTie || value & 1 == 1)) { value += 1 }
    }
    return value
  }

  private static func integer(_ digits: [UInt8]) -> Int? {
    guard !digits.isEmpty, digits.count <= 9, digits.allSatisfy(\.isDigit) else { return nil }
    return digits.reduce(0) { $0 * 10 + Int($1 - 48) }
  }

  private mutating func decode(date parts: [[UInt8]]) throws(SQLError) {
    guard year == nil, julianDay == nil, parts.count == 2 || parts.count == 3, parts.allSatisfy({ !$0.isEmpty }) else {
      throw badFormat
    }
    for part in parts where part[0].isLetter {
      guard month == nil, let number = DateTimeInput.month(String(decoding: part.map(\.lowercased), as: UTF8.self))
      else {
        throw badFormat
      }
      month = number
      hasTextMonth = true
    }
    for part in parts where !part[0].isLetter { try assign(part) }
    guard parts.count == 3 else { throw badFormat }
  }

  private mutating func decode(number bytes: [UInt8], isTime: Bool) throws(SQLError) {
    let parts = bytes.split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false).map {
      Array($0)
    }
    let digits = parts[0]
    let hasDate = julianDay != nil || (year != nil && month != nil && day != nil)
    if isTime || (hasDate && !hasTime && (digits.count == 6 || digits.count == 4)) {
      try decode(runTogether: digits, parts.count == 2 ? parts[1] : [])
    } else if parts.count == 2 {
      throw badFormat
    } else if digits.count >= 6, year == nil, month == nil, day == nil {
      guard digits.count <= 9, let number = Self.integer(digits) else { throw badFormat }
      day = number % 100
      month = number / 100 % 100
      year = Int64(number / 10000)
      isTwoDigitYear = digits.count == 6
    } else {
      try assign(digits)
    }
  }

  /// hhmmss or hhmm.
  private mutating func decode(runTogether digits: [UInt8], _ fractionDigits: [UInt8]) throws(SQLError) {
    guard !hasTime, let number = Self.integer(digits) else { throw badFormat }
    switch digits.count {
    case 6:
      hours = number / 10000
      minutes = number / 100 % 100
      guard let fraction = Self.fraction(fractionDigits) else { throw badFormat }
      microseconds = Int64(number % 100) * 1_000_000 + fraction
    case 4 where fractionDigits.isEmpty:
      hours = number / 100
      minutes = number % 100
    default: throw badFormat
    }
    hasTime = true
  }

  /// Gives one number of a date its place: month, day, year, unless its length or a month name says otherwise.
  private mutating func assign(_ digits: [UInt8]) throws(SQLError) {
    guard let number = Self.integer(digits) else { throw digits.allSatisfy(\.isDigit) ? fieldOverflow : badFormat }
    let isYear: Bool
    switch (year != nil, month != nil, day != nil) {
    case (false, false, false):
      isYear = digits.count >= 3
      if !isYear { month = number }
    case (true, false, false):
      isYear = false
      month = number
    case (true, true, false):
      isYear = false
      day = number
    case (false, true, false):
      isYear = hasTextMonth && digits.count >= 3
      if !isYear { day = number }
    case (false, true, true): isYear = true
    case (false, false, true):
      isYear = false
      month = number
    default: throw badFormat
    }
    if isYear {
      year = Int64(number)
      isTwoDigitYear = digits.count <= 2
    }
  }

  // MARK: Validation

  private mutating func validateTime() throws(SQLError) {
    if let afternoon {
      guard hasTime else { throw badFormat }
      guard hours <= 12 else { throw fieldOverflow }
      if afternoon, hours != 12 { hours += 12 }
      if !afternoon, hours == 12 { hours = 0 }
    }
    guard hours <= 24, minutes < 60, microseconds <= 60_000_000, timeOfDay <= Calendar.microsecondsPerDay else {
      throw fieldOverflow
    }
  }

  private mutating func validateDate() throws(SQLError) {
    if julianDay != nil { return }
    guard let month, let day, var year else { throw badFormat }
    if era == .beforeChrist {
      guard year > 0 else { throw fieldOverflow }
      year = 1 - year
    } else if isTwoDigitYear, era == nil {
      year += year < 70 ? 2000 : year < 100 ? 1900 : 0
    } else if year == 0 {
      throw fieldOverflow
    }
    self.year = year
    guard (1...12).contains(month), (1...31).contains(day) else { throw monthDayOverflow }
    guard day <= Calendar.daysInMonth(month, year: year) else { throw fieldOverflow }
  }

  func dayNumber() throws(SQLError) -> Int64 {
    if let julianDay { return julianDay }
    guard let year, let month, let day else { throw badFormat }
    return Calendar.dayNumber(year: year, month: month, day: day)
  }

  var timeOfDay: Int64 {
    Int64(hours) * Calendar.microsecondsPerHour + Int64(minutes) * Calendar.microsecondsPerMinute + microseconds
  }
}
