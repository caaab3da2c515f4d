/// What a grouped query may show: grouping expressions, aggregates, and columns that the grouping determines.
import RoostRelational

/// Checks targets and HAVING, and adds columns that depend on a grouped primary key as further grouping expressions.
struct GroupingCheck {
  let level: QueryLevel
  let select: BoundSelect
  let catalogue: Catalogue

  func run() throws(SQLError) {
    addDependentColumns()
    for target in select.targets { try check(target) }
    if let having = select.having { try check(having) }
    for window in level.windows {
      for expression in window.arguments + window.partitionBy + window.orderBy.map(\.expression) {
        try check(expression)
      }
    }
  }

  /// With all columns of a table's primary key grouped, its other columns have one value per group.
  private func addDependentColumns() {
    guard let from = select.from else { return }
    let grouped = Set(
      select.groupBy.compactMap { expression -> Int? in
        if case .column(let position, _) = expression { position } else { nil }
      })
    guard !grouped.isEmpty else { return }
    for source in tables(from) {
      guard let key = source.table.primaryKey else { continue }
      let positions = source.table.positions(key.columns).map { $0 + source.first }
      guard grouped.isSuperset(of: positions) else { continue }
      for (index, column) in source.table.columns.enumerated() where !grouped.contains(source.first + index) {
        if isUsed(source.first + index) { select.groupBy.append(.column(source.first + index, column.type)) }
      }
    }
  }

  private func isUsed(_ position: Int) -> Bool {
    let expressions =
      select.targets + (select.having.map { [$0] } ?? [])
      + level.windows.flatMap { $0.arguments + $0.partitionBy + $0.orderBy.map(\.expression) }
    // A subquery may read the column too; then it is kept as well.
    return !level.subqueries.isEmpty
      || expressions.contains { expression in
        expression.contains { if case .column(position, _) = $0 { true } else { false } }
      }
  }

  private func tables(_ tree: JoinTree) -> [TableSource] {
    switch tree {
    case .table(let source): [source]
    case .join(_, let left, let right, _): tables(left) + tables(right)
    case .derived, .series: []
    }
  }

  private func check(_ expression: Expression) throws(SQLError) {
    if select.groupBy.contains(where: { $0.isEquivalent(to: expression) }) { return }
    if case .column(let position, _) = expression {
      guard position < QueryLevel.firstAggregate else { return }
      throw SQLError(
        "42803",
        "column \"\(level.columnName(position))\" must appear in the GROUP BY clause or be used in an aggregate function"
      )
    }
    for child in expression.children { try check(child) }
  }
}
