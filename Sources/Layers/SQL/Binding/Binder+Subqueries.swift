import RoostRelational

/// Subqueries in expressions: scalar, EXISTS, IN, ANY, ALL.
extension Binder {
  @inline(never)
  func bindSubquery(_ syntax: SyntaxExpression, _ level: QueryLevel) throws(SQLError) -> Expression {
    switch syntax {
    case .exists(let query, _):
      let (bound, correlated) = try inner(query, level)
      return .exists(slot: add(BoundSubquery(query: bound, kind: .exists, isCorrelated: correlated), level))
    case .subquery(let query, let at):
      let (bound, correlated) = try inner(query, level)
      guard bound.columns.count == 1 else { throw SQLError("42601", "subquery must return only one column", at: at) }
      let slot = add(BoundSubquery(query: bound, kind: .scalar, isCorrelated: correlated), level)
      return .scalarSubquery(slot: slot, bound.columns[0].type)
    case .inQuery(let operand, let query, let negated, let at): return try inQuery(operand, query, negated, at, level)
    case .quantified(let operand, let name, let all, let source, let at):
      switch source {
      case .query(let query):
        if name == "=", !all { return try inQuery(operand, query, false, at, level) }
        if name == "<>", all { return try inQuery(operand, query, true, at, level) }
        let left = try bind(operand, level)
        let (bound, correlated) = try inner(query, level)
        guard bound.columns.count == 1 else { throw SQLError("42601", "subquery has too many columns", at: at) }
        let slot = add(BoundSubquery(query: bound, kind: .rows, isCorrelated: correlated), level)
        return try quantified(left, name, slot, all, level)
      case .array(let array): return try quantifiedList(operand, name, all, array, at, level)
      }
    default: throw SQLError("XX000", "an expression was not understood", at: syntax.offset)
    }
  }

  /// Binds a subquery one level further in; tells whether it reads rows of the levels around it.
  private func inner(_ query: SyntaxQuery, _ level: QueryLevel) throws(SQLError) -> (BoundQuery, correlated: Bool) {
    let before = outermostDepth
    outermostDepth = .max
    defer { outermostDepth = min(before, outermostDepth) }
    let bound = try bindQuery(query, outer: level, commonTables: level.commonTables)
    return (bound, outermostDepth <= level.depth)
  }

  private func add(_ subquery: BoundSubquery, _ level: QueryLevel) -> Int {
    level.subqueries.append(subquery)
    return level.subqueries.count - 1
  }

  /// Brings both sides of the comparison to the types it compares.
  private func quantified(
    _ operand: Expression, _ name: String, _ slot: Int, _ all: Bool, _ level: QueryLevel
  ) throws(SQLError) -> Expression {
    let query = level.subqueries[slot].query
    let column = query.columns[0].type
    let comparison = try checker.catalogue.resolveOperator(name, operand.type.base, column.base)
    let wanted = SQLType(comparison.arguments[1])
    if wanted.base != column.base { try coerceColumns(query, [wanted], .implicit) }
    return try checker.quantified(operand, name, slot: slot, columnType: query.columns[0].type, all: all)
  }

  @inline(never)
  private func inQuery(
    _ operand: SyntaxExpression, _ query: SyntaxQuery, _ negated: Bool, _ at: SourceOffset, _ level: QueryLevel
  ) throws(SQLError) -> Expression {
    var operands: [Expression] = []
    if case .row(let items, _) = operand {
      operands = try bind(items, level)
    } else {
      operands = [try bind(operand, level)]
    }
    let (bound, correlated) = try inner(query, level)
    guard bound.columns.count <= operands.count else {
      throw SQLError("42601", "subquery has too many columns", at: at)
    }
    guard bound.columns.count == operands.count else { throw SQLError("42601", "subquery has too few columns", at: at) }
    var types: [SQLType] = []
    for (index, column) in bound.columns.enumerated() {
      let left = operands[index].type
      // The comparison must exist; then both sides are brought to one type.
      _ = try checker.catalogue.resolveOperator("=", left.base, column.type.base)
      let type = left.base == column.type.base ? left : try checker.commonType([left, column.type], "IN")
      operands[index] = try checker.coerce(operands[index], to: type.unmodified, .implicit)
      types.append(type.unmodified)
    }
    try coerceColumns(bound, types, .implicit)
    let subquery = BoundSubquery(query: bound, kind: .set(types: types), isCorrelated: correlated)
    return .inSubquery(operands, slot: add(subquery, level), negated: negated)
  }

  /// `x op ANY (ARRAY[…])` and `x op ANY ('{…}')` as comparisons with each element.
  @inline(never)
  private func quantifiedList(
    _ operand: SyntaxExpression, _ name: String, _ all: Bool, _ array: SyntaxExpression, _ at: SourceOffset,
    _ level: QueryLevel
  ) throws(SQLError) -> Expression {
    let left = try bind(operand, level)
    let elements: [Expression]
    switch array {
    case .array(let items, _): elements = try bind(items, level)
    case .cast(.array(let items, _), let type, _) where type.isArray:
      var element = type
      element.isArray = false
      let resolved = try TypeNames.resolve(element)
      var bound: [Expression] = []
      for item in items { bound.append(try checker.coerce(bind(item, level), to: resolved, .explicit)) }
      elements = bound
    case .string(let text, let textAt): elements = try arrayLiteral(text, textAt)
    default: throw SQLError("42809", "op ANY/ALL (array) requires array on right side", at: at)
    }
    guard !elements.isEmpty else { return checker.boolean(all) }
    if name == "=", !all { return try checker.inList(left, elements) }
    if name == "<>", all { return try checker.inList(left, elements, negated: true) }
    var comparisons: [Expression] = []
    for element in elements { comparisons.append(try checker.infix(name, left, element)) }
    if comparisons.count == 1 { return comparisons[0] }
    return all ? try checker.and(comparisons) : try checker.or(comparisons)
  }

  /// The elements of a one-dimensional array literal: `{1,2,"a b",NULL}`.
  private func arrayLiteral(_ text: String, _ at: SourceOffset) throws(SQLError) -> [Expression] {
    let malformed = SQLError("22P02", "malformed array literal: \"\(text)\"", at: at)
    guard text.hasPrefix("{"), text.hasSuffix("}") else { throw malformed }
    var elements: [Expression] = []
    var current: [UInt8] = []
    var isQuoted = false
    var wasQuoted = false
    var isEscaped = false
    let content = Array(text.utf8.dropFirst().dropLast())
    func finish() {
      let word = String(decoding: current, as: UTF8.self)
      elements.append(!wasQuoted && word.lowercased() == "null" ? checker.null : checker.string(word))
    }
    for byte in content {
      if isEscaped {
        current.append(byte)
        isEscaped = false
      } else if byte == UInt8(ascii: "\\") {
        isEscaped = true
      } else if byte == UInt8(ascii: "\"") {
        isQuoted.toggle()
        wasQuoted = true
      } else if byte == UInt8(ascii: ","), !isQuoted {
        finish()
        current = []
        wasQuoted = false
      } else if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "}"), !isQuoted {
        throw SQLError("0A000", "arrays of several dimensions are not supported", at: at)
      } else if isQuoted || byte != UInt8(ascii: " ") || !current.isEmpty {
        current.append(byte)
      }
    }
    guard !isQuoted, !isEscaped else { throw malformed }
    if !content.isEmpty { finish() }
    return elements
  }
}
