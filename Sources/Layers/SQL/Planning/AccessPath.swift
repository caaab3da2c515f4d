import RoostRelational

/// How rows of one table are found: by walking it, or through the columns of a key or index.
struct AccessPath {
  /// A value for an index column. The comparison it comes from has made sure that its key bytes are those of the
  /// column's values.
  struct Probe {
    var expression: Expression
    var evaluator: Evaluator
    /// The column's type: char keys lose their padding.
    var type: SQLType

    init(_ expression: Expression, type: SQLType) {
      self.expression = expression
      self.type = type
      evaluator = expression.evaluator()
    }
  }

  struct Bound {
    var probe: Probe
    var isInclusive: Bool
  }

  /// nil: the table's rows in the order of their locators.
  var index: IndexDescriptor?
  /// Values of the first columns.
  var equal: [Probe] = []
  /// Alternatives for the column after them.
  var list: [Probe] = []
  var lower: Bound?
  var upper: Bound?
  var isReverse = false

  /// Whether at most one row is found per probe.
  var isUnique: Bool {
    guard let index, index.isUnique else { return false }
    return equal.count + (list.isEmpty ? 0 : 1) == index.columns.count
  }

  static let full = AccessPath(index: nil)

  /// Smaller is better: a rough number of rows.
  var cost: Double {
    guard let index else { return 1_000 }
    let columns = index.columns.count
    let bound = equal.count + (list.isEmpty ? 0 : 1)
    let rows: Double
    if index.isUnique, bound == columns {
      rows = 1
    } else if bound > 0 {
      rows = 20 / Double(bound)
    } else if lower != nil, upper != nil {
      rows = 100
    } else {
      rows = lower != nil || upper != nil ? 300 : 1_000
    }
    return rows * Double(max(1, list.count))
  }
}

/// Chooses the access path of a table for a set of conditions.
struct AccessPathChooser {
  let source: TableSource
  /// Whether an expression can be evaluated before the table's row is known.
  let isKnown: (Expression) -> Bool

  /// A condition that restricts one column.
  private struct Restriction {
    enum Form {
      case equal(Expression)
      case list([Expression])
      case lower(Expression, inclusive: Bool)
      case upper(Expression, inclusive: Bool)
    }

    var condition: Int
    /// The column's place in the table.
    var column: Int
    var form: Form
  }

  /// The best path, and which of the conditions it settles entirely.
  func choose(_ conditions: [Expression]) -> (path: AccessPath, settled: Set<Int>) {
    var restrictions: [Restriction] = []
    for (number, condition) in conditions.enumerated() {
      if let restriction = restriction(condition, number) { restrictions.append(restriction) }
    }
    var best = (path: AccessPath.full, settled: Set<Int>())
    if restrictions.isEmpty { return best }
    let candidates = (source.table.clusteredKey.map { [$0] } ?? []) + source.table.indexes
    for index in candidates {
      let candidate = path(index, restrictions)
      // A secondary index costs a further read per row.
      let penalty = index == source.table.clusteredKey ? 1.0 : 1.5
      if candidate.path.cost * penalty < best.path.cost { best = candidate }
    }
    return best
  }

  private func path(
    _ index: IndexDescriptor, _ restrictions: [Restriction]
  ) -> (path: AccessPath, settled: Set<Int>) {
    var path = AccessPath(index: index)
    var settled: Set<Int> = []
    for id in index.columns {
      let column = source.table.positionByID[Int(id)]
      let type = source.table.columns[column].type
      let here = restrictions.filter { $0.column == column }
      if let found = here.first(where: { if case .equal = $0.form { true } else { false } }),
        case .equal(let value) = found.form, path.list.isEmpty
      {
        path.equal.append(.init(value, type: type))
        settled.insert(found.condition)
        continue
      }
      if let found = here.first(where: { if case .list = $0.form { true } else { false } }),
        case .list(let values) = found.form, path.list.isEmpty, values.count <= 10_000
      {
        path.list = values.map { .init($0, type: type) }
        settled.insert(found.condition)
        // Behind a list only a complete unique key is of use; a further column stays a filter.
        break
      }
      for restriction in here {
        switch restriction.form {
        case .lower(let value, let inclusive) where path.lower == nil:
          path.lower = .init(probe: .init(value, type: type), isInclusive: inclusive)
          settled.insert(restriction.condition)
        case .upper(let value, let inclusive) where path.upper == nil:
          path.upper = .init(probe: .init(value, type: type), isInclusive: inclusive)
          settled.insert(restriction.condition)
        default: break
        }
      }
      break
    }
    return (path, settled)
  }

  private func restriction(_ condition: Expression, _ number: Int) -> Restriction? {
    switch condition {
    case .call(let function, let operands, _) where operands.count == 2:
      if let column = column(operands[0]), isKnown(operands[1]), fits(column, operands[1].type),
        let form = form(function.name, operands[1])
      {
        return Restriction(condition: number, column: column, form: form)
      }
      if let column = column(operands[1]), isKnown(operands[0]), fits(column, operands[0].type),
        let form = form(mirrored(function.name), operands[0])
      {
        return Restriction(condition: number, column: column, form: form)
      }
      return nil
    case .inList(let operand, let list, _, let negated) where !negated:
      guard let column = column(operand), list.allSatisfy({ isKnown($0) && fits(column, $0.type) }) else { return nil }
      return Restriction(condition: number, column: column, form: .list(list))
    default: return nil
    }
  }

  private func form(_ name: String, _ value: Expression) -> Restriction.Form? {
    switch name {
    case "=": .equal(value)
    case "<": .upper(value, inclusive: false)
    case "<=": .upper(value, inclusive: true)
    case ">": .lower(value, inclusive: false)
    case ">=": .lower(value, inclusive: true)
    default: nil
    }
  }

  private func mirrored(_ name: String) -> String {
    switch name {
    case "<": ">"
    case "<=": ">="
    case ">": "<"
    case ">=": "<="
    default: name
    }
  }

  /// The table's column that an expression is, through conversions that keep its order and its key bytes.
  private func column(_ expression: Expression) -> Int? {
    switch expression {
    case .column(let position, _):
      let place = position - source.first
      return place >= 0 && place < source.table.columns.count ? place : nil
    case .cast(let operand, let cast, _):
      switch (cast.source, cast.target) {
      case (.smallint, .integer), (.smallint, .bigint), (.integer, .bigint), (.real, .double), (.varchar, .text),
        (.varchar, .varchar(nil)), (.name, .text):
        return column(operand)
      default: return nil
      }
    default: return nil
    }
  }

  /// Whether values of the type have the same key bytes as equal values of the column.
  private func fits(_ column: Int, _ type: SQLType) -> Bool {
    let base = source.table.columns[column].type.base
    if base == type.base { return true }
    switch base {
    case .smallint, .integer, .bigint, .oid: return type.base.isInteger
    case .real, .double: return type.base == .real || type.base == .double
    case .text, .varchar, .name: return type.base == .text || type.base == .varchar || type.base == .name
    default: return false
    }
  }
}
