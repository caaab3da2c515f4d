/// Numbers of bytes as people write them: a whole number and, for multiples of 1024, a unit, like `512`, `64KB`,
/// `16MB`.
enum ByteCountText {
  private static let units: [(suffix: String, bytes: Int)] = [
    ("KB", 1 << 10), ("MB", 1 << 20), ("GB", 1 << 30), ("B", 1), ("", 1),
  ]

  static func parse(_ text: String) -> Int? {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    guard let count = Int(digits), let unit = units.first(where: { $0.suffix == text.dropFirst(digits.count) })
    else { return nil }
    let (bytes, overflow) = count.multipliedReportingOverflow(by: unit.bytes)
    return overflow ? nil : bytes
  }
}
