/// The text form of values: PostgreSQL's input and output functions.
public enum TextFormat {
  static func invalid(_ type: SQLType, _ text: String) -> SQLError {
    SQLError("22P02", "invalid input syntax for type \(type.name): \"\(text)\"")
  }

  static func outOfRange(_ type: SQLType, _ text: String) -> SQLError {
    SQLError("22003", "value \"\(text)\" is out of range for type \(type.name)")
  }

  /// Reads a value of `type`; errors 22P02, 22003, 22007, 22008. A modifier of the type is not applied: `Cast.fit`
  /// does that.
  public static func parse(_ text: String, as type: SQLType, _ input: InputContext) throws(SQLError) -> Datum {
    // All but text are read in time proportional to their length.
    if type.base.category != .string, type != .void {
      try input.pace?.poll(work: 1 + text.utf8.count)
      if text.utf8.count > Self.ordinaryLength, type != .bytea, let trimmed = try trimmed(text, input.pace) {
        return try parse(trimmed, as: type, input)
      }
    }
    switch type {
    case .text, .varchar, .char, .unknown: return .text(text)
    case .name: return .text(StringLength.cutBytes(text, 63))
    case .boolean:
      guard let value = parseBoolean(text) else { throw invalid(type, text) }
      return .boolean(value)
    case .smallint, .integer, .bigint: return try parseInteger(text, type, input.pace)
    case .oid: return try parseOID(text)
    case .real:
      return .real(try FloatText.parseFloat(text, input.pace))
    case .double:
      return .double(try FloatText.parseDouble(text, type, input.pace))
    case .numeric:
      guard let value = try Numeric.parse(text.utf8, input.pace) else { throw invalid(type, text) }
      return .numeric(value)
    case .bytea: return .bytea(try ByteaText.parse(text, input.pace))
    case .date: return .date(try DateTimeInput.date(text, input))
    case .time: return .time(try DateTimeInput.time(text, input))
    case .timestamp: return .timestamp(try DateTimeInput.timestamp(text, input))
    case .timestamptz: return .timestamptz(try DateTimeInput.timestamptz(text, input))
    case .interval: return .interval(try IntervalInput.parse(text))
    case .void: return .text("")
    }
  }

  /// Longer texts lose the blanks around them before they are read.
  private static let ordinaryLength = 4096

  /// The text without blanks around it; nil when there are none.
  private static func trimmed(_ text: String, _ pace: EvaluationPace?) throws(SQLError) -> String? {
    try text.withBytes { bytes throws(SQLError) -> String? in
      var start = 0
      var end = bytes.count
      while start < end, bytes[start].isBlank {
        if start & 0xFFF == 0xFFF { try pace?.poll(work: 0x1000) }
        start += 1
      }
      while end > start, bytes[end - 1].isBlank {
        if end & 0xFFF == 0xFFF { try pace?.poll(work: 0x1000) }
        end -= 1
      }
      if end - start == bytes.count { return nil }
      return String(decoding: bytes.part(start..<end), as: UTF8.self)
    }
  }

  /// The same from the bytes of a message; 22021 when they are not UTF-8 or hold a zero byte.
  public static func parse(
    _ bytes: some Collection<UInt8>, as type: SQLType, _ input: InputContext
  ) throws(SQLError) -> Datum {
    try parse(try decodeUTF8(bytes), as: type, input)
  }

