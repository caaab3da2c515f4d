/// Three-valued logic and the conditional expressions.
final class ConjunctionEvaluator: Evaluator, @unchecked Sendable {
  private let operands: [Evaluator]
  init(_ operands: [Evaluator]) { self.operands = operands }

  override func evaluate(_ row: Row, _ context: EvaluationContext) throws(SQLError) -> Datum {
    var sawNull = false
    for operand in operands {
      try context.statement.poll(work: 1)
      switch try operand.evaluate(row, context) {
      case .boolean(false): return .boolean(false)
      case .null: sawNull = true
      default: break
      }
    }
    return sawNull ? .null : .boolean(true)
  }

  override func isTrue(_ row: Row, _ context: EvaluationContext) throws(SQLError) -> Bool {
    for operand in operands {
      try context.statement.poll(work: 1)
      if try !operand.isTrue(row, context) { return false }
    }
    return true
  }
}

final class DisjunctionEvaluator: Evaluator, @unchecked Sendable {
  private let operands: [Evaluator]
  init(_ operands: [Evaluator]) { self.operands = operands }

  override func evaluate(_ row: Row, _ context: EvaluationContext) throws(SQLError) -> Datum {
    var sawNull = false
    for operand in operands {
      try context.statement.poll(work: 1)
      switch try operand.evaluate(row, context) {
      case .boolean(true): return .boolean(true)
      case .null: sawNull = true
      default: break
      }
    }
    return sawNull ? .null : .boolean(false)
  }

  override func isTrue(_ row: Row, _ context: EvaluationContext) throws(SQLError) -> Bool {
    for operand in operands {
      try context.statement.poll(work: 1)
      if try operand.isTrue(row, context) { return true }
    }
    return false
  }
}

final class NotEvaluator: Evaluator, @unchecked Sendable {
  private let operand: Evaluator
  init(_ operand: Evaluator) { self.operand = operand }

  override func evaluate(_ row: Row, _ context: EvaluationContext) throws(SQLError) -> Datum {
    if case .boolean(let value) = try operand.evaluate(row, context) { return .boolean(!value) }
    return .null
  }
}

final class IsNullEvaluator: Evaluator, @unchecked Sendable {
  private let operand: Evaluator
  private let negated: Bool

  init(_ operand: Evaluator, _ negated: Bool) {
    self.operand = operand
    self.negated = negated
  }

  override func evaluate(_ row: Row, _ context: EvaluationContext) throws(SQLError) -> Datum {
    .boolean(try operand.evaluate(row, context).isNull != negated)
  }
}

final class IsTruthEvaluator: Evaluator, @unchecked Sendable {
  private let operand: Evaluator
  private let truth: Expression.Truth
  private let negated: Bool

  init(_ operand: Evaluator, _ truth: Expression.Truth, _ negated: Bool) {
    self.operand = operand
    self.truth = truth
    self.negated = negated
  }

  override func evaluate(_ row: Row, _ context: EvaluationContext) throws(SQLError) -> Datum {
    let found: Expression.Truth
    switch try operand.evaluate(row, context) {
    case .boolean(true): found = .isTrue
    case .boolean(false): found = .isFalse
    default: found = .isUnknown
    }
    return .boolean((found == truth) != negated)
  }
}

final class IsDistinctEvaluator: Evaluator, @unchecked Sendable {
  private let left: Evaluator
  private let right: Evaluator
  private let equality: FunctionDefinition
  private let negated: Bool

  init(_ left: Evaluator, _ right: Evaluator, _ equality: FunctionDefinition, _ negated: Bool) {
    self.left = left
    self.right = right
    self.equality = equality
    self.negated = negated
  }

  override func evaluate(_ row: Row, _ context: EvaluationContext) throws(SQLError) -> Datum {
    let first = try left.evaluate(row, context)
    let second = try right.evaluate(row, context)
    if first.isNull || second.isNull { return .boolean((first.isNull != second.isNull) != negated) }
    return .boolean(try !equality.call([first, second], context).boolean != negated)
  }
}

final class CaseEvaluator: Evaluator, @unchecked Sendable {
  private let branches: [(condition: Evaluator, result: Evaluator)]
  private let otherwise: Evaluator?

  init(_ branches: [(condition: Evaluator, result: Evaluator)], _ otherwise: Evaluator?) {
    self.branches = branches
    self.otherwise = otherwise
  }

