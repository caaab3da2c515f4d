/// All functions, operators and aggregates by name.
///
/// The SQL layer adds its own (sequences, catalogue functions) with `extended(with:)`.
public struct FunctionCatalogue: Sendable {
  public private(set) var functions: [String: [FunctionDefinition]] = [:]
  public private(set) var operators: [String: [FunctionDefinition]] = [:]
  public private(set) var aggregates: [String: [AggregateDefinition]] = [:]

  /// Everything this module defines.
  public static let builtin: FunctionCatalogue = {
    var catalogue = FunctionCatalogue()
    catalogue.addArithmetic()
    catalogue.addComparisons()
    catalogue.addMathematics()
    catalogue.addStrings()
    catalogue.addPatterns()
    catalogue.addBytea()
    catalogue.addDates()
    catalogue.addFormatting()
    catalogue.addSession()
    catalogue.addAggregates()
    return catalogue
  }()

  public init() {}

  /// This catalogue and further functions.
  public func extended(
    with functions: [FunctionDefinition], aggregates: [AggregateDefinition] = []
  ) -> FunctionCatalogue {
    var result = self
    for function in functions { result.add(function) }
    for aggregate in aggregates { result.add(aggregate) }
    return result
  }

  public func isAggregate(_ name: String) -> Bool { aggregates[name] != nil }

  mutating func add(_ function: FunctionDefinition) { functions[function.name, default: []].append(function) }
  mutating func add(_ aggregate: AggregateDefinition) { aggregates[aggregate.name, default: []].append(aggregate) }

  mutating func add(operator symbol: FunctionDefinition) { operators[symbol.name, default: []].append(symbol) }

  mutating func unary(
    _ name: String, _ argument: BaseType, _ result: BaseType, _ body: @escaping FunctionDefinition.Unary
  ) {
    add(FunctionDefinition(name, [argument], result, .unary(body)))
  }

  mutating func binary(
    _ name: String, _ left: BaseType, _ right: BaseType, _ result: BaseType,
    _ body: @escaping FunctionDefinition.Binary
  ) {
    add(FunctionDefinition(name, [left, right], result, .binary(body)))
  }

  mutating func ternary(
    _ name: String, _ arguments: [BaseType], _ result: BaseType, _ body: @escaping FunctionDefinition.Ternary
  ) {
    add(FunctionDefinition(name, arguments, result, .ternary(body)))
  }

  /// A function whose work grows with its argument.
  mutating func unary(
    _ name: String, _ argument: BaseType, _ result: BaseType, _ body: @escaping FunctionDefinition.PacedUnary
  ) {
    add(FunctionDefinition(name, [argument], result, .pacedUnary(body)))
  }

  mutating func binary(
    _ name: String, _ left: BaseType, _ right: BaseType, _ result: BaseType,
    _ body: @escaping FunctionDefinition.PacedBinary
  ) {
    add(FunctionDefinition(name, [left, right], result, .pacedBinary(body)))
  }

  mutating func ternary(
    _ name: String, _ arguments: [BaseType], _ result: BaseType, _ body: @escaping FunctionDefinition.PacedTernary
  ) {
    add(FunctionDefinition(name, arguments, result, .pacedTernary(body)))
  }

  mutating func general(
    _ name: String, _ arguments: [BaseType], _ result: BaseType, strict: Bool = true,
    volatility: FunctionDefinition.Volatility = .immutable, variadic: Bool = false,
    _ body: @escaping FunctionDefinition.General
  ) {
    add(
      FunctionDefinition(
        name, arguments, result, strict: strict, volatility: volatility, variadic: variadic, .general(body)))
  }

  mutating func infix(
    _ symbol: String, _ left: BaseType, _ right: BaseType, _ result: BaseType,
    _ body: @escaping FunctionDefinition.Binary
  ) {
    add(operator: FunctionDefinition(symbol, [left, right], result, .binary(body)))
  }

  /// An operator whose work grows with its operands.
  mutating func infix(
    _ symbol: String, _ left: BaseType, _ right: BaseType, _ result: BaseType,
    _ body: @escaping FunctionDefinition.PacedBinary
  ) {
    add(operator: FunctionDefinition(symbol, [left, right], result, .pacedBinary(body)))
  }

  mutating func prefix(
    _ symbol: String, _ operand: BaseType, _ result: BaseType, _ body: @escaping FunctionDefinition.Unary
  ) {
    add(operator: FunctionDefinition(symbol, [operand], result, .unary(body)))
  }

  /// An operator whose code needs the evaluation context.
  mutating func infixInContext(
    _ symbol: String, _ left: BaseType, _ right: BaseType, _ result: BaseType,
    _ body: @escaping FunctionDefinition.General
  ) {
    add(operator: FunctionDefinition(symbol, [left, right], result, volatility: .stable, .general(body)))
  }
}
