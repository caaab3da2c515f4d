/// Lengths in characters (Unicode scalars, as PostgreSQL counts them): cutting varchar, padding char.
enum StringLength {
  @inlinable
  static func characters(_ text: String) -> Int {
    var count = 0
    for byte in text.utf8 where byte & 0xC0 != 0x80 { count += 1 }
    return count
  }

  static func tooLong(_ type: SQLType) -> SQLError {
    SQLError("22001", "value too long for type \(type.displayName)")
  }

  /// At most `limit` characters; what is cut without `isExplicit` must be blanks.
  static func cut(_ text: String, _ limit: Int, isExplicit: Bool, type: SQLType) throws(SQLError) -> String {
    if text.utf8.count <= limit || characters(text) <= limit { return text }
    let scalars = text.unicodeScalars
    let end = scalars.index(scalars.startIndex, offsetBy: limit)
    if !isExplicit, text.utf8[end...].contains(where: { $0 != 32 }) { throw tooLong(type) }
    return String(scalars[..<end])
  }

  static func pad(_ text: String, _ limit: Int, isExplicit: Bool, type: SQLType) throws(SQLError) -> String {
    let count = characters(text)
    if count == limit { return text }
    if count > limit { return try cut(text, limit, isExplicit: isExplicit, type: type) }
    return text + String(repeating: " ", count: limit - count)
  }

  /// At most `limit` bytes, cut between characters.
  static func cutBytes(_ text: String, _ limit: Int) -> String {
    if text.utf8.count <= limit { return text }
    let utf8 = text.utf8
    var end = utf8.index(utf8.startIndex, offsetBy: limit)
    while end > utf8.startIndex, utf8[end] & 0xC0 == 0x80 { end = utf8.index(before: end) }
    return String(text[..<end])
  }

  /// Without trailing blanks.
  static func withoutPadding(_ text: String) -> String {
    let utf8 = text.utf8
    guard utf8.last == 32 else { return text }
    var end = utf8.endIndex
    while end > utf8.startIndex {
      let before = utf8.index(before: end)
      if utf8[before] != 32 { break }
      end = before
    }
    return String(text[..<end])
  }
}
