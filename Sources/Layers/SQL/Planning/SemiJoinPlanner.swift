import RoostRelational

/// EXISTS and NOT EXISTS as joins: where a subquery compares its columns with the outer row's for equality, one hash
/// table serves all outer rows instead of one run of the subquery for each.
struct SemiJoinPlanner {
  let planner: Planner
  /// The outer rows.
  let layout: Layout
  let width: Int

  /// The join that keeps the rows for which the condition holds; nil when the subquery has to be run for each row.
  func join(_ input: PlanNode, _ condition: Expression) throws(SQLError) -> PlanNode? {
    let kind: JoinNode.Kind
    let slot: Int
    switch condition {
    case .exists(let found): (kind, slot) = (.semi, found)
    case .not(.exists(let found)): (kind, slot) = (.anti, found)
    default: return nil
    }
    let subquery = layout.level.subqueries[slot]
    guard subquery.isCorrelated, let (select, from) = plain(subquery.query) else { return nil }
    var own: [Expression] = []
    var keys: [(outer: Expression, inner: Expression)] = []
    var both: [Expression] = []
    for part in select.filter {
      guard readsOuter(part) else {
        own.append(part)
        continue
      }
      guard isDirect(part) else { return nil }
      if let key = equality(part) { keys.append(key) } else { both.append(part) }
    }
    guard !keys.isEmpty else { return nil }
    var joins = JoinPlanner(planner: planner, level: select.level, plan: layout.plan, use: ColumnUse())
    let (right, rightLayout) = try joins.plan(from, own)
    var leftKeys: [Expression] = []
    var rightKeys: [Expression] = []
    for key in keys {
      leftKeys.append(try planner.finish(lowered(key.outer), layout))
      rightKeys.append(try planner.finish(key.inner, rightLayout))
    }
    var residual: [Expression] = []
    for part in both { residual.append(try paired(part, rightLayout)) }
    return .join(
      JoinNode(
        kind: kind, left: input, right: right, leftWidth: width, rightWidth: rightLayout.width, leftKeys: leftKeys,
        rightKeys: rightKeys, residual: residual.isEmpty ? nil : residual.count == 1 ? residual[0] : .and(residual)))
  }

  /// A query that is nothing but FROM and WHERE over tables, without further subqueries.
  private func plain(_ query: BoundQuery) -> (BoundSelect, JoinTree)? {
    guard case .select(let select) = query.body, query.limit == nil, query.offset == nil, !select.isAggregated,
      select.level.windows.isEmpty, select.level.subqueries.isEmpty, let from = select.from, holdsTablesOnly(from)
    else { return nil }
    return (select, from)
  }

  private func holdsTablesOnly(_ tree: JoinTree) -> Bool {
    switch tree {
    case .table: true
    case .join(_, let left, let right, let on):
      holdsTablesOnly(left) && holdsTablesOnly(right) && !on.contains(where: readsOuter)
    case .derived, .series: false
    }
  }

  private func readsOuter(_ expression: Expression) -> Bool {
    expression.contains { if case .outer = $0 { true } else { false } }
  }

  /// Whether outer references go one level out only, and nothing depends on how often it is evaluated.
  private func isDirect(_ expression: Expression) -> Bool {
    !expression.contains {
      switch $0 {
      case .outer(let level, _, _): level != 1
      case .call(let function, _, _): function.volatility == .volatile
      default: false
      }
    }
  }

  private func equality(_ condition: Expression) -> (outer: Expression, inner: Expression)? {
    guard case .call(let function, let operands, _) = condition, function.name == "=", operands.count == 2 else {
      return nil
    }
    for (outer, inner) in [(operands[0], operands[1]), (operands[1], operands[0])] {
      guard readsOuter(outer), outer.positions.isEmpty, !readsOuter(inner),
        !inner.positions.isEmpty
      else { continue }
      return JoinPlanner.hashable(outer, inner).map { (outer: $0.0, inner: $0.1) }
    }
    return nil
  }

  /// An expression of the subquery that reads the outer row alone, as the outer level says it.
  private func lowered(_ expression: Expression) -> Expression {
    expression.transformed {
      if case .outer(1, let position, let type) = $0 { .column(position, type) } else { nil }
    }
  }

  /// A condition over the outer row followed by the inner one.
  private func paired(_ expression: Expression, _ inner: Layout) throws(SQLError) -> Expression {
    var isLost = false
    let result = expression.transformed { node in
      switch node {
      case .outer(1, let position, let type):
        guard let place = layout.place(position) else {
          isLost = true
          return node
        }
        return .column(place, type)
      case .column(let position, let type):
        guard let place = inner.place(position) else {
          isLost = true
          return node
        }
        return .column(width + place, type)
      default: return nil
      }
    }
    if isLost { throw SQLError("XX000", "a correlated condition lost a column") }
    return try result.folded(planner.constants) { () throws(SQLError) in try planner.stack.poll() }
  }
}
