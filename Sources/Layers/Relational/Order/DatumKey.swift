/// A row of values as a key of hash tables: for GROUP BY, DISTINCT, hash joins and set operations.
///
/// Nulls are equal to each other, 1.0 equals 1.00, -0 equals 0, NaN equals NaN, intervals compare by length. char
/// values must have lost their padding (`Datum.keyed(_:)` does that).
public struct DatumKey: Hashable, Sendable {
  public let values: [Datum]

  @inlinable public init(_ values: [Datum]) { self.values = values }

  public static func == (left: DatumKey, right: DatumKey) -> Bool {
    guard left.values.count == right.values.count else { return false }
    for index in left.values.indices where !left.values[index].isSame(right.values[index]) { return false }
    return true
  }

  public func hash(into hasher: inout Hasher) {
    for value in values { value.combine(into: &hasher) }
  }

  public var estimatedSize: Int { values.reduce(32) { $0 + $1.estimatedSize } }
}

/// A key of one value, which needs no array.
struct ScalarKey: Hashable {
  let value: Datum

  static func == (left: ScalarKey, right: ScalarKey) -> Bool { left.value.isSame(right.value) }
  func hash(into hasher: inout Hasher) { value.combine(into: &hasher) }
}

/// Numbers the different keys it is given, in the order of their appearance.
struct KeyIndex {
  private var single: [ScalarKey: Int] = [:]
  private var composite: [DatumKey: Int] = [:]
  private(set) var count = 0

  /// The number of a key; nil when it is new.
  func find(_ key: [Datum]) -> Int? {
    key.count == 1 ? single[ScalarKey(value: key[0])] : composite[DatumKey(key)]
  }

  func find(_ value: Datum) -> Int? { single[ScalarKey(value: value)] }

  /// The number of a key, a new one if needed.
  mutating func number(_ key: [Datum]) -> (number: Int, isNew: Bool) {
    let found: Int
    if key.count == 1 {
      found = Self.insert(ScalarKey(value: key[0]), count, into: &single)
    } else {
      found = Self.insert(DatumKey(key), count, into: &composite)
    }
    if found < count { return (found, false) }
    count += 1
    return (found, true)
  }

  private static func insert<Key: Hashable>(_ key: Key, _ count: Int, into table: inout [Key: Int]) -> Int {
    if let found = table[key] { return found }
    table[key] = count
    return count
  }

  /// Bytes a key is taken to occupy in the table.
  static func estimatedSize(_ key: [Datum]) -> Int { 48 + key.reduce(0) { $0 + $1.estimatedSize } }
}

extension Datum {
  /// The value as a key of hash tables: char without its padding.
  @inlinable
  public func keyed(_ type: SQLType) -> Datum {
    if case .char = type, case .text(let text) = self { return .text(Datum.unpadded(text)) }
    return self
  }

  @usableFromInline static func unpadded(_ text: String) -> String { StringLength.withoutPadding(text) }

  /// Equality where nulls are the same (IS NOT DISTINCT FROM) for values of one type.
  public func isSame(_ other: Datum) -> Bool {
    switch (self, other) {
    case (.integer(let left), .integer(let right)): return left == right
    case (.bigint(let left), .bigint(let right)): return left == right
    case (.null, .null): return true
    case (.null, _), (_, .null): return false
    case (.text(let left), .text(let right)): return Datum.equalBytes(left, right)
    default: return compare(other) == 0
    }
  }

  func combine(into hasher: inout Hasher) {
    switch self {
    case .null: hasher.combine(0 as UInt8)
    case .boolean(let value): hasher.combine(value)
    case .smallint(let value): hasher.combine(value)
    case .integer(let value): hasher.combine(value)
    case .bigint(let value): hasher.combine(value)
    case .real(let value): hasher.combine(value.isNaN ? Float.nan.bitPattern : value == 0 ? 0 : value.bitPattern)
    case .double(let value): hasher.combine(value.isNaN ? Double.nan.bitPattern : value == 0 ? 0 : value.bitPattern)
    case .numeric(let value): hasher.combine(value)
    case .text(let value):
      var value = value
      value.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
      hasher.combine(0xFF as UInt8)
    case .bytea(let value):
      value.withUnsafeBytes { hasher.combine(bytes: $0) }
      hasher.combine(value.count)
    case .date(let value): hasher.combine(value)
    case .time(let value), .timestamp(let value), .timestamptz(let value): hasher.combine(value)
    case .interval(let value): hasher.combine(value.comparisonValue)
    }
  }
}
