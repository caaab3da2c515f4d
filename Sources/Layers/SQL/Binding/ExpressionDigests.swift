import RoostRelational

/// Digests of an expression's nodes, in the order from the top down and left to right: equivalent nodes have equal ones.
///
/// With them a node is looked for among many expressions in the time it takes to look at it once.
struct ExpressionDigests {
  struct Node {
    /// nil for what is equivalent to nothing, not even to itself: a volatile call, `IN (SELECT …)`.
    var digest: Int?
    /// How many nodes it is made of, itself included: the next node that isn't below it lies so much further on.
    var count: Int
  }

  private(set) var nodes: [Node] = []

  init(_ expression: Expression, _ stack: StackGuard) throws(SQLError) { _ = try add(expression, stack) }

  private mutating func add(_ expression: Expression, _ stack: StackGuard) throws(SQLError) -> Int? {
    try stack.poll()
    let place = nodes.count
    nodes.append(Node(digest: nil, count: 1))
    var hasher = Hasher()
    var isComparable = expression.combineNode(into: &hasher)
    for child in expression.children {
      let digest = try add(child, stack)
      if let digest { hasher.combine(digest) } else { isComparable = false }
    }
    nodes[place] = Node(digest: isComparable ? hasher.finalize() : nil, count: nodes.count - place)
    return nodes[place].digest
  }
}

/// The grouping expressions of a level, to be found again in what the level shows.
struct GroupingIndex {
  private let expressions: [Expression]
  /// By digest the places of the expressions that differ.
  private var places: [Int: [Int]] = [:]

  var isEmpty: Bool { expressions.isEmpty }

  init(_ expressions: [Expression], _ stack: StackGuard) throws(SQLError) {
    self.expressions = expressions
    for (place, expression) in expressions.enumerated() {
      guard let digest = try ExpressionDigests(expression, stack).nodes[0].digest else { continue }
      // Of equivalent ones the first counts.
      if self.place(of: expression, digest) == nil { places[digest, default: []].append(place) }
    }
  }

  /// The place of the first grouping expression that is equivalent to one with this digest.
  func place(of expression: Expression, _ digest: Int?) -> Int? {
    guard let digest, let candidates = places[digest] else { return nil }
    return candidates.first { expressions[$0].isEquivalent(to: expression) }
  }
}