  override func evaluate(_ row: Row, _ context: EvaluationContext) throws(SQLError) -> Datum {
    for branch in branches {
      try context.statement.poll(work: 1)
      if try branch.condition.isTrue(row, context) { return try branch.result.evaluate(row, context) }
    }
    return try otherwise?.evaluate(row, context) ?? .null
  }
}

final class CoalesceEvaluator: Evaluator, @unchecked Sendable {
  private let operands: [Evaluator]
  init(_ operands: [Evaluator]) { self.operands = operands }

  override func evaluate(_ row: Row, _ context: EvaluationContext) throws(SQLError) -> Datum {
    for operand in operands {
      try context.statement.poll(work: 1)
      let value = try operand.evaluate(row, context)
      if !value.isNull { return value }
    }
    return .null
  }
}

final class NullIfEvaluator: Evaluator, @unchecked Sendable {
  private let left: Evaluator
  private let right: Evaluator
  private let equality: FunctionDefinition

  init(_ left: Evaluator, _ right: Evaluator, _ equality: FunctionDefinition) {
    self.left = left
    self.right = right
    self.equality = equality
  }

  override func evaluate(_ row: Row, _ context: EvaluationContext) throws(SQLError) -> Datum {
    let first = try left.evaluate(row, context)
    let second = try right.evaluate(row, context)
    if first.isNull || second.isNull { return first }
    return try equality.call([first, second], context).boolean ? .null : first
  }
}

/// GREATEST and LEAST: nulls don't count.
final class ExtremeEvaluator: Evaluator, @unchecked Sendable {
  private let operands: [Evaluator]
  private let type: SQLType
  private let wantsGreatest: Bool

  init(_ operands: [Evaluator], _ type: SQLType, wantsGreatest: Bool) {
    self.operands = operands
    self.type = type
    self.wantsGreatest = wantsGreatest
  }

  override func evaluate(_ row: Row, _ context: EvaluationContext) throws(SQLError) -> Datum {
    var best: Datum = .null
    for operand in operands {
      let value = try operand.evaluate(row, context)
      if value.isNull { continue }
      if best.isNull {
        best = value
        continue
      }
      try context.statement.poll(work: value.comparisonWork)
      let order = value.keyed(type).compare(best.keyed(type))
      if wantsGreatest ? order > 0 : order < 0 { best = value }
    }
    return best
  }
}

/// IN over a list: constants in a hashed set, the rest compared one by one.
final class InListEvaluator: Evaluator, @unchecked Sendable {
  private let operand: Evaluator
  private let type: SQLType
  private let constants: Set<DatumKey>
  private let few: [Datum]
  private let others: [Evaluator]
  private let hasNull: Bool
  private let equality: FunctionDefinition
  private let negated: Bool

  /// Up to this many constants are compared in turn instead of hashed.
  private static let fewLimit = 8

  init(_ operand: Expression, _ list: [Expression], _ equality: FunctionDefinition, _ negated: Bool) {
    self.operand = operand.evaluator()
    type = operand.type
    self.equality = equality
    self.negated = negated
    var values: [Datum] = []
    var others: [Evaluator] = []
    var hasNull = false
    for element in list {
      guard case .constant(let value, _) = element else {
        others.append(element.evaluator())
        continue
      }
      if value.isNull { hasNull = true } else { values.append(value.keyed(operand.type)) }
    }
    self.others = others
    self.hasNull = hasNull
    few = values.count <= Self.fewLimit ? values : []
    constants = values.count <= Self.fewLimit ? [] : Set(values.map { DatumKey([$0]) })
  }

  override func evaluate(_ row: Row, _ context: EvaluationContext) throws(SQLError) -> Datum {
    let value = try operand.evaluate(row, context)
    if value.isNull { return .null }
    let key = value.keyed(type)
    try context.statement.poll(work: key.comparisonWork)
    for constant in few where key.isSame(constant) { return .boolean(!negated) }
    if !constants.isEmpty, constants.contains(DatumKey([key])) { return .boolean(!negated) }
    var sawNull = hasNull
    for other in others {
      let candidate = try other.evaluate(row, context)
      try context.statement.poll(work: 1)
      if candidate.isNull {
        sawNull = true
      } else if try equality.call([value, candidate], context).boolean {
        return .boolean(!negated)
      }
    }
    return sawNull ? .null : .boolean(negated)
  }
}
