/// An expression made ready to run: a tree of objects, each of which evaluates itself over a row.
///
/// Immutable, so that a prepared statement's evaluators serve all its executions at once.
open class Evaluator: @unchecked Sendable {
  // Subclasses only have `let` properties of Sendable types.

  public init() {}

  /// The value for `row`.
  open func evaluate(_ row: Row, _ context: EvaluationContext) throws(SQLError) -> Datum { .null }

  /// Whether the value is true; null is not.
  open func isTrue(_ row: Row, _ context: EvaluationContext) throws(SQLError) -> Bool {
    if case .boolean(true) = try evaluate(row, context) { return true }
    return false
  }
}

extension Expression {
  /// Makes the expression ready to run.
  public func evaluator() -> Evaluator {
    switch self {
    case .constant(let value, _): return ConstantEvaluator(value)
    case .column(let position, _): return ColumnEvaluator(position)
    case .outer(let level, let position, _): return OuterEvaluator(level, position)
    case .parameter(let index, _): return ParameterEvaluator(index)
    case .call(let function, let operands, _): return Self.call(function, operands)
    case .cast(let operand, let cast, _): return CastEvaluator(operand.evaluator(), cast)
    case .and(let operands): return ConjunctionEvaluator(operands.map { $0.evaluator() })
    case .or(let operands): return DisjunctionEvaluator(operands.map { $0.evaluator() })
    case .not(let operand): return NotEvaluator(operand.evaluator())
    case .isNull(let operand, let negated): return IsNullEvaluator(operand.evaluator(), negated)
    case .isTruth(let operand, let truth, let negated): return IsTruthEvaluator(operand.evaluator(), truth, negated)
    case .isDistinct(let left, let right, let equality, let negated):
      return IsDistinctEvaluator(left.evaluator(), right.evaluator(), equality, negated)
    case .caseWhen(let branches, let otherwise, _):
      return CaseEvaluator(
        branches.map { ($0.condition.evaluator(), $0.result.evaluator()) }, otherwise?.evaluator())
    case .coalesce(let operands, _): return CoalesceEvaluator(operands.map { $0.evaluator() })
    case .nullIf(let left, let right, let equality, _):
      return NullIfEvaluator(left.evaluator(), right.evaluator(), equality)
    case .greatest(let operands, let type):
      return ExtremeEvaluator(operands.map { $0.evaluator() }, type, wantsGreatest: true)
    case .least(let operands, let type):
      return ExtremeEvaluator(operands.map { $0.evaluator() }, type, wantsGreatest: false)
    case .inList(let operand, let list, let equality, let negated):
      return InListEvaluator(operand, list, equality, negated)
    case .scalarSubquery(let slot, _): return ScalarSubqueryEvaluator(slot)
    case .exists(let slot): return ExistsEvaluator(slot)
    case .inSubquery(let operands, let slot, let negated):
      return InSubqueryEvaluator(operands.map { ($0.evaluator(), $0.type) }, slot, negated)
    case .quantified(let operand, let comparison, let slot, let all):
      return QuantifiedEvaluator(operand.evaluator(), comparison, slot, all: all)
    }
  }

  private static func call(_ function: FunctionDefinition, _ operands: [Expression]) -> Evaluator {
    let evaluators = operands.map { $0.evaluator() }
    if function.isStrict {
      switch function.body {
      case .unary(let body) where evaluators.count == 1: return UnaryEvaluator(evaluators[0], body)
      case .binary(let body) where evaluators.count == 2: return BinaryEvaluator(evaluators[0], evaluators[1], body)
      case .pacedUnary(let body) where evaluators.count == 1: return PacedUnaryEvaluator(evaluators[0], body)
      case .pacedBinary(let body) where evaluators.count == 2:
        return PacedBinaryEvaluator(evaluators[0], evaluators[1], body)
      case .comparison(let comparison) where evaluators.count == 2:
        if case .constant(let value, _) = operands[1], case .column(let position, _) = operands[0], !value.isNull {
          return ColumnComparisonEvaluator(position, value, comparison)
        }
        return ComparisonEvaluator(evaluators[0], evaluators[1], comparison)
      default: break
      }
    }
    return CallEvaluator(function, evaluators)
  }

