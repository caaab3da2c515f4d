/// Searching, replacing and translating.
extension StringOperations {
  /// Runs `body` with a search for `needle` and the bytes to search in.
  private static func search<Value>(
    _ text: String, _ needle: String, _ pace: EvaluationPace,
    _ body: (SubstringSearch, UnsafeBufferPointer<UInt8>) throws(SQLError) -> Value
  ) throws(SQLError) -> Value {
    try text.withBytes { bytes throws(SQLError) in
      try needle.withBytes { needle throws(SQLError) in try body(SubstringSearch(needle, pace), bytes) }
    }
  }

  /// The position of a substring in characters from 1; 0 when it isn't there.
  static func position(_ text: String, _ needle: String, _ pace: EvaluationPace) throws(SQLError) -> Int32 {
    if needle.utf8.count > text.utf8.count { return 0 }
    return try search(text, needle, pace) { search, bytes throws(SQLError) in
      guard let offset = try search.first(in: bytes) else { return 0 }
      return Int32(clamping: try bytes.characterCount(0..<offset, pace) + 1)
    }
  }

  /// The same over bytes.
  static func position(_ bytes: [UInt8], _ needle: [UInt8], _ pace: EvaluationPace) throws(SQLError) -> Int32 {
    if needle.count > bytes.count { return 0 }
    return try bytes.withUnsafeBufferPointer { bytes throws(SQLError) in
      try needle.withUnsafeBufferPointer { needle throws(SQLError) in
        try SubstringSearch(needle, pace).first(in: bytes).map { Int32(clamping: $0 + 1) } ?? 0
      }
    }
  }

  static func replace(_ text: String, _ old: String, _ new: String, _ pace: EvaluationPace) throws(SQLError) -> String {
    if old.isEmpty || old.utf8.count > text.utf8.count { return text }
    return try search(text, old, pace) { search, bytes throws(SQLError) in
      guard var found = try search.first(in: bytes) else { return text }
      var result = TextBuilder(pace)
      var index = 0
      while true {
        try result.append(bytes.part(index..<found))
        try result.append(new.utf8)
        index = found + search.needle.count
        guard let next = try search.first(in: bytes, from: index) else { break }
        found = next
      }
      try result.append(bytes.part(index..<bytes.count))
      return String(decoding: result.bytes, as: UTF8.self)
    }
  }

  static func splitPart(
    _ text: String, _ delimiter: String, _ number: Int64, _ pace: EvaluationPace
  ) throws(SQLError) -> String {
    if number == 0 { throw SQLError("22023", "field position must not be zero") }
    if text.isEmpty { return "" }
    if delimiter.isEmpty || delimiter.utf8.count > text.utf8.count { return number == 1 || number == -1 ? text : "" }
    return try search(text, delimiter, pace) { search, bytes throws(SQLError) in
      var wanted = number
      if number < 0 {
        // Counted from the end: count the fields first.
        var fields: Int64 = 1
        var index = 0
        while let found = try search.first(in: bytes, from: index) {
          fields += 1
          index = found + search.needle.count
        }
        wanted = fields + number + 1
        if wanted <= 0 { return "" }
      }
      var start = 0
      while wanted > 1, let found = try search.first(in: bytes, from: start) {
        start = found + search.needle.count
        wanted -= 1
      }
      if wanted > 1 { return "" }
      let end = try search.first(in: bytes, from: start) ?? bytes.count
      return try Self.text(bytes, start..<end, pace)
    }
  }

  static func startsWith(_ text: String, _ prefix: String, _ pace: EvaluationPace) throws(SQLError) -> Bool {
    let count = prefix.utf8.count
    if count > text.utf8.count { return false }
    try pace.poll(work: 1 + count >> 3)
    return try text.withBytes { bytes throws(SQLError) in
      try prefix.withBytes { prefix throws(SQLError) in
        Datum.compare(UnsafeRawBufferPointer(bytes.part(0..<count)), UnsafeRawBufferPointer(prefix)) == 0
      }
    }
  }

  // MARK: Translation

  /// What each character of a set becomes.
  private struct Translation {
    private static let kept: Int64 = -1
    private static let dropped: Int64 = -2
    private var ascii = [Int64](repeating: Translation.kept, count: 128)
    private var others: [UInt32: Int64] = [:]

