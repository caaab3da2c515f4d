import RoostBase

/// Values as bytes whose unsigned order is the order of the values: the keys of tables and indexes.
///
/// Each value is a tag byte and a body; a key of several columns is their concatenation, and comparing keys compares
/// column by column. Values of a column always have the column's type, so only values of one type meet.
///
/// | value | bytes |
/// |---|---|
/// | null | `F0`: after every value, as NULLS LAST |
/// | boolean false, true | `10`, `11` |
/// | smallint, integer, bigint, oid | `20` and 8 bytes, big-endian, sign bit flipped |
/// | real, double | `28` and 8 bytes: the bits of the double, all flipped when negative, else the sign bit flipped |
/// | numeric | `30` and a class byte (see below) |
/// | text | `40`, the bytes with `00` written as `00 FF`, then `00 01` |
/// | bytea | `48`, the same |
/// | date | `50` and 4 bytes as an integer |
/// | time, timestamp, timestamptz | `58` and 8 bytes as an integer |
/// | interval | `60` and 16 bytes: its length in microseconds as an integer |
///
/// numeric classes: `00` -Infinity, `01` negative, `02` zero, `03` positive, `04` Infinity, `05` NaN. A nonzero number
/// goes on with its weight in base 10000 (2 bytes, offset 32768) and its digits (2 bytes each, plus one, so that `0000`
/// can end them); of a negative number all these bytes are flipped.
///
/// Examples: integer 5 is `20 80 00 00 00 00 00 00 05`; text 'a' is `40 61 00 01`; numeric 1.5 is
/// `30 03 80 00 00 02 13 89 00 00`.
public enum KeyEncoding {
  private enum Tag {
    static let null: UInt8 = 0xF0
    static let no: UInt8 = 0x10
    static let yes: UInt8 = 0x11
    static let integer: UInt8 = 0x20
    static let float: UInt8 = 0x28
    static let numeric: UInt8 = 0x30
    static let text: UInt8 = 0x40
    static let bytea: UInt8 = 0x48
    static let date: UInt8 = 0x50
    static let instant: UInt8 = 0x58
    static let interval: UInt8 = 0x60
  }

  /// Appends the key form of a value. It is canonical: values that are equal in SQL get the same bytes (1.0 and 1.00,
  /// -0 and 0, char with and without padding), so `decode` gives back an equal value, which may print differently.
  /// The row keeps the original.
  public static func append(_ value: Datum, type: SQLType, to bytes: inout [UInt8]) {
    switch value {
    case .null: bytes.append(Tag.null)
    case .boolean(let flag): bytes.append(flag ? Tag.yes : Tag.no)
    case .smallint(let number): append(Int64(number), to: &bytes)
    case .integer(let number): append(Int64(number), to: &bytes)
    case .bigint(let number): append(number, to: &bytes)
    case .real(let number): append(Double(number), to: &bytes)
    case .double(let number): append(number, to: &bytes)
    case .numeric(let number):
      bytes.append(Tag.numeric)
      append(number, to: &bytes)
    case .text(let text):
      bytes.append(Tag.text)
      if case .char = type {
        append(escaping: StringLength.withoutPadding(text).utf8, to: &bytes)
      } else {
        append(escaping: text.utf8, to: &bytes)
      }
    case .bytea(let content):
      bytes.append(Tag.bytea)
      append(escaping: content, to: &bytes)
    case .date(let day):
      bytes.append(Tag.date)
      bytes.append(bigEndian: UInt32(bitPattern: day) ^ 0x8000_0000)
    case .time(let time), .timestamp(let time), .timestamptz(let time):
      bytes.append(Tag.instant)
      bytes.append(bigEndian: UInt64(bitPattern: time) ^ 1 << 63)
    case .interval(let interval):
      // Only the length counts for equality; it is restored as days and time.
      bytes.append(Tag.interval)
      bytes.append(bigEndian: UInt128(bitPattern: interval.comparisonValue) ^ 1 << 127)
    }
  }

  private static func append(_ number: Int64, to bytes: inout [UInt8]) {
    bytes.append(Tag.integer)
    bytes.append(bigEndian: UInt64(bitPattern: number) ^ 1 << 63)
  }

  private static func append(_ number: Double, to bytes: inout [UInt8]) {
    bytes.append(Tag.float)
    let bits = number.isNaN ? 0x7FF8_0000_0000_0000 : number == 0 ? 0 : number.bitPattern
    bytes.append(bigEndian: bits >> 63 == 1 ? ~bits : bits ^ 1 << 63)
  }

  private static func append(_ number: Numeric, to bytes: inout [UInt8]) {
    if !number.isFinite {
      bytes.append(number.isNaN ? 5 : number.signum < 0 ? 0 : 4)
      return
    }
    let digits = number.digits
    if digits.digits.isEmpty {
      bytes.append(2)
      return
    }
    bytes.append(digits.isNegative ? 1 : 3)
    let flip: UInt8 = digits.isNegative ? 0xFF : 0
    func append(_ value: UInt16) {
      bytes.append(UInt8(value >> 8) ^ flip)
      bytes.append(UInt8(value & 0xFF) ^ flip)
    }
    append(UInt16(clamping: digits.weight + 32768))
    for digit in digits.digits { append(digit + 1) }
    append(0)
  }

