/// Builds typed expressions: resolves overloads, gives literals and parameters of unknown type their types and inserts
/// conversions, by PostgreSQL's rules.
///
/// The binder calls one method per syntactic construct, operands first:
/// ```
/// let checker = TypeChecker(input: InputContext())
/// let sum = try checker.infix("+", .column(0, .integer), checker.string("1"))   // '1' becomes integer 1
/// let call = try checker.function("lower", [.column(1, .varchar(20))])
/// let stored = try checker.coerce(sum, to: .smallint, .assignment)
/// ```
/// Errors carry no position; the binder adds it.
public final class TypeChecker {
  public let catalogue: FunctionCatalogue
  public let parameters: ParameterTypes
  /// For literals that read the clock or the session's zone ('now', timestamptz).
  public let input: InputContext

  public init(
    catalogue: FunctionCatalogue = .builtin, parameters: ParameterTypes = ParameterTypes(), input: InputContext
  ) {
    self.catalogue = catalogue
    self.parameters = parameters
    self.input = input
  }

  // MARK: Leaves

  /// A quoted literal: its type is found from its surroundings.
  public func string(_ text: String) -> Expression { .constant(.text(text), .unknown) }

  public var null: Expression { .constant(.null, .unknown) }

  public func boolean(_ value: Bool) -> Expression { .constant(.boolean(value), .boolean) }

  /// An unquoted number: integer, bigint or numeric, the first that holds it.
  public func number(_ text: String) throws(SQLError) -> Expression {
    if text.utf8.allSatisfy(\.isDigit), let value = Int64(text) {
      if let small = Int32(exactly: value) { return .constant(.integer(small), .integer) }
      return .constant(.bigint(value), .bigint)
    }
    let value = try TextFormat.parse(text, as: .unconstrainedNumeric, input)
    return .constant(value, .unconstrainedNumeric)
  }

  /// $`index` + 1. Its type is what the client declared or what the first use with a known type gives it.
  public func parameter(_ index: Int) throws(SQLError) -> Expression {
    .parameter(index, try parameters.declare(index))
  }

  // MARK: Conversion

  /// Converts to `type`; fails when PostgreSQL has no such conversion in this context (42846).
  public func coerce(
    _ expression: Expression, to type: SQLType, _ context: Coercion.Context
  ) throws(SQLError) -> Expression {
    let isExplicit = context == .explicit
    switch expression {
    case .constant(let value, .unknown):
      guard type != .unknown else { return expression }
      if value.isNull { return .constant(.null, type) }
      let parsed = try TextFormat.parse(try value.string, as: type.unmodified, input)
      return .constant(try Cast.fit(parsed, type, isExplicit: isExplicit), type)
    case .parameter(let index, .unknown):
      guard type != .unknown else { return expression }
      return fitted(.parameter(index, try parameters.settle(index, type.unmodified)), type, isExplicit)
    default: break
    }
    let source = expression.type.base
    if source == type.base { return fitted(expression, type, isExplicit) }
    guard let method = Coercion.method(from: source, to: type.base, context) else {
      throw SQLError("42846", "cannot cast type \(expression.type.name) to \(type.name)")
    }
    return .cast(expression, Cast(source, type, method, isExplicit: isExplicit), type)
  }

  /// Applies `type`'s modifier to an expression of the same base type.
  private func fitted(_ expression: Expression, _ type: SQLType, _ isExplicit: Bool) -> Expression {
    if expression.type == type || type == type.unmodified { return expression }
    return .cast(expression, Cast(type.base, type, .relabel, isExplicit: isExplicit), type)
  }

  public func canCoerce(_ source: SQLType, to target: SQLType, _ context: Coercion.Context) -> Bool {
    Coercion.method(from: source.base, to: target.base, context) != nil
  }

