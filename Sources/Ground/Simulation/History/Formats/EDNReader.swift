/// What a line of a history may hold of EDN, the notation of Clojure's data.
enum EDNValue: Hashable {
  case null
  case boolean(Bool)
  case integer(Int64)
  /// Without its colon.
  case keyword(String)
  case string([UInt8])
  /// A list, a vector or a set.
  case sequence([EDNValue])
  /// In order; a key may be any value.
  case map([EDNPair])
  /// A symbol, a number that is no small integer: kept as it was written.
  case other(String)
}

struct EDNPair: Hashable {
  var key: EDNValue
  var value: EDNValue
}

/// Reads one EDN value from a line. Depth is bounded, so a hostile line can't overflow the stack.
struct EDNReader {
  struct Failure: Error {
    var what: String
  }

  private static let maximumDepth = 32
  private let bytes: ArraySlice<UInt8>
  private var position: Int

  /// The only value of `line`.
  static func read(_ line: ArraySlice<UInt8>) throws(Failure) -> EDNValue {
    var reader = EDNReader(bytes: line, position: line.startIndex)
    let value = try reader.value(depth: 0)
    reader.skipSpace()
    if reader.position < line.endIndex { throw Failure(what: "something follows the value") }
    return value
  }

  private var current: UInt8? { position < bytes.endIndex ? bytes[position] : nil }

  private mutating func skipSpace() {
    while let byte = current, HistoryLines.isSpace(byte) || byte == UInt8(ascii: ",") { position += 1 }
    if current == UInt8(ascii: ";") { position = bytes.endIndex }
  }

  private mutating func value(depth: Int) throws(Failure) -> EDNValue {
    guard depth < EDNReader.maximumDepth else { throw Failure(what: "values are nested too deeply") }
    skipSpace()
    guard let byte = current else { throw Failure(what: "the line ends inside a value") }
    switch byte {
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "{"):
      position += 1
      let values = try values(until: UInt8(ascii: "}"), depth: depth)
      guard values.count.isMultiple(of: 2) else { throw Failure(what: "a key of a map has no value") }
      return .map(
        stride(from: 0, to: values.count, by: 2).map { EDNPair(key: values[$0], value: values[$0 + 1]) })
    case UInt8(ascii: "["):
      position += 1
      return .sequence(try values(until: UInt8(ascii: "]"), depth: depth))
    case UInt8(ascii: "("):
      position += 1
      return .sequence(try values(until: UInt8(ascii: ")"), depth: depth))
    case UInt8(ascii: "#"):
      position += 1
      guard current == UInt8(ascii: "{") else { return try tagged(depth: depth) }
      position += 1
      return .sequence(try values(until: UInt8(ascii: "}"), depth: depth))
    default: return try word()
    }
  }

  private mutating func values(until end: UInt8, depth: Int) throws(Failure) -> [EDNValue] {
    var values: [EDNValue] = []
    while true {
      skipSpace()
      if current == end {
        position += 1
        return values
      }
      values.append(try value(depth: depth + 1))
    }
  }

  /// `#tag value` is as good as the value here.
  private mutating func tagged(depth: Int) throws(Failure) -> EDNValue {
    _ = try word()
    return try value(depth: depth + 1)
  }

  private mutating func word() throws(Failure) -> EDNValue {
    let start = position
    while let byte = current, !EDNReader.endsWord(byte) { position += 1 }
    guard position > start else { throw Failure(what: "a value is expected") }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if text.first == ":" { return .keyword(String(text.dropFirst())) }
    switch text {
    case "nil": return .null
    case "true": return .boolean(true)
    case "false": return .boolean(false)
    default: return Int64(text).map { .integer($0) } ?? .other(text)
    }
  }

  private static func endsWord(_ byte: UInt8) -> Bool {
    HistoryLines.isSpace(byte) || ",;\"{}[]()".utf8.contains(byte)
  }

  private mutating func string() throws(Failure) -> [UInt8] {
    position += 1
    var result: [UInt8] = []
    while let byte = current {
      position += 1
      switch byte {
      case UInt8(ascii: "\""): return result
      case UInt8(ascii: "\\"): try escape(into: &result)
      default: result.append(byte)
      }
    }
    throw Failure(what: "a string does not end")
  }

  private mutating func escape(into result: inout [UInt8]) throws(Failure) {
    guard let byte = current else { throw Failure(what: "a string does not end") }
    position += 1
    switch byte {
    case UInt8(ascii: "n"): result.append(0x0A)
    case UInt8(ascii: "t"): result.append(0x09)
    case UInt8(ascii: "r"): result.append(0x0D)
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): result.append(byte)
    case UInt8(ascii: "u"):
      let digits = bytes[position..<min(position + 4, bytes.endIndex)]
      guard digits.count == 4, let code = UInt32(String(decoding: digits, as: UTF8.self), radix: 16),
        let scalar = Unicode.Scalar(code)
      else { throw Failure(what: "\\u is followed by four hexadecimal digits") }
      position += 4
      result.append(contentsOf: String(Character(scalar)).utf8)
    default: throw Failure(what: "an unknown escape in a string")
    }
  }
}
