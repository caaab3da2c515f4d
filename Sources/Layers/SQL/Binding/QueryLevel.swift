import RoostRelational

/// Where a column of a result comes from.
struct ColumnOrigin: Sendable, Hashable {
  var table: UInt32
  var column: Int16
}

/// The names that FROM makes visible.
struct Namespace {
  struct Column {
    var name: String
    var expression: Expression
    var origin: ColumnOrigin?
  }

  struct Table {
    var alias: String
    var columns: [Column]
  }

  /// For qualified names.
  var tables: [Table] = []
  /// For unqualified names and `*`: columns merged by USING appear once.
  var visible: [Column] = []
}

/// A subquery of an expression; expressions name it by its place in `QueryLevel.subqueries`.
final class BoundSubquery {
  let query: BoundQuery
  let kind: Subplan.Kind
  /// Whether it reads rows of a level around it.
  let isCorrelated: Bool

  init(query: BoundQuery, kind: Subplan.Kind, isCorrelated: Bool) {
    self.query = query
    self.kind = kind
    self.isCorrelated = isCorrelated
  }
}

/// An aggregate call; expressions name it by a column position of `QueryLevel.firstAggregate` and up.
struct BoundAggregate {
  var definition: AggregateDefinition
  var arguments: [Expression]
  var isDistinct: Bool
  var filter: Expression?
  var orderBy: [BoundSortKey]
  var type: SQLType
  /// As EXPLAIN shows it.
  var name: String
}

struct BoundSortKey {
  var expression: Expression
  var descending: Bool
  var nullsFirst: Bool
}

/// One query level while it is bound: the names it sees and what its expressions were found to hold.
///
/// Every SELECT is a level. Its *input row* is the columns of all its FROM items side by side, in the order written;
/// `.column(p)` in its expressions is value p of that row, whatever order the planner joins in. A name found in a level
/// further out becomes `.outer(level:position:)`. Derived tables don't see their neighbours: their outer level is that
/// of the query they stand in.
final class QueryLevel {
  /// What is being bound: decides whether aggregates may stand there, and names the place in errors.
  enum Clause: String {
    case from = "FROM", join = "JOIN conditions", filter = "WHERE", grouping = "GROUP BY", having = "HAVING",
      targets = "SELECT", ordering = "ORDER BY", limit = "LIMIT", values = "VALUES", returning = "RETURNING",
      update = "UPDATE", check = "check constraints", defaultValue = "DEFAULT expressions", filterClause = "FILTER",
      argument = "aggregate arguments", insert = "INSERT", window = "window definitions"

    var allowsAggregates: Bool { self == .having || self == .targets || self == .ordering }
  }

  /// Column positions from here on stand for aggregates, and from `firstWindow` on for window functions, until the
  /// planner gives them their real places.
  static let firstAggregate = 1 << 24
  static let firstWindow = 1 << 25

  let outer: QueryLevel?
  var namespace = Namespace() {
    didSet { names = ColumnNames() }
  }
  private var names = ColumnNames()
  /// Columns of the input row.
  var width = 0
  /// What is known of each input column; table and name are for errors.
  private var inputColumns: [(table: String, name: String, origin: ColumnOrigin?)] = []
  var subqueries: [BoundSubquery] = []
  var aggregates: [BoundAggregate] = []
  var windows: [BoundWindow] = []
  var namedWindows: [(name: String, definition: WindowDefinition)] = []
  var clause = Clause.from
  /// How many levels stand around this one.
  let depth: Int
  /// WITH queries visible here, innermost last.
  let commonTables: [CommonTableScope]

  init(outer: QueryLevel?, commonTables: [CommonTableScope] = []) {
    self.outer = outer
    self.commonTables = commonTables
    depth = outer.map { $0.depth + 1 } ?? 0
  }

  /// Adds input columns and returns the position of the first. `origins` are those of the first names.
  func addColumns(_ names: [String], table: String, origins: [ColumnOrigin?] = []) -> Int {
    let first = width
    width += names.count
    for (index, name) in names.enumerated() {
      inputColumns.append((table, name, index < origins.count ? origins[index] : nil))
    }
    return first
  }

  /// The column of a table that an input column is.
  func origin(_ position: Int) -> ColumnOrigin? {
    position < inputColumns.count ? inputColumns[position].origin : nil
  }

  /// The visible column that a name without a table means.
  func visible(_ name: String, _ stack: StackGuard) throws(SQLError) -> ColumnNames.Match {
    try names.find(name, namespace.visible, stack)
  }

  /// A column as errors show it.
  func columnName(_ position: Int) -> String {
    guard position < inputColumns.count else { return "?" }
    let (table, name, _) = inputColumns[position]
    return table.isEmpty ? name : "\(table).\(name)"
  }
}

/// A WITH query and the level around it, whose names it may use.
final class CommonTableScope {
  let table: CommonTable
  /// The WITH queries written before it.
  let visible: [CommonTableScope]
  let outer: QueryLevel?

  init(table: CommonTable, visible: [CommonTableScope], outer: QueryLevel?) {
    self.table = table
    self.visible = visible
    self.outer = outer
  }
}

/// A window function call; expressions name it by a column position of `QueryLevel.firstWindow` and up.
struct BoundWindow {
  enum Function {
    case aggregate(AggregateDefinition)
    case named(String)
  }

  var function: Function
  var arguments: [Expression]
  var filter: Expression?
  var partitionBy: [Expression]
  var orderBy: [BoundSortKey]
  var frame: WindowFrame?
  var type: SQLType
}
