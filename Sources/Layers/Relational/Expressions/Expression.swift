/// A typed expression: what the binder makes of SQL text with `TypeChecker`, and what `evaluator()` turns into code.
///
/// Every node knows its type, every overload is resolved and every conversion is explicit. Column positions count the
/// values of the row that the evaluating operator's input delivers.
///
/// **Subqueries.** Evaluation is synchronous; plans are not. A subquery node names a slot of its query level's
/// `EvaluationContext.subplans`. When evaluation meets an empty slot it throws a private signal; the operator that
/// evaluates catches it, sets the level's current row, runs the slot's plan (`await`), stores the result and evaluates
/// the expression again. So a subquery in an untaken CASE branch never runs, an uncorrelated one runs once per
/// execution, and a correlated one once per outer row. Inside the subquery's plan `outer(level: 1, position: p)` reads
/// value p of that row; level 2 reads the row of the query around that one.
public indirect enum Expression: Sendable {
  case constant(Datum, SQLType)
  case column(Int, SQLType)
  /// Value `position` of the row that the query `level` levels further out evaluates; level 1 is the nearest.
  case outer(level: Int, position: Int, SQLType)
  /// A statement parameter, counted from zero.
  case parameter(Int, SQLType)
  case call(FunctionDefinition, [Expression], SQLType)
  case cast(Expression, Cast, SQLType)
  case and([Expression])
  case or([Expression])
  case not(Expression)
  case isNull(Expression, negated: Bool)
  /// IS [NOT] TRUE, FALSE, UNKNOWN over a boolean.
  case isTruth(Expression, Truth, negated: Bool)
  /// IS [NOT] DISTINCT FROM; both sides have been brought to one type that `equality` compares.
  case isDistinct(Expression, Expression, equality: FunctionDefinition, negated: Bool)
  /// CASE in its searched form.
  case caseWhen([CaseBranch], otherwise: Expression?, SQLType)
  case coalesce([Expression], SQLType)
  case nullIf(Expression, Expression, equality: FunctionDefinition, SQLType)
  case greatest([Expression], SQLType)
  case least([Expression], SQLType)
  /// operand [NOT] IN (list), all of one type.
  case inList(Expression, [Expression], equality: FunctionDefinition, negated: Bool)
  /// A subquery that gives one value: null for no row, error 21000 for more than one.
  case scalarSubquery(slot: Int, SQLType)
  case exists(slot: Int)
  /// (operands) [NOT] IN (subquery); operands and the subquery's columns have been brought to the same types.
  case inSubquery([Expression], slot: Int, negated: Bool)
  /// operand op ANY/ALL (subquery); `comparison` takes the operand and the subquery's column.
  case quantified(Expression, comparison: FunctionDefinition, slot: Int, all: Bool)

  public enum Truth: Sendable { case isTrue, isFalse, isUnknown }

  public struct CaseBranch: Sendable {
    public var condition: Expression
    public var result: Expression

    public init(condition: Expression, result: Expression) {
      self.condition = condition
      self.result = result
    }
  }

  /// The type of the value.
  public var type: SQLType {
    switch self {
    case .constant(_, let type), .column(_, let type), .outer(_, _, let type), .parameter(_, let type),
      .call(_, _, let type), .cast(_, _, let type), .caseWhen(_, _, let type), .coalesce(_, let type),
      .nullIf(_, _, _, let type), .greatest(_, let type), .least(_, let type), .scalarSubquery(_, let type):
      return type
    case .and, .or, .not, .isNull, .isTruth, .isDistinct, .inList, .exists, .inSubquery, .quantified:
      return .boolean
    }
  }

  /// The direct operands, left to right.
  public var children: [Expression] {
    switch self {
    case .constant, .column, .outer, .parameter, .scalarSubquery, .exists: return []
    case .call(_, let operands, _), .coalesce(let operands, _), .greatest(let operands, _), .least(let operands, _):
      return operands
    case .and(let operands), .or(let operands), .inSubquery(let operands, _, _): return operands
    case .cast(let operand, _, _), .not(let operand), .isNull(let operand, _), .isTruth(let operand, _, _):
      return [operand]
    case .quantified(let operand, _, _, _): return [operand]
    case .isDistinct(let left, let right, _, _), .nullIf(let left, let right, _, _): return [left, right]
    case .caseWhen(let branches, let otherwise, _):
      return branches.flatMap { [$0.condition, $0.result] } + (otherwise.map { [$0] } ?? [])
    case .inList(let operand, let list, _, _): return [operand] + list
    }
  }

  /// The same node over other operands; `operands` has the shape of `children`.
  public func withChildren(_ operands: [Expression]) -> Expression {
    switch self {
    case .constant, .column, .outer, .parameter, .scalarSubquery, .exists: return self
    case .call(let function, _, let type): return .call(function, operands, type)
    case .coalesce(_, let type): return .coalesce(operands, type)
    case .greatest(_, let type): return .greatest(operands, type)
    case .least(_, let type): return .least(operands, type)
    case .and: return .and(operands)
    case .or: return .or(operands)
    case .inSubquery(_, let slot, let negated): return .inSubquery(operands, slot: slot, negated: negated)
    case .cast(_, let cast, let type): return .cast(operands[0], cast, type)
    case .not: return .not(operands[0])
    case .isNull(_, let negated): return .isNull(operands[0], negated: negated)
    case .isTruth(_, let truth, let negated): return .isTruth(operands[0], truth, negated: negated)
    case .quantified(_, let comparison, let slot, let all):
      return .quantified(operands[0], comparison: comparison, slot: slot, all: all)
    case .isDistinct(_, _, let equality, let negated):
      return .isDistinct(operands[0], operands[1], equality: equality, negated: negated)
    case .nullIf(_, _, let equality, let type): return .nullIf(operands[0], operands[1], equality: equality, type)
    case .caseWhen(let branches, let otherwise, let type):
      let rebuilt = branches.indices.map { CaseBranch(condition: operands[2 * $0], result: operands[2 * $0 + 1]) }
      return .caseWhen(rebuilt, otherwise: otherwise == nil ? nil : operands[operands.count - 1], type)
    case .inList(_, _, let equality, let negated):
      return .inList(operands[0], Array(operands.dropFirst()), equality: equality, negated: negated)
    }
  }

  /// Rebuilds the tree from the top: where `replace` gives an expression it stands instead of the node, whose operands
  /// are then not visited.
  public func transformed<Failure>(
    _ replace: (Expression) throws(Failure) -> Expression?
  ) throws(Failure) -> Expression {
    if let replacement = try replace(self) { return replacement }
    let operands = children
    if operands.isEmpty { return self }
    return withChildren(try operands.map { (operand) throws(Failure) in try operand.transformed(replace) })
  }

  /// Whether `predicate` holds for this node or one below it. Allocates nothing: expressions may have a million nodes.
  public func contains<Failure>(
    where predicate: (Expression) throws(Failure) -> Bool
  ) throws(Failure) -> Bool {
    if try predicate(self) { return true }
    switch self {
    case .constant, .column, .outer, .parameter, .scalarSubquery, .exists: return false
    case .call(_, let operands, _), .coalesce(let operands, _), .greatest(let operands, _), .least(let operands, _),
      .and(let operands), .or(let operands), .inSubquery(let operands, _, _):
      for operand in operands where try operand.contains(where: predicate) { return true }
      return false
    case .cast(let operand, _, _), .not(let operand), .isNull(let operand, _), .isTruth(let operand, _, _),
      .quantified(let operand, _, _, _):
      return try operand.contains(where: predicate)
    case .isDistinct(let left, let right, _, _), .nullIf(let left, let right, _, _):
      if try left.contains(where: predicate) { return true }
      return try right.contains(where: predicate)
    case .caseWhen(let branches, let otherwise, _):
      for branch in branches {
        if try branch.condition.contains(where: predicate) { return true }
        if try branch.result.contains(where: predicate) { return true }
      }
      return try otherwise?.contains(where: predicate) ?? false
    case .inList(let operand, let list, _, _):
      if try operand.contains(where: predicate) { return true }
      for item in list where try item.contains(where: predicate) { return true }
      return false
    }
  }

  /// Whether the value depends on nothing but the expression: no column, parameter, subquery or changing function.
  public var isImmutable: Bool {
    !contains {
      switch $0 {
      case .column, .outer, .parameter, .scalarSubquery, .exists, .inSubquery, .quantified: return true
      case .call(let function, _, _): return function.volatility != .immutable
      case .cast(_, let cast, _): return !cast.isImmutable
      default: return false
      }
    }
  }
}
