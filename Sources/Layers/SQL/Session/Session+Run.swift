import RoostPlatform
import RoostRelational
import RoostStore

extension Portal {
  /// Closes what delivers rows.
  func release() async {
    let rows = self.rows
    self.rows = nil
    statement = nil
    waiting = []
    isDone = true
    await rows?.close()
  }
}

/// Running a bound statement.
extension Session {
  /// Runs a portal or goes on with it.
  func run(
    _ portal: Portal, maxRows: Int, emit: ([[Datum]]) async throws -> Void
  ) async throws(SQLError) -> PortalOutcome {
    let statement = portal.compiled
    if portal.hasStarted {
      guard portal.transaction === transaction, transaction != nil || portal.isDone else {
        throw SQLError("34000", "the portal's transaction is over")
      }
      portal.statement?.goOn(until: deadline)
      return try await deliver(portal, maxRows, emit)
    }
    portal.hasStarted = true
    let view = takeFirstView(statement)
    if view != .confirmed {
      try await runUnconfirmed(statement, portal, on: view)
      portal.transaction = transaction
      return try await deliver(portal, maxRows, emit)
    }
    try await refresh(statement)
    switch statement.plan {
    case .utility(let syntax):
      let tag = try await runUtility(syntax, of: statement.source)
      if !syntax.controlsTransaction { transaction?.remember(portal, tag: tag) }
      portal.isDone = true
      return .completed(tag: tag)
    case .point(let query): portal.waiting = try await find(query, portal.parameters)[...]
    case .query(let plan):
      let statement = statementContext(portal.parameters)
      portal.statement = statement
      portal.rows = try await open(plan, statement)
    case .explain(let lines): portal.waiting = lines.map { [.text($0)] }[...]
    case .change(let plan): try await run(plan, portal)
    case .execute(let inner, let arguments):
      let context = EvaluationContext(statementContext([]))
      var parameters: [Datum] = []
      let runner = SubqueryRunner(context)
      for argument in arguments { parameters.append(try await runner.evaluate(argument, [])) }
      let nested = Portal(compiled: inner, parameters: parameters)
      let outcome = try await run(nested, maxRows: maxRows, emit: emit)
      portal.adopt(nested)
      return outcome
    case .show(let name): portal.finish("SHOW", try shownRows(name))
    }
    portal.transaction = transaction
    return try await deliver(portal, maxRows, emit)
  }

  /// Runs an INSERT, UPDATE or DELETE, all of it.
  private func run(_ plan: ChangePlan, _ portal: Portal) async throws(SQLError) {
    switch plan {
    case .insert(let plan):
      try checkWritable("INSERT")
      let result = try await InsertExecution(plan, try await environment(portal.parameters)).run()
      portal.finish("INSERT 0 \(result.count)", result.rows)
    case .update(let plan):
      try checkWritable("UPDATE")
      let result = try await UpdateExecution(plan, try await environment(portal.parameters)).run()
      portal.finish("UPDATE \(result.count)", result.rows)
    case .delete(let plan):
      try checkWritable("DELETE")
      let result = try await DeleteExecution(plan, try await environment(portal.parameters)).run()
      portal.finish("DELETE \(result.count)", result.rows)
    }
  }

  /// Runs a change as the catalogue of its transaction has it.
  func change(_ statement: CompiledStatement, _ portal: Portal) async throws(SQLError) {
    try await refresh(statement)
    guard case .change(let plan) = statement.plan else { throw SQLError("XX000", "a change has become something else") }
    try await run(plan, portal)
  }

  /// Hands out rows up to the limit; at the end the tag.
  private func deliver(
    _ portal: Portal, _ maxRows: Int, _ emit: ([[Datum]]) async throws -> Void
  ) async throws(SQLError) -> PortalOutcome {
    var count = 0
    while true {
      if portal.waiting.isEmpty {
        guard let batch = try await portal.rows?.next() else { break }
        portal.waiting = batch.rows[...]
      }
      let room = maxRows == 0 ? portal.waiting.count : min(portal.waiting.count, maxRows - count)
      let rows = Array(portal.waiting.prefix(room))
      portal.waiting = portal.waiting.dropFirst(room)
      count += rows.count
      transaction?.becomeFinal()
      do {
        try await emit(rows)
      } catch let error as SQLError {
        throw error
      } catch {
        throw SQLError("08006", "the connection to the client was lost: \(error)")
      }
      if maxRows > 0, count >= maxRows { return .suspended }
    }
    await portal.release()
    let tag = portal.tag ?? "SELECT \(count)"
    transaction?.remember(portal, tag: tag)
    return .completed(tag: tag)
  }

  // MARK: What executions need

  func statementContext(_ parameters: [Datum]) -> StatementContext {
    let options = database.options
    let context = StatementContext(
      parameters: parameters, transactionTime: open().startTime, statementTime: options.wallClock(),
      clock: options.wallClock, timeZone: settings.timeZone, sessionUser: user, currentUser: user,
      databaseName: databaseName, random: { [unowned self] in random.next() },
      budget: MemoryBudget(limit: options.statementMemoryBytes, account: options.memory?.statements),
      cancellation: cancellation, session: self)
    context.monotonicClock = options.monotonicNanoseconds
    context.deadline = deadline
    if let placement {
      context.placement = placement
      context.onLongEvaluation = onLongEvaluation
    }
    return context
  }

  /// When the time of the statement in hand is over: each Execute has its own.
  private var deadline: Int64? { settings.statementTimeout > 0 ? statementStart &+ settings.statementTimeout : nil }

  func environment(_ parameters: [Datum]) async throws(SQLError) -> ExecutionEnvironment {
    let store = try await storeTransaction()
    return ExecutionEnvironment(
      statement: statementContext(parameters), transaction: store, catalogue: try await currentCatalogue(),
      rowNumbers: database.rowNumbers, storeOptions: storeOptions)
  }

  private func open(_ plan: PlanLevel, _ statement: StatementContext) async throws(SQLError) -> Operator {
    let store = try await storeTransaction()
    let builder = OperatorBuilder(statement: statement, transaction: store)
    let rows = builder.operators(plan, outer: nil)
    try await rows.open()
    return rows
  }

  /// The hot path: one key, one row, no operator.
  private func find(_ query: PointQuery, _ parameters: [Datum]) async throws(SQLError) -> [Row] {
    let store = try await storeTransaction()
    let context = EvaluationContext(statementContext(parameters))
    let source = RowSource(query.scan, transaction: store)
    try await context.statement.evaluating { () throws(SQLError) in try source.start([], context) }
    let rows = try await source.next() ?? []
    return try await context.statement.evaluating { () throws(SQLError) in try project(rows, query, context) }
  }

  private func project(_ rows: [Row], _ query: PointQuery, _ context: EvaluationContext) throws(SQLError) -> [Row] {
    var result: [Row] = []
    for row in rows {
      if let filter = query.filter, try !filter.isTrue(row, context) { continue }
      var values: Row = []
      values.reserveCapacity(query.targets.count)
      var size = 0
      for target in query.targets {
        let value = try target.evaluate(row, context)
        size += value.estimatedSize
        try context.statement.checkRow(size)
        values.append(value)
      }
      result.append(values)
    }
    return result
  }
}

/// What executing a change needs.
struct ExecutionEnvironment {
  let statement: StatementContext
  let transaction: Transaction
  let catalogue: Catalogue
  let rowNumbers: RowNumbers
  let storeOptions: TransactionOptions
}
