import RoostRelational

/// String literals: quotes doubled inside, escapes in E'' strings, continuation over line ends.
extension Lexer {
  /// The offset stands at the opening quote.
  mutating func quotedString(_ start: Int, escapes: Bool) throws(SQLError) -> Token {
    var content: [UInt8] = []
    var hasContent = false
    var plainStart = offset + 1
    var plainEnd = plainStart
    repeat {
      advance(to: offset + 1)
      let pieceStart = offset
      let end = try stringPiece(start, escapes: escapes, into: &content, copied: &hasContent)
      if !hasContent {
        plainStart = pieceStart
        plainEnd = end
      }
      guard continuesAfterNewline() else { break }
      if !hasContent {
        content.append(contentsOf: bytes[plainStart..<plainEnd])
        hasContent = true
      }
    } while true
    let value: String
    if hasContent {
      guard let valid = String(validating: content, as: UTF8.self), !content.contains(0) else {
        throw SQLError("22021", "invalid byte sequence for encoding \"UTF8\"", at: SourceOffset(start))
      }
      value = valid
    } else {
      value = text(plainStart, plainEnd)
    }
    return Token(kind: .string, text: value, start: start, end: offset)
  }

  /// Reads to the closing quote and stands behind it; returns where the piece ended. Copies only from the first escape
  /// on.
  private mutating func stringPiece(
    _ start: Int, escapes: Bool, into content: inout [UInt8], copied: inout Bool
  ) throws(SQLError) -> Int {
    let first = offset
    var position = offset
    func unterminated() -> SQLError {
      SQLError(
        "42601", "unterminated quoted string at or near \"\(text(start, bytes.count))\"", at: SourceOffset(start))
    }
    while true {
      guard position < bytes.count else { throw unterminated() }
      let byte = bytes[position]
      if byte == UInt8(ascii: "'") {
        guard position + 1 < bytes.count, bytes[position + 1] == UInt8(ascii: "'") else { break }
        if !copied {
          content.append(contentsOf: bytes[first..<position])
          copied = true
        }
        content.append(byte)
        position += 2
      } else if escapes, byte == UInt8(ascii: "\\") {
        if !copied {
          content.append(contentsOf: bytes[first..<position])
          copied = true
        }
        guard position + 1 < bytes.count else { throw unterminated() }
        position = try escape(at: position + 1, into: &content)
      } else {
        if copied { content.append(byte) }
        position += 1
      }
    }
    advance(to: position + 1)
    return position
  }

  /// Decodes what follows a backslash at `position`; returns the offset behind it.
  private func escape(at position: Int, into content: inout [UInt8]) throws(SQLError) -> Int {
    let byte = bytes[position]
    switch byte {
    case UInt8(ascii: "b"): content.append(0x08)
    case UInt8(ascii: "f"): content.append(0x0C)
    case UInt8(ascii: "n"): content.append(0x0A)
    case UInt8(ascii: "r"): content.append(0x0D)
    case UInt8(ascii: "t"): content.append(0x09)
    case UInt8(ascii: "v"): content.append(0x0B)
    case UInt8(ascii: "0")...UInt8(ascii: "7"):
      let (value, end) = digits(from: position, radix: 8, limit: 3)
      content.append(UInt8(truncatingIfNeeded: value))
      return end
    case UInt8(ascii: "x"):
      let (value, end) = digits(from: position + 1, radix: 16, limit: 2)
      guard end > position + 1 else {
        content.append(byte)
        break
      }
      content.append(UInt8(truncatingIfNeeded: value))
      return end
    case UInt8(ascii: "u"), UInt8(ascii: "U"):
      let length = byte == UInt8(ascii: "u") ? 4 : 8
      let (value, end) = digits(from: position + 1, radix: 16, limit: length)
      guard end == position + 1 + length, let scalar = Unicode.Scalar(value), value != 0 else {
        throw SQLError(
          "22025", "invalid Unicode escape", at: SourceOffset(position - 1),
          hint: "Unicode escapes must be \\uXXXX or \\UXXXXXXXX.")
      }
      content.append(contentsOf: Array(String(Character(scalar)).utf8))
      return end
    default: content.append(byte)
    }
    return position + 1
  }

  private func digits(from start: Int, radix: UInt32, limit: Int) -> (value: UInt32, end: Int) {
    var value: UInt32 = 0
    var end = start
    while end < bytes.count, end - start < limit, let digit = hexValue(bytes[end]), digit < radix {
      value = value &* radix &+ digit
      end += 1
    }
    return (value, end)
  }

  private func hexValue(_ byte: UInt8) -> UInt32? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte - UInt8(ascii: "a") + 10)
    case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte - UInt8(ascii: "A") + 10)
    default: nil
    }
  }

  /// Two literals with at least one line end between them are one. If so, stands at the second one's quote.
  private mutating func continuesAfterNewline() -> Bool {
    var position = offset
    var sawNewline = false
    while position < bytes.count {
      switch bytes[position] {
      case 0x0A, 0x0D: sawNewline = true
      case 0x20, 0x09, 0x0C, 0x0B: break
      case UInt8(ascii: "'") where sawNewline:
        advance(to: position)
        return true
      default: return false
      }
      position += 1
    }
    return false
  }
}
