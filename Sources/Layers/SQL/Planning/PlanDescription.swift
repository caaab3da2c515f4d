import RoostRelational

/// EXPLAIN: a plan as lines of text.
enum PlanDescription {
  static func lines(_ plan: StatementPlan) -> [String] {
    var lines: [String] = []
    switch plan {
    case .query(let level): describe(level, 0, &lines)
    case .point(let query): describe(.scan(query.scan), 0, &lines)
    case .change(.insert(let plan)):
      lines.append("Insert on \(plan.table.name)")
      switch plan.source {
      case .rows(let rows): add("Values: \(rows.count) rows", 1, &lines)
      case .query(let level, _): describe(level, 1, &lines)
      }
    case .change(.update(let plan)):
      lines.append("Update on \(plan.table.name)")
      describe(plan.query, 1, &lines)
    case .change(.delete(let plan)):
      lines.append("Delete on \(plan.table.name)")
      describe(plan.query, 1, &lines)
    case .explain, .show, .execute, .utility: lines.append("Utility")
    }
    return lines
  }

  private static func add(_ text: String, _ depth: Int, _ lines: inout [String]) {
    lines.append(depth == 0 ? text : String(repeating: "  ", count: 3 * depth - 2) + "->  " + text)
  }

  private static func detail(_ text: String, _ depth: Int, _ lines: inout [String]) {
    lines.append(String(repeating: "  ", count: 3 * depth + 1) + text)
  }

  private static func describe(_ level: PlanLevel, _ depth: Int, _ lines: inout [String]) {
    describe(level.root, depth, &lines)
    for (number, subplan) in level.subplans.enumerated() {
      detail("SubPlan \(number + 1)\(subplan.isCorrelated ? " (correlated)" : "")", depth, &lines)
      describe(subplan.level, depth + 1, &lines)
    }
  }

  private static func describe(_ node: PlanNode, _ depth: Int, _ lines: inout [String]) {
    switch node {
    case .single: add("Result", depth, &lines)
    case .nothing: add("Nothing", depth, &lines)
    case .scan(let scan):
      add(access(scan.source, scan.path), depth, &lines)
      conditions(scan.source, scan.path, depth, &lines)
      if scan.filter != nil { detail("Filter", depth, &lines) }
    case .series: add("Function Scan on generate_series", depth, &lines)
    case .values(let rows, _): add("Values Scan: \(rows.count) rows", depth, &lines)
    case .level(let level, _, let alias):
      if alias.isEmpty {
        describe(level, depth, &lines)
      } else {
        add("Subquery Scan on \(alias)", depth, &lines)
        describe(level, depth + 1, &lines)
      }
    case .filter(let input, _):
      add("Filter", depth, &lines)
      describe(input, depth + 1, &lines)
    // Every query ends in a projection: saying so would only be noise.
    case .project(let input, _): describe(input, depth, &lines)
    case .join(let join):
      add(name(join), depth, &lines)
      describe(join.left, depth + 1, &lines)
      describe(join.right, depth + 1, &lines)
    case .lookupJoin(let join):
      add("Lookup\(join.isLeft ? " Left" : "") Join", depth, &lines)
      describe(join.left, depth + 1, &lines)
      add(access(join.source, join.path), depth + 1, &lines)
      conditions(join.source, join.path, depth + 1, &lines)
      if join.filter != nil { detail("Filter", depth + 1, &lines) }
    case .aggregate(let aggregate):
      add(aggregate.groups.isEmpty ? "Aggregate" : "HashAggregate", depth, &lines)
      describe(aggregate.input, depth + 1, &lines)
    case .window(let window):
      add("WindowAgg", depth, &lines)
      describe(window.input, depth + 1, &lines)
    case .sort(let input, let keys, let top):
      add(top == nil ? "Sort" : "Top-N Sort", depth, &lines)
      detail(
        "Sort Key: " + keys.map { "\($0.position + 1)" + ($0.descending ? " DESC" : "") }.joined(separator: ", "),
        depth,
        &lines)
      describe(input, depth + 1, &lines)
    case .distinct(let input, _):
      add("HashDistinct", depth, &lines)
      describe(input, depth + 1, &lines)
    case .distinctOn(let input, _, _):
      add("Unique", depth, &lines)
      describe(input, depth + 1, &lines)
    case .limit(let input, _, _):
      add("Limit", depth, &lines)
      describe(input, depth + 1, &lines)
    case .setOperation(let operation, let all, let inputs, _):
      add(
        operation == .union && all ? "Append" : "Hash\(operation.rawValue.capitalizedWord)\(all ? " All" : "")", depth,
        &lines)
      for input in inputs { describe(input, depth + 1, &lines) }
    }
  }

  private static func name(_ join: JoinNode) -> String {
    let kind: String
    switch join.kind {
    case .inner: kind = ""
    case .left: kind = " Left"
    case .full: kind = " Full"
    case .semi: kind = " Semi"
    case .anti: kind = " Anti"
    }
    return (join.leftKeys.isEmpty ? "Nested Loop" : "Hash") + kind + " Join"
  }

  private static func access(_ source: TableSource, _ path: AccessPath) -> String {
    let table = source.table.name + (source.alias == source.table.name ? "" : " \(source.alias)")
    guard let index = path.index else { return "Seq Scan on \(table)" }
    let direction = path.isReverse ? " Backward" : ""
    let how = path.isUnique ? "Key Lookup" : "Index Scan\(direction)"
    return "\(how) using \(index.name) on \(table)"
  }

  private static func conditions(
    _ source: TableSource, _ path: AccessPath, _ depth: Int, _ lines: inout [String]
  ) {
    guard let index = path.index else { return }
    let names = index.columns.map { source.table.columns[source.table.positionByID[Int($0)]].name }
    var parts = path.equal.indices.map { "\(names[$0]) = …" }
    var next = path.equal.count
    if !path.list.isEmpty {
      parts.append("\(names[next]) in \(path.list.count) values")
      next += 1
    }
    if let lower = path.lower { parts.append("\(names[next]) \(lower.isInclusive ? ">=" : ">") …") }
    if let upper = path.upper { parts.append("\(names[next]) \(upper.isInclusive ? "<=" : "<") …") }
    if !parts.isEmpty { detail("Index Cond: (\(parts.joined(separator: " AND ")))", depth, &lines) }
  }
}

extension String {
  /// "UNION" as "Union".
  fileprivate var capitalizedWord: String { prefix(1) + dropFirst().lowercased() }
}
