import RoostBase

/// The binary form of values on the wire: PostgreSQL's send and receive functions.
public enum BinaryFormat {
  /// Appends the binary form of a value other than null. `type` tells oid from bigint.
  public static func append(_ value: Datum, type: SQLType, to bytes: inout [UInt8]) {
    switch value {
    case .null: break
    case .boolean(let flag): bytes.append(flag ? 1 : 0)
    case .smallint(let number): bytes.append(bigEndian: number)
    case .integer(let number): bytes.append(bigEndian: number)
    case .bigint(let number):
      if type == .oid {
        bytes.append(bigEndian: UInt32(truncatingIfNeeded: number))
      } else {
        bytes.append(bigEndian: number)
      }
    case .real(let number): bytes.append(bigEndian: number.bitPattern)
    case .double(let number): bytes.append(bigEndian: number.bitPattern)
    case .numeric(let number): number.appendBinary(to: &bytes)
    case .text(let text): bytes.append(contentsOf: text.utf8)
    case .bytea(let content): bytes.append(contentsOf: content)
    case .date(let day): bytes.append(bigEndian: day)
    case .time(let time), .timestamp(let time), .timestamptz(let time):
      bytes.append(bigEndian: time)
    case .interval(let interval):
      bytes.append(bigEndian: interval.microseconds)
      bytes.append(bigEndian: interval.days)
      bytes.append(bigEndian: interval.months)
    }
  }

  /// Reads a parameter's binary form. Errors: 22P03 for a wrong length, 22021 for text that is not UTF-8, 22008 for a
  /// time out of range.
  public static func parse(_ bytes: some Collection<UInt8>, as type: SQLType) throws(SQLError) -> Datum {
    switch type {
    case .boolean: return .boolean(try integer(bytes, UInt8.self) != 0)
    case .smallint: return .smallint(try integer(bytes, Int16.self))
    case .integer: return .integer(try integer(bytes, Int32.self))
    case .bigint: return .bigint(try integer(bytes, Int64.self))
    case .oid: return .bigint(Int64(try integer(bytes, UInt32.self)))
    case .real: return .real(Float(bitPattern: try integer(bytes, UInt32.self)))
    case .double: return .double(Double(bitPattern: try integer(bytes, UInt64.self)))
    case .numeric:
      guard let number = Numeric(binary: bytes) else { throw malformed }
      return .numeric(number)
    case .text, .varchar, .char, .unknown: return .text(try TextFormat.decodeUTF8(bytes))
    case .name: return .text(StringLength.cutBytes(try TextFormat.decodeUTF8(bytes), 63))
    case .bytea: return .bytea(Array(bytes))
    case .date:
      let day = try integer(bytes, Int32.self)
      return .date(Calendar.isFinite(day: day) ? try Calendar.checked(day: Int64(day)) : day)
    case .time:
      let time = try integer(bytes, Int64.self)
      guard (0...Calendar.microsecondsPerDay).contains(time) else { throw SQLError("22008", "time out of range") }
      return .time(time)
    case .timestamp: return .timestamp(try instant(bytes))
    case .timestamptz: return .timestamptz(try instant(bytes))
    case .interval:
      guard bytes.count == 16 else { throw malformed }
      return .interval(
        Interval(
          months: try integer(bytes.dropFirst(12), Int32.self),
          days: try integer(bytes.dropFirst(8).prefix(4), Int32.self),
          microseconds: try integer(bytes.prefix(8), Int64.self)))
    case .void: return .text("")
    }
  }

  private static var malformed: SQLError { SQLError("22P03", "incorrect binary data format in bind parameter") }

  private static func integer<T: FixedWidthInteger>(_ bytes: some Collection<UInt8>, _: T.Type) throws(SQLError) -> T {
    guard bytes.count == T.bitWidth / 8 else { throw malformed }
    return T(bigEndianBytes: bytes)
  }

  private static func instant(_ bytes: some Collection<UInt8>) throws(SQLError) -> Int64 {
    let value = try integer(bytes, Int64.self)
    return Calendar.isFinite(value) ? try Calendar.checked(value) : value
  }
}
