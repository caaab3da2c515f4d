/// One SQL value. `null` has no type of its own.
public enum Datum: Sendable {
  case null
  case boolean(Bool)
  case smallint(Int16)
  case integer(Int32)
  case bigint(Int64)
  case real(Float)
  case double(Double)
  case numeric(Numeric)
  /// text, varchar, char (padded) and name. Compared and hashed by UTF-8 bytes (C collation), never by Unicode
  /// equivalence.
  case text(String)
  case bytea([UInt8])
  /// Days since 2000-01-01; `Int32.min` and `.max` are -infinity and infinity.
  case date(Int32)
  /// Microseconds since midnight.
  case time(Int64)
  /// Microseconds since 2000-01-01 00:00:00 without zone; `Int64.min` and `.max` are the infinities.
  case timestamp(Int64)
  /// Microseconds since 2000-01-01 00:00:00 UTC.
  case timestamptz(Int64)
  case interval(Interval)
}

/// A PostgreSQL interval: months, days and microseconds, which don't convert into each other.
public struct Interval: Hashable, Sendable {
  public var months: Int32
  public var days: Int32
  public var microseconds: Int64

  public init(months: Int32 = 0, days: Int32 = 0, microseconds: Int64 = 0) {
    self.months = months
    self.days = days
    self.microseconds = microseconds
  }
}
