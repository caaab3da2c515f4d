import RoostRelational

/// Where the values that a level's expressions name stand in the rows of a plan.
///
/// Binding speaks of the level's input row; a plan may join in another order, and after grouping rows are made of
/// groups and aggregates. A layout turns the one into the other.
final class Layout {
  let level: QueryLevel
  let plan: PlanLevel
  let use: ColumnUse
  /// The place of each input position.
  private(set) var places: [Int: Int]
  /// Expressions that have a place as a whole, after grouping; nil before it.
  private let groupings: GroupingIndex?
  /// Where aggregates and window functions begin.
  var firstAggregate = 0
  var firstWindow = 0

  /// Rows that hold input columns in this order.
  init(level: QueryLevel, plan: PlanLevel, use: ColumnUse, order: [Int]) {
    self.level = level
    self.plan = plan
    self.use = use
    places = Dictionary(order.enumerated().map { ($1, $0) }) { first, _ in first }
    groupings = nil
  }

  /// Rows of groups and aggregates.
  init(
    level: QueryLevel, plan: PlanLevel, use: ColumnUse, groupings: [Expression], _ stack: StackGuard
  ) throws(SQLError) {
    self.level = level
    self.plan = plan
    self.use = use
    self.groupings = try GroupingIndex(groupings, stack)
    firstAggregate = groupings.count
    places = [:]
    for (index, grouping) in groupings.enumerated() {
      if case .column(let position, _) = grouping, places[position] == nil { places[position] = index }
    }
  }

  /// Values in each row of input columns.
  var width: Int { places.count }

  /// The place of an input column; nil when the rows don't hold it.
  func place(_ position: Int) -> Int? {
    if position >= QueryLevel.firstWindow { return firstWindow + position - QueryLevel.firstWindow }
    if position >= QueryLevel.firstAggregate { return firstAggregate + position - QueryLevel.firstAggregate }
    if groupings == nil { use.insert(position) }
    return places[position]
  }

  /// The place of a whole grouping expression, by its digest; see `digests(_:_:)`.
  func grouping(_ expression: Expression, _ digest: Int?) -> Int? { groupings?.place(of: expression, digest) }

  /// What grouping expressions are found by in an expression; nil when there are none.
  func digests(_ expression: Expression, _ stack: StackGuard) throws(SQLError) -> ExpressionDigests? {
    guard let groupings, !groupings.isEmpty else { return nil }
    return try ExpressionDigests(expression, stack)
  }
}
