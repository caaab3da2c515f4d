/// = <> < <= > >= for every type and between related types.
extension FunctionCatalogue {
  mutating func addComparisons() {
    let simple: [BaseType] = [
      .boolean, .smallint, .integer, .bigint, .real, .double, .numeric, .text, .name, .oid, .bytea, .date, .time,
      .timestamp, .timestamptz, .interval,
    ]
    for comparison in ComparisonOperator.allCases {
      for type in simple {
        add(operator: FunctionDefinition(comparison.rawValue, [type, type], .boolean, .comparison(comparison)))
      }
      addMixed(comparison)
    }
  }

  private mutating func addMixed(_ comparison: ComparisonOperator) {
    let symbol = comparison.rawValue
    let integers: [BaseType] = [.smallint, .integer, .bigint]
    for left in integers {
      for right in integers where left != right {
        infix(symbol, left, right, .boolean) { a, b throws(SQLError) in
          let (left, right) = (try a.int64, try b.int64)
          return .boolean(comparison.holds(left < right ? -1 : left == right ? 0 : 1))
        }
      }
    }
    for (left, right) in [(BaseType.real, BaseType.double), (.double, .real)] {
      infix(symbol, left, right, .boolean) { a, b throws(SQLError) in
        .boolean(comparison.holds(Datum.compareFloats(try a.float64, try b.float64)))
      }
    }
    infix(symbol, .char, .char, .boolean) { a, b, pace throws(SQLError) in
      try pace.poll(work: a.comparisonWork * 8 + b.comparisonWork * 8)
      return .boolean(comparison.holds(Datum.comparePadded(try a.string, try b.string)))
    }
    for (left, right) in [(BaseType.name, BaseType.text), (.text, .name)] {
      infix(symbol, left, right, .boolean) { a, b, pace throws(SQLError) in
        try pace.poll(work: a.comparisonWork)
        return .boolean(comparison.holds(Datum.compareBytes(try a.string, try b.string)))
      }
    }
    // A date beyond the range of timestamps still compares rightly: as 128-bit microseconds.
    let times: [BaseType] = [.date, .timestamp, .timestamptz]
    for left in times {
      for right in times where left != right {
        add(
          operator: FunctionDefinition(
            symbol, [left, right], .boolean,
            volatility: left == .timestamptz || right == .timestamptz ? .stable : .immutable,
            .general { values, context throws(SQLError) in
              let zone = context.statement.timeZone
              let (a, b) = (try Self.instant(values[0], zone), try Self.instant(values[1], zone))
              return .boolean(comparison.holds(a < b ? -1 : a == b ? 0 : 1))
            }))
      }
    }
  }

  /// A point in time for comparisons between the date and timestamp types.
  private static func instant(_ value: Datum, _ zone: TimeZoneOffset) throws(SQLError) -> Int128 {
    let offset = Int128(zone.seconds) * 1_000_000
    switch value {
    case .date(let day):
      if day == .min { return .min }
      if day == .max { return .max }
      return Int128(day) * Int128(Calendar.microsecondsPerDay)
    case .timestamp(let local):
      return local == .min ? .min : local == .max ? .max : Int128(local)
    case .timestamptz(let instant):
      return instant == .min ? .min : instant == .max ? .max : Int128(instant) + offset
    default: throw value.mismatch("timestamp")
    }
  }
}
