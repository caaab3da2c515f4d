import RoostRelational
import RoostStore

/// What a change did.
struct ChangeResult {
  var count = 0
  /// For RETURNING.
  var rows: [Row] = []
}

/// What the three changes share.
extension ExecutionEnvironment {
  func context(_ level: PlanLevel? = nil) -> EvaluationContext {
    let context = EvaluationContext(statement)
    if let level { OperatorBuilder(statement: statement, transaction: transaction).attachSubplans(level, to: context) }
    return context
  }

  /// All rows of a plan, on the statement's memory budget.
  func collect(_ plan: PlanLevel) async throws(SQLError) -> [Row] {
    let operators = OperatorBuilder(statement: statement, transaction: transaction).operators(plan, outer: nil)
    var rows: [Row] = []
    do throws(SQLError) {
      try await operators.open()
      while let batch = try await operators.next() {
        try statement.budget.take(batch.estimatedSize)
        rows += batch.rows
      }
    } catch {
      await operators.close()
      throw error
    }
    await operators.close()
    return rows
  }

  /// What RETURNING makes of rows.
  func returned(_ plan: ReturningPlan?, _ rows: [Row], width: Int) async throws(SQLError) -> [Row] {
    guard let plan, !rows.isEmpty else { return [] }
    let project = ProjectOperator(
      RowsOperator(rows, columnCount: width), plan.expressions, context: context(plan.level))
    return try await project.collect()
  }

  func writer(_ table: TableDescriptor, _ checks: [BoundCheck]) -> TableWriter {
    TableWriter(table, transaction, checks: checks, context: context())
  }

  func references() -> ReferenceChecks { ReferenceChecks(catalogue, transaction, statement) }

  /// The key under which a new row will lie.
  func locator(_ row: Row, _ table: TableDescriptor) async throws(SQLError) -> [UInt8] {
    if let locator = table.clusteredLocator(row) { return locator }
    return KeyLayout.bigEndian(
      try await rowNumbers.next(table.storage, block: 4_096, options: storeOptions, statement.cancellation))
  }
}

/// INSERT. Like the other changes it reads all it needs before it writes anything, so that it never meets its own rows.
struct InsertExecution {
  let plan: InsertPlan
  let environment: ExecutionEnvironment

  init(_ plan: InsertPlan, _ environment: ExecutionEnvironment) {
    self.plan = plan
    self.environment = environment
  }

  private var table: TableDescriptor { plan.table }

  func run() async throws(SQLError) -> ChangeResult {
    let rows = try await proposed()
    let writer = environment.writer(table, plan.checks)
    let references = environment.references()
    let checksReferences = !table.foreignKeys.isEmpty
    var result = ChangeResult()
    var written: [Row] = []
    var updated: Set<[UInt8]> = []
    // Rows that wait to be looked up and written together.
    var waiting: [(row: Row, locator: [UInt8])] = []
    do throws(SQLError) {
      for (number, row) in rows.enumerated() {
        if number & 63 == 63 { try await environment.statement.checkpoint() }
        try await validate(row, writer)
        if let conflict = plan.conflict, let holder = try await conflictingRow(row, conflict, writer) {
          guard conflict.update != nil else { continue }
          guard updated.insert(holder).inserted else {
            throw SQLError(
              "21000", "ON CONFLICT DO UPDATE command cannot affect row a second time",
              hint:
                "Ensure that no rows proposed for insertion within the same command have duplicate constrained values.")
          }
          guard let new = try await update(holder, row, conflict, writer, references) else { continue }
          result.count += 1
          if plan.returning != nil { written.append(new) }
          continue
        }
        let locator = try await environment.locator(row, table)
        waiting.append((row, locator))
        if plan.conflict?.update != nil { updated.insert(locator) }
        if checksReferences { references.added(row, to: table) }
        result.count += 1
        if plan.returning != nil { written.append(row) }
        // The next row may conflict with this one.
        if plan.conflict != nil || waiting.count >= TableWriter.batch {
          let batch = waiting
          waiting = []
          try await writer.insert(batch[...])
        }
      }
    } catch {
      // What is wrong with an earlier row comes first.
      if error.dependsOnData { try await writer.insert(waiting[...]) }
      throw error
    }
    try await writer.insert(waiting[...])
    try await references.run()
    result.rows = try await environment.returned(plan.returning, written, width: table.columns.count)
    return result
  }

  private func proposed() async throws(SQLError) -> [Row] {
    switch plan.source {
    case .rows(let templates):
      let context = environment.context()
      var rows: [Row] = []
      rows.reserveCapacity(templates.count)
      for (number, template) in templates.enumerated() {
        if number & 63 == 63 { try await environment.statement.checkpoint() }
        var row = try await environment.statement.evaluating { () throws(SQLError) in try values(template, context) }
        try await self.number(&row, template.sequences)
        try environment.statement.budget.take(row.estimatedRowSize)
        rows.append(row)
      }
      return rows
    case .query(let level, let sequences):
      var rows = try await environment.collect(level)
      if !sequences.isEmpty {
        for index in rows.indices {
          if index & 255 == 255 { try await environment.statement.checkpoint() }
          try await number(&rows[index], sequences)
        }
      }
      return rows
    }
  }

  private func values(_ template: InsertPlan.Template, _ context: EvaluationContext) throws(SQLError) -> Row {
    var row: Row = []
    row.reserveCapacity(template.values.count)
    for value in template.values { row.append(try value.evaluate([], context)) }
    return row
  }