  /// Converts a value to a column's type as INSERT and UPDATE do; error 42804 names the column.
  public func assign(_ expression: Expression, to type: SQLType, column: String) throws(SQLError) -> Expression {
    if expression.type != .unknown, !canCoerce(expression.type, to: type, .assignment) {
      throw SQLError(
        "42804", "column \"\(column)\" is of type \(type.name) but expression is of type \(expression.type.name)",
        hint: "You will need to rewrite or cast the expression.")
    }
    return try coerce(expression, to: type, .assignment)
  }

  /// A boolean, for WHERE, HAVING, AND…; `construct` names the place in error 42804.
  public func condition(_ expression: Expression, _ construct: String) throws(SQLError) -> Expression {
    if expression.type == .boolean { return expression }
    guard expression.type == .unknown else {
      throw SQLError(
        "42804", "argument of \(construct) must be type boolean, not type \(expression.type.name)")
    }
    return try coerce(expression, to: .boolean, .implicit)
  }

  /// Gives what is still of unknown type the type text, as a select list does.
  public func settled(_ expression: Expression) throws(SQLError) -> Expression {
    expression.type == .unknown ? try coerce(expression, to: .text, .implicit) : expression
  }

  // MARK: Operators and functions

  public func infix(_ symbol: String, _ left: Expression, _ right: Expression) throws(SQLError) -> Expression {
    let function = try catalogue.resolveOperator(symbol, left.type.base, right.type.base)
    return .call(function, try arguments([left, right], function), SQLType(function.result))
  }

  public func prefix(_ symbol: String, _ operand: Expression) throws(SQLError) -> Expression {
    let function = try catalogue.resolvePrefixOperator(symbol, operand.type.base)
    return .call(function, try arguments([operand], function), SQLType(function.result))
  }

  /// A function call, also one that is a conversion in function's clothes: `int4('5')`, `text(1)`.
  public func function(_ name: String, _ operands: [Expression]) throws(SQLError) -> Expression {
    let types = operands.map(\.type.base)
    let exact = (catalogue.functions[name] ?? []).contains { $0.arguments == types }
    if !exact, operands.count == 1, let conversion = try conversion(name, operands[0]) { return conversion }
    let function = try catalogue.resolveFunction(name, types)
    return .call(function, try arguments(operands, function), SQLType(function.result))
  }

  private func conversion(_ name: String, _ operand: Expression) throws(SQLError) -> Expression? {
    guard let target = BaseType(catalogueName: name), target != .unknown, target.category != .pseudo else { return nil }
    let source = operand.type.base
    if source == .unknown { return try coerce(operand, to: SQLType(target), .explicit) }
    guard let method = Coercion.method(from: source, to: target, .explicit) else { return nil }
    // The conversion of booleans is a function text() only.
    if case .function = method, source == .boolean, target == .varchar || target == .char { return nil }
    return try coerce(operand, to: SQLType(target), .explicit)
  }

  private func arguments(_ operands: [Expression], _ function: FunctionDefinition) throws(SQLError) -> [Expression] {
    let types = FunctionCatalogue.signature(function, operands.count) ?? function.arguments
    var result: [Expression] = []
    for (operand, type) in zip(operands, types) {
      result.append(type == .any ? try settled(operand) : try coerce(operand, to: SQLType(type), .implicit))
    }
    return result
  }

  /// An aggregate with its arguments converted; `count(*)` has none.
  public func aggregate(
    _ name: String, _ operands: [Expression]
  ) throws(SQLError) -> (definition: AggregateDefinition, arguments: [Expression]) {
    let definition = try catalogue.resolveAggregate(name, operands.map(\.type.base))
    var converted: [Expression] = []
    for (operand, type) in zip(operands, definition.arguments) {
      converted.append(type == .any ? try settled(operand) : try coerce(operand, to: SQLType(type), .implicit))
    }
    return (definition, converted)
  }

  // MARK: Constructs

