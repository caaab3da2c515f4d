import RoostRelational

/// Plans over rows of integers and texts, for the executor's tests.
struct PlanBuilder {
  let statement: StatementContext
  let context: EvaluationContext
  let checker = TypeChecker(input: InputContext())

  init(_ statement: StatementContext = StatementContext(), outer: EvaluationContext? = nil) {
    self.statement = statement
    context = EvaluationContext(statement, outer: outer)
  }

  func rows(_ rows: [Row], columns: Int) -> Operator { RowsOperator(rows, columnCount: columns) }

  func column(_ position: Int, _ type: SQLType = .integer) -> Evaluator {
    Expression.column(position, type).evaluator()
  }

  func equal(_ left: Int, _ right: Int) throws -> Evaluator {
    try checker.infix("=", .column(left, .integer), .column(right, .integer)).evaluator()
  }
}

extension Row {
  /// The row as text, null as a dot.
  var shown: String { map { $0.isNull ? "." : $0.text() }.joined(separator: " ") }

  static func integers(_ values: [Int?]) -> Row { values.map { $0.map { .integer(Int32($0)) } ?? .null } }
}

extension Array where Element == Row {
  var shown: [String] { map(\.shown) }
}
