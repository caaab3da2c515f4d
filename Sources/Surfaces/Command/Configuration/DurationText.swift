/// Durations as people write them: a whole number and a unit, like `150ms`, `10s` or `5m`.
enum DurationText {
  private static let units: [(suffix: String, nanoseconds: Int64)] = [
    ("us", 1000), ("ms", 1_000_000), ("s", 1_000_000_000), ("m", 60_000_000_000), ("h", 3_600_000_000_000),
  ]

  /// The duration, or nil when the text is none or too long to be counted in nanoseconds.
  static func parse(_ text: String) -> Duration? {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    guard let count = Int64(digits), let unit = units.first(where: { $0.suffix == text.dropFirst(digits.count) })
    else { return nil }
    let (nanoseconds, overflow) = count.multipliedReportingOverflow(by: unit.nanoseconds)
    return overflow ? nil : .nanoseconds(nanoseconds)
  }

  /// The same duration in the largest unit that keeps it whole.
  static func format(_ duration: Duration) -> String {
    let (seconds, attoseconds) = duration.components
    let nanoseconds = seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    let unit = units.last { nanoseconds % $0.nanoseconds == 0 && (nanoseconds != 0 || $0.suffix == "s") } ?? units[0]
    return "\(nanoseconds / unit.nanoseconds)\(unit.suffix)"
  }
}
