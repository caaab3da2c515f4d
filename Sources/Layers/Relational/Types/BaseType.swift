/// A type without its modifier, with what PostgreSQL's catalogue `pg_type` says about it: name, OID, length, category.
public enum BaseType: UInt8, Hashable, Sendable, CaseIterable {
  case unknown, boolean, smallint, integer, bigint, real, double, numeric, text, varchar, char, name, oid, bytea
  case date, time, timestamp, timestamptz, interval, void
  /// The pseudo-type of a parameter that takes every type (`pg_typeof`, `count`, `concat`).
  case any

  /// `pg_type.oid`.
  public var oid: UInt32 {
    switch self {
    case .unknown: return 705
    case .boolean: return 16
    case .smallint: return 21
    case .integer: return 23
    case .bigint: return 20
    case .real: return 700
    case .double: return 701
    case .numeric: return 1700
    case .text: return 25
    case .varchar: return 1043
    case .char: return 1042
    case .name: return 19
    case .oid: return 26
    case .bytea: return 17
    case .date: return 1082
    case .time: return 1083
    case .timestamp: return 1114
    case .timestamptz: return 1184
    case .interval: return 1186
    case .void: return 2278
    case .any: return 2276
    }
  }

  public init?(oid: UInt32) {
    guard let found = BaseType.allCases.first(where: { $0.oid == oid }) else { return nil }
    self = found
  }

  /// The name `format_type` prints.
  public var name: String {
    switch self {
    case .unknown: return "unknown"
    case .boolean: return "boolean"
    case .smallint: return "smallint"
    case .integer: return "integer"
    case .bigint: return "bigint"
    case .real: return "real"
    case .double: return "double precision"
    case .numeric: return "numeric"
    case .text: return "text"
    case .varchar: return "character varying"
    case .char: return "character"
    case .name: return "name"
    case .oid: return "oid"
    case .bytea: return "bytea"
    case .date: return "date"
    case .time: return "time without time zone"
    case .timestamp: return "timestamp without time zone"
    case .timestamptz: return "timestamp with time zone"
    case .interval: return "interval"
    case .void: return "void"
    case .any: return "\"any\""
    }
  }

  /// `pg_type.typname`.
  public var catalogueName: String {
    switch self {
    case .boolean: return "bool"
    case .smallint: return "int2"
    case .integer: return "int4"
    case .bigint: return "int8"
    case .real: return "float4"
    case .double: return "float8"
    case .varchar: return "varchar"
    case .char: return "bpchar"
    case .time: return "time"
    case .timestamp: return "timestamp"
    case .timestamptz: return "timestamptz"
    case .any: return "any"
    default: return name
    }
  }

  /// The type of a catalogue name in lower case ("int4", "bpchar", "timestamptz").
  public init?(catalogueName: String) {
    guard let found = BaseType.allCases.first(where: { $0.catalogueName == catalogueName }) else { return nil }
    self = found
  }

  /// `pg_type.typlen`: bytes of a fixed-length type, -1 for a variable one, -2 for a C string.
  public var typeLength: Int16 {
    switch self {
    case .boolean: return 1
    case .smallint: return 2
    case .integer, .real, .oid, .date, .void, .any: return 4
    case .bigint, .double, .time, .timestamp, .timestamptz: return 8
    case .interval: return 16
    case .name: return 64
    case .unknown: return -2
    case .numeric, .text, .varchar, .char, .bytea: return -1
    }
  }

  /// `pg_type.typcategory`.
  public var category: TypeCategory {
    switch self {
    case .unknown: return .unknown
    case .boolean: return .boolean
    case .smallint, .integer, .bigint, .real, .double, .numeric, .oid: return .numeric
    case .text, .varchar, .char, .name: return .string
    case .bytea: return .user
    case .date, .time, .timestamp, .timestamptz: return .dateTime
    case .interval: return .timespan
    case .void, .any: return .pseudo
    }
  }

  /// `pg_type.typispreferred`.
  public var isPreferred: Bool {
    switch self {
    case .boolean, .double, .oid, .text, .timestamptz, .interval: return true
    default: return false
    }
  }

  public var isInteger: Bool { self == .smallint || self == .integer || self == .bigint }
}

/// `pg_type.typcategory`: guides the choice among overloaded operators and functions.
public enum TypeCategory: Character, Sendable {
  case boolean = "B", numeric = "N", string = "S", dateTime = "D", timespan = "T", user = "U", unknown = "X", pseudo =
    "P"
}

extension SQLType {
  /// The type's name as `format_type(oid, NULL)` prints it; error messages use it.
  public var name: String { base.name }

  /// The type with its modifier as `format_type` prints it: "character varying(10)", "numeric(8,2)".
  public var displayName: String {
    switch self {
    case .numeric(let precision?, let scale): return "numeric(\(precision),\(scale))"
    case .varchar(let length?): return "character varying(\(length))"
    case .char(let length?): return "character(\(length))"
    case .char(nil): return "bpchar"
    default: return base.name
    }
  }

  public var oid: UInt32 { base.oid }
  public var typeLength: Int16 { base.typeLength }
  public var category: TypeCategory { base.category }
  public var isPreferred: Bool { base.isPreferred }

  /// `pg_attribute.atttypmod`; -1 when there is no modifier.
  public var typeModifier: Int32 {
    switch self {
    case .numeric(let precision?, let scale): return Int32(precision << 16 | (scale & 0x7FF)) + 4
    case .varchar(let length?), .char(let length?): return Int32(length) + 4
    default: return -1
    }
  }

  /// The type of an OID with its modifier (-1: none); nil when Roost doesn't know it or the modifier is impossible.
  public init?(oid: UInt32, typeModifier: Int32 = -1) {
    guard let base = BaseType(oid: oid) else { return nil }
    guard typeModifier >= 4 else {
      self.init(base)
      return
    }
    let modifier = Int(typeModifier) - 4
    switch base {
    case .numeric:
      // The scale is an 11-bit two's complement number since PostgreSQL 15.
      let scale = ((modifier & 0x7FF) ^ 1024) - 1024
      self = .numeric(precision: modifier >> 16, scale: scale)
    case .varchar: self = .varchar(modifier)
    case .char: self = .char(modifier)
    default: self.init(base)
    }
  }

  /// The type without its modifier.
  public var unmodified: SQLType { SQLType(base) }
}
