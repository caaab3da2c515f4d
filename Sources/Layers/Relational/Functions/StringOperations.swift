/// The string functions over UTF-8 bytes; positions and lengths count characters (Unicode scalars).
enum StringOperations {
  /// Longest result a function builds; PostgreSQL stops at 1 GiB, a node of many sessions sooner.
  static let sizeLimit = 64 << 20

  static var tooLarge: SQLError { SQLError("54000", "requested length too large") }

  static func checkSize(_ bytes: Int) throws(SQLError) {
    if bytes > sizeLimit { throw tooLarge }
  }

  static func string(_ bytes: some Collection<UInt8>) -> Datum { .text(String(decoding: bytes, as: UTF8.self)) }

  // MARK: Case

  /// The one character a character maps to; itself when it maps to several.
  private static func mapped(_ scalar: Unicode.Scalar, _ mapping: String) -> Unicode.Scalar {
    let scalars = mapping.unicodeScalars
    guard let first = scalars.first, scalars.count == 1 else { return scalar }
    return first
  }

  static func lower(_ text: String) -> String {
    if text.utf8.allSatisfy({ $0 < 0x80 }) { return String(decoding: text.utf8.map(\.lowercased), as: UTF8.self) }
    return build(text.unicodeScalars.map { mapped($0, $0.properties.lowercaseMapping) })
  }

  static func upper(_ text: String) -> String {
    if text.utf8.allSatisfy({ $0 < 0x80 }) { return String(decoding: text.utf8.map(\.uppercased), as: UTF8.self) }
    return build(text.unicodeScalars.map { mapped($0, $0.properties.uppercaseMapping) })
  }

  static func initcap(_ text: String) -> String {
    var inWord = false
    return build(
      text.unicodeScalars.map { scalar in
        let isWord = scalar.properties.isAlphabetic || scalar.properties.numericType != nil
        defer { inWord = isWord }
        return inWord
          ? mapped(scalar, scalar.properties.lowercaseMapping) : mapped(scalar, scalar.properties.uppercaseMapping)
      })
  }

