/// One overload of a function or operator: its signature and its code.
public final class FunctionDefinition: Sendable {
  public typealias Nullary = @Sendable (EvaluationContext) throws(SQLError) -> Datum
  public typealias Unary = @Sendable (Datum) throws(SQLError) -> Datum
  public typealias Binary = @Sendable (Datum, Datum) throws(SQLError) -> Datum
  public typealias Ternary = @Sendable (Datum, Datum, Datum) throws(SQLError) -> Datum
  public typealias PacedUnary = @Sendable (Datum, EvaluationPace) throws(SQLError) -> Datum
  public typealias PacedBinary = @Sendable (Datum, Datum, EvaluationPace) throws(SQLError) -> Datum
  public typealias PacedTernary = @Sendable (Datum, Datum, Datum, EvaluationPace) throws(SQLError) -> Datum
  public typealias General = @Sendable ([Datum], EvaluationContext) throws(SQLError) -> Datum

  /// The code. The short forms spare the argument array and the context; `general` gets everything. A function whose
  /// work grows with its arguments takes the pace and counts its work there.
  public enum Body: Sendable {
    case nullary(Nullary)
    case unary(Unary)
    case binary(Binary)
    case ternary(Ternary)
    case pacedUnary(PacedUnary)
    case pacedBinary(PacedBinary)
    case pacedTernary(PacedTernary)
    case general(General)
    /// A comparison of two values of one type in the type's own order (`Datum.compare`).
    case comparison(ComparisonOperator)
  }

  /// What the planner may assume about repeated calls.
  public enum Volatility: Sendable {
    /// Depends on nothing but its arguments: a call on constants may be folded.
    case immutable
    /// Constant during one statement.
    case stable
    /// Evaluated for every row.
    case volatile
  }

  /// "lower", or an operator's symbol "+".
  public let name: String
  public let arguments: [BaseType]
  public let result: BaseType
  /// Whether a null argument makes the result null without a call.
  public let isStrict: Bool
  public let volatility: Volatility
  /// Whether the last argument may be given any number of times (at least once).
  public let isVariadic: Bool
  public let body: Body

  public init(
    _ name: String, _ arguments: [BaseType], _ result: BaseType, strict: Bool = true,
    volatility: Volatility = .immutable, variadic: Bool = false, _ body: Body
  ) {
    self.name = name
    self.arguments = arguments
    self.result = result
    self.isStrict = strict
    self.volatility = volatility
    self.isVariadic = variadic
    self.body = body
  }

  /// Calls the function, honouring strictness.
  public func call(_ values: [Datum], _ context: EvaluationContext) throws(SQLError) -> Datum {
    if isStrict { for value in values where value.isNull { return .null } }
    switch body {
    case .nullary(let function): return try function(context)
    case .unary(let function): return try function(values[0])
    case .binary(let function): return try function(values[0], values[1])
    case .ternary(let function): return try function(values[0], values[1], values[2])
    case .pacedUnary(let function): return try function(values[0], context.statement)
    case .pacedBinary(let function): return try function(values[0], values[1], context.statement)
    case .pacedTernary(let function): return try function(values[0], values[1], values[2], context.statement)
    case .general(let function): return try function(values, context)
    case .comparison(let comparison):
      try context.statement.poll(work: values[0].comparisonWork)
      return .boolean(comparison.holds(values[0].compare(values[1])))
    }
  }
}

/// The six comparisons.
public enum ComparisonOperator: String, Sendable, CaseIterable {
  case equal = "="
  case notEqual = "<>"
  case less = "<"
  case lessOrEqual = "<="
  case greater = ">"
  case greaterOrEqual = ">="

  /// Whether the comparison holds for two values in this order (-1, 0, 1).
  @inlinable
  public func holds(_ order: Int) -> Bool {
    switch self {
    case .equal: return order == 0
    case .notEqual: return order != 0
    case .less: return order < 0
    case .lessOrEqual: return order <= 0
    case .greater: return order > 0
    case .greaterOrEqual: return order >= 0
    }
  }
}
