import RoostBase

/// A set of characters: ranges and classes, perhaps negated.
struct RegularExpressionSet: Sendable {
  enum Class: Sendable {
    case digit, word, space, alpha, alnum, upper, lower, punct, blank, cntrl, graph, print, xdigit
  }

  /// Sorted, without overlap, once the set is complete.
  private var ranges: [ClosedRange<UInt32>] = []
  private var classes: [(kind: Class, negated: Bool)] = []
  private let isNegated: Bool
  /// Whether a character is asked for in lower case and stands for both its cases.
  private let ignoresCase: Bool
  /// The answers for ASCII characters, once the set is complete.
  private var ascii: (UInt64, UInt64) = (0, 0)

  init(isNegated: Bool = false, ignoresCase: Bool = false) {
    self.isNegated = isNegated
    self.ignoresCase = ignoresCase
  }

  /// The set of an escape such as \d.
  init(_ kind: Class, negated: Bool) {
    self.init()
    insert(kind, negated: negated)
    complete()
  }

  mutating func insert(_ range: ClosedRange<UInt32>) { ranges.append(range) }

  mutating func insert(_ kind: Class, negated: Bool) {
    // Without regard to case every letter is of both.
    let kind = ignoresCase && (kind == .upper || kind == .lower) ? .alpha : kind
    if !classes.contains(where: { $0.kind == kind && $0.negated == negated }) { classes.append((kind, negated)) }
  }

  /// Prepares the look-up; nothing may be inserted afterwards.
  mutating func complete() {
    var merged: [ClosedRange<UInt32>] = []
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if let last = merged.last, range.lowerBound <= last.upperBound {
        merged[merged.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
      } else {
        merged.append(range)
      }
    }
    ranges = merged
    for value in 0..<128 as Range<UInt32> where search(value) != isNegated {
      if value < 64 { ascii.0 |= 1 << UInt64(value) } else { ascii.1 |= 1 << UInt64(value - 64) }
    }
  }

  static func isWord(_ value: UInt32) -> Bool { value == 95 || isMember(value, .alnum) }

  func contains(_ value: UInt32) -> Bool {
    if value < 64 { return ascii.0 >> UInt64(value) & 1 == 1 }
    if value < 128 { return ascii.1 >> UInt64(value - 64) & 1 == 1 }
    return search(value) != isNegated
  }

  /// Whether the value is in a range or a class.
  private func search(_ value: UInt32) -> Bool {
    if isInRange(value) || (ignoresCase && isInRange(Self.uppercased(value))) { return true }
    return classes.contains { Self.isMember(value, $0.kind) != $0.negated }
  }

  private func isInRange(_ value: UInt32) -> Bool {
    let place = ranges.partitioningIndex { $0.upperBound >= value }
    return place < ranges.count && ranges[place].contains(value)
  }

  private static func uppercased(_ value: UInt32) -> UInt32 {
    if value < 0x80 { return value >= 97 && value <= 122 ? value & ~0x20 : value }
    guard let scalar = Unicode.Scalar(value) else { return value }
    let mapping = scalar.properties.uppercaseMapping.unicodeScalars
    return mapping.count == 1 ? mapping.first?.value ?? value : value
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
