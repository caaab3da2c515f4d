import RoostRelational

/// Analysing and planning statements, and keeping plans as long as the catalogue stays the same.
extension Session {
  /// - Parameter runsAtOnce: nothing is told of the plan before the statement runs.
  func compile(
    _ statement: ParsedStatement, _ parameterTypes: [UInt32], runsAtOnce: Bool
  ) async throws(SQLError) -> CompiledStatement {
    var declared: [SQLType] = []
    for oid in parameterTypes {
      if oid == 0 || oid == BaseType.unknown.oid {
        declared.append(.unknown)
      } else if let type = SQLType(oid: oid) {
        declared.append(type)
      } else {
        throw SQLError("42704", "type with OID \(oid) is not supported")
      }
    }
    // Only a text that is one statement identifies it.
    let isCacheable = statement.isPlanned && statement.isWholeText
    let key = statement.source.text + (declared.isEmpty ? "" : "\u{0}\(parameterTypes)")
    // Definitions that other nodes have changed just now are noticed when the statement runs.
    let version = transaction?.catalogue?.version ?? database.knownCatalogueVersion
    if isCacheable, let known = knownPlan(key), known.isCurrent(catalogueVersion: version, in: settings.timeZone),
      try await isDescribable(known, runsAtOnce)
    {
      return known
    }
    let fresh = try await compileAnew(statement, declared, runsAtOnce: runsAtOnce)
    if isCacheable, transaction?.hasDefinitions != true, !fresh.readsClock { keepPlan(fresh, key) }
    return fresh
  }

  /// Whether what a kept plan returns may be told the client. A statement that runs at once is going to look at the
  /// definitions of its own view: where it returns rows that comes before the client hears of columns, so that it is simply
  /// planned anew if they have changed.
  private func isDescribable(_ known: CompiledStatement, _ runsAtOnce: Bool) async throws(SQLError) -> Bool {
    guard runsAtOnce, known.columns != nil, let version = known.catalogueVersion else { return true }
    return try await currentCatalogue().version == version
  }

  private func compileAnew(
    _ statement: ParsedStatement, _ declared: [SQLType], runsAtOnce: Bool = false
  ) async throws(SQLError) -> CompiledStatement {
    var columns: [ResultColumn]?
    var plan = StatementPlan.utility(statement.syntax)
    switch statement.syntax {
    case .show(let name):
      columns = showColumns(name)
      plan = .show(name)
    case .explain(let explain):
      columns = [ResultColumn(name: "QUERY PLAN", type: .text)]
      guard case .statement(let inner) = explain.body else { break }
      let catalogue = try await currentCatalogue()
      let use = InputUse()
      let compiled = try await compilePlan(inner, declared, catalogue, use)
      plan = .explain(PlanDescription.lines(compiled.plan))
      return CompiledStatement(
        source: statement, declaredTypes: declared, parameterTypes: compiled.parameterTypes, columns: columns,
        plan: plan, catalogueVersion: catalogue.version, timeZone: use.readsZone ? settings.timeZone : nil,
        readsClock: use.readsClock)
    case .execute(let name, let arguments): return try await compileExecute(statement, name, arguments)
    case .query, .insert, .update, .delete:
      if runsAtOnce, statement.syntax.isSilentChange, transaction?.store == nil,
        let known = try await compiledByKnown(statement, declared)
      {
        return known
      }
      return try await compiled(statement, declared, try await currentCatalogue())
    default: break
    }
    return CompiledStatement(
      source: statement, declaredTypes: declared, parameterTypes: [], columns: columns, plan: plan,
      catalogueVersion: nil)
  }

  private func compiled(
    _ statement: ParsedStatement, _ declared: [SQLType], _ catalogue: Catalogue
  ) async throws(SQLError) -> CompiledStatement {
    let use = InputUse()
    let result = try await compilePlan(statement.syntax, declared, catalogue, use)
    return CompiledStatement(
      source: statement, declaredTypes: declared, parameterTypes: result.parameterTypes, columns: result.columns,
      plan: result.plan, catalogueVersion: catalogue.version, timeZone: use.readsZone ? settings.timeZone : nil,
      readsClock: use.readsClock)
  }

