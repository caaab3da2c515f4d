/// Dates and times as text in DateStyle ISO.
enum DateTimeOutput {
  static func append(date: Int32, to bytes: inout [UInt8]) {
    if appendInfinity(date == .min, date == .max, to: &bytes) { return }
    let fields = Calendar.fields(day: Int64(date))
    append(fields, to: &bytes)
    appendEra(fields, to: &bytes)
  }

  static func append(time: Int64, to bytes: inout [UInt8]) {
    let (seconds, fraction) = time.quotientAndRemainder(dividingBy: 1_000_000)
    bytes.appendDecimal(UInt64(seconds / 3600), width: 2)
    bytes.append(UInt8(ascii: ":"))
    bytes.appendDecimal(UInt64(seconds / 60 % 60), width: 2)
    bytes.append(UInt8(ascii: ":"))
    bytes.appendDecimal(UInt64(seconds % 60), width: 2)
    appendFraction(UInt64(fraction), to: &bytes)
  }

  static func append(timestamp: Int64, to bytes: inout [UInt8]) {
    if appendInfinity(timestamp == .min, timestamp == .max, to: &bytes) { return }
    append(local: timestamp, zone: nil, to: &bytes)
  }

  static func append(timestamptz instant: Int64, _ zone: TimeZoneOffset, to bytes: inout [UInt8]) {
    if appendInfinity(instant == .min, instant == .max, to: &bytes) { return }
    // An instant near the end of the range may have no local time; its day still prints.
    append(local: instant &+ Int64(zone.seconds) * 1_000_000, zone: zone, to: &bytes)
  }

  private static func append(local: Int64, zone: TimeZoneOffset?, to bytes: inout [UInt8]) {
    let (day, time) = Calendar.split(local)
    let fields = Calendar.fields(day: day)
    append(fields, to: &bytes)
    bytes.append(UInt8(ascii: " "))
    append(time: time, to: &bytes)
    if let zone { append(offset: zone.seconds, to: &bytes) }
    appendEra(fields, to: &bytes)
  }

  static func append(offset seconds: Int32, to bytes: inout [UInt8]) {
    bytes.append(seconds < 0 ? UInt8(ascii: "-") : UInt8(ascii: "+"))
    let magnitude = seconds.magnitude
    bytes.appendDecimal(UInt64(magnitude / 3600), width: 2)
    if magnitude % 3600 != 0 {
      bytes.append(UInt8(ascii: ":"))
      bytes.appendDecimal(UInt64(magnitude / 60 % 60), width: 2)
      if magnitude % 60 != 0 {
        bytes.append(UInt8(ascii: ":"))
        bytes.appendDecimal(UInt64(magnitude % 60), width: 2)
      }
    }
  }

  private static func append(_ fields: Calendar.Fields, to bytes: inout [UInt8]) {
    bytes.appendDecimal(UInt64(fields.year > 0 ? fields.year : 1 - fields.year), width: 4)
    bytes.append(UInt8(ascii: "-"))
    bytes.appendDecimal(UInt64(fields.month), width: 2)
    bytes.append(UInt8(ascii: "-"))
    bytes.appendDecimal(UInt64(fields.day), width: 2)
  }

  private static func appendEra(_ fields: Calendar.Fields, to bytes: inout [UInt8]) {
    if fields.year <= 0 { bytes.append(contentsOf: " BC".utf8) }
  }

  private static func appendInfinity(_ isNegative: Bool, _ isPositive: Bool, to bytes: inout [UInt8]) -> Bool {
    if isNegative { bytes.append(contentsOf: "-infinity".utf8) }
    if isPositive { bytes.append(contentsOf: "infinity".utf8) }
    return isNegative || isPositive
  }

  /// Microseconds as a decimal fraction without trailing zeros.
  static func appendFraction(_ microseconds: UInt64, to bytes: inout [UInt8]) {
    guard microseconds > 0 else { return }
    bytes.append(UInt8(ascii: "."))
    bytes.appendDecimal(microseconds, width: 6)
    while bytes.last == 48 { bytes.removeLast() }
  }
}

extension Interval {
  /// Appends the form of IntervalStyle postgres: "1 year 2 mons -3 days 04:05:06.5".
  func append(to bytes: inout [UInt8]) {
    var isFirst = true
    var isAfterNegative = false
    func part(_ value: Int64, _ unit: StaticString) {
      if value == 0 { return }
      if !isFirst { bytes.append(UInt8(ascii: " ")) }
      if isAfterNegative, value > 0 { bytes.append(UInt8(ascii: "+")) }
      bytes.appendDecimal(value)
      bytes.append(UInt8(ascii: " "))
      unit.withUTF8Buffer { bytes.append(contentsOf: $0) }
      if value != 1 { bytes.append(UInt8(ascii: "s")) }
      isAfterNegative = value < 0
      isFirst = false
    }
    part(Int64(months / 12), "year")
    part(Int64(months % 12), "mon")
    part(Int64(days), "day")
    guard isFirst || microseconds != 0 else { return }
    if !isFirst { bytes.append(UInt8(ascii: " ")) }
    if microseconds < 0 {
      bytes.append(UInt8(ascii: "-"))
    } else if isAfterNegative {
      bytes.append(UInt8(ascii: "+"))
    }
    let (seconds, fraction) = microseconds.magnitude.quotientAndRemainder(dividingBy: 1_000_000)
    bytes.appendDecimal(seconds / 3600, width: 2)
    bytes.append(UInt8(ascii: ":"))
    bytes.appendDecimal(seconds / 60 % 60, width: 2)
    bytes.append(UInt8(ascii: ":"))
    bytes.appendDecimal(seconds % 60, width: 2)
    DateTimeOutput.appendFraction(fraction, to: &bytes)
  }
}
