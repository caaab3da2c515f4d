/// Functions over byte strings.
extension FunctionCatalogue {
  mutating func addBytea() {
    for name in ["length", "octet_length"] {
      unary(name, .bytea, .integer) { a throws(SQLError) in .integer(Int32(clamping: try a.byteArray.count)) }
    }
    unary("bit_length", .bytea, .integer) { a throws(SQLError) in .integer(Int32(clamping: try a.byteArray.count * 8)) }
    infix("||", .bytea, .bytea, .bytea) { a, b throws(SQLError) in
      let (left, right) = (try a.byteArray, try b.byteArray)
      try StringOperations.checkSize(left.count + right.count)
      return .bytea(left + right)
    }
    for name in ["substring", "substr"] {
      ternary(name, [.bytea, .integer, .integer], .bytea) { a, b, c throws(SQLError) in
        .bytea(try StringOperations.substring(a.byteArray, b.int64, c.int64))
      }
      binary(name, .bytea, .integer, .bytea) { a, b throws(SQLError) in
        .bytea(try StringOperations.substring(a.byteArray, b.int64, nil))
      }
    }
    binary("position", .bytea, .bytea, .integer) { a, b throws(SQLError) in
      .integer(StringOperations.find(try b.byteArray, in: try a.byteArray).map { Int32(clamping: $0 + 1) } ?? 0)
    }
    for (name, leading, trailing) in [("btrim", true, true), ("ltrim", true, false), ("rtrim", false, true)] {
      binary(name, .bytea, .bytea, .bytea) { a, b throws(SQLError) in
        .bytea(StringOperations.trim(try a.byteArray, try b.byteArray, leading: leading, trailing: trailing))
      }
    }
    binary("get_byte", .bytea, .integer, .integer) { a, b throws(SQLError) in
      .integer(Int32(try a.byteArray[try Self.index(b, a)]))
    }
    ternary("set_byte", [.bytea, .integer, .integer], .bytea) { a, b, c throws(SQLError) in
      var bytes = try a.byteArray
      bytes[try Self.index(b, a)] = UInt8(truncatingIfNeeded: try c.int64)
      return .bytea(bytes)
    }
    unary("md5", .bytea, .text) { a throws(SQLError) in .text(MD5.hexDigest(try a.byteArray)) }
    binary("encode", .bytea, .text, .text) { a, b throws(SQLError) in try ByteaCoding.encode(a.byteArray, b.string) }
    binary("decode", .text, .text, .bytea) { a, b throws(SQLError) in .bytea(try ByteaCoding.decode(a.string, b.string))
    }
    binary("convert_from", .bytea, .name, .text) { a, b throws(SQLError) in
      try Self.checkEncoding(b.string)
      return .text(try TextFormat.decodeUTF8(a.byteArray))
    }
    binary("convert_to", .text, .name, .bytea) { a, b throws(SQLError) in
      try Self.checkEncoding(b.string)
      return .bytea(Array(try a.string.utf8))
    }
  }

  private static func index(_ position: Datum, _ bytes: Datum) throws(SQLError) -> Int {
    let count = try bytes.byteArray.count
    let index = try position.int64
    guard index >= 0, index < Int64(count) else {
      throw SQLError("2202E", "index \(index) out of valid range, 0..\(count - 1)")
    }
    return Int(index)
  }

  private static func checkEncoding(_ name: String) throws(SQLError) {
    let plain = name.lowercased().filter { $0 != "-" && $0 != "_" }
    guard plain == "utf8" || plain == "unicode" else {
      throw SQLError("0A000", "conversion between \(name) and UTF8 is not supported")
    }
  }
}

/// encode() and decode(): hex, base64, escape.
enum ByteaCoding {
  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  private static func unrecognized(_ format: String) -> SQLError {
    SQLError("22023", "unrecognized encoding: \"\(format)\"")
  }

  static func encode(_ bytes: [UInt8], _ format: String) throws(SQLError) -> Datum {
    try StringOperations.checkSize(bytes.count * 4)
    switch format.lowercased() {
    case "hex":
      var result: [UInt8] = []
      ByteaText.append(bytes, to: &result)
      return StringOperations.string(result.dropFirst(2))
    case "base64": return StringOperations.string(base64(bytes))
    case "escape": return StringOperations.string(escape(bytes))
    default: throw unrecognized(format)
    }
  }

  static func decode(_ text: String, _ format: String) throws(SQLError) -> [UInt8] {
    switch format.lowercased() {
    case "hex": return try ByteaText.parseHex(Array(text.utf8)[...])
    case "base64": return try fromBase64(Array(text.utf8))
    case "escape": return try ByteaText.parse(text.hasPrefix("\\x") ? "\\" + text : text)
    default: throw unrecognized(format)
    }
  }

  /// Lines of 76 characters, as RFC 2045 has them.
  private static func base64(_ bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    for (group, start) in stride(from: 0, to: bytes.count, by: 3).enumerated() {
      if group > 0, group % 19 == 0 { result.append(10) }
      let count = min(3, bytes.count - start)
      var word: UInt32 = 0
      for offset in 0..<3 { word = word << 8 | (offset < count ? UInt32(bytes[start + offset]) : 0) }
      for position in 0..<4 {
        result.append(position <= count ? alphabet[Int(word >> UInt32(18 - position * 6) & 63)] : UInt8(ascii: "="))
      }
    }
    return result
  }

  private static func fromBase64(_ text: [UInt8]) throws(SQLError) -> [UInt8] {
    var result: [UInt8] = []
    var word: UInt32 = 0
    var count = 0
    var padding = 0
    for byte in text where !byte.isBlank {
      if byte == UInt8(ascii: "=") {
        guard count >= 2, padding < 2 else {
          throw SQLError("22023", "unexpected \"=\" while decoding base64 sequence")
        }
        padding += 1
        word <<= 6
      } else {
        guard padding == 0, let value = alphabet.firstIndex(of: byte) else {
          throw SQLError(
            "22023", "invalid symbol \"\(String(UnicodeScalar(byte)))\" found while decoding base64 sequence")
        }
        word = word << 6 | UInt32(value)
      }
      count += 1
      if count == 4 {
        for position in 0..<(3 - padding) {
          result.append(UInt8(truncatingIfNeeded: word >> UInt32(16 - position * 8)))
        }
        word = 0
        count = 0
      }
    }
    guard count == 0 else {
      throw SQLError(
        "22023", "invalid base64 end sequence",
        hint: "Input data is missing padding, is truncated, or is otherwise corrupted.")
    }
    return result
  }

  private static func escape(_ bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    for byte in bytes {
      if byte == 0 || byte >= 0x80 {
        result.append(UInt8(ascii: "\\"))
        result.append((byte >> 6) + 48)
        result.append((byte >> 3 & 7) + 48)
        result.append((byte & 7) + 48)
      } else {
        if byte == UInt8(ascii: "\\") { result.append(byte) }
        result.append(byte)
      }
    }
    return result
  }
}
