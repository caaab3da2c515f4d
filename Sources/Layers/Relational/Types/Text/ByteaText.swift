/// bytea as text: hexadecimal out; hexadecimal or escapes in.
enum ByteaText {
  static func append(_ value: [UInt8], to bytes: inout [UInt8]) {
    bytes.reserveCapacity(bytes.count + 2 + value.count * 2)
    bytes.append(UInt8(ascii: "\\"))
    bytes.append(UInt8(ascii: "x"))
    for byte in value {
      bytes.append((byte >> 4).hexDigit)
      bytes.append((byte & 15).hexDigit)
    }
  }

  static func parse(_ text: String) throws(SQLError) -> [UInt8] {
    let bytes = Array(text.utf8)
    if bytes.starts(with: "\\x".utf8) { return try parseHex(bytes[2...]) }
    var result: [UInt8] = []
    var index = 0
    while index < bytes.count {
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

  /// Hexadecimal digits in pairs, with blanks between pairs.
  static func parseHex(_ digits: ArraySlice<UInt8>) throws(SQLError) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(digits.count / 2)
    var index = digits.startIndex
    while index < digits.endIndex {
      if [32, 10, 9, 13].contains(digits[index]) {
        index += 1
        continue
      }
      guard let high = digits[index].hexValue else { throw invalidDigit(digits[index...]) }
      guard index + 1 < digits.endIndex else {
        throw SQLError("22023", "invalid hexadecimal data: odd number of digits")
      }
      guard let low = digits[index + 1].hexValue else { throw invalidDigit(digits[(index + 1)...]) }
      result.append(high << 4 | low)
      index += 2
    }
    return result
  }

  private static func invalidDigit(_ rest: ArraySlice<UInt8>) -> SQLError {
    let character = String(decoding: rest.prefix(4), as: UTF8.self).unicodeScalars.first.map { String($0) } ?? ""
    return SQLError("22023", "invalid hexadecimal digit: \"\(character)\"")
  }
}
