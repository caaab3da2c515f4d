import RoostRelational

/// A planned query: what runs in which order. Immutable and free of any transaction, so that a prepared statement plans
/// once; operators are made of it for each execution (`OperatorBuilder`).
indirect enum PlanNode {
  /// One row without columns: SELECT without FROM.
  case single
  case nothing(columns: Int)
  case scan(ScanNode)
  case series(SeriesNode)
  case values([[Expression]], columns: Int)
  /// A query level of its own: a derived table or WITH query.
  case level(PlanLevel, skip: Int, alias: String)
  case filter(PlanNode, Expression)
  case project(PlanNode, [Expression])
  case join(JoinNode)
  case lookupJoin(LookupJoinNode)
  case aggregate(AggregateNode)
  case window(WindowNode)
  case sort(PlanNode, [SortColumn], top: TopBound?)
  /// Rows that differ in the values that `types` belong to: the first ones.
  case distinct(PlanNode, types: [SQLType])
  /// The first row of each group of equal values at these positions; the input is sorted so that they are adjacent.
  case distinctOn(PlanNode, [Int], types: [SQLType])
  case limit(PlanNode, limit: Expression?, offset: Expression?)
  case setOperation(QueryBody.SetOperator, all: Bool, [PlanNode], types: [SQLType])
}

/// A query level with the subqueries of its expressions, in the order of their slots.
final class PlanLevel {
  var root: PlanNode = .single
  var subplans: [PlanSubplan] = []
  var columnTypes: [SQLType] = []
}

struct PlanSubplan {
  let level: PlanLevel
  let kind: Subplan.Kind
  let isCorrelated: Bool
}

struct SortColumn {
  var position: Int
  var descending: Bool
  var nullsFirst: Bool
  var type: SQLType
}

/// LIMIT and OFFSET as far as a sort can use them.
struct TopBound {
  var limit: Expression
  var offset: Expression?
}

/// Which of a table's columns a level reads; the rest need not be decoded. Filled while the level is planned.
final class ColumnUse {
  private(set) var positions: Set<Int> = []
  func insert(_ position: Int) { positions.insert(position) }
}

final class ScanNode {
  let source: TableSource
  let path: AccessPath
  /// Conditions over the table's row that the path does not settle.
  let filter: Expression?
  let use: ColumnUse
  /// What to decode: settled when the whole level is planned, which is before anything runs.
  private(set) lazy var columns = RowSource.columns(source, use)

  init(source: TableSource, path: AccessPath, filter: Expression?, use: ColumnUse) {
    self.source = source
    self.path = path
    self.filter = filter
    self.use = use
  }
}

struct SeriesNode {
  var arguments: [Expression]
  var type: SQLType
}

struct JoinNode {
  enum Kind { case inner, left, full, semi, anti }

  var kind: Kind
  var left: PlanNode
  var right: PlanNode
  var leftWidth: Int
  var rightWidth: Int
  /// Equal on both sides; over the left and the right row.
  var leftKeys: [Expression]
  var rightKeys: [Expression]
  /// Further conditions over both rows side by side.
  var residual: Expression?
}

/// For each left row the rows of a table that an index finds.
struct LookupJoinNode {
  var isLeft: Bool
  var left: PlanNode
  var leftWidth: Int
  var source: TableSource
  /// Probes over the left row.
  var path: AccessPath
  /// Conditions over the table's row alone.
  var filter: Expression?
  /// Conditions over both rows side by side.
  var residual: Expression?
  var use: ColumnUse
}

struct AggregateNode {
  struct Call {
    var definition: AggregateDefinition
    var arguments: [Expression]
    var isDistinct: Bool
    var filter: Expression?
    var orderBy: [BoundSortKey]
    var name: String
  }

  var input: PlanNode
  var groups: [Expression]
  var calls: [Call]
}

struct WindowNode {
  var input: PlanNode
  var inputWidth: Int
  var calls: [BoundWindow]
}
