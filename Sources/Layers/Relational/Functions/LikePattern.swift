/// LIKE: % stands for any characters, _ for one, the escape character takes the next one literally.
enum LikePattern {
  private static var endsWithEscape: SQLError {
    SQLError("22025", "LIKE pattern must not end with escape character")
  }

  /// Whether all of `text` matches, in time proportional to text × pattern at worst: only the last % is retried.
  static func matches(_ text: String, _ pattern: String) throws(SQLError) -> Bool {
    var text = text
    var pattern = pattern
    let verdict: Bool? = text.withUTF8 { text in
      pattern.withUTF8 { pattern in Self.verdict(text, pattern, inCharacters: true) }
    }
    guard let verdict else { throw endsWithEscape }
    return verdict
  }

  /// The same over bytes, where _ stands for one byte.
  static func matches(_ text: [UInt8], _ pattern: [UInt8]) throws(SQLError) -> Bool {
    let verdict: Bool? = text.withUnsafeBufferPointer { text in
      pattern.withUnsafeBufferPointer { pattern in Self.verdict(text, pattern, inCharacters: false) }
    }
    guard let verdict else { throw endsWithEscape }
    return verdict
  }

  /// nil when the pattern ends with the escape character where the text goes on.
  private static func verdict(
    _ text: UnsafeBufferPointer<UInt8>, _ pattern: UnsafeBufferPointer<UInt8>, inCharacters: Bool
  ) -> Bool? {
    var textIndex = 0
    var patternIndex = 0
    var retryPattern = -1
    var retryText = 0
    func width(_ index: Int) -> Int {
      guard inCharacters else { return 1 }
      var end = index + 1
      while end < text.count, text[end] & 0xC0 == 0x80 { end += 1 }
      return end - index
    }
    while true {
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
          return textIndex < text.count ? nil : false
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
  static func withEscape(_ pattern: String, _ escape: String) throws(SQLError) -> String {
    let escapes = Array(escape.unicodeScalars)
    guard escapes.count <= 1 else {
      throw SQLError("22025", "invalid escape string", hint: "Escape string must be empty or one character.")
    }
    if escapes.first == "\\" { return pattern }
    var result = String.UnicodeScalarView()
    var isEscaped = false
    for scalar in pattern.unicodeScalars {
      if !isEscaped, scalar == escapes.first {
        result.append("\\")
        isEscaped = true
      } else {
        if scalar == "\\", !isEscaped { result.append("\\") }
        result.append(scalar)
        isEscaped = false
      }
    }
    return String(result)
  }
}