  /// The type that CASE, COALESCE, UNION, VALUES… give to expressions of several types. Error 42804 names `construct`.
  public func commonType(_ types: [SQLType], _ construct: String) throws(SQLError) -> SQLType {
    guard let first = types.first else { return .text }
    if first != .unknown, types.allSatisfy({ $0 == first }) { return first }
    var chosen = first.base
    for type in types.dropFirst().map(\.base) where type != .unknown && type != chosen {
      if chosen == .unknown {
        chosen = type
      } else if type.category != chosen.category {
        throw SQLError("42804", "\(construct) types \(chosen.name) and \(type.name) cannot be matched")
      } else if !chosen.isPreferred, Coercion.method(from: chosen, to: type, .implicit) != nil,
        Coercion.method(from: type, to: chosen, .implicit) == nil
      {
        chosen = type
      }
    }
    return chosen == .unknown ? .text : SQLType(chosen)
  }

  /// Converts all to their common type.
  public func unified(
    _ expressions: [Expression], _ construct: String
  ) throws(SQLError) -> (expressions: [Expression], type: SQLType) {
    let type = try commonType(expressions.map(\.type), construct)
    var result: [Expression] = []
    for expression in expressions {
      if expression.type != .unknown, !canCoerce(expression.type, to: type, .implicit) {
        throw SQLError(
          "42846",
          "\(construct == "CASE" ? "CASE/WHEN" : construct) could not convert type \(expression.type.name)"
            + " to \(type.name)")
      }
      result.append(try coerce(expression, to: type, .implicit))
    }
    return (result, type)
  }

  public func and(_ operands: [Expression]) throws(SQLError) -> Expression {
    var checked: [Expression] = []
    for operand in operands { checked.append(try condition(operand, "AND")) }
    return .and(checked)
  }

  public func or(_ operands: [Expression]) throws(SQLError) -> Expression {
    var checked: [Expression] = []
    for operand in operands { checked.append(try condition(operand, "OR")) }
    return .or(checked)
  }

  public func not(_ operand: Expression) throws(SQLError) -> Expression { .not(try condition(operand, "NOT")) }

  public func isNull(_ operand: Expression, negated: Bool = false) throws(SQLError) -> Expression {
    .isNull(try settled(operand), negated: negated)
  }

  public func isTruth(
    _ operand: Expression, _ truth: Expression.Truth, negated: Bool = false
  ) throws(SQLError) -> Expression {
    let name = truth == .isTrue ? "TRUE" : truth == .isFalse ? "FALSE" : "UNKNOWN"
    return .isTruth(try condition(operand, "IS \(negated ? "NOT " : "")\(name)"), truth, negated: negated)
  }

  public func isDistinct(
    _ left: Expression, _ right: Expression, negated: Bool = false
  ) throws(SQLError) -> Expression {
    guard case .call(let equality, let operands, _) = try infix("=", left, right) else { return null }
    return .isDistinct(operands[0], operands[1], equality: equality, negated: negated)
  }

  /// CASE. With `operand` each condition is compared with it.
  public func caseWhen(
    operand: Expression? = nil, _ branches: [(condition: Expression, result: Expression)], otherwise: Expression?
  ) throws(SQLError) -> Expression {
    var conditions: [Expression] = []
    let settledOperand: Expression? = if let operand { try settled(operand) } else { nil }
    for branch in branches {
      if let settledOperand {
        conditions.append(try infix("=", settledOperand, branch.condition))
      } else {
        conditions.append(try condition(branch.condition, "CASE/WHEN"))
      }
    }
    // ELSE leads when the common type is chosen, as in PostgreSQL.
    let (results, type) = try unified([otherwise ?? null] + branches.map(\.result), "CASE")
    let checked = conditions.indices.map {
      Expression.CaseBranch(condition: conditions[$0], result: results[$0 + 1])
    }
    return .caseWhen(checked, otherwise: otherwise == nil ? nil : results[0], type)
  }

