import RoostRelational

/// A statement after analysis. It is planned anew, in place, when the catalogue has changed since.
final class CompiledStatement: @unchecked Sendable {  // guarded by its session's task
  let source: ParsedStatement
  /// Types the client declared; unknown where it left them open.
  let declaredTypes: [SQLType]
  var parameterTypes: [SQLType]
  private(set) var columns: [ResultColumn]?
  private(set) var plan: StatementPlan
  /// The catalogue it was planned for; nil when it depends on none.
  private(set) var catalogueVersion: UInt64?
  /// The session's zone, if values in its text were read by that.
  private(set) var timeZone: TimeZoneOffset?
  /// Values in its text were read by the clock: as 'now' it is good for the statement it was planned for.
  private(set) var readsClock: Bool

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
    plan: StatementPlan, catalogueVersion: UInt64?, timeZone: TimeZoneOffset? = nil, readsClock: Bool = false
  ) {
    self.source = source
    self.declaredTypes = declaredTypes
    self.parameterTypes = parameterTypes
    self.columns = columns
    self.plan = plan
    self.catalogueVersion = catalogueVersion
    self.timeZone = timeZone
    self.readsClock = readsClock
  }

  /// Whether it is what the same text would be planned to now.
  func isCurrent(catalogueVersion version: UInt64, in zone: TimeZoneOffset) -> Bool {
    catalogueVersion == version && !readsClock && (timeZone == nil || timeZone == zone)
  }

  /// Takes the plan that was made of the same text by another catalogue.
  func become(_ other: CompiledStatement) {
    columns = other.columns
    plan = other.plan
    catalogueVersion = other.catalogueVersion
    timeZone = other.timeZone
    readsClock = other.readsClock
  }
}
