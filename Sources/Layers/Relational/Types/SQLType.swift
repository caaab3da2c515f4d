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
  /// Blank-padded; length in characters. nil is `bpchar` of no particular length, the type of expressions over char
  /// columns.
  case char(Int?)
  case name
  /// Held as `Datum.bigint` between 0 and 2³² - 1.
  case oid
  case bytea
  case date
  case time
  case timestamp
  case timestamptz
  case interval
  case void

  /// The type without its modifier.
  @inlinable public var base: BaseType {
    switch self {
    case .unknown: return .unknown
    case .boolean: return .boolean
    case .smallint: return .smallint
    case .integer: return .integer
    case .bigint: return .bigint
    case .real: return .real
    case .double: return .double
    case .numeric: return .numeric
    case .text: return .text
    case .varchar: return .varchar
    case .char: return .char
    case .name: return .name
    case .oid: return .oid
    case .bytea: return .bytea
    case .date: return .date
    case .time: return .time
    case .timestamp: return .timestamp
    case .timestamptz: return .timestamptz
    case .interval: return .interval
    case .void: return .void
    }
  }

  /// The type of this base without a modifier.
  public init(_ base: BaseType) {
    switch base {
    case .unknown, .any: self = .unknown
    case .boolean: self = .boolean
    case .smallint: self = .smallint
    case .integer: self = .integer
    case .bigint: self = .bigint
    case .real: self = .real
    case .double: self = .double
    case .numeric: self = .numeric(precision: nil, scale: 0)
    case .text: self = .text
    case .varchar: self = .varchar(nil)
    case .char: self = .char(nil)
    case .name: self = .name
    case .oid: self = .oid
    case .bytea: self = .bytea
    case .date: self = .date
    case .time: self = .time
    case .timestamp: self = .timestamp
    case .timestamptz: self = .timestamptz
    case .interval: self = .interval
    case .void: self = .void
    }
  }

  /// A numeric without precision and scale.
  public static var unconstrainedNumeric: SQLType { .numeric(precision: nil, scale: 0) }
}
