/// The order of values of one type: bytes for strings (C collation), NaN above all numbers, -0 equal to 0.
extension Datum {
  /// -1, 0 or 1 for two values of one base type, neither null. Values of different types order by their kind, so that
  /// no input can trap.
  @inlinable
  public func compare(_ other: Datum) -> Int {
    switch (self, other) {
    case (.integer(let left), .integer(let right)): return left < right ? -1 : left == right ? 0 : 1
    case (.bigint(let left), .bigint(let right)): return left < right ? -1 : left == right ? 0 : 1
    case (.text(let left), .text(let right)): return Datum.compareBytes(left, right)
    default: return compareOther(other)
    }
  }

  @usableFromInline
  func compareOther(_ other: Datum) -> Int {
    func order<T: Comparable>(_ left: T, _ right: T) -> Int { left < right ? -1 : left == right ? 0 : 1 }
    switch (self, other) {
    case (.boolean(let left), .boolean(let right)): return left == right ? 0 : right ? -1 : 1
    case (.smallint(let left), .smallint(let right)): return order(left, right)
    case (.real(let left), .real(let right)): return Datum.compareFloats(Double(left), Double(right))
    case (.double(let left), .double(let right)): return Datum.compareFloats(left, right)
    case (.numeric(let left), .numeric(let right)): return left.compare(right)
    case (.bytea(let left), .bytea(let right)): return left.compareBytes(right)
    case (.date(let left), .date(let right)): return order(left, right)
    case (.time(let left), .time(let right)), (.timestamp(let left), .timestamp(let right)),
      (.timestamptz(let left), .timestamptz(let right)):
      return order(left, right)
    case (.interval(let left), .interval(let right)): return order(left.comparisonValue, right.comparisonValue)
    default: return order(kindRank, other.kindRank)
    }
  }

  private var kindRank: Int {
    switch self {
    case .null: return 100
    case .boolean: return 1
    case .smallint: return 2
    case .integer: return 3
    case .bigint: return 4
    case .real: return 5
    case .double: return 6
    case .numeric: return 7
    case .text: return 8
    case .bytea: return 9
    case .date: return 10
    case .time: return 11
    case .timestamp: return 12
    case .timestamptz: return 13
    case .interval: return 14
    }
  }

  @usableFromInline
  static func compareFloats(_ left: Double, _ right: Double) -> Int {
    if left < right { return -1 }
    if left > right { return 1 }
    if left == right { return 0 }
    return left.isNaN ? (right.isNaN ? 0 : 1) : -1
  }

  /// Order of two strings by their UTF-8 bytes.
  @usableFromInline
  static func compareBytes(_ left: String, _ right: String) -> Int {
    var left = left
    var right = right
    return left.withUTF8 { left in
      right.withUTF8 { right in compare(UnsafeRawBufferPointer(left), UnsafeRawBufferPointer(right)) }
    }
  }

  /// Whether two strings have the same UTF-8 bytes; Swift's == takes canonically equivalent ones for equal.
  @usableFromInline
  static func equalBytes(_ left: String, _ right: String) -> Bool {
    if left.utf8.count != right.utf8.count { return false }
    return compareBytes(left, right) == 0
  }

  static func compare(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int {
    let count = Swift.min(left.count, right.count)
    var index = 0
    while index + 8 <= count {
      let first = left.loadUnaligned(fromByteOffset: index, as: UInt64.self)
      let second = right.loadUnaligned(fromByteOffset: index, as: UInt64.self)
      if first != second { return first.bigEndian < second.bigEndian ? -1 : 1 }
      index += 8
    }
    while index < count {
      if left[index] != right[index] { return left[index] < right[index] ? -1 : 1 }
      index += 1
    }
    return left.count < right.count ? -1 : left.count == right.count ? 0 : 1
  }

  /// Units of work (see `EvaluationPace`) of comparing or hashing the value.
  @inlinable
  public var comparisonWork: Int {
    switch self {
    case .text(let text): return 1 + text.utf8.count >> 3
    case .bytea(let content): return 1 + content.count >> 3
    case .numeric(let number): return 1 + number.heapSize >> 1
    default: return 1
    }
  }

  /// Order of two char values: trailing blanks don't count.
  public static func comparePadded(_ left: String, _ right: String) -> Int {
    compareBytes(StringLength.withoutPadding(left), StringLength.withoutPadding(right))
  }
}

extension Array where Element == UInt8 {
  func compareBytes(_ other: [UInt8]) -> Int {
    withUnsafeBytes { left in other.withUnsafeBytes { right in Datum.compare(left, right) } }
  }
}

extension Interval {
  /// What intervals are compared by: a month is 30 days, a day 24 hours.
  public var comparisonValue: Int128 {
    Int128(microseconds) + (Int128(days) + Int128(months) * 30) * Int128(Calendar.microsecondsPerDay)
  }
}
