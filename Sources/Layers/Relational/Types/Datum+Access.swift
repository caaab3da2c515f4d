/// Typed access to a value whose type the type checker has proved.
///
/// A mismatch can only come from a corrupted row or a defect; it is reported as XX000 and never traps.
extension Datum {
  @inlinable public var isNull: Bool {
    if case .null = self { return true }
    return false
  }

  @usableFromInline @inline(never)
  func mismatch(_ expected: StaticString) -> SQLError {
    SQLError("XX000", "a value is not of its declared type \(expected)")
  }

  @inlinable public var boolean: Bool {
    get throws(SQLError) {
      if case .boolean(let value) = self { return value }
      throw mismatch("boolean")
    }
  }

  /// Any of the integer types (and oid), widened.
  @inlinable public var int64: Int64 {
    get throws(SQLError) {
      switch self {
      case .bigint(let value): return value
      case .integer(let value): return Int64(value)
      case .smallint(let value): return Int64(value)
      default: throw mismatch("bigint")
      }
    }
  }

  @inlinable public var int32: Int32 {
    get throws(SQLError) {
      switch self {
      case .integer(let value): return value
      case .smallint(let value): return Int32(value)
      default: throw mismatch("integer")
      }
    }
  }

  @inlinable public var int16: Int16 {
    get throws(SQLError) {
      if case .smallint(let value) = self { return value }
      throw mismatch("smallint")
    }
  }

  @inlinable public var float: Float {
    get throws(SQLError) {
      if case .real(let value) = self { return value }
      throw mismatch("real")
    }
  }

  /// real or double precision, widened.
  @inlinable public var float64: Double {
    get throws(SQLError) {
      switch self {
      case .double(let value): return value
      case .real(let value): return Double(value)
      default: throw mismatch("double precision")
      }
    }
  }

  @inlinable public var numericValue: Numeric {
    get throws(SQLError) {
      if case .numeric(let value) = self { return value }
      throw mismatch("numeric")
    }
  }

  @inlinable public var string: String {
    get throws(SQLError) {
      if case .text(let value) = self { return value }
      throw mismatch("text")
    }
  }

  @inlinable public var byteArray: [UInt8] {
    get throws(SQLError) {
      if case .bytea(let value) = self { return value }
      throw mismatch("bytea")
    }
  }

  @inlinable public var dayNumber: Int32 {
    get throws(SQLError) {
      if case .date(let value) = self { return value }
      throw mismatch("date")
    }
  }

  /// The microseconds of a time, timestamp or timestamptz.
  @inlinable public var microseconds: Int64 {
    get throws(SQLError) {
      switch self {
      case .timestamp(let value), .timestamptz(let value), .time(let value): return value
      default: throw mismatch("timestamp")
      }
    }
  }

  @inlinable public var intervalValue: Interval {
    get throws(SQLError) {
      if case .interval(let value) = self { return value }
      throw mismatch("interval")
    }
  }

  /// Whether a date or time is one its type can hold; stored bytes are checked with it.
  var isWithinRange: Bool {
    switch self {
    case .date(let day):
      return !Calendar.isFinite(day: day) || (Int64(day) >= Calendar.minimumDay && Int64(day) <= Calendar.maximumDay)
    case .time(let time): return (0...Calendar.microsecondsPerDay).contains(time)
    case .timestamp(let time), .timestamptz(let time):
      return !Calendar.isFinite(time) || (time >= Calendar.minimumTimestamp && time < Calendar.endTimestamp)
    default: return true
    }
  }

  /// Bytes this value is taken to occupy in memory, for `MemoryBudget`: its slot and what it points to.
  @inlinable public var estimatedSize: Int {
    switch self {
    case .text(let value):
      let count = value.utf8.count
      return 24 + (count > 15 ? count + 32 : 0)
    case .bytea(let value): return 24 + (value.isEmpty ? 0 : value.count + 32)
    case .numeric(let value): return 24 + value.heapSize
    default: return 24
    }
  }
}
