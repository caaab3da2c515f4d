/// One lexical element of SQL text.
struct Token: Sendable {
  enum Kind: UInt8, Sendable {
    /// An unquoted word, folded to lower case: identifier or keyword.
    case word
    /// A "quoted identifier".
    case quoted
    case string
    case number
    /// `$1`: the text holds the digits.
    case parameter
    /// Operators, and the punctuation marks `( ) [ ] , ; : .`.
    case symbol
    case end
  }

  var kind: Kind
  var text: String
  var start: Int
  var end: Int
  /// What the word may not be used for; empty for everything else than words.
  var keyword: Keyword.Classes = []

  var at: SourceOffset { SourceOffset(start) }

  @inline(__always) func isWord(_ word: String) -> Bool { kind == .word && text == word }
  @inline(__always) func isSymbol(_ symbol: String) -> Bool { kind == .symbol && text == symbol }
}

/// Words with a meaning of their own (PostgreSQL documentation, appendix C).
enum Keyword {
  struct Classes: OptionSet, Sendable {
    let rawValue: UInt8

    /// Can't be used as a name without quotes.
    static let reserved = Classes(rawValue: 1)
    static let reservedExceptFunctions = Classes(rawValue: 2)
    static let columnName = Classes(rawValue: 4)
    static let needsAs = Classes(rawValue: 8)
    static let beginsTypedLiteral = Classes(rawValue: 16)
    static let unnameable: Classes = [.reserved, .reservedExceptFunctions]
  }

  /// The classes of a word: looked up once, when it is read.
  static let classes: [String: Classes] = {
    var result: [String: Classes] = [:]
    for (words, kind) in [
      (reserved, Classes.reserved), (reservedExceptFunctions, .reservedExceptFunctions), (columnNames, .columnName),
      (needsAs, .needsAs), (typedLiterals, .beginsTypedLiteral),
    ] { for word in words { result[word, default: []].insert(kind) } }
    return result
  }()

  /// Words that begin a type which may be followed by a literal: `DATE '…'`.
  private static let typedLiterals: Set<String> = [
    "date", "time", "timestamp", "timestamptz", "timetz", "interval", "numeric", "decimal", "dec", "text", "varchar",
    "bpchar", "char", "character", "name", "bytea", "boolean", "bool", "smallint", "integer", "int", "bigint", "int2",
    "int4", "int8", "real", "float", "float4", "float8", "double", "uuid", "json", "jsonb", "oid", "regclass",
    "regtype",
  ]

  private static let reserved: Set<String> = [
    "all", "analyse", "analyze", "and", "any", "array", "as", "asc", "asymmetric", "both", "case", "cast", "check",
    "collate", "column", "constraint", "create", "current_catalog", "current_date", "current_role", "current_time",
    "current_timestamp", "current_user", "default", "deferrable", "desc", "distinct", "do", "else", "end", "except",
    "false", "fetch", "for", "foreign", "from", "grant", "group", "having", "in", "initially", "intersect", "into",
    "lateral", "leading", "limit", "localtime", "localtimestamp", "not", "null", "offset", "on", "only", "or", "order",
    "placing", "primary", "references", "returning", "select", "session_user", "some", "symmetric", "table", "then",
    "to", "trailing", "true", "union", "unique", "user", "using", "variadic", "when", "where", "window", "with",
  ]

  /// Reserved, but usable as names of functions and types.
  private static let reservedExceptFunctions: Set<String> = [
    "authorization", "binary", "collation", "concurrently", "cross", "current_schema", "freeze", "full", "ilike",
    "inner", "is", "isnull", "join", "left", "like", "natural", "notnull", "outer", "overlaps", "right", "similar",
    "tablesample", "verbose",
  ]

  /// Usable as column names, not as functions or types.
  private static let columnNames: Set<String> = [
    "between", "bigint", "bit", "boolean", "char", "character", "coalesce", "dec", "decimal", "exists", "extract",
    "float", "greatest", "grouping", "inout", "int", "integer", "interval", "least", "national", "nchar", "none",
    "normalize", "nullif", "numeric", "out", "overlay", "position", "precision", "real", "row", "setof", "smallint",
    "substring", "time", "timestamp", "treat", "trim", "values", "varchar", "xmlattributes", "xmlconcat", "xmlelement",
    "xmlexists", "xmlforest", "xmlnamespaces", "xmlparse", "xmlpi", "xmlroot", "xmlserialize", "xmltable",
  ]

  /// Words that, unquoted, can't be a column label without AS.
  private static let needsAs: Set<String> = [
    "array", "as", "char", "character", "create", "day", "except", "fetch", "filter", "for", "from", "grant", "group",
    "having", "hour", "intersect", "into", "isnull", "limit", "minute", "month", "notnull", "offset", "on", "order",
    "over", "overlaps", "precision", "returning", "second", "to", "union", "varying", "where", "window", "with",
    "within", "without", "year",
  ]
}
