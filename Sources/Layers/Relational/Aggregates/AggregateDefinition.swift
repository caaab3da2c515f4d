/// One overload of an aggregate function.
public final class AggregateDefinition: Sendable {
  public let name: String
  public let arguments: [BaseType]
  public let result: BaseType
  /// Whether rows in which an argument is null are passed over.
  public let skipsNulls: Bool
  /// Whether DISTINCT changes nothing (min, max, bool_and…), so that it need not be carried out.
  public let ignoresDuplicates: Bool
  let make: @Sendable () -> Accumulator

  public init(
    _ name: String, _ arguments: [BaseType], _ result: BaseType, skipsNulls: Bool = true,
    ignoresDuplicates: Bool = false, _ make: @escaping @Sendable () -> Accumulator
  ) {
    self.name = name
    self.arguments = arguments
    self.result = result
    self.skipsNulls = skipsNulls
    self.ignoresDuplicates = ignoresDuplicates
    self.make = make
  }

  public var isVariadic: Bool { false }

  /// A new state. `pace` counts the work of long values; an operator gives its statement.
  public func accumulator(_ pace: EvaluationPace? = nil) -> Accumulator {
    let accumulator = make()
    accumulator.pace = pace
    return accumulator
  }
}

/// The running state of one aggregate over one group.
open class Accumulator {
  /// Where the work of long values is counted.
  public internal(set) final var pace: EvaluationPace?

  public init() {}

  /// Takes one row's first argument; null for `count(*)`.
  open func add(_ value: Datum) throws(SQLError) {}

  /// Takes one row's arguments. Aggregates of one argument need not override it.
  open func add(_ values: [Datum]) throws(SQLError) { try add(values.first ?? .null) }

  open func result() throws(SQLError) -> Datum { .null }

  /// Whether rows may be taken back, in the order they came: for windows.
  open var canRemove: Bool { false }

  /// Takes a row back. False when the state can't be had that way: it must be built anew.
  open func remove(_ values: [Datum]) throws(SQLError) -> Bool { false }

  /// Bytes the state holds outside the object, for the memory budget.
  open var heldBytes: Int { 0 }
}
