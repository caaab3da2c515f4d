import RoostRelational

/// From type names as written to types.
enum TypeNames {
  /// The type, with errors 42704 (unknown) and 22023 (impossible modifier).
  static func resolve(_ name: TypeName) throws(SQLError) -> SQLType {
    if name.isArray { throw SQLError("0A000", "array types are not supported", at: name.at) }
    let type = try plain(name)
    guard name.modifiers.isEmpty || takesModifiers(type) else {
      throw SQLError("42601", "type modifier is not allowed for type \"\(name.name)\"", at: name.at)
    }
    return type
  }

  private static func takesModifiers(_ type: SQLType) -> Bool {
    switch type {
    case .varchar, .char, .numeric, .time, .timestamp, .timestamptz, .interval: true
    default: false
    }
  }

  private static func plain(_ name: TypeName) throws(SQLError) -> SQLType {
    switch name.name {
    case "int", "integer", "int4": return .integer
    case "smallint", "int2": return .smallint
    case "bigint", "int8": return .bigint
    case "real", "float4": return .real
    case "float8": return .double
    case "numeric", "decimal": return try numeric(name)
    case "boolean", "bool": return .boolean
    case "text": return .text
    case "varchar": return .varchar(try length(name, "varchar"))
    case "bpchar": return .char(try length(name, "char"))
    case "name": return .name
    case "oid": return .oid
    case "bytea": return .bytea
    case "date": return .date
    case "time": return .time
    case "timestamp": return .timestamp
    case "timestamptz": return .timestamptz
    case "interval": return .interval
    case "json", "jsonb", "uuid", "xml", "money", "inet", "cidr", "macaddr", "timetz", "point", "bit", "varbit",
      "regclass",
      "regtype", "regproc", "tsvector", "tsquery", "int4range":
      throw SQLError("0A000", "type \"\(name.name)\" is not supported", at: name.at)
    default: throw SQLError("42704", "type \"\(name.name)\" does not exist", at: name.at)
    }
  }

  private static func length(_ name: TypeName, _ shown: String) throws(SQLError) -> Int? {
    guard let length = name.modifiers.first else { return nil }
    guard name.modifiers.count == 1 else { throw SQLError("22023", "invalid type modifier", at: name.at) }
    guard length >= 1 else {
      throw SQLError("22023", "length for type \(shown) must be at least 1", at: name.at)
    }
    guard length <= 10_485_760 else {
      throw SQLError("22023", "length for type \(shown) cannot exceed 10485760", at: name.at)
    }
    return length
  }

  private static func numeric(_ name: TypeName) throws(SQLError) -> SQLType {
    guard let precision = name.modifiers.first else { return .unconstrainedNumeric }
    guard name.modifiers.count <= 2 else { throw SQLError("22023", "invalid NUMERIC type modifier", at: name.at) }
    guard (1...1000).contains(precision) else {
      throw SQLError("22023", "NUMERIC precision \(precision) must be between 1 and 1000", at: name.at)
    }
    let scale = name.modifiers.count > 1 ? name.modifiers[1] : 0
    guard (-1000...1000).contains(scale) else {
      throw SQLError("22023", "NUMERIC scale \(scale) must be between -1000 and 1000", at: name.at)
    }
    return .numeric(precision: precision, scale: scale)
  }
}
