import RoostRelational
import RoostStore

/// Makes the operators of one execution out of a plan.
struct OperatorBuilder {
  let statement: StatementContext
  let transaction: Transaction

  /// The operators of a level with a context of their own; `outer` is the context of the level around it.
  func operators(_ level: PlanLevel, outer: EvaluationContext?) -> Operator {
    let context = EvaluationContext(statement, outer: outer)
    attachSubplans(level, to: context)
    return build(level.root, context)
  }

  /// Gives a context the subqueries of a level.
  func attachSubplans(_ level: PlanLevel, to context: EvaluationContext) {
    for subplan in level.subplans {
      _ = context.addSubplan(
        operators(subplan.level, outer: context), kind: subplan.kind, isCorrelated: subplan.isCorrelated)
    }
  }

  private func build(_ node: PlanNode, _ context: EvaluationContext) -> Operator {
    switch node {
    case .single: return RowsOperator([[]], columnCount: 0)
    case .nothing(let columns): return RowsOperator([], columnCount: columns)
    case .scan(let scan):
      return TableScan(scan, filter: scan.filter?.evaluator(), transaction: transaction, context: context)
    case .series(let series):
      return SeriesOperator(series.arguments.map { $0.evaluator() }, type: series.type, context: context)
    case .values(let rows, let columns):
      return ValuesOperator(rows.map { $0.map { $0.evaluator() } }, columnCount: columns, context: context)
    case .level(let level, let skip, _):
      var outer = context.outer
      for _ in 0..<skip { outer = outer?.outer }
      return operators(level, outer: outer)
    case .filter(let input, let condition):
      return FilterOperator(build(input, context), condition.evaluator(), context: context)
    case .project(let input, let expressions):
      return ProjectOperator(build(input, context), expressions.map { $0.evaluator() }, context: context)
    case .join(let join): return self.join(join, context)
    case .lookupJoin(let join):
      return TableLookupJoin(
        join, left: build(join.left, context), filter: join.filter?.evaluator(), residual: join.residual?.evaluator(),
        transaction: transaction, context: context)
    case .aggregate(let aggregate): return self.aggregate(aggregate, context)
    case .window(let window): return WindowOperator(build(window.input, context), window, context: context)
    case .sort(let input, let keys, let top):
      let sortKeys = keys.map {
        SortKey(
          Expression.column($0.position, $0.type).evaluator(), $0.type, descending: $0.descending,
          nullsFirst: $0.nullsFirst)
      }
      guard let top else { return SortOperator(build(input, context), sortKeys, context: context) }
      return TopOperator(
        build(input, context), sortKeys, limit: top.limit.evaluator(), offset: top.offset?.evaluator(),
        context: context)
    case .distinct(let input, let types): return DistinctOperator(build(input, context), types: types, context: context)
    case .distinctOn(let input, let positions, let types):
      return DistinctOperator(build(input, context), types: types, on: positions, context: context)
    case .limit(let input, let limit, let offset):
      return LimitOperator(
        build(input, context), limit: limit?.evaluator(), offset: offset?.evaluator(), context: context)
    case .setOperation(let operation, let all, let nodes, let types):
      let inputs = nodes.map { build($0, context) }
      switch operation {
      case .union:
        let append = AppendOperator(inputs)
        return all ? append : DistinctOperator(append, types: types, context: context)
      case .intersect: return SetOperator(inputs[0], inputs[1], .intersect, all: all, types: types, context: context)
      case .except: return SetOperator(inputs[0], inputs[1], .except, all: all, types: types, context: context)
      }
    }
  }

  private func join(_ node: JoinNode, _ context: EvaluationContext) -> Operator {
    let kind: JoinKind
    switch node.kind {
    case .inner: kind = .inner
    case .left: kind = .left
    case .full: kind = .full
    case .semi: kind = .semi
    case .anti: kind = .anti
    }
    let left = build(node.left, context)
    let right = build(node.right, context)
    guard !node.leftKeys.isEmpty else {
      return NestedLoopJoin(left, right, kind, on: node.residual?.evaluator(), context: context)
    }
    let keys = zip(node.leftKeys, node.rightKeys).map {
      HashJoin.Key(left: $0.evaluator(), right: $1.evaluator(), type: $0.type)
    }
    return HashJoin(left, right, kind, keys: keys, on: node.residual?.evaluator(), context: context)
  }

  private func aggregate(_ node: AggregateNode, _ context: EvaluationContext) -> Operator {
    let calls = node.calls.map { call in
      AggregateCall(
        call.definition, call.arguments.map { $0.evaluator() }, types: call.arguments.map(\.type),
        distinct: call.isDistinct, filter: call.filter?.evaluator(),
        order: call.orderBy.map {
          SortKey($0.expression.evaluator(), $0.expression.type, descending: $0.descending, nullsFirst: $0.nullsFirst)
        })
    }
    return AggregateOperator(
      build(node.input, context), keys: node.groups.map { $0.evaluator() }, keyTypes: node.groups.map(\.type), calls,
      context: context)
  }
}
