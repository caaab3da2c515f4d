/// LIKE: % stands for any characters, _ for one, the escape character takes the next one literally.
///
/// Short texts and patterns are matched by the plain algorithm, which retries only the last %. Longer ones are cut at
/// the %: what stands before the first and after the last is compared in place, and each part between is looked for
/// behind the one before it, by a linear search when it has no _.
enum LikePattern {
  private static var endsWithEscape: SQLError {
    SQLError("22025", "LIKE pattern must not end with escape character")
  }

  /// Whether all of `text` matches.
  static func matches(_ text: String, _ pattern: String, _ pace: EvaluationPace) throws(SQLError) -> Bool {
    try text.withBytes { text throws(SQLError) in
      try pattern.withBytes { pattern throws(SQLError) in
        try matches(text, pattern, inCharacters: true, pace)
      }
    }
  }

  /// The same over bytes, where _ stands for one byte.
  static func matches(_ text: [UInt8], _ pattern: [UInt8], _ pace: EvaluationPace) throws(SQLError) -> Bool {
    try text.withUnsafeBufferPointer { text throws(SQLError) in
      try pattern.withUnsafeBufferPointer { pattern throws(SQLError) in
        try matches(text, pattern, inCharacters: false, pace)
      }
    }
  }

  /// Up to this product of lengths the plain algorithm is good enough.
  private static let plainLimit = 1 << 14

  private static func matches(
    _ text: UnsafeBufferPointer<UInt8>, _ pattern: UnsafeBufferPointer<UInt8>, inCharacters: Bool,
    _ pace: EvaluationPace
  ) throws(SQLError) -> Bool {
    if text.count <= plainLimit, pattern.count <= plainLimit, text.count * pattern.count <= plainLimit {
      return try plain(text, pattern, inCharacters: inCharacters, pace)
    }
    // A pattern that ends with the escape character fails only where the text reaches it.
    guard let segments = try LikeSegments(pattern, pace) else {
      return try plain(text, pattern, inCharacters: inCharacters, pace)
    }
    return try segments.match(text, inCharacters: inCharacters)
  }

  private static func plain(
    _ text: UnsafeBufferPointer<UInt8>, _ pattern: UnsafeBufferPointer<UInt8>, inCharacters: Bool,
    _ pace: EvaluationPace
  ) throws(SQLError) -> Bool {
    var textIndex = 0
    var patternIndex = 0
    var retryPattern = -1
    var retryText = 0
    var work = 0
    func width(_ index: Int) -> Int { inCharacters ? text.width(at: index) : 1 }
    while true {
      work += 1
      if work == EvaluationPace.blockSize {
        try pace.poll(work: work)
        work = 0
      }
      var isMatch = true
      if patternIndex < pattern.count {
        let byte = pattern[patternIndex]
        if byte == UInt8(ascii: "%") {
          retryPattern = patternIndex + 1
          retryText = textIndex
          patternIndex += 1
          continue
        }
        if byte == UInt8(ascii: "\\"), patternIndex + 1 >= pattern.count {
          if textIndex < text.count { throw endsWithEscape }
          return false
        }
        if textIndex >= text.count {
          return false
        } else if byte == UInt8(ascii: "_") {
          textIndex += width(textIndex)
          patternIndex += 1
        } else {
          let isEscape = byte == UInt8(ascii: "\\")
          if text[textIndex] == (isEscape ? pattern[patternIndex + 1] : byte) {
            textIndex += 1
            patternIndex += isEscape ? 2 : 1
          } else {
            isMatch = false
          }
        }
      } else if textIndex == text.count {
        return true
      } else {
        isMatch = false
      }
      if isMatch { continue }
      guard retryPattern >= 0, retryText < text.count else { return false }
      // % takes one character more.
      retryText += width(retryText)
      textIndex = retryText
      patternIndex = retryPattern
    }
  }

  /// Rewrites a pattern with another escape character to the standard backslash.
  static func withEscape(_ pattern: String, _ escape: String, _ pace: EvaluationPace) throws(SQLError) -> String {
    let isOne = try escape.withBytes { bytes throws(SQLError) in bytes.isEmpty || bytes.width(at: 0) == bytes.count }
    guard isOne else {
      throw SQLError("22025", "invalid escape string", hint: "Escape string must be empty or one character.")
    }
    let escapeValue = escape.unicodeScalars.first?.value
    let backslash = UInt32(UInt8(ascii: "\\"))
    if escapeValue == backslash { return pattern }
    return try pattern.withBytes { bytes throws(SQLError) in
      var result = TextBuilder(pace)
      var isEscaped = false
      var index = 0
      while index < bytes.count {
        let (value, width) = bytes.scalar(at: index)
        index += width
        if !isEscaped, value == escapeValue {
          try result.append(scalar: backslash)
          isEscaped = true
        } else {
          if value == backslash, !isEscaped { try result.append(scalar: backslash) }
          try result.append(scalar: value)
          isEscaped = false
        }
      }
      return String(decoding: result.bytes, as: UTF8.self)
    }
  }
}