  public func coalesce(_ operands: [Expression]) throws(SQLError) -> Expression {
    let (expressions, type) = try unified(operands, "COALESCE")
    return .coalesce(expressions, type)
  }

  public func greatest(_ operands: [Expression]) throws(SQLError) -> Expression {
    let (expressions, type) = try unified(operands, "GREATEST")
    return .greatest(expressions, type)
  }

  public func least(_ operands: [Expression]) throws(SQLError) -> Expression {
    let (expressions, type) = try unified(operands, "LEAST")
    return .least(expressions, type)
  }

  public func nullIf(_ left: Expression, _ right: Expression) throws(SQLError) -> Expression {
    guard case .call(let equality, let operands, _) = try infix("=", left, right) else { return null }
    return .nullIf(operands[0], operands[1], equality: equality, operands[0].type)
  }

  /// operand [NOT] IN (list).
  public func inList(_ operand: Expression, _ list: [Expression], negated: Bool = false) throws(SQLError) -> Expression
  {
    if let (unified, type) = try? self.unified([operand] + list, "IN"), unified.count > 2 || operand.type == type,
      let equality = try? catalogue.resolveOperator("=", type.base, type.base),
      equality.arguments[0] == type.base
        || (type.category == .string && type.base != .char)
    {
      return .inList(unified[0], Array(unified.dropFirst()), equality: equality, negated: negated)
    }
    // Without a common type each element is compared by itself.
    var comparisons: [Expression] = []
    for element in list { comparisons.append(try infix("=", operand, element)) }
    let any = comparisons.count == 1 ? comparisons[0] : Expression.or(comparisons)
    return negated ? .not(any) : any
  }

  /// low <= operand AND operand <= high.
  public func between(
    _ operand: Expression, _ low: Expression, _ high: Expression, negated: Bool = false, symmetric: Bool = false
  ) throws(SQLError) -> Expression {
    func range(_ low: Expression, _ high: Expression) throws(SQLError) -> Expression {
      if negated { return .or([try infix("<", operand, low), try infix(">", operand, high)]) }
      return .and([try infix(">=", operand, low), try infix("<=", operand, high)])
    }
    let straight = try range(low, high)
    guard symmetric else { return straight }
    let crossed = try range(high, low)
    return negated ? .and([straight, crossed]) : .or([straight, crossed])
  }

  /// operand op ANY/ALL (subquery with one column of `columnType`). The comparison must take the column as it is.
  public func quantified(
    _ operand: Expression, _ symbol: String, slot: Int, columnType: SQLType, all: Bool
  ) throws(SQLError) -> Expression {
    let comparison = try catalogue.resolveOperator(symbol, operand.type.base, columnType.base)
    guard comparison.result == .boolean else {
      throw SQLError("42809", "op ANY/ALL (array) requires operator to yield boolean")
    }
    let converted = try coerce(operand, to: SQLType(comparison.arguments[0]), .implicit)
    return .quantified(converted, comparison: comparison, slot: slot, all: all)
  }
}

/// The types of a statement's parameters, as far as they are known.
public final class ParameterTypes {
  public private(set) var types: [SQLType]

  /// PostgreSQL's limit on parameters of one statement.
  public static let limit = 65535

  /// `declared` are the types the client gave; unknown where it left them open.
  public init(declared: [SQLType] = []) { types = declared }

  func declare(_ index: Int) throws(SQLError) -> SQLType {
    guard index >= 0, index < Self.limit else { throw SQLError("42P02", "there is no parameter $\(index + 1)") }
    while types.count <= index { types.append(.unknown) }
    return types[index]
  }

  func settle(_ index: Int, _ type: SQLType) throws(SQLError) -> SQLType {
    if types[index] == .unknown {
      types[index] = type
    } else if types[index].base != type.base {
      throw SQLError(
        "42P08", "inconsistent types deduced for parameter $\(index + 1)",
        detail: "\(types[index].name) versus \(type.name)")
    }
    return types[index]
  }
}
