/// Functions that read the statement's context: users, clock, version. Keywords such as CURRENT_USER are calls of the
/// function of that name.
extension FunctionCatalogue {
  mutating func addSession() {
    func stable(_ name: String, _ result: BaseType, _ body: @escaping FunctionDefinition.Nullary) {
      add(FunctionDefinition(name, [], result, volatility: .stable, .nullary(body)))
    }
    stable("version", .text) { .text($0.statement.serverVersion) }
    for name in ["current_user", "user", "current_role"] { stable(name, .name) { .text($0.statement.currentUser) } }
    stable("session_user", .name) { .text($0.statement.sessionUser) }
    for name in ["current_database", "current_catalog"] { stable(name, .name) { .text($0.statement.databaseName) } }
    stable("current_schema", .name) { .text($0.statement.schemaName) }
    for name in ["now", "transaction_timestamp", "current_timestamp"] {
      stable(name, .timestamptz) { .timestamptz($0.statement.transactionTime) }
    }
    stable("statement_timestamp", .timestamptz) { .timestamptz($0.statement.statementTime) }
    add(
      FunctionDefinition(
        "clock_timestamp", [], .timestamptz, volatility: .volatile, .nullary { .timestamptz($0.statement.clock()) }))
    stable("localtimestamp", .timestamp) { context throws(SQLError) in
      .timestamp(try Calendar.toLocal(context.statement.transactionTime, context.statement.timeZone))
    }
    stable("current_date", .date) { context throws(SQLError) in
      .date(try Calendar.day(of: Calendar.toLocal(context.statement.transactionTime, context.statement.timeZone)))
    }
    stable("localtime", .time) { context throws(SQLError) in
      .time(Calendar.timeOfDay(try Calendar.toLocal(context.statement.transactionTime, context.statement.timeZone)))
    }
    add(
      FunctionDefinition(
        "random", [], .double, volatility: .volatile,
        .nullary { .double(Double($0.statement.random() >> 11) * 0x1p-53) }))
  }
}
