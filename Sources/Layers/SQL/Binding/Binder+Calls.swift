import RoostRelational

/// Function calls, aggregates, window functions.
extension Binder {
  func bindCall(_ call: SyntaxCall, _ level: QueryLevel) throws(SQLError) -> Expression {
    if call.window != nil { return try windowCall(call, level) }
    if checker.catalogue.isAggregate(call.name) { return try aggregateCall(call, level) }
    guard !call.isStar, !call.isDistinct, call.orderBy.isEmpty, call.filter == nil else {
      let problem =
        call.isStar
        ? "\(call.name)(*) specified, but \(call.name) is not an aggregate function"
        : call.isDistinct
          ? "DISTINCT specified, but \(call.name) is not an aggregate function"
          : call.filter != nil
            ? "FILTER specified, but \(call.name) is not an aggregate function"
            : "ORDER BY specified, but \(call.name) is not an aggregate function"
      throw SQLError("42809", problem, at: call.at)
    }
    switch call.name {
    case "coalesce": return try checker.coalesce(bind(call.arguments, level))
    case "greatest": return try checker.greatest(bind(call.arguments, level))
    case "least": return try checker.least(bind(call.arguments, level))
    case "nullif" where call.arguments.count == 2:
      return try checker.nullIf(bind(call.arguments[0], level), bind(call.arguments[1], level))
    case "row_number", "rank", "dense_rank", "percent_rank", "cume_dist", "ntile", "lag", "lead", "first_value",
      "last_value", "nth_value":
      throw SQLError("42P20", "window function \(call.name) requires an OVER clause", at: call.at)
    case "current_timestamp", "localtimestamp", "current_time", "localtime":
      // The optional precision only shortens what is shown.
      return try checker.function(call.name, [])
    case "user": return try checker.function("current_user", [])
    case "current_role": return try checker.function("current_user", [])
    default: return try checker.function(call.name, bind(call.arguments, level))
    }
  }

  @inline(never)
  private func aggregateCall(_ call: SyntaxCall, _ level: QueryLevel) throws(SQLError) -> Expression {
    if level.clause == .argument {
      throw SQLError("42803", "aggregate function calls cannot be nested", at: call.at)
    }
    guard level.clause.allowsAggregates else {
      throw SQLError("42803", "aggregate functions are not allowed in \(level.clause.rawValue)", at: call.at)
    }
    let clause = level.clause
    defer { level.clause = clause }
    level.clause = .argument
    if call.isStar, call.name != "count" {
      throw SQLError("42883", "function \(call.name)() does not exist", at: call.at)
    }
    let arguments: [Expression]
    if call.name == "count", call.arguments.count == 1, case .star(let parts, let at) = call.arguments[0] {
      arguments = [try presence(parts, at, level)]
    } else {
      arguments = try bind(call.arguments, level)
    }
    let (definition, converted) = try checker.aggregate(call.name, arguments)
    var sortKeys: [BoundSortKey] = []
    for item in call.orderBy { sortKeys.append(try sortKey(item, checker.settled(bind(item.expression, level)))) }
    var filter: Expression?
    if let syntax = call.filter {
      level.clause = .filterClause
      filter = try checker.condition(bind(syntax, level), "FILTER")
    }
    if call.isDistinct, converted.isEmpty {
      throw SQLError("42P01", "DISTINCT specified, but \(call.name) has no arguments", at: call.at)
    }
    let type = SQLType(definition.result)
    level.aggregates.append(
      BoundAggregate(
        definition: definition, arguments: converted, isDistinct: call.isDistinct && !definition.ignoresDuplicates,
        filter: filter, orderBy: sortKeys, type: type, name: call.name))
    return .column(QueryLevel.firstAggregate + level.aggregates.count - 1, type)
  }

  /// For `count(t.*)`: one where the table has a row, null where an outer join found none.
  private func presence(_ parts: [String], _ at: SourceOffset, _ level: QueryLevel) throws(SQLError) -> Expression {
    let columns = try expandStar(parts, at, level)
    let isThere = Expression.or(columns.map { .isNull($0.expression, negated: true) })
    let one = Expression.constant(.integer(1), .integer)
    return .caseWhen([.init(condition: isThere, result: one)], otherwise: nil, .integer)
  }

