import Synchronization

/// Regular expressions without backtracking: a pattern becomes a program whose threads advance together over the text
/// (Pike's simulation), so time is bounded by text × program.
///
/// The advanced expressions of PostgreSQL without back references, look-around and collating elements: alternation,
/// groups (capturing and not), * + ? {m,n} greedy and lazy, brackets with classes, . ^ $, \d \w \s \D \W \S, \m \M \y
/// \A \Z, escapes. Among matches at the first place the one of the first alternative wins, where PostgreSQL takes the
/// longest.
final class RegularExpression: Sendable {
  enum Instruction: Sendable {
    case character(UInt32)
    case any
    case set(RegularExpressionSet)
    case split(Int, Int)
    case jump(Int)
    case save(Int)
    case assert(Assertion)
    case match
  }

  enum Assertion: Sendable { case start, end, wordStart, wordEnd, wordBoundary, notWordBoundary }

  let program: [Instruction]
  /// Capturing groups, not counting the whole match.
  let groupCount: Int
  private let ignoresCase: Bool

  init(_ pattern: String, ignoringCase: Bool) throws(SQLError) {
    var compiler = RegularExpressionCompiler(ignoringCase ? StringOperations.lower(pattern) : pattern)
    program = try compiler.compile()
    groupCount = compiler.groupCount
    ignoresCase = ignoringCase
  }

  private struct CacheKey: Hashable {
    let pattern: String
    let ignoresCase: Bool
  }

  private static let cache = Mutex<[CacheKey: RegularExpression]>([:])
  private static let cacheLimit = 64

  /// The compiled pattern, kept for the next rows.
  static func cached(_ pattern: String, ignoringCase: Bool) throws(SQLError) -> RegularExpression {
    let key = CacheKey(pattern: pattern, ignoresCase: ignoringCase)
    if let found = cache.withLock({ $0[key] }) { return found }
    let compiled = try RegularExpression(pattern, ignoringCase: ignoringCase)
    cache.withLock { cache in
      if cache.count >= cacheLimit { cache.removeAll(keepingCapacity: true) }
      cache[key] = compiled
    }
    return compiled
  }

  /// Work one match may cost: text × program.
  private static let workLimit = 1 << 31

  func matches(_ text: String) throws(SQLError) -> Bool {
    try match(scalars(text), from: 0, wantsPositions: false) != nil
  }

  /// The text as the matcher compares it.
  func scalars(_ text: String) -> [UInt32] { text.unicodeScalars.map(\.value) }

  private struct Threads {
    var order: [(counter: Int, saves: [Int])] = []
    var mark: [Int]
    var generation = 0

    init(_ count: Int) { mark = [Int](repeating: -1, count: count) }
  }

  /// The first match from `start` on: pairs of offsets for the whole and each group, -1 where a group took no part.
  func match(_ input: [UInt32], from start: Int, wantsPositions: Bool = true) throws(SQLError) -> [Int]? {
    if (input.count + 1) * program.count > Self.workLimit {
      throw SQLError("54001", "the regular expression is too complex for a text of this length")
    }
    let text = ignoresCase ? input.map(Self.lowered) : input
    var current = Threads(program.count)
    var next = Threads(program.count)
    var best: [Int]?
    let slots = wantsPositions ? 2 * (groupCount + 1) : 0
    var position = start
    var generation = 0
    while position <= text.count {
      if best == nil {
        current.generation = generation
        add(0, [Int](repeating: -1, count: slots), position, text, &current)
      }
      if current.order.isEmpty, best != nil { break }
      generation += 1
      next.order.removeAll(keepingCapacity: true)
      next.generation = generation
      advance: for thread in current.order {
        switch program[thread.counter] {
        case .match:
          best = thread.saves
          // Threads after this one have lower priority.
          break advance
        case .character(let wanted):
          if position < text.count, text[position] == wanted {
            add(thread.counter + 1, thread.saves, position + 1, text, &next)
          }
        case .any: if position < text.count { add(thread.counter + 1, thread.saves, position + 1, text, &next) }
        case .set(let set):
          if position < text.count, set.contains(text[position]) {
            add(thread.counter + 1, thread.saves, position + 1, text, &next)
          }
        default: break
        }
      }
      swap(&current, &next)
      if best != nil, !wantsPositions { return best }
      position += 1
    }
    return best
  }

