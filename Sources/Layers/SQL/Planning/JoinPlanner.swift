import RoostRelational

/// Plans FROM and WHERE: access paths, the order of joins, and how each is carried out.
struct JoinPlanner {
  let planner: Planner
  let level: QueryLevel
  let plan: PlanLevel
  let use: ColumnUse
  /// The order the query wants, in input positions; ignored unless one scan delivers all rows.
  var wantedOrder: [SortColumn]?
  /// Whether the plan delivers that order.
  private(set) var isOrdered = false

  /// Up to here looking things up row by row is taken to be cheaper than reading a table.
  private static let fewRows = 60.0

  /// Part of a plan: the input positions its rows hold, in order.
  private struct Part {
    var node: PlanNode
    var order: [Int]
    /// A rough number of rows.
    var rows: Double
  }

  init(planner: Planner, level: QueryLevel, plan: PlanLevel, use: ColumnUse) {
    self.planner = planner
    self.level = level
    self.plan = plan
    self.use = use
  }

  mutating func plan(_ from: JoinTree?, _ filter: [Expression]) throws(SQLError) -> (PlanNode, Layout) {
    let filter = try placed(filter)
    guard let from else {
      let layout = layout([])
      return (try filtered(.single, filter, layout), layout)
    }
    if case .table(let source) = from, let order = wantedOrder {
      let part = try orderedTable(source, filter, order)
      return (part.node, layout(part.order))
    }
    let part = try plan(from, filter)
    return (part.node, layout(part.order))
  }

  private func layout(_ order: [Int]) -> Layout { Layout(level: level, plan: plan, use: use, order: order) }

  private func placed(_ conditions: [Expression]) throws(SQLError) -> [PlacedCondition] {
    var result: [PlacedCondition] = []
    result.reserveCapacity(conditions.count)
    for condition in conditions { result.append(try PlacedCondition(condition, planner.stack)) }
    return result
  }

  private func filtered(
    _ node: PlanNode, _ conditions: [PlacedCondition], _ layout: Layout, rows: Double = 1
  ) throws(SQLError) -> PlanNode {
    var node = node
    var conditions = conditions
    // For few rows a subquery that an index serves is cheaper than reading its tables whole.
    if rows > Self.fewRows {
      let semiJoins = SemiJoinPlanner(planner: planner, layout: layout, width: layout.width)
      var kept: [PlacedCondition] = []
      for condition in conditions {
        if let joined = try semiJoins.join(node, condition.expression) { node = joined } else { kept.append(condition) }
      }
      conditions = kept
    }
    guard let condition = try conjunction(conditions, layout) else { return node }
    if case .constant(.boolean(true), _) = condition { return node }
    return .filter(node, condition)
  }

  private func conjunction(_ conditions: [PlacedCondition], _ layout: Layout) throws(SQLError) -> Expression? {
    var finished: [Expression] = []
    for condition in conditions { finished.append(try planner.finish(condition.expression, layout)) }
    return finished.isEmpty ? nil : finished.count == 1 ? finished[0] : .and(finished)
  }

  // MARK: Tables

  private func table(_ source: TableSource, _ conditions: [PlacedCondition]) throws(SQLError) -> Part {
    let movable = conditions.filter(\.isMovable)
    let (path, settled) = chooser(source).choose(movable.map(\.expression))
    let rest = movable.indices.filter { !settled.contains($0) }.map { movable[$0] }
    return try scan(source, path, rest, conditions.filter { !$0.isMovable })
  }

  private func chooser(_ source: TableSource) -> AccessPathChooser {
    AccessPathChooser(source: source) { $0.isKnown() }
  }

  private func scan(
    _ source: TableSource, _ path: AccessPath, _ rest: [PlacedCondition], _ fixed: [PlacedCondition]
  ) throws(SQLError) -> Part {
    let order = Array(source.first..<(source.first + source.width))
    let layout = layout(order)
    let filter = try conjunction(rest, layout)
    let node = PlanNode.scan(
      ScanNode(source: source, path: try finished(path), filter: filter, use: use))
    let rows = path.cost * (rest.isEmpty ? 1 : 0.3)
    return Part(node: try filtered(node, fixed, layout, rows: rows), order: order, rows: rows)
  }

