import RoostRelational

/// Analysing and planning statements, and keeping plans as long as the catalogue stays the same.
extension Session {
  func compile(_ statement: ParsedStatement, _ parameterTypes: [UInt32]) async throws(SQLError) -> CompiledStatement {
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
    if isCacheable, let known = knownPlan(key), known.catalogueVersion == version { return known }
    let fresh = try await compileAnew(statement, declared)
    if isCacheable, transaction?.hasDefinitions != true { keepPlan(fresh, key) }
    return fresh
  }

  private func compileAnew(
    _ statement: ParsedStatement, _ declared: [SQLType]
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
      let compiled = try await compilePlan(inner, declared)
      plan = .explain(PlanDescription.lines(compiled.plan))
      return CompiledStatement(
        source: statement, declaredTypes: declared, parameterTypes: compiled.parameterTypes, columns: columns,
        plan: plan, catalogueVersion: transaction?.catalogue?.version)
    case .execute(let name, let arguments): return try await compileExecute(statement, name, arguments)
    case .query, .insert, .update, .delete:
      let result = try await compilePlan(statement.syntax, declared)
      return CompiledStatement(
        source: statement, declaredTypes: declared, parameterTypes: result.parameterTypes, columns: result.columns,
        plan: result.plan, catalogueVersion: transaction?.catalogue?.version)
    default: break
    }
    return CompiledStatement(
      source: statement, declaredTypes: declared, parameterTypes: [], columns: columns, plan: plan,
      catalogueVersion: nil)
  }

  func compilePlan(
    _ syntax: SyntaxStatement, _ declared: [SQLType]
  ) async throws(SQLError) -> StatementCompiler.Result {
    let catalogue = try await currentCatalogue()
    let pace = EvaluationPace(cancellation: cancellation)
    pace.onLongEvaluation = onLongEvaluation
    looks = 0
    let compiler = StatementCompiler(
      catalogue: catalogue, functions: database.functions,
      input: InputContext(timeZone: settings.timeZone, now: open().startTime), pace: pace)
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
    statement.plan = fresh.plan
    statement.catalogueVersion = fresh.catalogueVersion
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

extension ParsedStatement {
  /// Whether the statement is planned against the catalogue.
  var isPlanned: Bool {
    switch syntax {
    case .query, .insert, .update, .delete: true
    default: false
    }
  }
}