    init(_ from: UnsafeBufferPointer<UInt8>, _ to: UnsafeBufferPointer<UInt8>, _ pace: EvaluationPace) throws(SQLError)
    {
      var source = 0
      var target = 0
      while source < from.count {
        let (value, width) = from.scalar(at: source)
        source += width
        var result = Self.dropped
        if target < to.count {
          let (replacement, width) = to.scalar(at: target)
          target += width
          result = Int64(replacement)
        }
        try pace.poll(work: value < 0x80 ? 2 : 32)
        // The first of several counts.
        if value < 0x80 {
          if ascii[Int(value)] == Self.kept { ascii[Int(value)] = result }
        } else if others[value] == nil {
          others[value] = result
        }
      }
    }

    /// nil when the character is dropped.
    @inline(__always)
    func result(_ value: UInt32) -> UInt32? {
      let result = value < 0x80 ? ascii[Int(value)] : others.isEmpty ? Self.kept : others[value] ?? Self.kept
      return result == Self.kept ? value : result == Self.dropped ? nil : UInt32(truncatingIfNeeded: result)
    }
  }

  static func translate(_ text: String, _ from: String, _ to: String, _ pace: EvaluationPace) throws(SQLError) -> String
  {
    let translation = try from.withBytes { from throws(SQLError) in
      try to.withBytes { to throws(SQLError) in try Translation(from, to, pace) }
    }
    let bytes = try text.withBytes { bytes throws(SQLError) in
      // The array and the string that is made of it.
      try pace.admit(2 * bytes.count)
      var result: [UInt8] = []
      result.reserveCapacity(bytes.count)
      var index = 0
      while index < bytes.count {
        let end = min(index + EvaluationPace.blockSize, bytes.count)
        try pace.poll(work: 2 * (end - index))
        try checkSize(result.count)
        while index < end {
          let (value, width) = bytes.scalar(at: index)
          index += width
          if let replacement = translation.result(value) { result.append(scalar: replacement) }
        }
      }
      try checkSize(result.count)
      return result
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  // MARK: Quoting

  static func quoteIdentifier(_ name: String, _ pace: EvaluationPace) throws(SQLError) -> String {
    let isSafe = try name.withBytes { bytes throws(SQLError) in
      guard let first = bytes.first, !first.isDigit else { return false }
      for byte in bytes {
        try pace.poll(work: 1)
        guard (byte >= 97 && byte <= 122) || byte.isDigit || byte == UInt8(ascii: "_") else { return false }
      }
      return true
    }
    if isSafe, name.utf8.count > ReservedWords.longest || !ReservedWords.all.contains(name) { return name }
    return try quoted(name, opening: "\"", doubling: [UInt8(ascii: "\"")], pace)
  }

  static func quoteLiteral(_ text: String, _ pace: EvaluationPace) throws(SQLError) -> String {
    let hasBackslash = try text.withBytes { bytes throws(SQLError) in
      var isFound = false
      try pace.inBlocks(bytes.count) { range throws(SQLError) in
        for index in range where bytes[index] == UInt8(ascii: "\\") { isFound = true }
      }
      return isFound
    }
    return try quoted(
      text, opening: hasBackslash ? "E'" : "'", doubling: [UInt8(ascii: "'"), UInt8(ascii: "\\")], pace)
  }

  /// The text between quotes, with some bytes doubled. The last byte of `opening` closes it.
  private static func quoted(
    _ text: String, opening: String, doubling special: [UInt8], _ pace: EvaluationPace
  ) throws(SQLError) -> String {
    let quote = special[0]
    let other = special[special.count - 1]
    return try text.withBytes { bytes throws(SQLError) in
      var result = TextBuilder(pace)
      try result.append(opening.utf8)
      var start = 0
      try pace.inBlocks(bytes.count) { range throws(SQLError) in
        for index in range where bytes[index] == quote || bytes[index] == other {
          try result.append(bytes.part(start..<index))
          try result.append(bytes[index])
          start = index
        }
      }
      try result.append(bytes.part(start..<bytes.count))
      try result.append(quote)
      return String(decoding: result.bytes, as: UTF8.self)
    }
  }
}