  private static func lowered(_ value: UInt32) -> UInt32 {
    if value < 0x80 { return value >= 65 && value <= 90 ? value | 0x20 : value }
    guard let scalar = Unicode.Scalar(value) else { return value }
    let mapping = scalar.properties.lowercaseMapping.unicodeScalars
    return mapping.count == 1 ? mapping.first?.value ?? value : value
  }

  /// Adds a thread and what it reaches without reading; a stack of its own, since programs may be long.
  private func add(_ counter: Int, _ saves: [Int], _ position: Int, _ text: [UInt32], _ threads: inout Threads) {
    var stack: [(Int, [Int])] = [(counter, saves)]
    while let (counter, saves) = stack.popLast() {
      if threads.mark[counter] == threads.generation { continue }
      threads.mark[counter] = threads.generation
      switch program[counter] {
      case .jump(let target): stack.append((target, saves))
      case .split(let first, let second):
        stack.append((second, saves))
        stack.append((first, saves))
      case .save(let slot):
        var saves = saves
        if slot < saves.count { saves[slot] = position }
        stack.append((counter + 1, saves))
      case .assert(let assertion): if holds(assertion, position, text) { stack.append((counter + 1, saves)) }
      default: threads.order.append((counter, saves))
      }
    }
  }

  private func holds(_ assertion: Assertion, _ position: Int, _ text: [UInt32]) -> Bool {
    let before = position > 0 && RegularExpressionSet.isWord(text[position - 1])
    let after = position < text.count && RegularExpressionSet.isWord(text[position])
    switch assertion {
    case .start: return position == 0
    case .end: return position == text.count
    case .wordStart: return !before && after
    case .wordEnd: return before && !after
    case .wordBoundary: return before != after
    case .notWordBoundary: return before == after
    }
  }
}

/// A set of characters: ranges and classes, perhaps negated.
struct RegularExpressionSet: Sendable {
  enum Class: Sendable {
    case digit, word, space, alpha, alnum, upper, lower, punct, blank, cntrl, graph, print, xdigit
  }

  var ranges: [ClosedRange<UInt32>] = []
  var classes: [(kind: Class, negated: Bool)] = []
  var isNegated = false

  static func isWord(_ value: UInt32) -> Bool { value == 95 || isMember(value, .alnum) }

  func contains(_ value: UInt32) -> Bool {
    let isMember =
      ranges.contains { $0.contains(value) } || classes.contains { Self.isMember(value, $0.kind) != $0.negated }
    return isMember != isNegated
  }

  private static func isMember(_ value: UInt32, _ kind: Class) -> Bool {
    guard let scalar = Unicode.Scalar(value) else { return false }
    let properties = scalar.properties
    switch kind {
    case .digit: return value >= 48 && value <= 57
    case .word: return isWord(value)
    case .space: return properties.isWhitespace
    case .alpha: return properties.isAlphabetic
    case .alnum: return properties.isAlphabetic || (value >= 48 && value <= 57)
    case .upper: return properties.isUppercase
    case .lower: return properties.isLowercase
    case .punct: return value > 32 && value < 127 && !properties.isAlphabetic && !(value >= 48 && value <= 57)
    case .blank: return value == 32 || value == 9
    case .cntrl: return value < 32 || value == 127
    case .graph: return value > 32 && value != 127
    case .print: return value >= 32 && value != 127
    case .xdigit: return value < 128 && UInt8(value).hexValue != nil
    }
  }

  static func named(_ name: String) -> Class? {
    switch name {
    case "digit": return .digit
    case "word": return .word
    case "space": return .space
    case "alpha": return .alpha
    case "alnum": return .alnum
    case "upper": return .upper
    case "lower": return .lower
    case "punct": return .punct
    case "blank": return .blank
    case "cntrl": return .cntrl
    case "graph": return .graph
    case "print": return .print
    case "xdigit": return .xdigit
    default: return nil
    }
  }
}