  /// The path with its probes ready to run: they hold no columns, but may hold outer references.
  private func finished(_ path: AccessPath, over layout: Layout? = nil) throws(SQLError) -> AccessPath {
    var result = path
    let layout = layout ?? self.layout([])
    func finish(_ probe: AccessPath.Probe) throws(SQLError) -> AccessPath.Probe {
      AccessPath.Probe(try planner.finish(probe.expression, layout), type: probe.type)
    }
    for index in result.equal.indices { result.equal[index] = try finish(result.equal[index]) }
    for index in result.list.indices { result.list[index] = try finish(result.list[index]) }
    if let lower = result.lower { result.lower = .init(probe: try finish(lower.probe), isInclusive: lower.isInclusive) }
    if let upper = result.upper { result.upper = .init(probe: try finish(upper.probe), isInclusive: upper.isInclusive) }
    return result
  }

  /// One table whose rows are wanted in an order: an index that delivers it spares the sort.
  private mutating func orderedTable(
    _ source: TableSource, _ conditions: [PlacedCondition], _ order: [SortColumn]
  ) throws(SQLError) -> Part {
    let movable = conditions.filter(\.isMovable)
    let (chosen, settledByPath) = chooser(source).choose(movable.map(\.expression))
    let candidates = (source.table.clusteredKey.map { [$0] } ?? []) + source.table.indexes
    for index in candidates where chosen.index == nil || chosen.index == index {
      if chosen.index == nil, index != source.table.clusteredKey { continue }
      guard chosen.list.isEmpty, delivers(index, source, chosen, order) else { continue }
      var path = chosen
      path.index = index
      path.isReverse = order[0].descending
      let settled = chosen.index == nil ? [] : settledByPath
      let rest = movable.indices.filter { !settled.contains($0) }.map { movable[$0] }
      isOrdered = true
      return try scan(source, path, rest, conditions.filter { !$0.isMovable })
    }
    return try table(source, conditions)
  }

  /// Whether walking the index behind the path's fixed columns gives the order.
  private func delivers(
    _ index: IndexDescriptor, _ source: TableSource, _ path: AccessPath, _ order: [SortColumn]
  ) -> Bool {
    let columns = index.columns.dropFirst(path.equal.count).map { source.first + source.table.positionByID[Int($0)] }
    guard order.count <= columns.count else { return false }
    for (key, column) in zip(order, columns) {
      // Keys hold nulls behind all values; walking backwards they come first.
      guard key.position == column, key.descending == order[0].descending, key.nullsFirst == key.descending else {
        return false
      }
    }
    return true
  }

  // MARK: Joins

  /// Plans a tree with the conditions that its rows must satisfy.
  private func plan(_ tree: JoinTree, _ conditions: [PlacedCondition]) throws(SQLError) -> Part {
    try planner.stack.enter()
    defer { planner.stack.leave() }
    switch tree {
    case .table(let source): return try table(source, conditions)
    case .derived(let query, let first, let alias, let skip):
      let hidden = Array(planner.layouts.suffix(skip))
      planner.layouts.removeLast(hidden.count)
      let inner = try planner.level(query)
      planner.layouts += hidden
      let order = Array(first..<(first + query.columns.count))
      return Part(
        node: try filtered(.level(inner, skip: skip, alias: alias), conditions, layout(order)), order: order, rows: 300)
    case .series(let source):
      var arguments: [Expression] = []
      for argument in source.arguments { arguments.append(try planner.finish(argument, layout([]))) }
      let node = PlanNode.series(SeriesNode(arguments: arguments, type: source.type))
      return Part(node: try filtered(node, conditions, layout([source.first])), order: [source.first], rows: 300)
    case .join(.inner, _, _, _), .join(.cross, _, _, _): return try innerJoins(tree, conditions)
    case .join(.left, let left, let right, let on): return try outerJoin(.left, left, right, on, conditions)
    case .join(.right, let left, let right, let on): return try outerJoin(.left, right, left, on, conditions)
    case .join(.full, let left, let right, let on): return try outerJoin(.full, left, right, on, conditions)
    }
  }

  private func flatten(
    _ tree: JoinTree, _ items: inout [JoinTree], _ conditions: inout [PlacedCondition]
  ) throws(SQLError) {
    switch tree {
    case .join(.inner, let left, let right, let on), .join(.cross, let left, let right, let on):
      try flatten(left, &items, &conditions)
      try flatten(right, &items, &conditions)
      conditions += try placed(on)
    default: items.append(tree)
    }
  }

