/// A statement bound to its parameters, ready to run or suspended between rows.
import RoostRelational

/// Belongs to the session that made it and is used by one task at a time.
public final class Portal: @unchecked Sendable {  // guarded by its session's task
  /// The columns of the rows it returns; nil when it returns none.
  public let columns: [ResultColumn]?

  let compiled: CompiledStatement
  let parameters: [Datum]

  init(compiled: CompiledStatement, parameters: [Datum]) {
    self.compiled = compiled
    self.parameters = parameters
    self.columns = compiled.columns
  }
}
