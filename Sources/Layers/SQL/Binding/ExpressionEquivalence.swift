import RoostRelational

/// Whether two bound expressions are the same, node for node: for GROUP BY and for finding targets again.
extension Expression {
  func isEquivalent(to other: Expression) -> Bool {
    guard sameNode(other) else { return false }
    let left = children
    let right = other.children
    guard left.count == right.count else { return false }
    for index in left.indices where !left[index].isEquivalent(to: right[index]) { return false }
    return true
  }

  /// Compares all but the operands.
  private func sameNode(_ other: Expression) -> Bool {
    switch (self, other) {
    case (.constant(let left, let leftType), .constant(let right, let rightType)):
      return leftType == rightType && left.isSame(right)
    case (.column(let left, _), .column(let right, _)): return left == right
    case (.outer(let left, let leftPosition, _), .outer(let right, let rightPosition, _)):
      return left == right && leftPosition == rightPosition
    case (.parameter(let left, _), .parameter(let right, _)): return left == right
    case (.call(let left, _, _), .call(let right, _, _)): return left === right && left.volatility != .volatile
    case (.cast(_, _, let left), .cast(_, _, let right)): return left == right
    case (.isNull(_, let left), .isNull(_, let right)): return left == right
    case (.isTruth(_, let left, let leftNegated), .isTruth(_, let right, let rightNegated)):
      return left == right && leftNegated == rightNegated
    case (.isDistinct(_, _, _, let left), .isDistinct(_, _, _, let right)): return left == right
    case (.inList(_, _, _, let left), .inList(_, _, _, let right)): return left == right
    case (.caseWhen(let left, let leftOtherwise, _), .caseWhen(let right, let rightOtherwise, _)):
      return left.count == right.count && (leftOtherwise == nil) == (rightOtherwise == nil)
    case (.and, .and), (.or, .or), (.not, .not), (.coalesce, .coalesce), (.nullIf, .nullIf), (.greatest, .greatest),
      (.least, .least):
      return true
    case (.scalarSubquery(let left, _), .scalarSubquery(let right, _)): return left == right
    case (.exists(let left), .exists(let right)): return left == right
    default: return false
    }
  }

  /// Mixes in what `sameNode` compares, or less; false when the node is the same as none.
  func combineNode(into hasher: inout Hasher) -> Bool {
    switch self {
    case .constant(let value, let type):
      hasher.combine(0)
      hasher.combine(type)
      hasher.combine(DatumKey([value]))
    case .column(let position, _):
      hasher.combine(1)
      hasher.combine(position)
    case .outer(let level, let position, _):
      hasher.combine(2)
      hasher.combine(level)
      hasher.combine(position)
    case .parameter(let number, _):
      hasher.combine(3)
      hasher.combine(number)
    case .call(let function, _, _):
      hasher.combine(4)
      hasher.combine(ObjectIdentifier(function))
      return function.volatility != .volatile
    case .cast(_, _, let type):
      hasher.combine(5)
      hasher.combine(type)
    case .isNull: hasher.combine(6)
    case .isTruth: hasher.combine(7)
    case .isDistinct: hasher.combine(8)
    case .inList: hasher.combine(9)
    case .caseWhen: hasher.combine(10)
    case .and: hasher.combine(11)
    case .or: hasher.combine(12)
    case .not: hasher.combine(13)
    case .coalesce: hasher.combine(14)
    case .nullIf: hasher.combine(15)
    case .greatest: hasher.combine(16)
    case .least: hasher.combine(17)
    case .scalarSubquery(let slot, _):
      hasher.combine(18)
      hasher.combine(slot)
    case .exists(let slot):
      hasher.combine(19)
      hasher.combine(slot)
    case .inSubquery, .quantified: return false
    }
    return true
  }
}
