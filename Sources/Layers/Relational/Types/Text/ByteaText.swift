/// bytea as text: hexadecimal out; hexadecimal or escapes in.
enum ByteaText {
  static func append(_ value: [UInt8], to bytes: inout [UInt8], _ pace: EvaluationPace? = nil) throws(SQLError) {
    bytes.reserveCapacity(bytes.count + 2 + value.count * 2)
    bytes.append(UInt8(ascii: "\\"))
    bytes.append(UInt8(ascii: "x"))
    try appendHex(value, to: &bytes, pace)
  }

  /// Appends two digits for each byte.
  static func appendHex(_ value: [UInt8], to bytes: inout [UInt8], _ pace: EvaluationPace?) throws(SQLError) {
    var start = 0
    while start < value.count {
      let end = min(start + EvaluationPace.blockSize, value.count)
      try pace?.poll(work: end - start)
      for byte in value[start..<end] {
        bytes.append((byte >> 4).hexDigit)
        bytes.append((byte & 15).hexDigit)
      }
      start = end
    }
  }

  static func parse(_ text: String, _ pace: EvaluationPace?) throws(SQLError) -> [UInt8] {
    let isHexadecimal = text.utf8.starts(with: "\\x".utf8)
    guard isHexadecimal else { return try parseEscapes(text, pace) }
    return try text.withBytes { bytes throws(SQLError) in try parseHex(bytes, from: 2, pace) }
  }

  /// Bytes that stand for themselves, two backslashes for one, a backslash and three octal digits for a byte.
  static func parseEscapes(_ text: String, _ pace: EvaluationPace?) throws(SQLError) -> [UInt8] {
    try text.withBytes { bytes throws(SQLError) in
      var result: [UInt8] = []
      result.reserveCapacity(bytes.count)
      var index = 0
      while index < bytes.count {
        try pace?.poll(work: 1)
        let byte = bytes[index]
        if byte != UInt8(ascii: "\\") {
          result.append(byte)
          index += 1
        } else if index + 1 < bytes.count, bytes[index + 1] == UInt8(ascii: "\\") {
          result.append(byte)
          index += 2
        } else if index + 3 < bytes.count, (48...51).contains(bytes[index + 1]), (48...55).contains(bytes[index + 2]),
          (48...55).contains(bytes[index + 3])
        {
          result.append((bytes[index + 1] - 48) << 6 | (bytes[index + 2] - 48) << 3 | (bytes[index + 3] - 48))
          index += 4
        } else {
          throw SQLError("22P02", "invalid input syntax for type bytea")
        }
      }
      return result
    }
  }

  /// Hexadecimal digits in pairs, with blanks between pairs, from an index on.
  static func parseHex(
    _ digits: UnsafeBufferPointer<UInt8>, from start: Int, _ pace: EvaluationPace?
  ) throws(SQLError) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity((digits.count - start) / 2)
    var index = start
    while index < digits.count {
      try pace?.poll(work: 2)
      let digit = digits[index]
      if digit == 32 || digit == 10 || digit == 9 || digit == 13 {
        index += 1
        continue
      }
      guard let high = digit.hexValue else { throw invalidDigit(digits, index) }
      guard index + 1 < digits.count else {
        throw SQLError("22023", "invalid hexadecimal data: odd number of digits")
      }
      guard let low = digits[index + 1].hexValue else { throw invalidDigit(digits, index + 1) }
      result.append(high << 4 | low)
      index += 2
    }
    return result
  }

  private static func invalidDigit(_ digits: UnsafeBufferPointer<UInt8>, _ index: Int) -> SQLError {
    let character = String(decoding: digits[index...].prefix(4), as: UTF8.self).unicodeScalars.first
    return SQLError("22023", "invalid hexadecimal digit: \"\(character.map { String($0) } ?? "")\"")
  }
}