  /// Text from bytes a client sent.
  public static func decodeUTF8(_ bytes: some Collection<UInt8>) throws(SQLError) -> String {
    if bytes.contains(0) { throw SQLError("22021", "invalid byte sequence for encoding \"UTF8\": 0x00") }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw SQLError("22021", "invalid byte sequence for encoding \"UTF8\"")
    }
    return text
  }

  private static func parseBoolean(_ text: String) -> Bool? {
    let trimmed = Array(text.utf8).trimmingBlanks()
    guard trimmed.count <= 5 else { return nil }
    let word = trimmed.map(\.lowercased)
    guard let first = word.first else { return nil }
    func abbreviates(_ full: StaticString, atLeast count: Int = 1) -> Bool {
      word.count >= count && word.count <= full.utf8CodeUnitCount
        && word.indices.allSatisfy { word[$0] == full.utf8Start[$0] }
    }
    switch first {
    case UInt8(ascii: "t"): return abbreviates("true") ? true : nil
    case UInt8(ascii: "y"): return abbreviates("yes") ? true : nil
    case UInt8(ascii: "f"): return abbreviates("false") ? false : nil
    case UInt8(ascii: "n"): return abbreviates("no") ? false : nil
    case UInt8(ascii: "o"):
      if abbreviates("on", atLeast: 2) { return true }
      return abbreviates("off", atLeast: 2) ? false : nil
    case UInt8(ascii: "1"): return word.count == 1 ? true : nil
    case UInt8(ascii: "0"): return word.count == 1 ? false : nil
    default: return nil
    }
  }

  private static func parseInteger(
    _ text: String, _ type: SQLType, _ pace: EvaluationPace?
  ) throws(SQLError) -> Datum {
    var digits = text.utf8[...]
    while let first = digits.first, first.isBlank { digits.removeFirst() }
    while let last = digits.last, last.isBlank { digits.removeLast() }
    let negative = digits.first == 45
    if negative || digits.first == 43 { digits.removeFirst() }
    guard !digits.isEmpty else { throw invalid(type, text) }
    // Counted downwards, since the least value has no positive counterpart.
    var value: Int64 = 0
    var overflowed = false
    var count = 0
    for byte in digits {
      count += 1
      if count & 0xFFFF == 0 { try pace?.poll(work: 0x10000) }
      guard byte.isDigit else { throw invalid(type, text) }
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = product.subtractingReportingOverflow(Int64(byte - 48))
      overflowed = overflowed || overflow || carry
      value = sum
    }
    if !negative {
      if value == .min { overflowed = true } else { value = -value }
    }
    if overflowed { throw outOfRange(type, text) }
    switch type {
    case .smallint:
      guard let narrow = Int16(exactly: value) else { throw outOfRange(type, text) }
      return .smallint(narrow)
    case .integer:
      guard let narrow = Int32(exactly: value) else { throw outOfRange(type, text) }
      return .integer(narrow)
    default: return .bigint(value)
    }
  }

  private static func parseOID(_ text: String) throws(SQLError) -> Datum {
    let digits = Array(text.utf8).trimmingBlanks()
    guard let value = Int64(String(decoding: digits, as: UTF8.self)) else { throw invalid(.oid, text) }
    guard value >= Int64(Int32.min), value <= Int64(UInt32.max) else { throw outOfRange(.oid, text) }
    return .bigint(Int64(UInt32(truncatingIfNeeded: value)))
  }
}

extension Datum {
  /// Appends the value's text form; nothing for null.
  public func appendText(to bytes: inout [UInt8], _ zone: TimeZoneOffset) {
    // Without a pace nothing throws.
    try? appendText(to: &bytes, zone, nil)
  }

  /// The same for values that may be large: counts the work.
  func appendText(to bytes: inout [UInt8], _ zone: TimeZoneOffset, _ pace: EvaluationPace?) throws(SQLError) {
    switch self {
    case .null: break
    case .boolean(let value): bytes.append(value ? UInt8(ascii: "t") : UInt8(ascii: "f"))
    case .smallint(let value): bytes.appendDecimal(Int64(value))
    case .integer(let value): bytes.appendDecimal(Int64(value))
    case .bigint(let value): bytes.appendDecimal(value)
    case .real(let value): FloatText.append(value, to: &bytes)
    case .double(let value): FloatText.append(value, to: &bytes)
    case .numeric(let value):
      try pace?.poll(work: 8 + value.heapSize)
      value.append(to: &bytes)
    case .text(let value):
      try pace?.poll(work: value.utf8.count >> 3)
      bytes.append(contentsOf: value.utf8)
    case .bytea(let value): try ByteaText.append(value, to: &bytes, pace)
    case .date(let value): DateTimeOutput.append(date: value, to: &bytes)
    case .time(let value): DateTimeOutput.append(time: value, to: &bytes)
    case .timestamp(let value): DateTimeOutput.append(timestamp: value, to: &bytes)
    case .timestamptz(let value): DateTimeOutput.append(timestamptz: value, zone, to: &bytes)
    case .interval(let value): value.append(to: &bytes)
    }
  }

  /// The value's text form.
  public func text(_ zone: TimeZoneOffset = .utc) -> String {
    if case .text(let value) = self { return value }
    var bytes: [UInt8] = []
    appendText(to: &bytes, zone)
    return String(decoding: bytes, as: UTF8.self)
  }

  func text(_ zone: TimeZoneOffset, _ pace: EvaluationPace) throws(SQLError) -> String {
    if case .text(let value) = self { return value }
    var bytes: [UInt8] = []
    try appendText(to: &bytes, zone, pace)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Bytes the text form needs where it may be large; 0 for what is always short.
  var estimatedTextSize: Int {
    switch self {
    case .text(let value): return value.utf8.count
    case .bytea(let value): return 2 + 2 * value.count
    default: return 0
    }
  }
}
