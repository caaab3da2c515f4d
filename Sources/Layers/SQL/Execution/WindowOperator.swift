import RoostRelational
final class WindowOperator: Operator {
  init(_ input: Operator, _ node: WindowNode, context: EvaluationContext) { super.init(columnCount: node.inputWidth + node.calls.count) }
}
