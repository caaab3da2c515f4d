import RoostRelational

/// From bound queries to plans.
///
/// There are no statistics yet: what conditions tell about a table stands for its size. Conditions go as far down as
/// they can, joins follow the chain of equalities from the most restricted table on, and an index serves the inner
/// side of a join when the outer side is small.
final class Planner {
  /// The layouts of the levels around the one being planned, outermost first.
  var layouts: [Layout] = []
  /// For folding constants; it knows no parameters and no session.
  let constants: EvaluationContext
  var stack: StackGuard

  init(constants: EvaluationContext, _ pace: EvaluationPace? = nil) {
    self.constants = constants
    stack = StackGuard(pace)
  }

  /// Plans a query as a level of its own.
  func level(_ query: BoundQuery) throws(SQLError) -> PlanLevel {
    let plan = PlanLevel()
    plan.root = try node(query, plan)
    plan.columnTypes = query.columns.map(\.type)
    return plan
  }

  /// Plans a query; its expressions' subqueries go to `plan`.
  func node(_ query: BoundQuery, _ plan: PlanLevel) throws(SQLError) -> PlanNode {
    try stack.enter()
    defer { stack.leave() }
    var result: PlanNode
    var width = query.columns.count
    var isSorted = false
    var isLimited = false
    switch query.body {
    case .select(let select):
      (result, isSorted) = try self.select(select, query, plan)
      width = select.targets.count
    case .values(let rows, let level):
      let layout = Layout(level: level, plan: plan, use: ColumnUse(), order: [])
      var finished: [[Expression]] = []
      for row in rows {
        var expressions: [Expression] = []
        for expression in row { expressions.append(try finish(expression, layout)) }
        finished.append(expressions)
      }
      result = .values(finished, columns: query.columns.count)
    case .setOperation(let operation, let all, let operands):
      var nodes: [PlanNode] = []
      for operand in operands { nodes.append(.level(try self.level(operand), skip: 0, alias: "")) }
      result = .setOperation(operation, all: all, nodes, types: query.columns.map(\.type))
    case .nested(let inner): result = .level(try self.level(inner), skip: 0, alias: "")
    }
    let limits = Layout(level: query.limitLevel, plan: plan, use: ColumnUse(), order: [])
    let limit: Expression? = if let limit = query.limit { try finish(limit, limits) } else { nil }
    let offset: Expression? = if let offset = query.offset { try finish(offset, limits) } else { nil }
    if !query.orderBy.isEmpty, !isSorted {
      let types = outputTypes(query)
      let keys = query.orderBy.map {
        SortColumn(
          position: $0.position, descending: $0.descending, nullsFirst: $0.nullsFirst, type: types[$0.position])
      }
      var top: TopBound?
      if let limit, !isDistinctOn(query) {
        top = TopBound(limit: limit, offset: offset)
        isLimited = true
      }
      result = .sort(result, keys, top: top)
    }
    if case .select(let select) = query.body, case .on(let positions) = select.distinct {
      if query.orderBy.isEmpty {
        let keys = positions.map {
          SortColumn(position: $0, descending: false, nullsFirst: false, type: select.targets[$0].type)
        }
        result = .sort(result, keys, top: nil)
      }
      result = .distinctOn(result, positions, types: select.targets.map(\.type))
    }
    if width > query.columns.count {
      result = .project(result, query.columns.indices.map { .column($0, query.columns[$0].type) })
    }
    if !isLimited, limit != nil || offset != nil { result = .limit(result, limit: limit, offset: offset) }
    return result
  }

  private func isDistinctOn(_ query: BoundQuery) -> Bool {
    if case .select(let select) = query.body, case .on = select.distinct { return true }
    return false
  }

  private func outputTypes(_ query: BoundQuery) -> [SQLType] {
    if case .select(let select) = query.body { return select.targets.map(\.type) }
    return query.columns.map(\.type)
  }

  // MARK: SELECT

  private func select(
    _ select: BoundSelect, _ query: BoundQuery, _ plan: PlanLevel
  ) throws(SQLError) -> (PlanNode, isSorted: Bool) {
    let use = ColumnUse()
    var joins = JoinPlanner(planner: self, level: select.level, plan: plan, use: use)
    joins.wantedOrder = wantedOrder(select, query)
    var (node, layout) = try joins.plan(select.from, select.filter)
    if select.isAggregated { (node, layout) = try aggregate(select, node, layout, plan) }
    if !select.level.windows.isEmpty { node = try windows(select, node, layout) }
    var targets: [Expression] = []
    for target in select.targets { targets.append(try finish(target, layout)) }
    node = .project(node, targets)
    if case .all = select.distinct { node = .distinct(node, types: query.columns.map(\.type)) }
    return (node, joins.isOrdered)
  }

  /// The input columns by which a query over one table wants its rows sorted, if a scan may deliver them so.
  private func wantedOrder(_ select: BoundSelect, _ query: BoundQuery) -> [SortColumn]? {
    guard case .table = select.from, !query.orderBy.isEmpty, !selectGroups(select), select.level.windows.isEmpty,
      case .none = select.distinct
    else { return nil }
    var result: [SortColumn] = []
    for key in query.orderBy {
      guard case .column(let position, let type) = select.targets[key.position] else { return nil }
      result.append(
        SortColumn(position: position, descending: key.descending, nullsFirst: key.nullsFirst, type: type))
    }
    return result
  }