  private func validate(_ row: Row, _ writer: TableWriter) async throws(SQLError) {
    try await environment.statement.evaluating { () throws(SQLError) in try writer.validate(row) }
  }

  /// Takes the next number for each serial column.
  private func number(_ row: inout Row, _ sequences: [Int]) async throws(SQLError) {
    for position in sequences {
      guard let counter = table.columns[position].sequence else { continue }
      let value = try await environment.rowNumbers.next(
        counter, block: 32, options: environment.storeOptions, environment.statement.cancellation)
      switch table.columns[position].type {
      case .smallint:
        guard let narrow = Int16(exactly: value) else {
          throw SQLError("2200H", "nextval: reached maximum value of sequence (32767)")
        }
        row[position] = .smallint(narrow)
      case .integer:
        guard let narrow = Int32(exactly: value) else {
          throw SQLError("2200H", "nextval: reached maximum value of sequence (2147483647)")
        }
        row[position] = .integer(narrow)
      default: row[position] = .bigint(Int64(value))
      }
    }
  }

  // MARK: ON CONFLICT

  private func conflictingRow(
    _ row: Row, _ conflict: InsertPlan.Conflict, _ writer: TableWriter
  ) async throws(SQLError) -> [UInt8]? {
    if let index = conflict.index { return try await writer.holder(index, row) }
    for index in table.uniqueKeys { if let holder = try await writer.holder(index, row) { return holder } }
    return nil
  }

  /// Updates the existing row; nil when the clause's WHERE passes it over.
  private func update(
    _ locator: [UInt8], _ proposed: Row, _ conflict: InsertPlan.Conflict, _ writer: TableWriter,
    _ references: ReferenceChecks
  ) async throws(SQLError) -> Row? {
    guard let update = conflict.update, let value = try await environment.transaction.value(of: table.rowKey(locator))
    else {
      throw SQLError("XX001", "an index entry of table \"\(table.name)\" points to no row")
    }
    let old = try table.decode(value)
    let both = old + proposed
    let context = environment.context()
    let changed = try await environment.statement.evaluating { () throws(SQLError) -> Row? in
      if let filter = update.filter, try !filter.isTrue(both, context) { return nil }
      var new = old
      for (column, value) in update.assignments { new[column] = try value.evaluate(both, context) }
      return new
    }
    guard let new = changed else { return nil }
    try await validate(new, writer)
    try await writer.update([(old, new, locator)])
    references.added(new, old: old, to: table)
    references.removed(old, new: new, from: table)
    return new
  }
}

/// UPDATE.
struct UpdateExecution {
  let plan: UpdatePlan
  let environment: ExecutionEnvironment

  init(_ plan: UpdatePlan, _ environment: ExecutionEnvironment) {
    self.plan = plan
    self.environment = environment
  }

  func run() async throws(SQLError) -> ChangeResult {
    let table = plan.table
    let width = table.columns.count
    let found = try await environment.collect(plan.query)
    let writer = environment.writer(table, plan.checks)
    let references = environment.references()
    var seen: Set<[UInt8]> = []
    var changes: [(old: Row, new: Row, locator: [UInt8])] = []
    changes.reserveCapacity(found.count)
    var shown: [Row] = []
    for (number, row) in found.enumerated() {
      if number & 63 == 63 { try await environment.statement.checkpoint() }
      let locator = try row[width].byteArray
      // A row that several rows of FROM match is changed once.
      guard found.count == 1 || seen.insert(locator).inserted else { continue }
      let old = Row(row.prefix(width))
      var new = old
      for (index, column) in plan.columns.enumerated() { new[column] = row[plan.inputWidth + index] }
      try await environment.statement.evaluating { () throws(SQLError) in try writer.validate(new) }
      changes.append((old, new, locator))
      if plan.returning != nil { shown.append(new + row[width..<plan.inputWidth]) }
    }
    try await writer.update(changes)
    for (number, change) in changes.enumerated() {
      if number & 255 == 255 { try await environment.statement.checkpoint() }
      references.added(change.new, old: change.old, to: table)
      references.removed(change.old, new: change.new, from: table)
    }
    try await references.run()
    return ChangeResult(
      count: changes.count,
      rows: try await environment.returned(plan.returning, shown, width: plan.inputWidth))
  }
}

/// DELETE.
struct DeleteExecution {
  let plan: DeletePlan
  let environment: ExecutionEnvironment

  init(_ plan: DeletePlan, _ environment: ExecutionEnvironment) {
    self.plan = plan
    self.environment = environment
  }

  func run() async throws(SQLError) -> ChangeResult {
    let table = plan.table
    let width = table.columns.count
    let found = try await environment.collect(plan.query)
    let writer = environment.writer(table, [])
    let references = environment.references()
    var seen: Set<[UInt8]> = []
    var shown: [Row] = []
    var count = 0
    for (number, row) in found.enumerated() {
      if number & 63 == 63 { try await environment.statement.checkpoint() }
      let locator = try row[width].byteArray
      guard seen.insert(locator).inserted else { continue }
      let old = Row(row.prefix(width))
      try writer.delete(old, locator: locator)
      references.removed(old, from: table)
      count += 1
      if plan.returning != nil { shown.append(row) }
    }
    try await references.run()
    let rows = try await environment.returned(plan.returning, shown, width: shown.first?.count ?? width + 1)
    return ChangeResult(count: count, rows: rows)
  }
}