  /// Replaces what depends on nothing but constants by its value. What fails is left to fail when it is evaluated.
  ///
  /// - Parameter poll: Called for each node, so that the planning of a very large expression can be ended.
  public func folded<Failure>(
    _ context: EvaluationContext, _ poll: () throws(Failure) -> Void
  ) throws(Failure) -> Expression {
    try poll()
    if case .constant = self { return self }
    let operands = children
    let folded =
      operands.isEmpty
      ? self : withChildren(try operands.map { (operand) throws(Failure) in try operand.folded(context, poll) })
    switch folded {
    case .column, .outer, .parameter, .scalarSubquery, .exists, .inSubquery, .quantified: return folded
    case .call(let function, _, _) where function.volatility != .immutable: return folded
    case .cast(_, let cast, _) where !cast.isImmutable: return folded
    default: break
    }
    let isConstant = folded.children.allSatisfy {
      if case .constant = $0 { return true }
      return false
    }
    guard isConstant, let value = try? folded.evaluator().evaluate([], context) else { return folded }
    return .constant(value, type)
  }

  public func folded(_ context: EvaluationContext) -> Expression { folded(context) {} }
}

final class ConstantEvaluator: Evaluator, @unchecked Sendable {
  private let value: Datum
  init(_ value: Datum) { self.value = value }
  override func evaluate(_ row: Row, _ context: EvaluationContext) throws(SQLError) -> Datum { value }
}

final class ColumnEvaluator: Evaluator, @unchecked Sendable {
  let position: Int
  init(_ position: Int) { self.position = position }
  override func evaluate(_ row: Row, _ context: EvaluationContext) throws(SQLError) -> Datum { row[position] }
}

final class OuterEvaluator: Evaluator, @unchecked Sendable {
  private let level: Int
  private let position: Int

  init(_ level: Int, _ position: Int) {
    self.level = level
    self.position = position
  }

  override func evaluate(_ row: Row, _ context: EvaluationContext) throws(SQLError) -> Datum {
    var current: EvaluationContext? = context
    for _ in 0..<level { current = current?.outer }
    guard let current, position < current.row.count else {
      throw SQLError("XX000", "a correlated subquery has no outer row")
    }
    return current.row[position]
  }
}

final class ParameterEvaluator: Evaluator, @unchecked Sendable {
  private let index: Int
  init(_ index: Int) { self.index = index }

  override func evaluate(_ row: Row, _ context: EvaluationContext) throws(SQLError) -> Datum {
    guard index < context.statement.parameters.count else {
      throw SQLError("08P01", "no value was bound to parameter $\(index + 1)")
    }
    return context.statement.parameters[index]
  }
}

final class UnaryEvaluator: Evaluator, @unchecked Sendable {
  private let operand: Evaluator
  private let body: FunctionDefinition.Unary

  init(_ operand: Evaluator, _ body: @escaping FunctionDefinition.Unary) {
    self.operand = operand
    self.body = body
  }

  override func evaluate(_ row: Row, _ context: EvaluationContext) throws(SQLError) -> Datum {
    let value = try operand.evaluate(row, context)
    // What such a function does is proportional to its argument at most.
    try context.statement.poll(work: value.comparisonWork)
    return value.isNull ? .null : try body(value)
  }
}

final class PacedUnaryEvaluator: Evaluator, @unchecked Sendable {
  private let operand: Evaluator
  private let body: FunctionDefinition.PacedUnary

  init(_ operand: Evaluator, _ body: @escaping FunctionDefinition.PacedUnary) {
    self.operand = operand
    self.body = body
  }

  override func evaluate(_ row: Row, _ context: EvaluationContext) throws(SQLError) -> Datum {
    let value = try operand.evaluate(row, context)
    try context.statement.poll(work: 8)
    return value.isNull ? .null : try body(value, context.statement)
  }
}

final class BinaryEvaluator: Evaluator, @unchecked Sendable {
  private let left: Evaluator
  private let right: Evaluator
  private let body: FunctionDefinition.Binary

  init(_ left: Evaluator, _ right: Evaluator, _ body: @escaping FunctionDefinition.Binary) {
    self.left = left
    self.right = right
    self.body = body
  }

