/// Reads a JSON text (RFC 8259) with the position of every value, in one pass and to a bounded depth.
struct JSONReader {
  static let maximumDepth = 64

  private let scalars: [Unicode.Scalar]
  private var index = 0
  private var position = JSONPosition()
  private var depth = 0

  private init(_ text: String) { scalars = Array(text.unicodeScalars) }

  /// Reads a whole document.
  static func read(_ bytes: some Sequence<UInt8>) throws(JSONError) -> JSONValue {
    guard let text = String(validating: Array(bytes), as: UTF8.self) else {
      throw JSONError(position: JSONPosition(), reason: "the text is not UTF-8")
    }
    var reader = JSONReader(text)
    if reader.current == "\u{FEFF}" { reader.index += 1 }
    reader.skipSpace()
    let value = try reader.value()
    reader.skipSpace()
    if let rest = reader.current { throw reader.error("there is \(Self.shown(rest)) after the end of the document") }
    return value
  }

  // MARK: Values

  private mutating func value() throws(JSONError) -> JSONValue {
    let start = position
    guard let first = current else { throw error("the text ends where a value is expected") }
    let content: JSONValue.Content
    switch first {
    case "{": content = .object(try nested { reader throws(JSONError) in try reader.members() })
    case "[": content = .array(try nested { reader throws(JSONError) in try reader.elements() })
    case "\"": content = .string(try string())
    case "-", "0"..."9": content = try number()
    case "a"..."z", "A"..."Z":
      let word = takeWhile { ("a"..."z").contains($0) || ("A"..."Z").contains($0) || ("0"..."9").contains($0) }
      switch word {
      case "true": content = .bool(true)
      case "false": content = .bool(false)
      case "null": content = .null
      default: throw JSONError(position: start, reason: "\(word) is no JSON value; strings stand in double quotes")
      }
    case "'": throw error("strings stand in double quotes")
    case "/", "#": throw error("JSON has no comments")
    default: throw error("\(Self.shown(first)) stands where a value is expected")
    }
    return JSONValue(content: content, position: start)
  }

  private mutating func nested<Result>(
    _ read: (inout JSONReader) throws(JSONError) -> Result
  ) throws(JSONError) -> Result {
    guard depth < Self.maximumDepth else { throw error("values are nested more than \(Self.maximumDepth) deep") }
    depth += 1
    advance()
    skipSpace()
    let result = try read(&self)
    depth -= 1
    return result
  }

  private mutating func members() throws(JSONError) -> [JSONValue.Member] {
    var members: [JSONValue.Member] = []
    var known: Set<String> = []
    if take("}") { return members }
    while true {
      let start = position
      guard current == "\"" else {
        throw error(current == "}" ? "a comma stands before the closing }" : "a key in double quotes is expected")
      }
      let key = try string()
      guard known.insert(key).inserted else {
        throw JSONError(position: start, reason: "the key \(quotedForPeople(key)) stands twice in this object")
      }
      skipSpace()
      guard take(":") else { throw error("a colon is expected after the key \(quotedForPeople(key))") }
      skipSpace()
      members.append(.init(key: key, position: start, value: try value()))
      skipSpace()
      if take("}") { return members }
      guard take(",") else { throw error(expected("a comma or }")) }
      skipSpace()
    }
  }

  private mutating func elements() throws(JSONError) -> [JSONValue] {
    var elements: [JSONValue] = []
    if take("]") { return elements }
    while true {
      if current == "]" { throw error("a comma stands before the closing ]") }
      elements.append(try value())
      skipSpace()
      if take("]") { return elements }
      guard take(",") else { throw error(expected("a comma or ]")) }
      skipSpace()
    }
  }

  private mutating func number() throws(JSONError) -> JSONValue.Content {
    let start = position
    let text = takeWhile { ("0"..."9").contains($0) || "+-.eE".unicodeScalars.contains($0) }
    let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
    let whole = digits.prefix { $0.isASCII && $0.isNumber }
    if !whole.isEmpty, whole.count == 1 || !whole.hasPrefix("0") {
      if whole.count == digits.count, let number = Int(text) { return .integer(number) }
      if text.last?.isNumber == true, !text.contains(".e"), !text.contains(".E"), let number = Double(text),
        number.isFinite
      {
        return .number(number)
      }
    }
    throw JSONError(position: start, reason: "\(text) is no number that JSON knows or that fits")
  }

  private mutating func string() throws(JSONError) -> String {
    let start = position
    advance()
    var result = String.UnicodeScalarView()
    while let scalar = current {
      switch scalar {
      case "\"":
        advance()
        return String(result)
      case "\\":
        advance()
        result.append(try escaped())
      case _ where scalar.value < 0x20: throw error("a line end or control character stands inside a string")
      default:
        result.append(scalar)
        advance()
      }
    }
    throw JSONError(position: start, reason: "this string has no end")
  }

  private mutating func escaped() throws(JSONError) -> Unicode.Scalar {
    guard let letter = current else { throw error("the text ends within a string") }
    let simple: [Unicode.Scalar: Unicode.Scalar] = [
      "\"": "\"", "\\": "\\", "/": "/", "b": "\u{8}", "f": "\u{C}", "n": "\n", "r": "\r", "t": "\t",
    ]
    if let scalar = simple[letter] {
      advance()
      return scalar
    }
    guard letter == "u" else { throw error("\\\(letter) is no escape of JSON; a backslash is written \\\\") }
    let high = try codeUnit()
    if let scalar = Unicode.Scalar(high) { return scalar }
    // Half of a surrogate pair.
    if UTF16.isLeadSurrogate(high), current == "\\" {
      advance()
      let low = try codeUnit()
      if UTF16.isTrailSurrogate(low) {
        let code = 0x10000 + (UInt32(high) - 0xD800) << 10 + (UInt32(low) - 0xDC00)
        if let scalar = Unicode.Scalar(code) { return scalar }
      }
    }
    throw error("\\u\(String(high, radix: 16)) is half a character")
  }

  /// The four digits after `\u`.
  private mutating func codeUnit() throws(JSONError) -> UInt16 {
    advance()
    var code: UInt16 = 0
    for _ in 0..<4 {
      guard let digit = current.flatMap({ Character($0).hexDigitValue }), digit < 16, current?.isASCII == true else {
        throw error("four hexadecimal digits are expected after \\u")
      }
      code = code << 4 | UInt16(digit)
      advance()
    }
    return code
  }

  // MARK: Text

  private var current: Unicode.Scalar? { index < scalars.count ? scalars[index] : nil }

  private mutating func advance() {
    guard let scalar = current else { return }
    index += 1
    if scalar == "\n" {
      position = JSONPosition(line: position.line + 1, column: 1)
    } else {
      position.column += 1
    }
  }

  private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    guard current == scalar else { return false }
    advance()
    return true
  }

  private mutating func takeWhile(_ belongs: (Unicode.Scalar) -> Bool) -> String {
    var result = String.UnicodeScalarView()
    while let scalar = current, belongs(scalar) {
      result.append(scalar)
      advance()
    }
    return String(result)
  }

  private mutating func skipSpace() { _ = takeWhile { " \t\n\r".unicodeScalars.contains($0) } }

  private func error(_ reason: String) -> JSONError { JSONError(position: position, reason: reason) }

  private func expected(_ what: String) -> String {
    current.map { "\(what) is expected, not \(Self.shown($0))" } ?? "the text ends where \(what) is expected"
  }

  private static func shown(_ scalar: Unicode.Scalar) -> String { "'\(scalar)'" }
}