  func sortKey(_ item: SortItem, _ expression: Expression) -> BoundSortKey {
    BoundSortKey(
      expression: expression, descending: item.descending, nullsFirst: item.nullsFirst ?? item.descending)
  }

  // MARK: Window functions

  @inline(never)
  private func windowCall(_ call: SyntaxCall, _ level: QueryLevel) throws(SQLError) -> Expression {
    guard level.clause == .targets || level.clause == .ordering else {
      throw SQLError("42P20", "window functions are not allowed in \(level.clause.rawValue)", at: call.at)
    }
    if call.isDistinct { throw SQLError("0A000", "DISTINCT is not implemented for window functions", at: call.at) }
    let definition = try windowDefinition(call, level)
    let clause = level.clause
    defer { level.clause = clause }
    let arguments = try bind(call.arguments, level)
    var partition: [Expression] = []
    for item in definition.partitionBy { partition.append(try checker.settled(bind(item, level))) }
    var order: [BoundSortKey] = []
    for item in definition.orderBy { order.append(try sortKey(item, checker.settled(bind(item.expression, level)))) }
    var window = BoundWindow(
      function: .named(call.name), arguments: arguments, filter: nil, partitionBy: partition, orderBy: order,
      frame: definition.frame, type: .bigint)
    if let filter = call.filter { window.filter = try checker.condition(bind(filter, level), "FILTER") }
    if checker.catalogue.isAggregate(call.name) {
      let (aggregate, converted) = try checker.aggregate(call.name, arguments)
      window.function = .aggregate(aggregate)
      window.arguments = converted
      window.type = SQLType(aggregate.result)
    } else {
      try resolveWindowFunction(&window, call)
    }
    level.windows.append(window)
    return .column(QueryLevel.firstWindow + level.windows.count - 1, window.type)
  }

  private func windowDefinition(_ call: SyntaxCall, _ level: QueryLevel) throws(SQLError) -> WindowDefinition {
    func named(_ name: String, _ at: SourceOffset) throws(SQLError) -> WindowDefinition {
      guard let found = level.namedWindows.first(where: { $0.name == name }) else {
        throw SQLError("42704", "window \"\(name)\" does not exist", at: at)
      }
      return found.definition
    }
    switch call.window {
    case .named(let name, let at): return try named(name, at)
    case .inline(var definition):
      if let base = definition.base {
        let found = try named(base, call.at)
        definition.partitionBy = found.partitionBy
        if definition.orderBy.isEmpty { definition.orderBy = found.orderBy }
      }
      return definition
    case nil: return WindowDefinition(base: nil, partitionBy: [], orderBy: [], frame: nil)
    }
  }

  private func resolveWindowFunction(_ window: inout BoundWindow, _ call: SyntaxCall) throws(SQLError) {
    func integer(_ index: Int) throws(SQLError) {
      window.arguments[index] = try checker.coerce(window.arguments[index], to: .integer, .implicit)
    }
    let count = window.arguments.count
    switch (call.name, count) {
    case ("row_number", 0), ("rank", 0), ("dense_rank", 0): window.type = .bigint
    case ("percent_rank", 0), ("cume_dist", 0): window.type = .double
    case ("ntile", 1):
      try integer(0)
      window.type = .integer
    case ("lag", 1...3), ("lead", 1...3):
      window.arguments[0] = try checker.settled(window.arguments[0])
      if count > 1 { try integer(1) }
      if count > 2 {
        window.arguments[2] = try checker.coerce(window.arguments[2], to: window.arguments[0].type, .implicit)
      }
      window.type = window.arguments[0].type
    case ("first_value", 1), ("last_value", 1), ("nth_value", 2):
      window.arguments[0] = try checker.settled(window.arguments[0])
      if count > 1 { try integer(1) }
      window.type = window.arguments[0].type
    default:
      if checker.catalogue.functions[call.name] != nil {
        throw SQLError(
          "42809", "OVER specified, but \(call.name) is not a window function nor an aggregate function", at: call.at)
      }
      let shown = window.arguments.map(\.type.name).joined(separator: ", ")
      throw SQLError(
        "42883", "function \(call.name)(\(shown)) does not exist", at: call.at,
        hint: "No function matches the given name and argument types. You might need to add explicit type casts.")
    }
  }
}
