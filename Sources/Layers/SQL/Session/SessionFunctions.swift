import RoostRelational
import RoostStore

/// Functions that need the session or that only PostgreSQL's tools ask for.
enum SessionFunctions {
  static func extended(_ catalogue: FunctionCatalogue) -> FunctionCatalogue {
    var functions: [FunctionDefinition] = []
    func add(
      _ name: String, _ arguments: [BaseType], _ result: BaseType,
      _ body: @escaping @Sendable ([Datum], Session) throws(SQLError) -> Datum
    ) {
      guard !(catalogue.functions[name] ?? []).contains(where: { $0.arguments == arguments }) else { return }
      functions.append(
        FunctionDefinition(
          name, arguments, result, volatility: .stable,
          .general { (values, context) throws(SQLError) in
            guard let session = context.statement.session as? Session else {
              throw SQLError("0A000", "\(name)() can't be used here")
            }
            return try body(values, session)
          }))
    }
    add("current_setting", [.text], .text) { (values, session) throws(SQLError) in
      .text(try session.shown(try values[0].string).value)
    }
    add("current_setting", [.text, .boolean], .text) { (values, session) throws(SQLError) in
      do throws(SQLError) {
        return .text(try session.shown(try values[0].string).value)
      } catch {
        if try values[1].boolean { return .null }
        throw error
      }
    }
    add("pg_backend_pid", [], .integer) { (_, session) throws(SQLError) in
      .integer(Int32(truncatingIfNeeded: session.number))
    }
    add("pg_is_in_recovery", [], .boolean) { (_, _) throws(SQLError) in .boolean(false) }
    add("txid_current", [], .bigint) { (_, session) throws(SQLError) in
      .bigint(Int64(truncatingIfNeeded: session.transaction?.store?.readTimestamp.rawValue ?? 0))
    }
    return catalogue.extended(with: functions)
  }
}