  private static func append(escaping content: some Sequence<UInt8>, to bytes: inout [UInt8]) {
    for byte in content {
      bytes.append(byte)
      if byte == 0 { bytes.append(0xFF) }
    }
    bytes.append(0)
    bytes.append(1)
  }

  // MARK: Decoding

  /// Reads the value at the head of `bytes` and moves on behind it. Error XX001 for bytes that no value has.
  public static func decode(_ bytes: inout ArraySlice<UInt8>, type: SQLType) throws(SQLError) -> Datum {
    guard let tag = bytes.popFirst() else { throw corrupt }
    switch tag {
    case Tag.null: return .null
    case Tag.no: return .boolean(false)
    case Tag.yes: return .boolean(true)
    case Tag.integer: return try integer(Int64(bitPattern: take(&bytes, UInt64.self) ^ 1 << 63), type)
    case Tag.float:
      let bits = try take(&bytes, UInt64.self)
      let number = Double(bitPattern: bits >> 63 == 1 ? bits ^ 1 << 63 : ~bits)
      return type == .real ? .real(Float(number)) : .double(number)
    case Tag.numeric: return .numeric(try numeric(&bytes))
    case Tag.text:
      guard let text = String(validating: try unescape(&bytes), as: UTF8.self) else { throw corrupt }
      return try Cast.fit(.text(text), type, isExplicit: true)
    case Tag.bytea: return .bytea(try unescape(&bytes))
    case Tag.date:
      let day = Datum.date(Int32(bitPattern: try take(&bytes, UInt32.self) ^ 0x8000_0000))
      guard day.isWithinRange else { throw corrupt }
      return day
    case Tag.instant:
      let time = Int64(bitPattern: try take(&bytes, UInt64.self) ^ 1 << 63)
      let value: Datum = type == .time ? .time(time) : type == .timestamptz ? .timestamptz(time) : .timestamp(time)
      guard value.isWithinRange else { throw corrupt }
      return value
    case Tag.interval:
      let length = Int128(bitPattern: try take(&bytes, UInt128.self) ^ 1 << 127)
      let (days, rest) = length.quotientAndRemainder(dividingBy: Int128(Calendar.microsecondsPerDay))
      let months = Int32(clamping: days / 30)
      guard let days = Int32(exactly: days - Int128(months) * 30) else { throw corrupt }
      return .interval(Interval(months: months, days: days, microseconds: Int64(rest)))
    default: throw corrupt
    }
  }

  private static var corrupt: SQLError { SQLError("XX001", "an index or table key is damaged") }

  private static func take<T: FixedWidthInteger>(_ bytes: inout ArraySlice<UInt8>, _: T.Type) throws(SQLError) -> T {
    let width = T.bitWidth / 8
    guard bytes.count >= width else { throw corrupt }
    let value = T(bigEndianBytes: bytes.prefix(width))
    bytes.removeFirst(width)
    return value
  }

  private static func integer(_ value: Int64, _ type: SQLType) throws(SQLError) -> Datum {
    switch type {
    case .smallint:
      guard let narrow = Int16(exactly: value) else { throw corrupt }
      return .smallint(narrow)
    case .integer:
      guard let narrow = Int32(exactly: value) else { throw corrupt }
      return .integer(narrow)
    default: return .bigint(value)
    }
  }

  private static func numeric(_ bytes: inout ArraySlice<UInt8>) throws(SQLError) -> Numeric {
    guard let kind = bytes.popFirst() else { throw corrupt }
    switch kind {
    case 0: return .negativeInfinity
    case 2: return .zero
    case 4: return .infinity
    case 5: return .nan
    case 1, 3: break
    default: throw corrupt
    }
    let flip: UInt16 = kind == 1 ? 0xFFFF : 0
    let weight = Int(try take(&bytes, UInt16.self) ^ flip) - 32768
    var digits: [UInt16] = []
    while true {
      let digit = try take(&bytes, UInt16.self) ^ flip
      if digit == 0 { break }
      guard digit <= 10000 else { throw corrupt }
      digits.append(digit - 1)
    }
    var value = DecimalDigits(digits: digits, weight: weight, scale: 0, isNegative: kind == 1)
    value.scale = value.minimalScale
    guard value.scale <= Numeric.scaleLimit else { throw corrupt }
    return Numeric(value)
  }

  private static func unescape(_ bytes: inout ArraySlice<UInt8>) throws(SQLError) -> [UInt8] {
    var content: [UInt8] = []
    while let byte = bytes.popFirst() {
      if byte != 0 {
        content.append(byte)
        continue
      }
      switch bytes.popFirst() {
      case 0xFF: content.append(0)
      case 1: return content
      default: throw corrupt
      }
    }
    throw corrupt
  }
}
