import RoostRelational

/// Finding the column a name means.
extension Binder {
  func column(_ parts: [String], _ at: SourceOffset, _ level: QueryLevel) throws(SQLError) -> Expression {
    var current: QueryLevel? = level
    var distance = 0
    while let found = current {
      if let expression = try lookUp(parts, at, in: found) {
        if distance == 0 { return expression }
        outermostDepth = min(outermostDepth, found.depth)
        return Binder.moved(expression, outwards: distance)
      }
      current = found.outer
      distance += 1
    }
    throw missing(parts, at, level)
  }

  /// An expression of a level as one `distance` levels further in reads it.
  static func moved(_ expression: Expression, outwards distance: Int) -> Expression {
    expression.transformed { node in
      switch node {
      case .column(let position, let type): .outer(level: distance, position: position, type)
      case .outer(let level, let position, let type): .outer(level: level + distance, position: position, type)
      default: nil
      }
    }
  }

  private func lookUp(_ parts: [String], _ at: SourceOffset, in level: QueryLevel) throws(SQLError) -> Expression? {
    let name = parts[parts.count - 1]
    if parts.count == 1 {
      switch try level.visible(name, stack) {
      case .none: return nil
      case .one(let column): return column.expression
      case .several: throw SQLError("42702", "column reference \"\(name)\" is ambiguous", at: at)
      }
    }
    guard parts.count <= 4 else {
      throw SQLError(
        "42601", "improper qualified name (too many dotted names): \(parts.joined(separator: "."))", at: at)
    }
    let alias = parts[parts.count - 2]
    if parts.count > 2, parts[parts.count - 3] != "public" { return nil }
    var found: Expression?
    try stack.poll(1 + level.namespace.tables.count / 8)
    for table in level.namespace.tables where table.alias == alias {
      try stack.poll(1 + table.columns.count / 8)
      for column in table.columns where column.name == name {
        if found != nil { throw SQLError("42702", "column reference \"\(name)\" is ambiguous", at: at) }
        found = column.expression
      }
      if found == nil { throw SQLError("42703", "column \(alias).\(name) does not exist", at: at) }
    }
    return found
  }

  private func missing(_ parts: [String], _ at: SourceOffset, _ level: QueryLevel) -> SQLError {
    let name = parts[parts.count - 1]
    guard parts.count > 1 else { return SQLError("42703", "column \"\(name)\" does not exist", at: at) }
    let alias = parts[parts.count - 2]
    // A table that FROM gave another name: the user is told so.
    for table in tables where table.name == alias {
      var current: QueryLevel? = level
      while let found = current {
        if let renamed = found.namespace.tables.first(where: { candidate in
          candidate.alias != alias && candidate.columns.contains { $0.origin?.table == table.oid }
        }) {
          return SQLError(
            "42P01", "invalid reference to FROM-clause entry for table \"\(alias)\"", at: at,
            hint: "Perhaps you meant to reference the table alias \"\(renamed.alias)\".")
        }
        current = found.outer
      }
    }
    return SQLError("42P01", "missing FROM-clause entry for table \"\(alias)\"", at: at)
  }

  /// The columns of `*` or `t.*`.
  func expandStar(
    _ parts: [String], _ at: SourceOffset, _ level: QueryLevel
  ) throws(SQLError) -> [Namespace.Column] {
    guard let alias = parts.last else {
      guard !level.namespace.visible.isEmpty || !level.namespace.tables.isEmpty else {
        throw SQLError("42601", "SELECT * with no tables specified is not valid", at: at)
      }
      return level.namespace.visible
    }
    guard let table = level.namespace.tables.first(where: { $0.alias == alias }) else {
      throw SQLError("42P01", "missing FROM-clause entry for table \"\(alias)\"", at: at)
    }
    return table.columns
  }
}
