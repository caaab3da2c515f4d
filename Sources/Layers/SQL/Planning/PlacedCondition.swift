import RoostRelational

/// A condition of FROM or WHERE, and what decides where it can be evaluated. Found out once: a condition may be long, and
/// a planner asks often.
struct PlacedCondition {
  /// `left = right`, where each side reads some column.
  struct Equality {
    var left: Expression
    var right: Expression
    fileprivate var leftPositions: Set<Int>
    fileprivate var rightPositions: Set<Int>
  }

  let expression: Expression
  /// The input positions it reads.
  let positions: Set<Int>
  /// Whether it may be evaluated by a scan or probe, away from the level's complete rows.
  let isMovable: Bool
  private let equality: Equality?

  init(_ expression: Expression, _ stack: StackGuard) throws(SQLError) {
    self.expression = expression
    guard case .call(let function, let operands, _) = expression, function.name == "=", operands.count == 2 else {
      (positions, isMovable) = try PlacedCondition.look(at: expression, stack)
      equality = nil
      return
    }
    let left = try PlacedCondition.look(at: operands[0], stack)
    let right = try PlacedCondition.look(at: operands[1], stack)
    positions = left.positions.union(right.positions)
    isMovable = left.isMovable && right.isMovable && function.volatility != .volatile
    let joins = isMovable && !left.positions.isEmpty && !right.positions.isEmpty
    equality =
      joins
      ? Equality(
        left: operands[0], right: operands[1], leftPositions: left.positions, rightPositions: right.positions)
      : nil
  }

  private static func look(
    at expression: Expression, _ stack: StackGuard
  ) throws(SQLError) -> (positions: Set<Int>, isMovable: Bool) {
    try stack.poll()
    var positions: Set<Int> = []
    var isMovable = true
    var nodes = 0
    _ = try expression.contains { (node) throws(SQLError) in
      nodes += 1
      // Looking at a node is far less than a level's work.
      if nodes % 16 == 0 { try stack.poll() }
      if case .column(let position, _) = node { positions.insert(position) }
      if node.staysInPlace { isMovable = false }
      return false
    }
    return (positions, isMovable)
  }

  /// Whether it can be evaluated by whoever has these positions alone.
  func isMovable(to held: Set<Int>) -> Bool { isMovable && positions.isSubset(of: held) }

  /// Its two sides, if it is an equality of which one reads only `leftSide` and the other only `rightSide`.
  func equality(_ leftSide: Set<Int>, _ rightSide: Set<Int>) -> (left: Expression, right: Expression)? {
    guard let equality else { return nil }
    if equality.leftPositions.isSubset(of: leftSide), equality.rightPositions.isSubset(of: rightSide) {
      return (equality.left, equality.right)
    }
    if equality.rightPositions.isSubset(of: leftSide), equality.leftPositions.isSubset(of: rightSide) {
      return (equality.right, equality.left)
    }
    return nil
  }
}

extension Expression {
  /// Whether this node itself has to be evaluated with the level's complete rows.
  fileprivate var staysInPlace: Bool {
    switch self {
    case .scalarSubquery, .exists, .inSubquery, .quantified: true
    case .call(let function, _, _): function.volatility == .volatile
    default: false
    }
  }

  /// The input positions it reads.
  var positions: Set<Int> {
    var result: Set<Int> = []
    _ = contains {
      if case .column(let position, _) = $0 { result.insert(position) }
      return false
    }
    return result
  }

  /// Whether it can be evaluated by whoever has these positions alone, before a table's row is known.
  func isKnown(from held: Set<Int> = []) -> Bool {
    !contains {
      if case .column(let position, _) = $0 { return !held.contains(position) }
      return $0.staysInPlace
    }
  }
}
