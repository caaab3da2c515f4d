import RoostRelational

/// From a parsed statement to a plan, for one version of the catalogue.
struct StatementCompiler {
  let catalogue: Catalogue
  let functions: FunctionCatalogue
  let input: InputContext
  /// Ends analysis and planning, or moves them elsewhere.
  let pace: EvaluationPace

  struct Result {
    var plan: StatementPlan
    var columns: [ResultColumn]?
    var parameterTypes: [SQLType]
  }

  /// What may be spent on computing constants beforehand; the rest is left to the execution, which can be moved and
  /// ended.
  private static let foldingLimit = 4 * EvaluationPace.unitsPerTurn

  func compile(_ statement: SyntaxStatement, declared: [SQLType]) throws(SQLError) -> Result {
    let parameters = ParameterTypes(declared: declared)
    let checker = TypeChecker(catalogue: functions, parameters: parameters, input: input)
    let binder = Binder(catalogue: catalogue, checker: checker, pace)
    // What is computed beforehand depends neither on the time nor on the zone.
    let planner = Planner(
      constants: EvaluationContext(
        StatementContext(
          transactionTime: 0, timeZone: .utc, cancellation: pace.cancellation, workLimit: Self.foldingLimit)), pace)
    let changes = DataChangePlanner(binder: binder, planner: planner)
    var result = Result(plan: .utility(statement), columns: nil, parameterTypes: [])
    switch statement {
    case .query(let query):
      let bound = try binder.bindQuery(query, outer: nil)
      result.columns = bound.columns
      result.plan = StatementCompiler.simplified(try planner.level(bound))
    case .insert(let insert):
      let (plan, columns) = try changes.insert(insert)
      result.plan = .change(.insert(plan))
      result.columns = columns
    case .update(let update):
      let (plan, columns) = try changes.update(update)
      result.plan = .change(.update(plan))
      result.columns = columns
    case .delete(let delete):
      let (plan, columns) = try changes.delete(delete)
      result.plan = .change(.delete(plan))
      result.columns = columns
    default: break
    }
    for (index, type) in parameters.types.enumerated() where type == .unknown {
      throw SQLError("42P18", "could not determine data type of parameter $\(index + 1)")
    }
    result.parameterTypes = parameters.types
    return result
  }

  /// Recognises the query that the hot path serves.
  private static func simplified(_ level: PlanLevel) -> StatementPlan {
    if level.subplans.isEmpty, case .project(.scan(let scan), let targets) = level.root, scan.path.isUnique,
      scan.path.list.isEmpty
    {
      return .point(PointQuery(scan: scan, targets: targets))
    }
    return .query(level)
  }
}
