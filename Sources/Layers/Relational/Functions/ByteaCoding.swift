/// encode() and decode(): hex, base64, escape.
enum ByteaCoding {
  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  /// The six bits of each byte of the alphabet; 64 for all others.
  private static let values: [UInt8] = {
    var values = [UInt8](repeating: 64, count: 256)
    for (value, byte) in alphabet.enumerated() { values[Int(byte)] = UInt8(value) }
    return values
  }()

  private static func unrecognized(_ format: String) -> SQLError {
    SQLError("22023", "unrecognized encoding: \"\(StringLength.cutBytes(format, 63))\"")
  }

  static func encode(_ bytes: [UInt8], _ format: String, _ pace: EvaluationPace) throws(SQLError) -> Datum {
    switch StringLength.cutBytes(format, 63).lowercased() {
    case "hex":
      try StringOperations.admit(bytes.count * 2, pace)
      var result: [UInt8] = []
      result.reserveCapacity(bytes.count * 2)
      try ByteaText.appendHex(bytes, to: &result, pace)
      return StringOperations.string(result)
    case "base64":
      try StringOperations.admit(bytes.count / 3 * 4 + bytes.count / 57 + 4, pace)
      return StringOperations.string(try base64(bytes, pace))
    case "escape":
      var result = TextBuilder(pace)
      for byte in bytes { try append(escaping: byte, to: &result) }
      return result.datum
    default: throw unrecognized(format)
    }
  }

  static func decode(_ text: String, _ format: String, _ pace: EvaluationPace) throws(SQLError) -> [UInt8] {
    try pace.admit(text.utf8.count)
    switch StringLength.cutBytes(format, 63).lowercased() {
    case "hex": return try text.withBytes { bytes throws(SQLError) in try ByteaText.parseHex(bytes, from: 0, pace) }
    case "base64": return try text.withBytes { bytes throws(SQLError) in try fromBase64(bytes, pace) }
    case "escape": return try ByteaText.parseEscapes(text, pace)
    default: throw unrecognized(format)
    }
  }

  /// Lines of 76 characters, as RFC 2045 has them.
  private static func base64(_ bytes: [UInt8], _ pace: EvaluationPace) throws(SQLError) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count / 3 * 4 + bytes.count / 57 + 4)
    try pace.inBlocks((bytes.count + 2) / 3, cost: 6) { groups throws(SQLError) in
      for group in groups {
        let start = group * 3
        if group > 0, group % 19 == 0 { result.append(10) }
        let count = min(3, bytes.count - start)
        var word: UInt32 = 0
        for offset in 0..<3 { word = word << 8 | (offset < count ? UInt32(bytes[start + offset]) : 0) }
        for position in 0..<4 {
          result.append(position <= count ? alphabet[Int(word >> UInt32(18 - position * 6) & 63)] : UInt8(ascii: "="))
        }
      }
    }
    return result
  }

  private static func fromBase64(
    _ text: UnsafeBufferPointer<UInt8>, _ pace: EvaluationPace
  ) throws(SQLError) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(text.count / 4 * 3 + 3)
    var word: UInt32 = 0
    var count = 0
    var padding = 0
    for byte in text {
      try pace.poll(work: 1)
      if byte.isBlank { continue }
      if byte == UInt8(ascii: "=") {
        guard count >= 2, padding < 2 else {
          throw SQLError("22023", "unexpected \"=\" while decoding base64 sequence")
        }
        padding += 1
        word <<= 6
      } else {
        let value = values[Int(byte)]
        guard padding == 0, value < 64 else {
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

  private static func append(escaping byte: UInt8, to result: inout TextBuilder) throws(SQLError) {
    if byte == 0 || byte >= 0x80 {
      try result.append(UInt8(ascii: "\\"))
      try result.append((byte >> 6) + 48)
      try result.append((byte >> 3 & 7) + 48)
      try result.append((byte & 7) + 48)
    } else {
      if byte == UInt8(ascii: "\\") { try result.append(byte) }
      try result.append(byte)
    }
  }
}
