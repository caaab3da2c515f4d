/// Reads a regular expression into a tree and writes the tree as a program.
struct RegularExpressionCompiler {
  private indirect enum Node {
    case empty
    case instruction(RegularExpression.Instruction)
    case sequence([Node])
    case alternation([Node])
    case group(Node, Int)
    case repetition(Node, Int, Int?, lazy: Bool)
  }

  private let pattern: [Unicode.Scalar]
  /// Characters are written as the matcher sees those of the text: in lower case.
  private let ignoresCase: Bool
  private var index = 0
  private var depth = 0
  private(set) var groupCount = 0
  private var program: [RegularExpression.Instruction] = []

  /// Bounds on nesting, on a repetition's count and on the program.
  private static let depthLimit = 100
  private static let repetitionLimit = 255
  private static let programLimit = 20000
  /// Bytes of a pattern.
  static let patternLimit = 1 << 17
  /// Parts written, also those that need no instruction: nested repetitions of nothing.
  private static let emissionLimit = 1 << 18
  private var emissions = 0

  static var tooComplex: SQLError { invalid("regular expression is too complex") }

  init(_ pattern: String, ignoringCase: Bool) {
    self.pattern = Array(pattern.unicodeScalars)
    ignoresCase = ignoringCase
  }

  mutating func compile() throws(SQLError) -> [RegularExpression.Instruction] {
    let node = try alternation()
    guard index == pattern.count else { throw Self.invalid("parentheses () not balanced") }
    try emit(.group(node, 0))
    program.append(.match)
    return program
  }

  private static func invalid(_ reason: String) -> SQLError {
    SQLError("2201B", "invalid regular expression: \(reason)")
  }

  private var current: Unicode.Scalar? { index < pattern.count ? pattern[index] : nil }

  private mutating func accept(_ scalar: Unicode.Scalar) -> Bool {
    guard current == scalar else { return false }
    index += 1
    return true
  }

  // MARK: Reading

  private mutating func alternation() throws(SQLError) -> Node {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.depthLimit else { throw Self.tooComplex }
    var branches = [try sequence()]
    while accept("|") { branches.append(try sequence()) }
    return branches.count == 1 ? branches[0] : .alternation(branches)
  }

  private mutating func sequence() throws(SQLError) -> Node {
    var nodes: [Node] = []
    while let scalar = current, scalar != "|", scalar != ")" || depth == 1 {
      if scalar == ")" { throw Self.invalid("parentheses () not balanced") }
      nodes.append(try quantified())
    }
    return nodes.isEmpty ? .empty : .sequence(nodes)
  }

  private mutating func quantified() throws(SQLError) -> Node {
    let node = try atom()
    if let scalar = current {
      var least = 0
      var most: Int?
      switch scalar {
      case "*": index += 1
      case "+":
        index += 1
        least = 1
      case "?":
        index += 1
        most = 1
      case "{" where index + 1 < pattern.count && pattern[index + 1].properties.numericType != nil:
        index += 1
        least = number()
        most = least
        if accept(",") { most = current?.properties.numericType != nil ? number() : nil }
        guard accept("}") else { throw Self.invalid("braces {} not balanced") }
        guard least <= Self.repetitionLimit, most.map({ $0 <= Self.repetitionLimit && $0 >= least }) ?? true else {
          throw Self.invalid("invalid repetition count(s)")
        }
      default: return node
      }
      let isLazy = accept("?")
      if let next = current, "*+?".unicodeScalars.contains(next) { throw Self.invalid("quantifier operand invalid") }
      return .repetition(node, least, most, lazy: isLazy)
    }
    return node
  }

  private mutating func number() -> Int {
    var value = 0
    while let scalar = current, scalar.value >= 48, scalar.value <= 57 {
      value = min(value * 10 + Int(scalar.value - 48), 1 << 20)
      index += 1
    }
    return value
  }

  private mutating func atom() throws(SQLError) -> Node {
    guard let scalar = current else { return .empty }
    index += 1
    switch scalar {
    case "(":
      if accept("?") {
        guard accept(":") else { throw Self.invalid("look-around is not supported") }
        let node = try alternation()
        guard accept(")") else { throw Self.invalid("parentheses () not balanced") }
        return node
      }
      groupCount += 1
      let number = groupCount
      let node = try alternation()
      guard accept(")") else { throw Self.invalid("parentheses () not balanced") }
      return .group(node, number)
    case ".": return .instruction(.any)
    case "^": return .instruction(.assert(.start))
    case "$": return .instruction(.assert(.end))
    case "[": return .instruction(.set(try bracket()))
    case "*", "+", "?": throw Self.invalid("quantifier operand invalid")
    case "\\": return .instruction(try escape())
    default: return .instruction(character(scalar.value))
    }
  }

  private func character(_ value: UInt32) -> RegularExpression.Instruction {
    .character(ignoresCase ? RegularExpression.lowered(value) : value)
  }

