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
  let ignoresCase: Bool
  /// By byte, whether a match may begin with it; nil when a match may be empty.
  let firstBytes: [Bool]?

  /// What the tree of a pattern takes for each of its bytes.
  private static let treeBytes = 128

  init(_ pattern: String, ignoringCase: Bool, _ pace: EvaluationPace) throws(SQLError) {
    guard pattern.utf8.count <= RegularExpressionCompiler.patternLimit else {
      throw RegularExpressionCompiler.tooComplex
    }
    try pace.poll(work: 16 * pattern.utf8.count)
    try pace.admit(Self.treeBytes * pattern.utf8.count)
    var compiler = RegularExpressionCompiler(pattern, ignoringCase: ignoringCase)
    program = try compiler.compile()
    try pace.poll(work: 16 * program.count)
    groupCount = compiler.groupCount
    ignoresCase = ignoringCase
    firstBytes = Self.firstBytes(program, ignoringCase: ignoringCase)
  }

  private struct CacheKey: Hashable {
    let pattern: String
    let ignoresCase: Bool
  }

  private static let cache = Mutex<[CacheKey: RegularExpression]>([:])
  private static let cacheLimit = 64
  /// Longer patterns and programs are not kept.
  private static let cachedLength = 4096

  /// The compiled pattern, kept for the next rows.
  static func cached(
    _ pattern: String, ignoringCase: Bool, _ pace: EvaluationPace
  ) throws(SQLError) -> RegularExpression {
    guard pattern.utf8.count <= cachedLength else {
      return try RegularExpression(pattern, ignoringCase: ignoringCase, pace)
    }
    let key = CacheKey(pattern: pattern, ignoresCase: ignoringCase)
    if let found = cache.withLock({ $0[key] }) { return found }
    let compiled = try RegularExpression(pattern, ignoringCase: ignoringCase, pace)
    guard compiled.program.count <= cachedLength else { return compiled }
    cache.withLock { cache in
      if cache.count >= cacheLimit { cache.removeAll(keepingCapacity: true) }
      cache[key] = compiled
    }
    return compiled
  }

  func matches(_ text: String, _ pace: EvaluationPace) throws(SQLError) -> Bool {
    try text.withBytes { bytes throws(SQLError) in
      var matcher = RegularExpressionMatcher(self, bytes, wantsPositions: false, pace)
      return try matcher.match(from: 0) != nil
    }
  }

  static func lowered(_ value: UInt32) -> UInt32 {
    if value < 0x80 { return value >= 65 && value <= 90 ? value | 0x20 : value }
    guard let scalar = Unicode.Scalar(value) else { return value }
    let mapping = scalar.properties.lowercaseMapping.unicodeScalars
    return mapping.count == 1 ? mapping.first?.value ?? value : value
  }

  /// Looks at what can be reached from the program's start without reading.
  private static func firstBytes(_ program: [Instruction], ignoringCase: Bool) -> [Bool]? {
    var bytes = [Bool](repeating: false, count: 256)
    var isSeen = [Bool](repeating: false, count: program.count)
    var stack = [0]
    while let counter = stack.popLast() {
      if isSeen[counter] { continue }
      isSeen[counter] = true
      switch program[counter] {
      case .jump(let target): stack.append(target)
      case .split(let first, let second): stack += [first, second]
      case .save, .assert: stack.append(counter + 1)
      case .match, .any: return nil
      case .character(let value):
        if value < 0x80, !ignoringCase {
          bytes[Int(value)] = true
          continue
        }
        for byte in 0..<256 {
          // Some characters beyond ASCII have a lower case in it.
          let isCandidate = byte >= 0x80 ? value >= 0x80 || ignoringCase : lowered(UInt32(byte)) == value
          if isCandidate { bytes[byte] = true }
        }
      case .set(let set):
        for byte in 0..<256 {
          let value = UInt32(byte)
          if byte >= 0x80 || set.contains(ignoringCase ? lowered(value) : value) { bytes[byte] = true }
        }
      }
    }
    return bytes
  }
}
