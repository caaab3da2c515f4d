import RoostRelational

/// What a grouped query may show: grouping expressions, aggregates, and columns that the grouping determines.
///
/// Checks targets and HAVING, and adds columns that depend on a grouped primary key as further grouping expressions.
struct GroupingCheck {
  let level: QueryLevel
  let select: BoundSelect
  /// Counts the work: it grows with the expressions, which a client may make very long.
  let stack: StackGuard

  func run() throws(SQLError) {
    try addDependentColumns()
    let groupings = try GroupingIndex(select.groupBy, stack)
    for expression in shown {
      var number = 0
      try check(expression, try ExpressionDigests(expression, stack), &number, groupings)
    }
  }

  /// All that is computed from groups.
  private var shown: [Expression] {
    select.targets + (select.having.map { [$0] } ?? [])
      + level.windows.flatMap { $0.arguments + $0.partitionBy + $0.orderBy.map(\.expression) }
  }

  /// With all columns of a table's primary key grouped, its other columns have one value per group.
  private func addDependentColumns() throws(SQLError) {
    guard let from = select.from else { return }
    let grouped = Set(
      select.groupBy.compactMap { expression -> Int? in
        if case .column(let position, _) = expression { position } else { nil }
      })
    guard !grouped.isEmpty else { return }
    var used: Set<Int>?
    for source in tables(from) {
      guard let key = source.table.primaryKey else { continue }
      let positions = source.table.positions(key.columns).map { $0 + source.first }
      guard grouped.isSuperset(of: positions) else { continue }
      let shownColumns: Set<Int>
      if let used { shownColumns = used } else { shownColumns = try columns() }
      used = shownColumns
      for (index, column) in source.table.columns.enumerated() where !grouped.contains(source.first + index) {
        // A subquery may read the column too; then it is kept as well.
        if !level.subqueries.isEmpty || shownColumns.contains(source.first + index) {
          select.groupBy.append(.column(source.first + index, column.type))
        }
      }
    }
  }

  /// The positions of the columns that are shown.
  private func columns() throws(SQLError) -> Set<Int> {
    var result: Set<Int> = []
    for expression in shown { try add(expression, to: &result) }
    return result
  }

  private func add(_ expression: Expression, to columns: inout Set<Int>) throws(SQLError) {
    try stack.poll()
    if case .column(let position, _) = expression { columns.insert(position) }
    for child in expression.children { try add(child, to: &columns) }
  }

  private func tables(_ tree: JoinTree) -> [TableSource] {
    switch tree {
    case .table(let source): [source]
    case .join(_, let left, let right, _): tables(left) + tables(right)
    case .derived, .series: []
    }
  }

  /// Checks the node that is the `number`-th of `digests`, and all below it; `number` moves on behind them.
  private func check(
    _ expression: Expression, _ digests: ExpressionDigests, _ number: inout Int, _ groupings: GroupingIndex
  ) throws(SQLError) {
    let node = digests.nodes[number]
    if groupings.place(of: expression, node.digest) != nil {
      number += node.count
      return
    }
    number += 1
    if case .column(let position, _) = expression {
      guard position < QueryLevel.firstAggregate else { return }
      throw SQLError(
        "42803",
        "column \"\(level.columnName(position))\" must appear in the GROUP BY clause or be used in an aggregate function"
      )
    }
    for child in expression.children { try check(child, digests, &number, groupings) }
  }
}