  static func build(_ scalars: some Sequence<Unicode.Scalar>) -> String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    return String(view)
  }

  // MARK: Parts

  /// Characters from `start` (1 is the first; positions before it count) for `length`.
  static func substring(_ text: String, _ start: Int64, _ length: Int64?) throws(SQLError) -> String {
    if let length, length < 0 { throw SQLError("22011", "negative substring length not allowed") }
    let end = length.map { start.addingReportingOverflow($0) }
    let first = max(start, 1)
    var last = Int64.max
    if let end, !end.overflow {
      if end.partialValue <= 1 { return "" }
      last = end.partialValue
    }
    let scalars = text.unicodeScalars
    guard first <= Int64(text.utf8.count),
      let from = scalars.index(scalars.startIndex, offsetBy: Int(first - 1), limitedBy: scalars.endIndex)
    else { return "" }
    if last == .max { return String(scalars[from...]) }
    let count = Int(min(last - first, Int64(text.utf8.count)))
    let to = scalars.index(from, offsetBy: count, limitedBy: scalars.endIndex) ?? scalars.endIndex
    return String(scalars[from..<to])
  }

  static func substring(_ bytes: [UInt8], _ start: Int64, _ length: Int64?) throws(SQLError) -> [UInt8] {
    if let length, length < 0 { throw SQLError("22011", "negative substring length not allowed") }
    let first = max(start, 1)
    var last = Int64(bytes.count) + 1
    if let length {
      let (end, overflow) = start.addingReportingOverflow(length)
      if !overflow { last = min(last, end) }
    }
    return first < last ? Array(bytes[Int(first - 1)..<Int(last - 1)]) : []
  }

  static func left(_ text: String, _ count: Int64) -> String {
    let scalars = text.unicodeScalars
    let wanted = count >= 0 ? count : max(0, Int64(scalars.count) + count)
    return String(scalars.prefix(Int(min(wanted, Int64(text.utf8.count)))))
  }

  static func right(_ text: String, _ count: Int64) -> String {
    let scalars = text.unicodeScalars
    let wanted = count >= 0 ? count : max(0, Int64(scalars.count) + count)
    return String(scalars.suffix(Int(min(wanted, Int64(text.utf8.count)))))
  }

  static func trim(_ text: String, _ set: String, leading: Bool, trailing: Bool) -> String {
    let characters = Set(set.unicodeScalars)
    var scalars = Substring(text).unicodeScalars
    if leading { scalars = scalars.drop { characters.contains($0) } }
    while trailing, let last = scalars.last, characters.contains(last) { scalars.removeLast() }
    return String(scalars)
  }

  static func trim(_ bytes: [UInt8], _ set: [UInt8], leading: Bool, trailing: Bool) -> [UInt8] {
    var rest = bytes[...]
    if leading { rest = rest.drop { set.contains($0) } }
    while trailing, let last = rest.last, set.contains(last) { rest.removeLast() }
    return Array(rest)
  }

  static func pad(_ text: String, _ length: Int64, _ fill: String, atStart: Bool) throws(SQLError) -> String {
    let wanted = Int(max(0, min(length, Int64(Int32.max))))
    try checkSize(wanted)
    let scalars = Array(text.unicodeScalars)
    if scalars.count >= wanted { return build(scalars.prefix(wanted)) }
    let filler = Array(fill.unicodeScalars)
    guard !filler.isEmpty else { return text }
    let padding = (0..<(wanted - scalars.count)).map { filler[$0 % filler.count] }
    return build(atStart ? padding + scalars : scalars + padding)
  }

  static func repeated(_ text: String, _ count: Int64) throws(SQLError) -> String {
    guard count > 0, !text.isEmpty else { return "" }
    let (size, overflow) = Int64(text.utf8.count).multipliedReportingOverflow(by: count)
    if overflow || size > Int64(sizeLimit) { throw tooLarge }
    return String(repeating: text, count: Int(count))
  }

  // MARK: Searching

  /// The offset of `needle` in `bytes` from `start`.
  static func find(_ needle: [UInt8], in bytes: [UInt8], from start: Int = 0) -> Int? {
    guard !needle.isEmpty else { return start }
    guard bytes.count - start >= needle.count else { return nil }
    return bytes.withUnsafeBufferPointer { bytes in
      needle.withUnsafeBufferPointer { needle in
        var index = start
        let last = bytes.count - needle.count
        while index <= last {
          if bytes[index] == needle[0] {
            var matched = 1
            while matched < needle.count, bytes[index + matched] == needle[matched] { matched += 1 }
            if matched == needle.count { return index }
          }
          index += 1
        }
        return nil
      }
    }
  }

  /// The position of a substring in characters from 1; 0 when it isn't there.
  static func position(_ text: String, _ needle: String) -> Int32 {
    let bytes = Array(text.utf8)
    guard let offset = find(Array(needle.utf8), in: bytes) else { return 0 }
    return Int32(bytes[..<offset].count { $0 & 0xC0 != 0x80 }) + 1
  }

  static func replace(_ text: String, _ old: String, _ new: String) throws(SQLError) -> String {
    let bytes = Array(text.utf8)
    let needle = Array(old.utf8)
    guard !needle.isEmpty, !bytes.isEmpty else { return text }
    var result: [UInt8] = []
    var index = 0
    while let found = find(needle, in: bytes, from: index) {
      result += bytes[index..<found]
      result += new.utf8
      try checkSize(result.count)
      index = found + needle.count
    }
    if index == 0 { return text }
    result += bytes[index...]
    return String(decoding: result, as: UTF8.self)
  }

  static func splitPart(_ text: String, _ delimiter: String, _ number: Int64) throws(SQLError) -> String {
    if number == 0 { throw SQLError("22023", "field position must not be zero") }
    if text.isEmpty { return "" }
    if delimiter.isEmpty { return number == 1 || number == -1 ? text : "" }
    let bytes = Array(text.utf8)
    let needle = Array(delimiter.utf8)
    var bounds: [(Int, Int)] = []
    var index = 0
    while let found = find(needle, in: bytes, from: index) {
      bounds.append((index, found))
      if number > 0, Int64(bounds.count) == number { break }
      index = found + needle.count
    }
    if number < 0 || Int64(bounds.count) < number { bounds.append((index, bytes.count)) }
    let position = number > 0 ? number - 1 : Int64(bounds.count) + number
    guard position >= 0, position < Int64(bounds.count) else { return "" }
    let (from, to) = bounds[Int(position)]
    return String(decoding: bytes[from..<to], as: UTF8.self)
  }

  static func translate(_ text: String, _ from: String, _ to: String) -> String {
    let targets = Array(to.unicodeScalars)
    var map: [Unicode.Scalar: Unicode.Scalar?] = [:]
    for (index, scalar) in from.unicodeScalars.enumerated() where map[scalar] == nil {
      map[scalar] = .some(index < targets.count ? targets[index] : nil)
    }
    return build(
      text.unicodeScalars.compactMap { scalar -> Unicode.Scalar? in
        if let mapped = map[scalar] { return mapped }
        return scalar
      })
  }

  // MARK: Quoting

  static func quoteIdentifier(_ name: String) -> String {
    let bytes = Array(name.utf8)
    let isSafe =
      !bytes.isEmpty && !bytes[0].isDigit
      && bytes.allSatisfy { ($0 >= 97 && $0 <= 122) || $0.isDigit || $0 == UInt8(ascii: "_") }
      && !ReservedWords.all.contains(name)
    if isSafe { return name }
    return "\"" + name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
  }

  static func quoteLiteral(_ text: String) -> String {
    var result = text.utf8.contains(UInt8(ascii: "\\")) ? "E'" : "'"
    for scalar in text.unicodeScalars {
      if scalar == "'" || scalar == "\\" { result.unicodeScalars.append(scalar) }
      result.unicodeScalars.append(scalar)
    }
    return result + "'"
  }
}

/// The words PostgreSQL quotes when they are identifiers (all but its unreserved ones).
enum ReservedWords {
  static let all: Set<String> = Set(
    """
    all analyse analyze and any array as asc asymmetric authorization between bigint binary bit boolean both case cast \
    char character check coalesce collate collation column concurrently constraint create cross current_catalog \
    current_date current_role current_schema current_time current_timestamp current_user dec decimal default \
    deferrable desc distinct do else end except exists extract false fetch float for foreign freeze from full grant \
    greatest group grouping having ilike in initially inner inout int integer intersect interval into is isnull join \
    lateral leading least left like limit localtime localtimestamp national natural nchar none normalize not notnull \
    null nullif numeric offset on only or order out outer overlaps overlay placing position precision primary real \
    references returning right row select session_user setof similar smallint some substring symmetric system_user \
    table tablesample then time timestamp to trailing treat trim true union unique user using values varchar variadic \
    verbose when where window with xmlattributes xmlconcat xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi \
    xmlroot xmlserialize xmltable
    """.split(separator: " ").map(String.init))
}
