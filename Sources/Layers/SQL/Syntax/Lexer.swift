import RoostRelational

/// Splits SQL text into tokens by PostgreSQL's lexical rules (documentation, section 4.1).
struct Lexer {
  let source: StatementSource
  let bytes: [UInt8]
  private(set) var offset = 0
  private var run = OperatorRun()

  mutating func advance(to offset: Int) { self.offset = offset }

  init(_ source: StatementSource) {
    self.source = source
    bytes = Array(source.text.utf8)
  }

  /// The next token; ``Token/Kind/end`` at the end of the text, again and again.
  mutating func next() throws(SQLError) -> Token {
    try skipSpace()
    guard offset < bytes.count else { return Token(kind: .end, text: "", start: bytes.count, end: bytes.count) }
    let start = offset
    let byte = bytes[offset]
    switch byte {
    case UInt8(ascii: "'"): return try quotedString(start, escapes: false)
    case UInt8(ascii: "\""): return try quotedIdentifier(start)
    case UInt8(ascii: "0")...UInt8(ascii: "9"): return try number(start)
    case UInt8(ascii: "."):
      if let following = peek(1), isDigit(following) { return try number(start) }
      return symbol(1)
    case UInt8(ascii: "$"): return try dollar(start)
    case UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "["),
      UInt8(ascii: "]"):
      return symbol(1)
    case UInt8(ascii: ":"):
      if peek(1) == UInt8(ascii: ":") || peek(1) == UInt8(ascii: "=") { return symbol(2) }
      return symbol(1)
    default:
      if isIdentifierStart(byte) { return try word(start) }
      if Lexer.isOperator(byte) { return operatorToken(start) }
      throw syntaxError(at: start)
    }
  }

  private func peek(_ distance: Int) -> UInt8? { offset + distance < bytes.count ? bytes[offset + distance] : nil }

  private mutating func symbol(_ length: Int) -> Token {
    let start = offset
    offset += length
    return Token(kind: .symbol, text: text(start, offset), start: start, end: offset)
  }

  func text(_ start: Int, _ end: Int) -> String { String(decoding: bytes[start..<end], as: UTF8.self) }

  /// "syntax error at or near" the rest of the line that begins at `start`, as far as a token would go.
  private func syntaxError(at start: Int) -> SQLError {
    var end = start + 1
    while end < bytes.count, bytes[end] & 0xC0 == 0x80 { end += 1 }
    return SQLError("42601", "syntax error at or near \"\(text(start, end))\"", at: SourceOffset(start))
  }

  private func unterminated(_ what: String, _ start: Int) -> SQLError {
    SQLError("42601", "unterminated \(what) at or near \"\(text(start, bytes.count))\"", at: SourceOffset(start))
  }

  // MARK: Space and comments

  private mutating func skipSpace() throws(SQLError) {
    while offset < bytes.count {
      switch bytes[offset] {
      case 0x20, 0x09, 0x0A, 0x0D, 0x0C, 0x0B: offset += 1
      case UInt8(ascii: "-") where peek(1) == UInt8(ascii: "-"):
        while offset < bytes.count, bytes[offset] != 0x0A, bytes[offset] != 0x0D { offset += 1 }
      case UInt8(ascii: "/") where peek(1) == UInt8(ascii: "*"): try skipBlockComment()
      default: return
      }
    }
  }

  /// Block comments nest.
  private mutating func skipBlockComment() throws(SQLError) {
    let start = offset
    var depth = 0
    repeat {
      guard offset + 1 < bytes.count else { throw unterminated("/* comment", start) }
      if bytes[offset] == UInt8(ascii: "/"), bytes[offset + 1] == UInt8(ascii: "*") {
        depth += 1
        offset += 2
      } else if bytes[offset] == UInt8(ascii: "*"), bytes[offset + 1] == UInt8(ascii: "/") {
        depth -= 1
        offset += 2
      } else {
        offset += 1
      }
    } while depth > 0
  }

  // MARK: Words and operators

  private func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }
  private func isIdentifierStart(_ byte: UInt8) -> Bool {
    byte >= 0x80 || byte == UInt8(ascii: "_") || (byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z"))
  }
  private func isIdentifierPart(_ byte: UInt8) -> Bool {
    isIdentifierStart(byte) || isDigit(byte) || byte == UInt8(ascii: "$")
  }

  private static let operatorBytes = Array("+-*/<>=~!@#%^&|`?".utf8)
  private static let specialOperatorBytes = Array("~!@#%^&|`?".utf8)
  static func isOperator(_ byte: UInt8) -> Bool { operatorBytes.contains(byte) }

  private mutating func word(_ start: Int) throws(SQLError) -> Token {
    if let following = peek(1), following == UInt8(ascii: "'") {
      switch bytes[offset] {
      case UInt8(ascii: "e"), UInt8(ascii: "E"):
        offset += 1
        return try quotedString(start, escapes: true)
      case UInt8(ascii: "n"), UInt8(ascii: "N"):
        offset += 1
        return try quotedString(start, escapes: false)
      case UInt8(ascii: "b"), UInt8(ascii: "B"), UInt8(ascii: "x"), UInt8(ascii: "X"):
        throw SQLError("0A000", "bit strings are not supported", at: SourceOffset(start))
      default: break
      }
    }
    if bytes[offset] | 0x20 == UInt8(ascii: "u"), peek(1) == UInt8(ascii: "&"), let third = peek(2),
      third == UInt8(ascii: "'") || third == UInt8(ascii: "\"")
    {
      throw SQLError("0A000", "U& strings are not supported", at: SourceOffset(start))
    }
    while offset < bytes.count, isIdentifierPart(bytes[offset]) { offset += 1 }
    let length = offset - start
    let folded = String(unsafeUninitializedCapacity: length) { buffer in
      for index in 0..<length {
        let byte = bytes[start + index]
        buffer[index] = byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
      }
      return length
    }
    let classes = length <= 32 ? Keyword.classes[folded] ?? [] : []
    return Token(kind: .word, text: truncatedIdentifier(folded), start: start, end: offset, keyword: classes)
  }

  private mutating func quotedIdentifier(_ start: Int) throws(SQLError) -> Token {
    offset += 1
    var content: [UInt8] = []
    while true {
      guard offset < bytes.count else { throw unterminated("quoted identifier", start) }
      let byte = bytes[offset]
      offset += 1
      if byte == UInt8(ascii: "\"") {
        guard offset < bytes.count, bytes[offset] == UInt8(ascii: "\"") else { break }
        offset += 1
      }
      content.append(byte)
    }
    guard !content.isEmpty else {
      throw SQLError("42601", "zero-length delimited identifier at or near \"\"\"\"", at: SourceOffset(start))
    }
    let name = truncatedIdentifier(String(decoding: content, as: UTF8.self))
    return Token(kind: .quoted, text: name, start: start, end: offset)
  }

  /// Names are cut to 63 bytes, at a character's boundary.
  private func truncatedIdentifier(_ name: String) -> String {
    guard name.utf8.count > 63 else { return name }
    var end = 63
    let bytes = Array(name.utf8)
    while end > 0, bytes[end] & 0xC0 == 0x80 { end -= 1 }
    return String(decoding: bytes[..<end], as: UTF8.self)
  }

  /// A run of operator characters, which is looked at once although it may be many operators.
  private struct OperatorRun {
    var end = 0
    /// The last character that lets an operator end in + or -, and the last that is neither.
    var lastSpecial = -1
    var lastOther = -1
  }

  /// The longest run of operator characters, with PostgreSQL's rules about comments and a trailing + or -.
  private mutating func operatorToken(_ start: Int) -> Token {
    if start >= run.end { run = operatorRun(start) }
    var end = run.end
    // A multi-character operator ends in + or - only if it holds a special one: so that `a=-1` is two tokens.
    if run.lastSpecial < start { end = max(start, run.lastOther) + 1 }
    offset = end
    var name = text(start, end)
    if name == "!=" { name = "<>" }
    return Token(kind: .symbol, text: name, start: start, end: end)
  }

  private func operatorRun(_ start: Int) -> OperatorRun {
    var run = OperatorRun(end: start)
    while run.end < bytes.count, Lexer.isOperator(bytes[run.end]) {
      let byte = bytes[run.end]
      if run.end > start, run.end + 1 < bytes.count {
        let pair = (byte, bytes[run.end + 1])
        if pair == (UInt8(ascii: "-"), UInt8(ascii: "-")) || pair == (UInt8(ascii: "/"), UInt8(ascii: "*")) { break }
      }
      if Lexer.specialOperatorBytes.contains(byte) { run.lastSpecial = run.end }
      if byte != UInt8(ascii: "+"), byte != UInt8(ascii: "-") { run.lastOther = run.end }
      run.end += 1
    }
    return run
  }

  // MARK: Numbers and parameters

  private mutating func number(_ start: Int) throws(SQLError) -> Token {
    while let byte = peek(0), isDigit(byte) { offset += 1 }
    if peek(0) == UInt8(ascii: "."), peek(1) != UInt8(ascii: ".") {
      offset += 1
      while let byte = peek(0), isDigit(byte) { offset += 1 }
    }
    if let byte = peek(0), byte | 0x20 == UInt8(ascii: "e") {
      let sign = peek(1) == UInt8(ascii: "+") || peek(1) == UInt8(ascii: "-")
      if let digit = peek(sign ? 2 : 1), isDigit(digit) {
        offset += sign ? 2 : 1
        while let byte = peek(0), isDigit(byte) { offset += 1 }
      }
    }
    if let byte = peek(0), isIdentifierStart(byte) {
      var end = offset
      while end < bytes.count, isIdentifierPart(bytes[end]) { end += 1 }
      throw SQLError(
        "42601", "trailing junk after numeric literal at or near \"\(text(start, end))\"", at: SourceOffset(start))
    }
    return Token(kind: .number, text: text(start, offset), start: start, end: offset)
  }

  private mutating func dollar(_ start: Int) throws(SQLError) -> Token {
    if let byte = peek(1), isDigit(byte) {
      offset += 1
      let digits = offset
      while let byte = peek(0), isDigit(byte) { offset += 1 }
      if let byte = peek(0), isIdentifierStart(byte) {
        throw SQLError(
          "42601", "trailing junk after parameter at or near \"\(text(start, offset + 1))\"", at: SourceOffset(start))
      }
      return Token(kind: .parameter, text: text(digits, offset), start: start, end: offset)
    }
    var tagEnd = start + 1
    while tagEnd < bytes.count, isIdentifierPart(bytes[tagEnd]), bytes[tagEnd] != UInt8(ascii: "$") { tagEnd += 1 }
    guard tagEnd < bytes.count, bytes[tagEnd] == UInt8(ascii: "$") else { throw syntaxError(at: start) }
    let tag = bytes[start...tagEnd]
    let content = tagEnd + 1
    var end = content
    while end + tag.count <= bytes.count {
      if bytes[end] == UInt8(ascii: "$"), bytes[end..<(end + tag.count)].elementsEqual(tag) {
        offset = end + tag.count
        return Token(kind: .string, text: text(content, end), start: start, end: offset)
      }
      end += 1
    }
    throw unterminated("dollar-quoted string", start)
  }
}
