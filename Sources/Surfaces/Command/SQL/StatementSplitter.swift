/// Cuts SQL text into statements at the semicolons that end one: not those in strings, quoted names, dollar quotes and
/// comments. Text comes in pieces of any size, so that a script need not fit in memory.
struct StatementSplitter {
  struct Statement: Equatable {
    /// Without the semicolon.
    var text: String
    /// The line, from 1, on which it begins.
    var line: Int
  }

  private enum State: Equatable {
    case plain
    /// In a string; with `escapes` a backslash takes the next byte along.
    case string(escapes: Bool)
    case escaped
    /// After a string's quote: another one right here continues the string.
    case afterString(escapes: Bool)
    case quotedName
    case lineComment
    case blockComment(depth: Int)
    /// After `$`, while a tag's bytes follow.
    case dollarTag(start: Int)
    case dollarQuote(tag: [UInt8])
  }

  private var state = State.plain
  private var bytes: [UInt8] = []
  /// Whether `bytes` has anything but white space and comments.
  private var hasContent = false
  private var line = 1
  private var firstLine = 1
  /// In a block comment: the byte before belongs to a mark already.
  private var isHalfUsed = false
  /// The byte before, unless a comment or a statement ended with it.
  private var previous: UInt8 = 0

  /// Whether a statement has begun and not ended.
  var isInside: Bool { hasContent || state != .plain }

  /// Takes the next piece of text and returns the statements that end in it.
  mutating func feed(_ text: some Sequence<UInt8>) -> [Statement] {
    var statements: [Statement] = []
    for byte in text {
      let before = state
      if let statement = step(byte) { statements.append(statement) }
      if case .blockComment = before, state == .plain { previous = 0 } else { previous = byte }
      if byte == UInt8(ascii: "\n") { line += 1 }
    }
    return statements
  }

  /// Ends the text: a last statement needs no semicolon.
  mutating func finish() -> Statement? {
    let statement = take()
    state = .plain
    return statement
  }

  private mutating func take() -> Statement? {
    defer {
      bytes.removeAll(keepingCapacity: true)
      hasContent = false
    }
    guard hasContent else { return nil }
    return Statement(text: String(decoding: bytes, as: UTF8.self), line: firstLine)
  }

  private mutating func step(_ byte: UInt8) -> Statement? {
    switch state {
    case .plain: return stepPlain(byte)
    case .string(let escapes):
      bytes.append(byte)
      if byte == quote {
        state = .afterString(escapes: escapes)
      } else if escapes, byte == UInt8(ascii: "\\") {
        state = .escaped
      }
    case .escaped:
      bytes.append(byte)
      state = .string(escapes: true)
    case .afterString(let escapes):
      state = .plain
      guard byte == quote else { return stepPlain(byte) }
      bytes.append(byte)
      state = .string(escapes: escapes)
    case .quotedName:
      bytes.append(byte)
      if byte == UInt8(ascii: "\"") { state = .plain }
    case .lineComment:
      bytes.append(byte)
      if byte == UInt8(ascii: "\n") { state = .plain }
    case .blockComment(let depth): stepBlockComment(byte, depth: depth)
    case .dollarTag(let start):
      if byte == dollar {
        bytes.append(byte)
        state = .dollarQuote(tag: Array(bytes[start...]))
      } else if isNamePart(byte), !(bytes.count == start + 1 && isDigit(byte)) {
        bytes.append(byte)
      } else {
        state = .plain
        return stepPlain(byte)
      }
    case .dollarQuote(let tag):
      bytes.append(byte)
      if byte == dollar, bytes.count >= tag.count, bytes.suffix(tag.count).elementsEqual(tag) { state = .plain }
    }
    return nil
  }

  private mutating func stepPlain(_ byte: UInt8) -> Statement? {
    switch byte {
    case UInt8(ascii: ";"): return take()
    case quote:
      begin()
      // E'…', unless the E ends a longer name.
      let isMarked = previous | 0x20 == UInt8(ascii: "e")
      let isAlone = bytes.count < 2 || !isNamePart(bytes[bytes.count - 2])
      state = .string(escapes: isMarked && isAlone)
    case UInt8(ascii: "\""):
      begin()
      state = .quotedName
    case UInt8(ascii: "-") where previous == UInt8(ascii: "-"): state = .lineComment
    case UInt8(ascii: "*") where previous == UInt8(ascii: "/"):
      state = .blockComment(depth: 1)
      bytes.append(byte)
      isHalfUsed = true
      return nil
    case dollar where !isNamePart(previous):
      begin()
      state = .dollarTag(start: bytes.count)
    case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"), 0x0b, 0x0c:
      if bytes.isEmpty { return nil }
    case UInt8(ascii: "-"), UInt8(ascii: "/"):
      // The first half of a comment, perhaps: what comes next tells whether it is content.
      if bytes.isEmpty { firstLine = line }
      bytes.append(byte)
      return nil
    default: begin()
    }
    bytes.append(byte)
    return nil
  }

  private mutating func stepBlockComment(_ byte: UInt8, depth: Int) {
    bytes.append(byte)
    // A byte is half of one mark only: `/*/` does not end, and `*/*` does not begin anew.
    guard !isHalfUsed else {
      isHalfUsed = false
      return
    }
    if byte == UInt8(ascii: "/"), previous == UInt8(ascii: "*") {
      state = depth == 1 ? .plain : .blockComment(depth: depth - 1)
      isHalfUsed = depth > 1
    } else if byte == UInt8(ascii: "*"), previous == UInt8(ascii: "/") {
      state = .blockComment(depth: depth + 1)
      isHalfUsed = true
    }
  }

  /// Notes that the statement has content, and where it begins.
  private mutating func begin() {
    guard !hasContent else { return }
    hasContent = true
    firstLine = line
  }
}

private let quote = UInt8(ascii: "'")
private let dollar = UInt8(ascii: "$")

private func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

private func isNamePart(_ byte: UInt8) -> Bool {
  let lower = byte | 0x20
  return (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(lower) || isDigit(byte) || byte == UInt8(ascii: "_")
    || byte >= 0x80
}
