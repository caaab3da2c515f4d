/// Runs a program over one text: all threads advance together, one character at a time.
struct RegularExpressionMatcher {
  private let expression: RegularExpression
  private let text: UnsafeBufferPointer<UInt8>
  private let pace: EvaluationPace
  private let wantsPositions: Bool
  /// Places that a thread keeps: two for the match and for each group that is wanted.
  private let saveCount: Int
  private var isAdmitted = false
  private var current: Threads
  private var next: Threads
  private var generation = 0
  private var stack: [(counter: Int, saves: [Int])] = []
  private var visited = 0

  private struct Threads {
    var order: [(counter: Int, saves: [Int])] = []
    /// By instruction the generation in which it was reached last.
    var mark: [Int]

    init(_ count: Int) { mark = [Int](repeating: -1, count: count) }
  }

  /// What reaching one instruction is counted as.
  private static let stepWork = 8
  /// Instructions reached between two looks at the pace.
  private static let stepsPerPoll = 1 << 12
  /// Groups that anybody may ask for: `\1` to `\9`.
  static let mostGroups = 9

  /// - Parameters:
  ///   - text: must outlive the matcher.
  ///   - groups: how many groups are wanted, if the expression has so many. Every thread keeps the places of each.
  init(
    _ expression: RegularExpression, _ text: UnsafeBufferPointer<UInt8>, wantsPositions: Bool,
    groups: Int = RegularExpressionMatcher.mostGroups, _ pace: EvaluationPace
  ) {
    self.expression = expression
    self.text = text
    self.pace = pace
    self.wantsPositions = wantsPositions
    saveCount = wantsPositions ? 2 * (min(groups, expression.groupCount) + 1) : 0
    current = Threads(expression.program.count)
    next = Threads(expression.program.count)
  }

  /// Bytes of a thread beside its saves, and those of an array's head.
  private static let threadBytes = 16 + 48

  /// There are at most as many threads as instructions, once for this character, once for the next, and once on the
  /// stack.
  private mutating func admitThreads() throws(SQLError) {
    if isAdmitted { return }
    isAdmitted = true
    try pace.admit(3 * expression.program.count * (Self.threadBytes + MemoryLayout<Int>.stride * saveCount))
  }

  /// The first match from `start` on: pairs of byte offsets for the whole and each wanted group, -1 where a group took
  /// no part; empty without `wantsPositions`.
  mutating func match(from start: Int) throws(SQLError) -> [Int]? {
    try admitThreads()
    var best: [Int]?
    let unset = [Int](repeating: -1, count: saveCount)
    var position = start
    current.order.removeAll(keepingCapacity: true)
    generation += 1
    while position <= text.count {
      if best == nil {
        if current.order.isEmpty {
          position = try firstCandidate(from: position)
          generation += 1
        }
        try add(0, unset, position, ahead: false)
      }
      if current.order.isEmpty, best != nil { break }
      let (value, width) = position < text.count ? text.scalar(at: position) : (UInt32.max, 1)
      let found = try advance(expression.ignoresCase ? RegularExpression.lowered(value) : value, position + width)
      if let found { best = found }
      swap(&current, &next)
      if best != nil, !wantsPositions { return best }
      position += width
    }
    return best
  }

  /// The next place at which a match may begin, or the end of the text.
  private func firstCandidate(from start: Int) throws(SQLError) -> Int {
    guard let firstBytes = expression.firstBytes else { return start }
    var position = start
    while position < text.count {
      let end = min(position + EvaluationPace.blockSize, text.count)
      let begin = position
      while position < end, !firstBytes[Int(text[position])] || !text.isLead(position) { position += 1 }
      try pace.poll(work: position - begin + 1)
      if position < end { return position }
    }
    return text.count
  }

  /// Moves the current threads over a character to `position`, the place behind it. Gives what a thread that is at the
  /// program's end has saved: those after it have lower priority and end.
  private mutating func advance(_ value: UInt32, _ position: Int) throws(SQLError) -> [Int]? {
    let isAtEnd = value == UInt32.max
    generation += 1
    next.order.removeAll(keepingCapacity: true)
    visited += 1
    defer { visited = 0 }
    for index in current.order.indices {
      let counter = current.order[index].counter
      let isTaken: Bool
      switch expression.program[counter] {
      case .match:
        try pace.poll(work: visited * Self.stepWork)
        return current.order[index].saves
      case .character(let wanted): isTaken = value == wanted
      case .any: isTaken = !isAtEnd
      case .set(let set): isTaken = !isAtEnd && set.contains(value)
      default: isTaken = false
      }
      visited += 1
      if isTaken { try add(counter + 1, current.order[index].saves, position, ahead: true) }
    }
    try pace.poll(work: visited * Self.stepWork)
    return nil
  }

  /// Adds a thread and what it reaches without reading to the current threads, or to those of the next character; a
  /// stack of its own, since programs may be long.
  private mutating func add(
    _ counter: Int, _ saves: [Int], _ position: Int, ahead: Bool
  ) throws(SQLError) {
    let isCurrent = !ahead
    stack.append((counter, saves))
    while let (counter, saves) = stack.popLast() {
      if (isCurrent ? current.mark[counter] : next.mark[counter]) == generation { continue }
      if isCurrent { current.mark[counter] = generation } else { next.mark[counter] = generation }
      visited += 1
      if visited >= Self.stepsPerPoll {
        try pace.poll(work: visited * Self.stepWork)
        visited = 0
      }
      switch expression.program[counter] {
      case .jump(let target): stack.append((target, saves))
      case .split(let first, let second):
        stack.append((second, saves))
        stack.append((first, saves))
      case .save(let slot):
        var saves = saves
        if slot < saves.count { saves[slot] = position }
        stack.append((counter + 1, saves))
      case .assert(let assertion): if holds(assertion, position) { stack.append((counter + 1, saves)) }
      default: if isCurrent { current.order.append((counter, saves)) } else { next.order.append((counter, saves)) }
      }
    }
  }

  private func holds(_ assertion: RegularExpression.Assertion, _ position: Int) -> Bool {
    switch assertion {
    case .start: return position == 0
    case .end: return position == text.count
    default: break
    }
    let before = position > 0 && RegularExpressionSet.isWord(text.scalar(at: text.lead(before: position)).value)
    let after = position < text.count && RegularExpressionSet.isWord(text.scalar(at: position).value)
    switch assertion {
    case .start, .end: return false
    case .wordStart: return !before && after
    case .wordEnd: return before && !after
    case .wordBoundary: return before != after
    case .notWordBoundary: return before == after
    }
  }
}
