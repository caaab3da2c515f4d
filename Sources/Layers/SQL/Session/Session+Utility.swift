import RoostRelational

extension SyntaxStatement {
  /// Whether it reads from the store, or makes what was read a part of a block. A commit confirms it by itself.
  var readsStore: Bool {
    switch self {
    case .transaction(let control): !control.endsBlock
    case .set, .reset, .discard, .deallocate, .show, .empty, .unsupported: false
    default: true
    }
  }

  var controlsTransaction: Bool {
    if case .transaction = self { true } else { false }
  }
}

/// Statements that are not planned: settings, transactions, definitions, SQL's own prepared statements.
extension Session {
  /// Runs the statement and returns its tag. `source` is what it was parsed from.
  func runUtility(_ syntax: SyntaxStatement, of source: ParsedStatement) async throws(SQLError) -> String {
    switch syntax {
    case .transaction(let control): return try await self.control(control)
    case .set(let set):
      try apply(set)
      return "SET"
    case .reset(let name):
      remembersSettings()
      if let name { try settings.reset(name) } else { settings.resetAll() }
      return "RESET"
    case .discard(let what): return try discard(what)
    case .deallocate(let name):
      guard let name else {
        named.removeAll()
        return "DEALLOCATE ALL"
      }
      guard named.remove(name) else {
        throw SQLError("26000", "prepared statement \"\(name)\" does not exist")
      }
      return "DEALLOCATE"
    case .prepare(let name, let types, let body):
      return try await prepareNamed(name, types, body, source)
    case .createTable, .dropTable, .alterTable, .createIndex, .dropIndex, .truncate: return try await define(syntax)
    case .maintenance(let name): return name
    case .unsupported(let what): throw SQLError("0A000", "\(what) is not supported")
    case .empty, .query, .insert, .update, .delete, .show, .explain, .execute:
      throw SQLError("XX000", "a planned statement was run as a utility")
    }
  }

  private func discard(_ what: String) throws(SQLError) -> String {
    switch what {
    case "all":
      if let transaction, !transaction.isImplicit {
        throw SQLError("25001", "DISCARD ALL cannot run inside a transaction block")
      }
      settings.resetAll()
      named.removeAll()
      forgetPlans()
      return "DISCARD ALL"
    case "plans":
      forgetPlans()
      return "DISCARD PLANS"
    case "temp", "temporary": return "DISCARD TEMP"
    case "sequences": return "DISCARD SEQUENCES"
    default: throw SQLError("42601", "syntax error at or near \"\(what)\"")
    }
  }

  /// `source` is the whole PREPARE: what it prepares is taken to hold as much.
  private func prepareNamed(
    _ name: String, _ types: [TypeName], _ body: ParsedBody, _ source: ParsedStatement
  ) async throws(SQLError) -> String {
    let bytes = source.estimatedSize
    try named.admit(name, bytes: bytes)
    defer { named.settle() }
    var declared: [SQLType] = []
    for type in types { declared.append(try TypeNames.resolve(type)) }
    guard case .statement(let syntax) = body else { return "PREPARE" }
    let catalogue = try await currentCatalogue()
    let result = try await compilePlan(syntax, declared, catalogue)
    let statement = CompiledStatement(
      source: ParsedStatement(
        syntax: syntax, source: StatementSource(""), tokens: source.tokens, length: source.length),
      declaredTypes: declared,
      parameterTypes: result.parameterTypes, columns: result.columns, plan: result.plan,
      catalogueVersion: catalogue.version)
    named.insert(statement, name, bytes: bytes)
    return "PREPARE"
  }

  // MARK: Settings

  /// Settings changed in a transaction that fails go back; an implicit one is opened so that there is something to go
  /// back to.
  private func remembersSettings() { _ = open() }

  private func apply(_ set: SetSyntax) throws(SQLError) {
    remembersSettings()
    let name = set.name.lowercased()
    if name == "transaction" || name == "session characteristics" {
      guard case .values(let values) = set.value, values.count == 2 else { return }
      if name == "transaction" {
        if transaction?.isImplicit ?? true {
          notify(.warning("25P01", "SET TRANSACTION can only be used in transaction blocks"))
        }
        try apply(TransactionMode(isolation: nil, isReadOnly: values[1].isEmpty ? nil : values[1] == "on"))
      } else if !values[1].isEmpty {
        try settings.set("default_transaction_read_only", [values[1]])
      }
      return
    }
    if name == "transaction_isolation", case .values(let values) = set.value {
      // Every level is served, so only whether it is one matters.
      var checked = settings
      return try checked.set(name, values)
    }
    if name == "transaction_read_only" || name == "transaction_isolation" {
      if name == "transaction_read_only", case .values(let values) = set.value {
        try apply(
          TransactionMode(isolation: nil, isReadOnly: ["on", "true", "1"].contains(values.first?.lowercased() ?? "")))
      }
      return
    }
    let before = settings
    switch set.value {
    case .values(let values): try settings.set(set.name, values)
    case .toDefault: try settings.reset(set.name)
    }
    guard set.isLocal, let transaction else { return }
    if transaction.isImplicit {
      notify(.warning("25P01", "SET LOCAL can only be used in transaction blocks"))
    }
    if transaction.afterLocal == nil { transaction.afterLocal = before }
  }

  func showColumns(_ name: String) -> [ResultColumn] {
    if name == "all" {
      return ["name", "setting", "description"].map { ResultColumn(name: $0, type: .text) }
    }
    return [ResultColumn(name: Settings.definition(name)?.name ?? name, type: .text)]
  }

  func shownRows(_ name: String) throws(SQLError) -> [Row] {
    if name != "all" { return [[.text(try shown(name).value)]] }
    return Settings.definitions.map(\.name).sorted { $0.lowercased() < $1.lowercased() }.map {
      [.text($0), .text(settings.value($0) ?? ""), .text("")]
    }
  }

  /// A setting as SHOW prints it. Error 42704.
  func shown(_ name: String) throws(SQLError) -> (name: String, value: String) {
    switch name.lowercased() {
    case "transaction_read_only":
      return (name, transaction?.isReadOnly ?? false || settings.isStale ? "on" : "off")
    case "transaction_isolation": return (name, "serializable")
    case "statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "idle_session_timeout":
      return (name, Session.shownDuration(settings.value(name) ?? "0"))
    default: break
    }
    if let value = settings.value(name) { return (name, value) }
    if name.lowercased().hasPrefix("roost."), let value = database.options.nodeSetting(name.lowercased()) {
      return (name, value)
    }
    throw SQLError("42704", "unrecognized configuration parameter \"\(name)\"")
  }

  /// Milliseconds in the largest unit that shows them exactly.
  private static func shownDuration(_ milliseconds: String) -> String {
    guard let value = Int(milliseconds), value != 0 else { return "0" }
    for (unit, factor) in [("d", 86_400_000), ("h", 3_600_000), ("min", 60_000), ("s", 1_000)]
    where value % factor == 0 { return "\(value / factor)\(unit)" }
    return "\(value)ms"
  }
}