/// A pattern of LIKE cut at its %. Parts are read one at a time, so that a pattern of many % holds no more than one.
private struct LikeSegments {
  /// What stands between two %: its bytes without escapes, and which of them are _.
  struct Segment {
    var bytes: [UInt8] = []
    var wildcards: [Bool] = []
    var hasWildcard = false

    mutating func removeAll() {
      bytes.removeAll(keepingCapacity: true)
      wildcards.removeAll(keepingCapacity: true)
      hasWildcard = false
    }
  }

  private let pattern: UnsafeBufferPointer<UInt8>
  private let pace: EvaluationPace
  /// The last %; nil when there is none.
  private var lastPercent: Int?

  /// nil when the pattern ends with the escape character.
  init?(_ pattern: UnsafeBufferPointer<UInt8>, _ pace: EvaluationPace) throws(SQLError) {
    self.pattern = pattern
    self.pace = pace
    var index = 0
    while index < pattern.count {
      try pace.poll(work: 1)
      if pattern[index] == UInt8(ascii: "%") { lastPercent = index }
      if pattern[index] == UInt8(ascii: "\\") {
        index += 1
        if index == pattern.count { return nil }
      }
      index += 1
    }
  }

  /// Reads the part that begins at `index`; `index` is then at its % or at the end.
  private func read(_ segment: inout Segment, _ index: inout Int) throws(SQLError) {
    segment.removeAll()
    while index < pattern.count, pattern[index] != UInt8(ascii: "%") {
      try pace.poll(work: 2)
      let isWildcard = pattern[index] == UInt8(ascii: "_")
      if pattern[index] == UInt8(ascii: "\\") { index += 1 }
      segment.bytes.append(pattern[index])
      segment.wildcards.append(isWildcard)
      segment.hasWildcard = segment.hasWildcard || isWildcard
      index += 1
    }
  }

  func match(_ text: UnsafeBufferPointer<UInt8>, inCharacters: Bool) throws(SQLError) -> Bool {
    var segment = Segment()
    var index = 0
    try read(&segment, &index)
    guard var start = try end(of: segment, at: 0, in: text, inCharacters) else { return false }
    guard let lastPercent else { return start == text.count }
    var last = lastPercent + 1
    try read(&segment, &last)
    guard let end = try beginning(of: segment, in: text, inCharacters), end >= start else { return false }
    let rest = text.part(0..<end)
    while index < lastPercent {
      index += 1
      try read(&segment, &index)
      guard let found = try find(segment, in: rest, from: start, inCharacters) else { return false }
      start = found
    }
    return true
  }

  /// Where the segment ends when it begins at `start`; nil when it doesn't match there.
  private func end(
    of segment: Segment, at start: Int, in text: UnsafeBufferPointer<UInt8>, _ inCharacters: Bool
  ) throws(SQLError) -> Int? {
    var index = start
    var polled = 0
    for position in segment.bytes.indices {
      if position - polled == EvaluationPace.blockSize {
        try pace.poll(work: position - polled)
        polled = position
      }
      var isMatch = index < text.count
      if isMatch, segment.wildcards[position] {
        index += inCharacters ? text.width(at: index) : 1
      } else {
        isMatch = isMatch && text[index] == segment.bytes[position]
        index += 1
      }
      if !isMatch {
        try pace.poll(work: position - polled + 1)
        return nil
      }
    }
    try pace.poll(work: segment.bytes.count - polled)
    return index
  }

  /// Where the segment begins when it ends with the text; nil when it doesn't match there.
  private func beginning(
    of segment: Segment, in text: UnsafeBufferPointer<UInt8>, _ inCharacters: Bool
  ) throws(SQLError) -> Int? {
    var index = text.count
    for position in segment.bytes.indices.reversed() {
      try pace.poll(work: 1)
      guard index > 0 else { return nil }
      if segment.wildcards[position] {
        index = inCharacters ? text.lead(before: index) : index - 1
      } else if text[index - 1] == segment.bytes[position] {
        index -= 1
      } else {
        return nil
      }
    }
    return index
  }

  /// Where the segment's first occurrence at or after `start` ends.
  private func find(
    _ segment: Segment, in text: UnsafeBufferPointer<UInt8>, from start: Int, _ inCharacters: Bool
  ) throws(SQLError) -> Int? {
    if !segment.hasWildcard {
      return try segment.bytes.withUnsafeBufferPointer { needle throws(SQLError) in
        try SubstringSearch(needle, pace).first(in: text, from: start).map { $0 + needle.count }
      }
    }
    var index = start
    while index <= text.count {
      if let end = try end(of: segment, at: index, in: text, inCharacters) { return end }
      guard index < text.count else { return nil }
      index += inCharacters ? text.width(at: index) : 1
    }
    return nil
  }
}
