/// Lengths in characters (Unicode scalars, as PostgreSQL counts them): cutting varchar, padding char.
enum StringLength {
  /// The characters of a text.
  static func characters(_ text: String, _ pace: EvaluationPace?) throws(SQLError) -> Int {
    try text.withBytes { bytes throws(SQLError) in try bytes.characterCount(0..<bytes.count, pace) }
  }

  static func tooLong(_ type: SQLType) -> SQLError {
    SQLError("22001", "value too long for type \(type.displayName)")
  }

  /// At most `limit` characters; what is cut without `isExplicit` must be blanks.
  static func cut(
    _ text: String, _ limit: Int, isExplicit: Bool, type: SQLType, _ pace: EvaluationPace?
  ) throws(SQLError) -> String {
    if text.utf8.count <= limit { return text }
    return try text.withBytes { bytes throws(SQLError) in
      let end = try bytes.index(after: limit, pace)
      if end == bytes.count { return text }
      if !isExplicit {
        for index in end..<bytes.count {
          try pace?.poll(work: 1)
          if bytes[index] != 32 { throw tooLong(type) }
        }
      }
      return String(decoding: bytes.part(0..<end), as: UTF8.self)
    }
  }

  static func pad(
    _ text: String, _ limit: Int, isExplicit: Bool, type: SQLType, _ pace: EvaluationPace?
  ) throws(SQLError) -> String {
    let count = try characters(text, pace)
    if count == limit { return text }
    if count > limit { return try cut(text, limit, isExplicit: isExplicit, type: type, pace) }
    let size = text.utf8.count + limit - count
    try StringOperations.admit(size, pace)
    try pace?.poll(work: size >> 3)
    return try text.withBytes { bytes throws(SQLError) in
      String(unsafeUninitializedCapacity: size) { output in
        let kept = UnsafeMutableBufferPointer(rebasing: output[..<bytes.count])
        _ = kept.initialize(from: bytes)
        UnsafeMutableBufferPointer(rebasing: output[bytes.count..<size]).initialize(repeating: 32)
        return size
      }
    }
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
