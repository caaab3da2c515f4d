/// The first 64 bits of a value's order: different prefixes order as their values, equal ones leave it open.
///
/// Sorting compares these numbers and looks at the values only on a tie.
enum SortPrefix {
  /// The prefix of a value under a sort key, nulls and direction included.
  static func of(_ value: Datum, _ key: SortKey) -> UInt64 {
    if value.isNull { return key.nullsFirst ? 0 : .max }
    let order = key.isDescending ? ~ascending(value) : ascending(value)
    // The highest bit keeps nulls apart.
    return key.nullsFirst ? order >> 1 | 1 << 63 : order >> 1
  }

  private static func ascending(_ value: Datum) -> UInt64 {
    switch value {
    case .null: return 0
    case .boolean(let flag): return flag ? 1 << 63 : 0
    case .smallint(let number): return integer(Int64(number))
    case .integer(let number): return integer(Int64(number) << 31)
    case .bigint(let number): return integer(number)
    case .real(let number): return float(Double(number))
    case .double(let number): return float(number)
    // Conversion to the nearest double never turns an order round.
    case .numeric(let number): return float(number.doubleValue)
    case .text(var text): return text.withUTF8 { bytes(UnsafeRawBufferPointer($0)) }
    case .bytea(let content): return content.withUnsafeBytes(bytes)
    case .date(let day): return integer(Int64(day) << 31)
    case .time(let time), .timestamp(let time), .timestamptz(let time): return integer(time)
    case .interval(let interval): return integer(Int64(clamping: interval.comparisonValue))
    }
  }

  private static func integer(_ number: Int64) -> UInt64 { UInt64(bitPattern: number) ^ 1 << 63 }

  private static func float(_ number: Double) -> UInt64 {
    if number.isNaN { return .max }
    let bits = number == 0 ? 0 : number.bitPattern
    return bits >> 63 == 1 ? ~bits : bits | 1 << 63
  }

  private static func bytes(_ content: UnsafeRawBufferPointer) -> UInt64 {
    var result: UInt64 = 0
    for index in 0..<8 { result = result << 8 | (index < content.count ? UInt64(content[index]) : 0) }
    return result
  }
}