  private func innerJoins(_ tree: JoinTree, _ given: [PlacedCondition]) throws(SQLError) -> Part {
    var items: [JoinTree] = []
    var conditions = given
    try flatten(tree, &items, &conditions)
    var pushed = [[PlacedCondition]](repeating: [], count: items.count)
    var joining: [PlacedCondition] = []
    for condition in conditions {
      try planner.stack.poll(1 + items.count / 4)
      let home = items.firstIndex { condition.positions.isSubset(of: Set($0.positions)) }
      if let home, condition.isMovable, !condition.positions.isEmpty {
        pushed[home].append(condition)
      } else {
        joining.append(condition)
      }
    }
    var parts: [Int: Part] = [:]
    for (number, item) in items.enumerated() { parts[number] = try plan(item, pushed[number]) }
    // The smallest part first; of equals the one written first.
    let start = items.indices.min { (parts[$0]?.rows ?? 0, $0) < (parts[$1]?.rows ?? 0, $1) } ?? 0
    guard var result = parts.removeValue(forKey: start) else { throw SQLError("XX000", "a join lost its first table") }
    while !parts.isEmpty {
      try planner.stack.poll(1 + result.order.count + joining.count)
      let held = Set(result.order)
      let next = try nextItem(items, parts, held, joining)
      guard let part = parts.removeValue(forKey: next) else { break }
      let together = held.union(part.order)
      let usable = joining.filter { $0.isMovable(to: together) }
      joining.removeAll { $0.isMovable(to: together) }
      result = try join(.inner, result, part, items[next], pushed[next], usable)
    }
    result.node = try filtered(result.node, joining, layout(result.order), rows: result.rows)
    return result
  }

  /// The item to join next: one that an equality connects, the smallest of them; else the first.
  private func nextItem(
    _ items: [JoinTree], _ parts: [Int: Part], _ held: Set<Int>, _ conditions: [PlacedCondition]
  ) throws(SQLError) -> Int {
    let left = parts.keys.sorted()
    var connected: [Int] = []
    for number in left {
      try planner.stack.poll(1 + conditions.count)
      let own = Set(items[number].positions)
      if conditions.contains(where: { $0.equality(held, own) != nil }) { connected.append(number) }
    }
    return (connected.isEmpty ? left : connected).min {
      (parts[$0]?.rows ?? 0, $0) < (parts[$1]?.rows ?? 0, $1)
    } ?? left[0]
  }

  private func join(
    _ kind: JoinNode.Kind, _ left: Part, _ right: Part, _ rightTree: JoinTree,
    _ rightConditions: [PlacedCondition], _ conditions: [PlacedCondition]
  ) throws(SQLError) -> Part {
    if kind == .inner || kind == .left, case .table(let source) = rightTree, rightConditions.allSatisfy(\.isMovable),
      let part = try lookupJoin(kind == .left, left, right, source, rightConditions, conditions)
    {
      return part
    }
    let leftLayout = layout(left.order)
    let rightLayout = layout(right.order)
    var leftKeys: [Expression] = []
    var rightKeys: [Expression] = []
    var rest: [PlacedCondition] = []
    for condition in conditions {
      if let (leftKey, rightKey) = condition.equality(Set(left.order), Set(right.order)),
        let (unifiedLeft, unifiedRight) = Self.hashable(leftKey, rightKey)
      {
        leftKeys.append(try planner.finish(unifiedLeft, leftLayout))
        rightKeys.append(try planner.finish(unifiedRight, rightLayout))
      } else {
        rest.append(condition)
      }
    }
    let order = left.order + right.order
    let node = JoinNode(
      kind: kind, left: left.node, right: right.node, leftWidth: left.order.count, rightWidth: right.order.count,
      leftKeys: leftKeys, rightKeys: rightKeys, residual: try conjunction(rest, layout(order)))
    let rows = leftKeys.isEmpty ? left.rows * right.rows : max(left.rows, right.rows)
    return Part(node: .join(node), order: order, rows: rows)
  }

