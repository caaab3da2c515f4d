/// Splits the text of a date or time into fields, as PostgreSQL's ParseDateTime does.
struct DateTimeScanner {
  enum Field: Equatable {
    /// Digits, perhaps with a decimal fraction: 1999, 20200131, 2451187.5.
    case number([UInt8])
    /// Parts between one delimiter: 1999-01-08, 08/Jan/1999.
    case date([[UInt8]])
    /// Digits with colons: 04:05:06.789.
    case time([UInt8])
    /// A sign and digits, perhaps with colons: +05:30.
    case zone([UInt8])
    /// Letters in lower case.
    case word(String)
    /// A sign and letters: -infinity.
    case signedWord(String)
  }

  private let bytes: [UInt8]
  private var index = 0

  /// Longest text worth looking at.
  private static let lengthLimit = 128

  /// The fields; nil when the text has something no field begins with or too many fields.
  static func fields(_ text: String) -> [Field]? {
    let bytes = Array(text.utf8)
    guard bytes.count <= lengthLimit else { return nil }
    var scanner = DateTimeScanner(bytes)
    return scanner.scan()
  }

  private init(_ bytes: [UInt8]) { self.bytes = bytes }

  private var current: UInt8? { index < bytes.count ? bytes[index] : nil }

  private mutating func take(while predicate: (UInt8) -> Bool) -> [UInt8] {
    let start = index
    while index < bytes.count, predicate(bytes[index]) { index += 1 }
    return Array(bytes[start..<index])
  }

  private mutating func scan() -> [Field]? {
    var fields: [Field] = []
    while let byte = current {
      guard fields.count < 25 else { return nil }
      if byte.isBlank || byte == UInt8(ascii: ",") || byte == UInt8(ascii: ";") {
        index += 1
      } else if byte.isDigit {
        fields.append(number())
      } else if byte == UInt8(ascii: ".") {
        index += 1
        fields.append(.number([byte] + take(while: \.isDigit)))
      } else if byte.isLetter {
        fields.append(word())
      } else if byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") {
        index += 1
        _ = take(while: \.isBlank)
        if current?.isDigit == true {
          fields.append(.zone([byte] + take { $0.isDigit || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".") }))
        } else if current?.isLetter == true {
          let letters = take(while: \.isLetter)
          fields.append(.signedWord((byte == UInt8(ascii: "-") ? "-" : "+") + Self.lowered(letters)))
        } else {
          return nil
        }
      } else {
        return nil
      }
    }
    return fields
  }

  private static func lowered(_ letters: [UInt8]) -> String {
    String(decoding: letters.map(\.lowercased), as: UTF8.self)
  }

  private static func isDelimiter(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "-") || byte == UInt8(ascii: "/") || byte == UInt8(ascii: ".")
  }

  private mutating func number() -> Field {
    let digits = take(while: \.isDigit)
    guard let next = current else { return .number(digits) }
    if next == UInt8(ascii: ":") {
      return .time(digits + take { $0.isDigit || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".") })
    }
    guard Self.isDelimiter(next) else { return .number(digits) }
    if next == UInt8(ascii: ".") {
      // One point makes a fraction, two make a date.
      let mark = index
      index += 1
      let fraction = take(while: \.isDigit)
      if current != UInt8(ascii: ".") { return .number(digits + [UInt8(ascii: ".")] + fraction) }
      index = mark
    }
    return .date([digits] + rest(next))
  }

  private mutating func rest(_ delimiter: UInt8) -> [[UInt8]] {
    var parts: [[UInt8]] = []
    while current == delimiter, parts.count < 3 {
      index += 1
      // A digit part ends before a T that starts the time.
      if current?.isDigit == true {
        parts.append(take(while: \.isDigit))
      } else {
        parts.append(take(while: \.isLetter))
      }
    }
    return parts
  }

  private mutating func word() -> Field {
    let letters = take(while: \.isLetter)
    if let next = current, Self.isDelimiter(next), index + 1 < bytes.count, bytes[index + 1].isDigit, letters.count >= 3
    {
      return .date([letters] + rest(next))
    }
    return .word(Self.lowered(letters))
  }
}
