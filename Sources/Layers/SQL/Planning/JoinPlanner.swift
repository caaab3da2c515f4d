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

  private func filtered(
    _ node: PlanNode, _ conditions: [Expression], _ layout: Layout, rows: Double = 1
  ) throws(SQLError) -> PlanNode {
    var node = node
    var conditions = conditions
    // For few rows a subquery that an index serves is cheaper than reading its tables whole.
    if rows > Self.fewRows {
      let semiJoins = SemiJoinPlanner(planner: planner, layout: layout, width: layout.width)
      var kept: [Expression] = []
      for condition in conditions {
        if let joined = try semiJoins.join(node, condition) { node = joined } else { kept.append(condition) }
      }
      conditions = kept
    }
    guard let condition = try conjunction(conditions, layout) else { return node }
    if case .constant(.boolean(true), _) = condition { return node }
    return .filter(node, condition)
  }

  private func conjunction(_ conditions: [Expression], _ layout: Layout) throws(SQLError) -> Expression? {
    var finished: [Expression] = []
    for condition in conditions { finished.append(try planner.finish(condition, layout)) }
    return finished.isEmpty ? nil : finished.count == 1 ? finished[0] : .and(finished)
  }

  // MARK: Conditions

  /// The input positions an expression reads.
  static func positions(_ expression: Expression) -> Set<Int> {
    var result: Set<Int> = []
    _ = expression.contains {
      if case .column(let position, _) = $0 { result.insert(position) }
      return false
    }
    return result
  }

  /// Whether a condition may be evaluated by a scan or probe, away from the level's complete rows.
  private static func isMovable(_ expression: Expression) -> Bool {
    !expression.contains {
      switch $0 {
      case .scalarSubquery, .exists, .inSubquery, .quantified: true
      case .call(let function, _, _): function.volatility == .volatile
      default: false
      }
    }
  }

  private static func isSubset(_ expression: Expression, of positions: Set<Int>) -> Bool {
    Self.positions(expression).isSubset(of: positions)
  }

  // MARK: Tables

  private func table(_ source: TableSource, _ conditions: [Expression]) throws(SQLError) -> Part {
    let movable = conditions.filter(Self.isMovable)
    let fixed = conditions.filter { !Self.isMovable($0) }
    let (path, settled) = chooser(source).choose(movable)
    let rest = movable.indices.filter { !settled.contains($0) }.map { movable[$0] }
    return try scan(source, path, rest, fixed)
  }

  private func chooser(_ source: TableSource) -> AccessPathChooser {
    AccessPathChooser(source: source) { Self.positions($0).isEmpty && Self.isMovable($0) }
  }

  private func scan(
    _ source: TableSource, _ path: AccessPath, _ rest: [Expression], _ fixed: [Expression]
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
    _ source: TableSource, _ conditions: [Expression], _ order: [SortColumn]
  ) throws(SQLError) -> Part {
    let movable = conditions.filter(Self.isMovable)
    let chosen = chooser(source).choose(movable).path
    let candidates = (source.table.clusteredKey.map { [$0] } ?? []) + source.table.indexes
    for index in candidates where chosen.index == nil || chosen.index == index {
      if chosen.index == nil, index != source.table.clusteredKey { continue }
      guard chosen.list.isEmpty, delivers(index, source, chosen, order) else { continue }
      var path = chosen
      path.index = index
      path.isReverse = order[0].descending
      let settled = chosen.index == nil ? [] : chooser(source).choose(movable).settled
      let rest = movable.indices.filter { !settled.contains($0) }.map { movable[$0] }
      isOrdered = true
      return try scan(source, path, rest, conditions.filter { !Self.isMovable($0) })
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
  private func plan(_ tree: JoinTree, _ conditions: [Expression]) throws(SQLError) -> Part {
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

  private func flatten(_ tree: JoinTree, _ items: inout [JoinTree], _ conditions: inout [Expression]) {
    switch tree {
    case .join(.inner, let left, let right, let on), .join(.cross, let left, let right, let on):
      flatten(left, &items, &conditions)
      flatten(right, &items, &conditions)
      conditions += on
    default: items.append(tree)
    }
  }

  private func innerJoins(_ tree: JoinTree, _ given: [Expression]) throws(SQLError) -> Part {
    var items: [JoinTree] = []
    var conditions = given
    flatten(tree, &items, &conditions)
    var pushed = [[Expression]](repeating: [], count: items.count)
    var joining: [Expression] = []
    for condition in conditions {
      try planner.stack.poll(1 + items.count / 4)
      let positions = Self.positions(condition)
      let home = items.firstIndex { positions.isSubset(of: Set($0.positions)) }
      if let home, Self.isMovable(condition), !positions.isEmpty {
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
      let usable = joining.filter { Self.isSubset($0, of: together) && Self.isMovable($0) }
      joining.removeAll { Self.isSubset($0, of: together) && Self.isMovable($0) }
      result = try join(.inner, result, part, items[next], pushed[next], usable)
    }
    result.node = try filtered(result.node, joining, layout(result.order), rows: result.rows)
    return result
  }

  /// The item to join next: one that an equality connects, the smallest of them; else the first.
  private func nextItem(
    _ items: [JoinTree], _ parts: [Int: Part], _ held: Set<Int>, _ conditions: [Expression]
  ) throws(SQLError) -> Int {
    let left = parts.keys.sorted()
    var connected: [Int] = []
    for number in left {
      try planner.stack.poll(1 + conditions.count)
      let own = Set(items[number].positions)
      if conditions.contains(where: { equality($0, held, own) != nil }) { connected.append(number) }
    }
    return (connected.isEmpty ? left : connected).min {
      (parts[$0]?.rows ?? 0, $0) < (parts[$1]?.rows ?? 0, $1)
    } ?? left[0]
  }

  /// The two sides of `left = right`, if one reads only `leftSide` and the other only `rightSide`.
  private func equality(
    _ condition: Expression, _ leftSide: Set<Int>, _ rightSide: Set<Int>
  ) -> (left: Expression, right: Expression)? {
    guard case .call(let function, let operands, _) = condition, function.name == "=", operands.count == 2,
      Self.isMovable(condition)
    else { return nil }
    let first = Self.positions(operands[0])
    let second = Self.positions(operands[1])
    guard !first.isEmpty, !second.isEmpty else { return nil }
    if first.isSubset(of: leftSide), second.isSubset(of: rightSide) { return (operands[0], operands[1]) }
    if second.isSubset(of: leftSide), first.isSubset(of: rightSide) { return (operands[1], operands[0]) }
    return nil
  }

  private func join(
    _ kind: JoinNode.Kind, _ left: Part, _ right: Part, _ rightTree: JoinTree, _ rightConditions: [Expression],
    _ conditions: [Expression]
  ) throws(SQLError) -> Part {
    if kind == .inner || kind == .left, case .table(let source) = rightTree, rightConditions.allSatisfy(Self.isMovable),
      let part = try lookupJoin(kind == .left, left, right, source, rightConditions, conditions)
    {
      return part
    }
    let leftLayout = layout(left.order)
    let rightLayout = layout(right.order)
    var leftKeys: [Expression] = []
    var rightKeys: [Expression] = []
    var rest: [Expression] = []
    for condition in conditions {
      if let (leftKey, rightKey) = equality(condition, Set(left.order), Set(right.order)),
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
    _ isLeft: Bool, _ left: Part, _ right: Part, _ source: TableSource, _ rightConditions: [Expression],
    _ conditions: [Expression]
  ) throws(SQLError) -> Part? {
    guard left.rows <= Self.fewRows, right.rows > 1 else { return nil }
    let held = Set(left.order)
    let chooser = AccessPathChooser(source: source) { Self.isSubset($0, of: held) && Self.isMovable($0) }
    let all = conditions + rightConditions
    let (path, settled) = chooser.choose(all)
    guard path.index != nil, !path.equal.isEmpty || !path.list.isEmpty,
      settled.contains(where: { $0 < conditions.count })
    else { return nil }
    let order = left.order + Array(source.first..<(source.first + source.width))
    let both = layout(order)
    let own = layout(Array(source.first..<(source.first + source.width)))
    let rest = all.indices.filter { !settled.contains($0) }
    let ownPositions = Set(own.places.keys)
    let filter = try conjunction(
      rest.map { all[$0] }.filter { Self.isSubset($0, of: ownPositions) && !Self.positions($0).isEmpty }, own)
    let residual = try conjunction(
      rest.map { all[$0] }.filter { !Self.isSubset($0, of: ownPositions) || Self.positions($0).isEmpty }, both)
    let node = LookupJoinNode(
      isLeft: isLeft, left: left.node, leftWidth: left.order.count, source: source,
      path: try finished(path, over: layout(left.order)), filter: filter, residual: residual, use: use)
    return Part(node: .lookupJoin(node), order: order, rows: left.rows * path.cost)
  }

  private func outerJoin(
    _ kind: JoinNode.Kind, _ left: JoinTree, _ right: JoinTree, _ on: [Expression], _ given: [Expression]
  ) throws(SQLError) -> Part {
    let leftPositions = Set(left.positions)
    let rightPositions = Set(right.positions)
    // What WHERE says of the preserved side alone can be asked before the join; of the other side only after it.
    var pushedLeft: [Expression] = []
    var above: [Expression] = []
    for condition in given {
      let isLeft = kind == .left && Self.isSubset(condition, of: leftPositions) && Self.isMovable(condition)
      if isLeft { pushedLeft.append(condition) } else { above.append(condition) }
    }
    var pushedRight: [Expression] = []
    var conditions: [Expression] = []
    for condition in on {
      let isRight = kind == .left && Self.isSubset(condition, of: rightPositions) && Self.isMovable(condition)
      if isRight { pushedRight.append(condition) } else { conditions.append(condition) }
    }
    let leftPart = try plan(left, pushedLeft)
    let rightPart = try plan(right, pushedRight)
    let isPlain = conditions.allSatisfy(Self.isMovable)
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
    _ kind: JoinNode.Kind, _ left: Part, _ right: Part, _ conditions: [Expression]
  ) throws(SQLError) -> Part {
    let order = left.order + right.order
    let node = JoinNode(
      kind: kind, left: left.node, right: right.node, leftWidth: left.order.count, rightWidth: right.order.count,
      leftKeys: [], rightKeys: [], residual: try conjunction(conditions, layout(order)))
    return Part(node: .join(node), order: order, rows: left.rows * right.rows)
  }
}