  private mutating func escape() throws(SQLError) -> RegularExpression.Instruction {
    guard let scalar = current else { throw Self.invalid("invalid escape \\ sequence") }
    index += 1
    if let (kind, negated) = Self.classEscape(scalar) {
      return .set(RegularExpressionSet(kind, negated: negated))
    }
    switch scalar {
    case "m": return .assert(.wordStart)
    case "M": return .assert(.wordEnd)
    case "y": return .assert(.wordBoundary)
    case "Y": return .assert(.notWordBoundary)
    case "A": return .assert(.start)
    case "Z": return .assert(.end)
    default: return character(try Self.characterEscape(scalar))
    }
  }

  private static func classEscape(_ scalar: Unicode.Scalar) -> (RegularExpressionSet.Class, Bool)? {
    switch scalar {
    case "d": return (.digit, false)
    case "D": return (.digit, true)
    case "w": return (.word, false)
    case "W": return (.word, true)
    case "s": return (.space, false)
    case "S": return (.space, true)
    default: return nil
    }
  }

  private static func characterEscape(_ scalar: Unicode.Scalar) throws(SQLError) -> UInt32 {
    switch scalar {
    case "n": return 10
    case "t": return 9
    case "r": return 13
    case "f": return 12
    case "v": return 11
    case "a": return 7
    case "e": return 27
    default:
      if scalar.properties.isAlphabetic { throw invalid("invalid escape \\ sequence") }
      if scalar.value >= 49, scalar.value <= 57 { throw invalid("back references are not supported") }
      return scalar.value
    }
  }

  private mutating func bracket() throws(SQLError) -> RegularExpressionSet {
    var set = RegularExpressionSet(isNegated: accept("^"), ignoresCase: ignoresCase)
    let unbalanced = Self.invalid("brackets [] not balanced")
    var isFirst = true
    while true {
      guard let scalar = current else { throw unbalanced }
      index += 1
      if scalar == "]", !isFirst {
        set.complete()
        return set
      }
      isFirst = false
      var low = scalar.value
      if scalar == "[", accept(":") {
        var name = ""
        while let letter = current, letter != ":" {
          name.unicodeScalars.append(letter)
          index += 1
        }
        guard accept(":"), accept("]") else { throw unbalanced }
        guard let kind = RegularExpressionSet.named(name) else { throw Self.invalid("invalid character class") }
        set.insert(kind, negated: false)
        continue
      }
      if scalar == "\\" {
        guard let escaped = current else { throw unbalanced }
        index += 1
        if let (kind, negated) = Self.classEscape(escaped) {
          set.insert(kind, negated: negated)
          continue
        }
        low = try Self.characterEscape(escaped)
      }
      var high = low
      if current == "-", index + 1 < pattern.count, pattern[index + 1] != "]" {
        index += 1
        guard let end = current else { throw unbalanced }
        index += 1
        high = end.value
        if end == "\\" {
          guard let escaped = current else { throw unbalanced }
          index += 1
          high = try Self.characterEscape(escaped)
        }
        guard low <= high else { throw Self.invalid("invalid character range") }
      }
      set.insert(low...high)
    }
  }

  // MARK: Writing

  private mutating func emit(_ node: Node) throws(SQLError) {
    emissions += 1
    guard program.count < Self.programLimit, emissions < Self.emissionLimit else { throw Self.tooComplex }
    switch node {
    case .empty: break
    case .instruction(let instruction): program.append(instruction)
    case .sequence(let nodes): for node in nodes { try emit(node) }
    case .alternation(let branches): try emit(branches)
    case .group(let node, let number):
      program.append(.save(2 * number))
      try emit(node)
      program.append(.save(2 * number + 1))
    case .repetition(let node, let least, let most, let lazy):
      for _ in 0..<least { try emit(node) }
      if let most {
        var splits: [Int] = []
        for _ in least..<most {
          splits.append(program.count)
          program.append(.jump(0))
          try emit(node)
        }
        for split in splits { program[split] = branch(split + 1, program.count, lazy) }
      } else {
        let split = program.count
        program.append(.jump(0))
        try emit(node)
        program.append(.jump(split))
        program[split] = branch(split + 1, program.count, lazy)
      }
    }
  }

  private func branch(_ inside: Int, _ after: Int, _ lazy: Bool) -> RegularExpression.Instruction {
    lazy ? .split(after, inside) : .split(inside, after)
  }

  private mutating func emit(_ branches: [Node]) throws(SQLError) {
    var ends: [Int] = []
    for (position, node) in branches.enumerated() {
      guard position + 1 < branches.count else {
        try emit(node)
        break
      }
      let split = program.count
      program.append(.jump(0))
      try emit(node)
      ends.append(program.count)
      program.append(.jump(0))
      program[split] = .split(split + 1, program.count)
    }
    for end in ends { program[end] = .jump(program.count) }
  }
}