  override func evaluate(_ row: Row, _ context: EvaluationContext) throws(SQLError) -> Datum {
    let first = try left.evaluate(row, context)
    let second = try right.evaluate(row, context)
    try context.statement.poll(work: first.comparisonWork)
    if first.isNull || second.isNull { return .null }
    return try body(first, second)
  }
}

final class PacedBinaryEvaluator: Evaluator, @unchecked Sendable {
  private let left: Evaluator
  private let right: Evaluator
  private let body: FunctionDefinition.PacedBinary

  init(_ left: Evaluator, _ right: Evaluator, _ body: @escaping FunctionDefinition.PacedBinary) {
    self.left = left
    self.right = right
    self.body = body
  }

  override func evaluate(_ row: Row, _ context: EvaluationContext) throws(SQLError) -> Datum {
    let first = try left.evaluate(row, context)
    let second = try right.evaluate(row, context)
    try context.statement.poll(work: 8)
    if first.isNull || second.isNull { return .null }
    return try body(first, second, context.statement)
  }
}

final class ComparisonEvaluator: Evaluator, @unchecked Sendable {
  private let left: Evaluator
  private let right: Evaluator
  private let comparison: ComparisonOperator

  init(_ left: Evaluator, _ right: Evaluator, _ comparison: ComparisonOperator) {
    self.left = left
    self.right = right
    self.comparison = comparison
  }

  override func evaluate(_ row: Row, _ context: EvaluationContext) throws(SQLError) -> Datum {
    let first = try left.evaluate(row, context)
    let second = try right.evaluate(row, context)
    if first.isNull || second.isNull { return .null }
    try context.statement.poll(work: first.comparisonWork)
    return .boolean(comparison.holds(first.compare(second)))
  }

  override func isTrue(_ row: Row, _ context: EvaluationContext) throws(SQLError) -> Bool {
    let first = try left.evaluate(row, context)
    let second = try right.evaluate(row, context)
    if first.isNull || second.isNull { return false }
    try context.statement.poll(work: first.comparisonWork)
    return comparison.holds(first.compare(second))
  }
}

/// The commonest filter: a column against a constant.
final class ColumnComparisonEvaluator: Evaluator, @unchecked Sendable {
  private let position: Int
  private let value: Datum
  private let comparison: ComparisonOperator
  /// A comparison looks at no more than the shorter value.
  private let work: Int

  init(_ position: Int, _ value: Datum, _ comparison: ComparisonOperator) {
    self.position = position
    self.value = value
    self.comparison = comparison
    work = value.comparisonWork
  }

  override func evaluate(_ row: Row, _ context: EvaluationContext) throws(SQLError) -> Datum {
    if row[position].isNull { return .null }
    try context.statement.poll(work: work)
    return .boolean(comparison.holds(row[position].compare(value)))
  }

  override func isTrue(_ row: Row, _ context: EvaluationContext) throws(SQLError) -> Bool {
    if row[position].isNull { return false }
    try context.statement.poll(work: work)
    return comparison.holds(row[position].compare(value))
  }
}

/// Any function, with an array of arguments.
final class CallEvaluator: Evaluator, @unchecked Sendable {
  private let function: FunctionDefinition
  private let operands: [Evaluator]

  init(_ function: FunctionDefinition, _ operands: [Evaluator]) {
    self.function = function
    self.operands = operands
  }

  override func evaluate(_ row: Row, _ context: EvaluationContext) throws(SQLError) -> Datum {
    var values: [Datum] = []
    values.reserveCapacity(operands.count)
    for operand in operands { values.append(try operand.evaluate(row, context)) }
    try context.statement.poll(work: 8 + operands.count)
    return try function.call(values, context)
  }
}

final class CastEvaluator: Evaluator, @unchecked Sendable {
  private let operand: Evaluator
  private let cast: Cast

  init(_ operand: Evaluator, _ cast: Cast) {
    self.operand = operand
    self.cast = cast
  }

  override func evaluate(_ row: Row, _ context: EvaluationContext) throws(SQLError) -> Datum {
    try cast.apply(operand.evaluate(row, context), context)
  }
}