  /// Both keys in one type, so that equal values hash alike; nil when that can't be done without changing the
  /// comparison.
  static func hashable(_ left: Expression, _ right: Expression) -> (Expression, Expression)? {
    let leftBase = left.type.base
    let rightBase = right.type.base
    if leftBase == rightBase { return (left, right) }
    func widened(_ expression: Expression, _ base: BaseType) -> Expression {
      expression.type.base == base
        ? expression
        : .cast(expression, Cast(expression.type.base, SQLType(base), .function, isExplicit: false), SQLType(base))
    }
    if leftBase.isInteger, rightBase.isInteger { return (widened(left, .bigint), widened(right, .bigint)) }
    if [.real, .double].contains(leftBase), [.real, .double].contains(rightBase) {
      return (widened(left, .double), widened(right, .double))
    }
    if [.text, .varchar].contains(leftBase), [.text, .varchar].contains(rightBase) { return (left, right) }
    return nil
  }

  /// A join that finds the right table's rows through an index; nil when reading the whole table is likely cheaper.
  private func lookupJoin(
    _ isLeft: Bool, _ left: Part, _ right: Part, _ source: TableSource,
    _ rightConditions: [PlacedCondition], _ conditions: [PlacedCondition]
  ) throws(SQLError) -> Part? {
    guard left.rows <= Self.fewRows, right.rows > 1 else { return nil }
    let held = Set(left.order)
    let chooser = AccessPathChooser(source: source) { $0.isKnown(from: held) }
    let all = conditions + rightConditions
    let (path, settled) = chooser.choose(all.map(\.expression))
    guard path.index != nil, !path.equal.isEmpty || !path.list.isEmpty,
      settled.contains(where: { $0 < conditions.count })
    else { return nil }
    let order = left.order + Array(source.first..<(source.first + source.width))
    let both = layout(order)
    let own = layout(Array(source.first..<(source.first + source.width)))
    let rest = all.indices.filter { !settled.contains($0) }
    let ownPositions = Set(own.places.keys)
    func isOwn(_ condition: PlacedCondition) -> Bool {
      !condition.positions.isEmpty && condition.positions.isSubset(of: ownPositions)
    }
    let filter = try conjunction(rest.map { all[$0] }.filter(isOwn), own)
    let residual = try conjunction(rest.map { all[$0] }.filter { !isOwn($0) }, both)
    let node = LookupJoinNode(
      isLeft: isLeft, left: left.node, leftWidth: left.order.count, source: source,
      path: try finished(path, over: layout(left.order)), filter: filter, residual: residual, use: use)
    return Part(node: .lookupJoin(node), order: order, rows: left.rows * path.cost)
  }

  private func outerJoin(
    _ kind: JoinNode.Kind, _ left: JoinTree, _ right: JoinTree, _ on: [Expression], _ given: [PlacedCondition]
  ) throws(SQLError) -> Part {
    let leftPositions = Set(left.positions)
    let rightPositions = Set(right.positions)
    // What WHERE says of the preserved side alone can be asked before the join; of the other side only after it.
    var pushedLeft: [PlacedCondition] = []
    var above: [PlacedCondition] = []
    for condition in given {
      let isLeft = kind == .left && condition.isMovable(to: leftPositions)
      if isLeft { pushedLeft.append(condition) } else { above.append(condition) }
    }
    var pushedRight: [PlacedCondition] = []
    var conditions: [PlacedCondition] = []
    for condition in try placed(on) {
      let isRight = kind == .left && condition.isMovable(to: rightPositions)
      if isRight { pushedRight.append(condition) } else { conditions.append(condition) }
    }
    let leftPart = try plan(left, pushedLeft)
    let rightPart = try plan(right, pushedRight)
    let isPlain = conditions.allSatisfy(\.isMovable)
    var joined =
      isPlain
      ? try join(kind, leftPart, rightPart, right, pushedRight, conditions)
      : try nested(kind, leftPart, rightPart, conditions)
    joined.rows = max(joined.rows, leftPart.rows)
    joined.node = try filtered(joined.node, above, layout(joined.order), rows: joined.rows)
    return joined
  }

  /// A join whose condition holds subqueries: evaluated for each pair.
  private func nested(
    _ kind: JoinNode.Kind, _ left: Part, _ right: Part, _ conditions: [PlacedCondition]
  ) throws(SQLError) -> Part {
    let order = left.order + right.order
    let node = JoinNode(
      kind: kind, left: left.node, right: right.node, leftWidth: left.order.count, rightWidth: right.order.count,
      leftKeys: [], rightKeys: [], residual: try conjunction(conditions, layout(order)))
    return Part(node: .join(node), order: order, rows: left.rows * right.rows)
  }
}
