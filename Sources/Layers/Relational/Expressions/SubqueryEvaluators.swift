/// Expressions over subquery results. They read their slot, or signal that it is empty (see `Expression`).
final class ScalarSubqueryEvaluator: Evaluator, @unchecked Sendable {
  private let slot: Int
  init(_ slot: Int) { self.slot = slot }

  override func evaluate(_ row: Row, _ context: EvaluationContext) throws(SQLError) -> Datum {
    guard slot < context.subplans.count, case .value(let value)? = context.subplans[slot].result else {
      throw context.missing(slot)
    }
    return value
  }
}

final class ExistsEvaluator: Evaluator, @unchecked Sendable {
  private let slot: Int
  init(_ slot: Int) { self.slot = slot }

  override func evaluate(_ row: Row, _ context: EvaluationContext) throws(SQLError) -> Datum {
    guard slot < context.subplans.count, case .exists(let exists)? = context.subplans[slot].result else {
      throw context.missing(slot)
    }
    return .boolean(exists)
  }
}

final class InSubqueryEvaluator: Evaluator, @unchecked Sendable {
  private let operands: [(evaluator: Evaluator, type: SQLType)]
  private let slot: Int
  private let negated: Bool

  init(_ operands: [(evaluator: Evaluator, type: SQLType)], _ slot: Int, _ negated: Bool) {
    self.operands = operands
    self.slot = slot
    self.negated = negated
  }

  override func evaluate(_ row: Row, _ context: EvaluationContext) throws(SQLError) -> Datum {
    guard slot < context.subplans.count, case .set(let set)? = context.subplans[slot].result else {
      throw context.missing(slot)
    }
    var values: [Datum] = []
    values.reserveCapacity(operands.count)
    for operand in operands { values.append(try operand.evaluator.evaluate(row, context).keyed(operand.type)) }
    guard let found = try set.contains(values, context.statement) else { return .null }
    return .boolean(found != negated)
  }
}

final class QuantifiedEvaluator: Evaluator, @unchecked Sendable {
  private let operand: Evaluator
  private let comparison: FunctionDefinition
  private let slot: Int
  private let all: Bool

  init(_ operand: Evaluator, _ comparison: FunctionDefinition, _ slot: Int, all: Bool) {
    self.operand = operand
    self.comparison = comparison
    self.slot = slot
    self.all = all
  }

  override func evaluate(_ row: Row, _ context: EvaluationContext) throws(SQLError) -> Datum {
    guard slot < context.subplans.count, case .rows(let rows)? = context.subplans[slot].result else {
      throw context.missing(slot)
    }
    let value = try operand.evaluate(row, context)
    var sawNull = false
    for candidate in rows {
      try context.statement.poll(work: 2)
      let verdict = try comparison.call([value, candidate[0]], context)
      if case .boolean(let holds) = verdict {
        if holds != all { return .boolean(!all) }
      } else {
        sawNull = true
      }
    }
    return sawNull ? .null : .boolean(all)
  }
}

/// The rows of an IN subquery.
struct SubquerySet {
  private var keys: Set<DatumKey> = []
  /// Rows with a null among their values, which can only make the answer unknown.
  private var partial: Set<DatumKey> = []
  private(set) var isEmpty = true

  /// Adds a row, gives the bytes it newly holds.
  mutating func insert(_ values: [Datum]) -> Int {
    isEmpty = false
    let key = DatumKey(values)
    if values.contains(where: \.isNull) {
      if !partial.insert(key).inserted { return 0 }
    } else if !keys.insert(key).inserted {
      return 0
    }
    return key.estimatedSize
  }

  /// Whether the row is among them; nil when nulls leave it open.
  func contains(_ values: [Datum], _ pace: EvaluationPace) throws(SQLError) -> Bool? {
    if isEmpty { return false }
    try pace.poll(work: values.reduce(0) { $0 + $1.comparisonWork })
    if !values.contains(where: \.isNull) {
      if keys.contains(DatumKey(values)) { return true }
    } else {
      for key in keys where try Self.mayMatch(key.values, values, pace) { return nil }
    }
    for key in partial where try Self.mayMatch(key.values, values, pace) { return nil }
    return false
  }

  private static func mayMatch(
    _ left: [Datum], _ right: [Datum], _ pace: EvaluationPace
  ) throws(SQLError) -> Bool {
    try pace.poll(work: left.reduce(4) { $0 + $1.comparisonWork })
    return zip(left, right).allSatisfy { $0.isNull || $1.isNull || $0.isSame($1) }
  }
}