  /// Plans by the definitions that this node has read last, without a view: where the statement runs at once they are
  /// compared with those of its view. Nil if they don't make a plan; then they may be too old for that.
  private func compiledByKnown(
    _ statement: ParsedStatement, _ declared: [SQLType]
  ) async throws(SQLError) -> CompiledStatement? {
    do throws(SQLError) { return try await compiled(statement, declared, database.knownCatalogue) } catch {
      if cancellation.isCancelled { throw error }
      return nil
    }
  }

  func compilePlan(
    _ syntax: SyntaxStatement, _ declared: [SQLType], _ catalogue: Catalogue, _ use: InputUse? = nil
  ) async throws(SQLError) -> StatementCompiler.Result {
    let pace = EvaluationPace(cancellation: cancellation)
    pace.onLongEvaluation = onLongEvaluation
    looks = 0
    let compiler = StatementCompiler(
      catalogue: catalogue, functions: database.functions,
      input: InputContext(timeZone: settings.timeZone, now: open().startTime, use: use), pace: pace)
    do throws(SQLError) {
      return try compiler.compile(syntax, declared: declared)
    } catch {
      guard error.code == StatementContext.departure.code, let placement else { throw error }
      await placement.leaveLoop()
      return try compiler.compile(syntax, declared: declared)
    }
  }

  /// Plans a statement anew if definitions have changed since, or this transaction has changed them itself.
  func refresh(_ statement: CompiledStatement) async throws(SQLError) {
    guard let version = statement.catalogueVersion else { return }
    let catalogue = try await currentCatalogue()
    if catalogue.version == version { return }
    let fresh = try await compileAnew(statement.source, statement.declaredTypes)
    guard fresh.columns?.map(\.type) == statement.columns?.map(\.type),
      fresh.parameterTypes == statement.parameterTypes
    else { throw SQLError("0A000", "cached plan must not change result type") }
    statement.become(fresh)
  }

  private func compileExecute(
    _ statement: ParsedStatement, _ name: String, _ arguments: [SyntaxExpression]
  ) async throws(SQLError) -> CompiledStatement {
    guard let inner = named[name] else {
      throw SQLError("26000", "prepared statement \"\(name)\" does not exist")
    }
    guard arguments.count == inner.parameterTypes.count else {
      throw SQLError(
        "42601", "wrong number of parameters for prepared statement \"\(name)\"",
        detail: "Expected \(inner.parameterTypes.count) parameters but got \(arguments.count).")
    }
    let catalogue = try await currentCatalogue()
    let checker = TypeChecker(
      catalogue: database.functions, input: InputContext(timeZone: settings.timeZone, now: open().startTime))
    let binder = Binder(catalogue: catalogue, checker: checker)
    let level = QueryLevel(outer: nil)
    level.clause = .values
    var evaluators: [Evaluator] = []
    for (argument, type) in zip(arguments, inner.parameterTypes) {
      let value = try checker.coerce(binder.bind(argument, level), to: type, .assignment)
      guard level.subqueries.isEmpty else {
        throw SQLError("0A000", "cannot use subquery in EXECUTE parameter", at: argument.offset)
      }
      evaluators.append(value.evaluator())
    }
    return CompiledStatement(
      source: statement, declaredTypes: [], parameterTypes: [], columns: inner.columns,
      plan: .execute(inner, evaluators), catalogueVersion: nil)
  }
}

extension SyntaxStatement {
  /// Whether it changes rows and returns none.
  fileprivate var isSilentChange: Bool {
    switch self {
    case .insert(let insert): insert.returning.isEmpty
    case .update(let update): update.returning.isEmpty
    case .delete(let delete): delete.returning.isEmpty
    default: false
    }
  }
}

extension ParsedStatement {
  /// Whether the statement is planned against the catalogue.
  var isPlanned: Bool {
    switch syntax {
    case .query, .insert, .update, .delete: true
    default: false
    }
  }
}
