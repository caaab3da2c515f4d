/// Queries as written.

/// A query expression with what applies to its whole result.
struct SyntaxQuery: Sendable {
  var with: [CommonTable] = []
  var body: QueryBody
  var orderBy: [SortItem] = []
  var limit: SyntaxExpression?
  var offset: SyntaxExpression?
  /// FOR UPDATE and its kin: reads are validated at commit anyway.
  var locksRows = false
  var at: SourceOffset = .none
}

struct CommonTable: Sendable {
  var name: String
  var columns: [String]
  var query: SyntaxQuery
  var at: SourceOffset
}

indirect enum QueryBody: Sendable {
  case select(SelectCore)
  case values([[SyntaxExpression]], SourceOffset)
  case setOperation(SetOperator, all: Bool, QueryBody, QueryBody, SourceOffset)
  case nested(SyntaxQuery)

  enum SetOperator: String, Sendable { case union = "UNION", intersect = "INTERSECT", except = "EXCEPT" }
}

struct SelectCore: Sendable {
  enum Distinctness: Sendable {
    case none
    case all
    case on([SyntaxExpression])
  }

  var distinct = Distinctness.none
  var targets: [SelectTarget] = []
  var from: [TableReference] = []
  var filter: SyntaxExpression?
  var groupBy: [SyntaxExpression] = []
  var having: SyntaxExpression?
  var windows: [(name: String, definition: WindowDefinition)] = []
  var at: SourceOffset = .none
}

struct SelectTarget: Sendable {
  var expression: SyntaxExpression
  var alias: String?
}

struct TableName: Sendable, Hashable {
  var schema: String?
  var name: String
  var at: SourceOffset

  /// As messages quote it.
  var text: String { schema.map { "\($0).\(name)" } ?? name }
}

struct TableAlias: Sendable, Hashable {
  var name: String
  var columns: [String] = []
}

indirect enum TableReference: Sendable {
  case table(TableName, TableAlias?)
  case derived(SyntaxQuery, TableAlias?, SourceOffset)
  case function(SyntaxCall, TableAlias?)
  case join(JoinKind, TableReference, TableReference, JoinCondition, SourceOffset)

  enum JoinKind: Sendable { case cross, inner, left, right, full }
  enum JoinCondition: Sendable {
    case none
    case on(SyntaxExpression)
    case using([String])
    case natural
  }
}
