import RoostRelational

/// A statement after analysis. It is planned anew, in place, when the catalogue has changed since.
final class CompiledStatement: @unchecked Sendable {  // guarded by its session's task
  let source: ParsedStatement
  /// Types the client declared; unknown where it left them open.
  let declaredTypes: [SQLType]
  var parameterTypes: [SQLType]
  let columns: [ResultColumn]?
  var plan: StatementPlan
  /// The catalogue it was planned for; nil when it depends on none.
  var catalogueVersion: UInt64?

  /// From so many tokens on.
  private static let longTokens = 4_096

  /// Whether so much was written that even to begin takes long: an evaluator is made of each part, and keys of each
  /// element of a list that an index looks for.
  var isLong: Bool {
    if case .execute(let inner, _) = plan, inner.isLong { return true }
    return source.tokens >= Self.longTokens
  }

  init(
    source: ParsedStatement, declaredTypes: [SQLType], parameterTypes: [SQLType], columns: [ResultColumn]?,
    plan: StatementPlan, catalogueVersion: UInt64?
  ) {
    self.source = source
    self.declaredTypes = declaredTypes
    self.parameterTypes = parameterTypes
    self.columns = columns
    self.plan = plan
    self.catalogueVersion = catalogueVersion
  }
}
