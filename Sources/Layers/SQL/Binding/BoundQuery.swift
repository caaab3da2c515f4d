import RoostRelational

/// A query after binding: names are positions, types are known, nothing is decided about how to run it.
final class BoundQuery {
  enum Body {
    case select(BoundSelect)
    case values([[Expression]], level: QueryLevel)
    /// Two operands; a chain of UNIONs of one kind has all of its operands here.
    case setOperation(QueryBody.SetOperator, all: Bool, [BoundQuery])
    case nested(BoundQuery)
  }

  var body: Body
  /// The visible columns. The body may give more, for sorting only.
  var columns: [ResultColumn]
  var orderBy: [SortPosition] = []
  var limit: Expression?
  var offset: Expression?
  /// The level LIMIT and OFFSET are evaluated in.
  let limitLevel: QueryLevel

  /// A column of the body to sort by.
  struct SortPosition {
    var position: Int
    var descending: Bool
    var nullsFirst: Bool
  }

  init(body: Body, columns: [ResultColumn], limitLevel: QueryLevel) {
    self.body = body
    self.columns = columns
    self.limitLevel = limitLevel
  }
}

final class BoundSelect {
  enum Distinctness {
    case none
    /// Over the visible columns.
    case all
    /// Over these columns of the target list.
    case on([Int])
  }

  let level: QueryLevel
  var from: JoinTree?
  /// Conjuncts of WHERE.
  var filter: [Expression] = []
  var groupBy: [Expression] = []
  var isAggregated = false
  var having: Expression?
  /// Visible targets, then those that exist for sorting or DISTINCT ON only.
  var targets: [Expression] = []
  var distinct = Distinctness.none

  init(level: QueryLevel) { self.level = level }
}

/// What FROM joins, with columns in the level's input row.
indirect enum JoinTree {
  case table(TableSource)
  /// A derived table or WITH query. `skip` levels lie between the level it stands in and the one it was written in.
  case derived(BoundQuery, first: Int, alias: String, skip: Int)
  case series(SeriesSource)
  case join(TableReference.JoinKind, JoinTree, JoinTree, on: [Expression])

  /// Positions of the input row that this part fills.
  var positions: Range<Int> {
    switch self {
    case .table(let source): source.first..<(source.first + source.width)
    case .derived(let query, let first, _, _): first..<(first + query.columns.count)
    case .series(let source): source.first..<(source.first + 1)
    case .join(_, let left, let right, _): left.positions.lowerBound..<right.positions.upperBound
    }
  }
}

/// A table in FROM.
struct TableSource {
  var table: TableDescriptor
  var alias: String
  /// Its first column's position in the input row.
  var first: Int
  /// Whether the row's locator follows its columns, for UPDATE and DELETE.
  var hasLocator: Bool

  var width: Int { table.columns.count + (hasLocator ? 1 : 0) }
}

/// `generate_series` in FROM.
struct SeriesSource {
  var arguments: [Expression]
  var first: Int
  var type: SQLType
  var alias: String
}
