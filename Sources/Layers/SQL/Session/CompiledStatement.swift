/// A statement after analysis: what it needs, what it returns, and how to run it.
import RoostRelational

final class CompiledStatement: @unchecked Sendable {  // guarded by its session's task
  let source: ParsedStatement
  let parameterTypes: [SQLType]
  let columns: [ResultColumn]?

  init(source: ParsedStatement, parameterTypes: [SQLType], columns: [ResultColumn]?) {
    self.source = source
    self.parameterTypes = parameterTypes
    self.columns = columns
  }
}
