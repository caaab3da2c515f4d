/// Where the values that a level's expressions name stand in the rows of a plan.
import RoostRelational

/// Binding speaks of the level's input row; a plan may join in another order, and after grouping rows are made of
/// groups and aggregates. A layout turns the one into the other.
final class Layout {
  let level: QueryLevel
  let plan: PlanLevel
  let use: ColumnUse
  /// The place of each input position.
  private(set) var places: [Int: Int]
  /// Expressions that have a place as a whole, after grouping.
  private let groupings: [Expression]
  private let isGrouped: Bool
  /// Where aggregates and window functions begin.
  var firstAggregate = 0
  var firstWindow = 0

  /// Rows that hold input columns in this order.
  init(level: QueryLevel, plan: PlanLevel, use: ColumnUse, order: [Int]) {
    self.level = level
    self.plan = plan
    self.use = use
    places = Dictionary(order.enumerated().map { ($1, $0) }) { first, _ in first }
    groupings = []
    isGrouped = false
  }

  /// Rows of groups and aggregates.
  init(level: QueryLevel, plan: PlanLevel, use: ColumnUse, groupings: [Expression]) {
    self.level = level
    self.plan = plan
    self.use = use
    self.groupings = groupings
    isGrouped = true
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
    if !isGrouped { use.insert(position) }
    return places[position]
  }

  /// The place of a whole grouping expression.
  func grouping(_ expression: Expression) -> Int? {
    guard isGrouped else { return nil }
    return groupings.firstIndex { $0.isEquivalent(to: expression) }
  }
}