  private func selectGroups(_ select: BoundSelect) -> Bool { select.isAggregated }

  private func aggregate(
    _ select: BoundSelect, _ input: PlanNode, _ layout: Layout, _ plan: PlanLevel
  ) throws(SQLError) -> (PlanNode, Layout) {
    var groups: [Expression] = []
    for group in select.groupBy { groups.append(try finish(group, layout)) }
    var calls: [AggregateNode.Call] = []
    for aggregate in select.level.aggregates {
      var arguments: [Expression] = []
      for argument in aggregate.arguments { arguments.append(try finish(argument, layout)) }
      let filter: Expression? = if let filter = aggregate.filter { try finish(filter, layout) } else { nil }
      var sortKeys: [BoundSortKey] = []
      for var key in aggregate.orderBy {
        key.expression = try finish(key.expression, layout)
        sortKeys.append(key)
      }
      calls.append(
        .init(
          definition: aggregate.definition, arguments: arguments, isDistinct: aggregate.isDistinct, filter: filter,
          orderBy: sortKeys, name: aggregate.name))
    }
    var node = PlanNode.aggregate(AggregateNode(input: input, groups: groups, calls: calls))
    let grouped = try Layout(level: select.level, plan: plan, use: layout.use, groupings: select.groupBy, stack)
    grouped.firstWindow = groups.count + calls.count
    if let having = select.having { node = .filter(node, try finish(having, grouped)) }
    return (node, grouped)
  }

  private func windows(_ select: BoundSelect, _ input: PlanNode, _ layout: Layout) throws(SQLError) -> PlanNode {
    let width = select.isAggregated ? select.groupBy.count + select.level.aggregates.count : layout.width
    layout.firstWindow = width
    var calls: [BoundWindow] = []
    for var window in select.level.windows {
      var arguments: [Expression] = []
      for argument in window.arguments { arguments.append(try finish(argument, layout)) }
      window.arguments = arguments
      var partition: [Expression] = []
      for expression in window.partitionBy { partition.append(try finish(expression, layout)) }
      window.partitionBy = partition
      for index in window.orderBy.indices {
        window.orderBy[index].expression = try finish(window.orderBy[index].expression, layout)
      }
      if let filter = window.filter { window.filter = try finish(filter, layout) }
      calls.append(window)
    }
    return .window(WindowNode(input: input, inputWidth: width, calls: calls))
  }

  // MARK: Expressions

  /// An expression ready to be evaluated over rows of a layout: places instead of positions, subqueries planned,
  /// constants folded.
  func finish(_ expression: Expression, _ layout: Layout) throws(SQLError) -> Expression {
    let digests = try layout.digests(expression, stack)
    // The nodes come in the order of the digests; those below a replaced one are left out.
    var number = 0
    let result = try expression.transformed { (node) throws(SQLError) in
      try stack.poll()
      let found = digests?.nodes[number]
      number += found?.count ?? 0
      if let found, let place = layout.grouping(node, found.digest) { return .column(place, node.type) }
      if let replacement = try replacement(node, layout) { return replacement }
      if let found { number += 1 - found.count }
      return nil
    }
    return try result.folded(constants) { () throws(SQLError) in try stack.poll() }
  }

  private func replacement(_ node: Expression, _ layout: Layout) throws(SQLError) -> Expression? {
    switch node {
    case .column(let position, let type):
      guard let place = layout.place(position) else {
        throw SQLError(
          "42803",
          "column \"\(layout.level.columnName(position))\" must appear in the GROUP BY clause or be used in an aggregate function"
        )
      }
      return .column(place, type)
    case .outer(let distance, let position, let type):
      guard distance <= layouts.count else { throw SQLError("XX000", "a correlated subquery lost its outer level") }
      let outer = layouts[layouts.count - distance]
      guard let place = outer.place(position) else {
        throw SQLError(
          "42803", "subquery uses ungrouped column \"\(outer.level.columnName(position))\" from outer query")
      }
      return .outer(level: distance, position: place, type)
    case .scalarSubquery(let slot, let type): return .scalarSubquery(slot: try subplan(slot, layout), type)
    case .exists(let slot): return .exists(slot: try subplan(slot, layout))
    case .inSubquery(let operands, let slot, let negated):
      var finished: [Expression] = []
      for operand in operands { finished.append(try finish(operand, layout)) }
      return .inSubquery(finished, slot: try subplan(slot, layout), negated: negated)
    case .quantified(let operand, let comparison, let slot, let all):
      return .quantified(
        try finish(operand, layout), comparison: comparison, slot: try subplan(slot, layout), all: all)
    default: return nil
    }
  }

  private func subplan(_ slot: Int, _ layout: Layout) throws(SQLError) -> Int {
    let subquery = layout.level.subqueries[slot]
    layouts.append(layout)
    defer { layouts.removeLast() }
    layout.plan.subplans.append(
      PlanSubplan(level: try level(subquery.query), kind: subquery.kind, isCorrelated: subquery.isCorrelated))
    return layout.plan.subplans.count - 1
  }
}
