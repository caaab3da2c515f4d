/// A PostgreSQL data type with its modifier.
public enum SQLType: Hashable, Sendable {
  /// A literal or parameter whose type is not known yet.
  case unknown
  case boolean
  case smallint
  case integer
  case bigint
  case real
  case double
  /// Digits in all and after the point; nil when unconstrained.
  case numeric(precision: Int?, scale: Int)
  case text
  /// Length in characters; nil is unlimited.
  case varchar(Int?)
  /// Blank-padded; length in characters.
  case char(Int)
  case name
  case oid
  case bytea
  case date
  case time
  case timestamp
  case timestamptz
  case interval
  case void
}
