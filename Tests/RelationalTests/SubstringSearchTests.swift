import RoostRelational
import Testing

/// Searching against the obvious algorithm, over small alphabets in which needles nearly match everywhere.
@Suite struct SubstringSearchTests {
  private static func word(_ length: Int, _ alphabet: [String], _ generator: inout SeededGenerator) -> String {
    var result = ""
    if Bool.random(using: &generator), length > 4 {
      // Periodic: the hard case.
      let period = word(Int.random(in: 1...4, using: &generator), alphabet, &generator)
      while result.unicodeScalars.count < length { result += period }
      if Bool.random(using: &generator) { result += alphabet.randomElement(using: &generator) ?? "" }
      return result
    }
    for _ in 0..<length { result += alphabet.randomElement(using: &generator) ?? "" }
    return result
  }

  /// The byte offsets of the occurrences that don't overlap.
  private static func occurrences(_ needle: [UInt8], _ text: [UInt8]) -> [Int] {
    var result: [Int] = []
    var index = 0
    while index + needle.count <= text.count {
      if Array(text[index..<(index + needle.count)]) == needle {
        result.append(index)
        index += needle.count
      } else {
        index += 1
      }
    }
    return result
  }

  @Test(arguments: [["a", "b"], ["a"], ["a", "é", "€"], ["x", "y", "z", "w"]])
  func findsWhatTheObviousAlgorithmFinds(_ alphabet: [String]) throws {
    var generator = SeededGenerator(UInt64(31 + alphabet.count))
    for _ in 0..<1500 {
      let text = Self.word(Int.random(in: 0...120, using: &generator), alphabet, &generator)
      let needle = Self.word(Int.random(in: 1...40, using: &generator), alphabet, &generator)
      let (bytes, needleBytes) = (Array(text.utf8), Array(needle.utf8))
      let found = Self.occurrences(needleBytes, bytes)
      let position = found.first.map { bytes[..<$0].count { $0 & 0xC0 != 0x80 } + 1 } ?? 0
      let arguments: [Datum] = [.text(text), .text(needle)]
      #expect(try LongValue.call("strpos", arguments).int32 == Int32(position), "\(needle) in \(text)")
      let offset = found.first.map { $0 + 1 } ?? 0
      #expect(try LongValue.call("position", [.bytea(bytes), .bytea(needleBytes)]).int32 == Int32(offset))

      var fields: [String] = []
      var start = 0
      for place in found {
        fields.append(String(decoding: bytes[start..<place], as: UTF8.self))
        start = place + needleBytes.count
      }
      fields.append(String(decoding: bytes[start...], as: UTF8.self))
      let replaced = try LongValue.call("replace", arguments + [.text("_é")]).string
      #expect(replaced == fields.joined(separator: "_é"), "\(needle) in \(text)")
      let number = Int.random(in: 1...(fields.count + 1), using: &generator)
      let expected = number <= fields.count ? fields[number - 1] : ""
      #expect(try LongValue.call("split_part", arguments + [.integer(Int32(number))]).string == expected)
      let fromEnd = number <= fields.count ? fields[fields.count - number] : ""
      #expect(try LongValue.call("split_part", arguments + [.integer(Int32(-number))]).string == fromEnd)
    }
  }

  /// Every needle of two letters at the shortest lengths that aren't compared in place, behind all its own beginnings.
  @Test func findsEveryShortNeedleBehindItsBeginnings() throws {
    for length in 9...11 {
      for bits in 0..<(1 << length) {
        let needle = (0..<length).map { UInt8(ascii: "a") + UInt8(bits >> $0 & 1) }
        for kept in stride(from: 1, to: length, by: 3) {
          let text = needle.dropFirst(kept) + needle.dropLast(kept) + needle.prefix(kept) + needle
          let bytes = Array(text)
          let expected = (Self.occurrences(needle, bytes).first ?? -1) + 1
          let found = try LongValue.call("position", [.bytea(bytes), .bytea(needle)]).int32
          if found != Int32(expected) { Issue.record("\(needle) in \(bytes): \(found), not \(expected)") }
        }
      }
    }
  }

  /// Every pattern of LIKE against a matcher that tries everything. Padding makes texts long enough for the linear one.
  @Test func likeMatchesWhatTryingEverythingMatches() throws {
    var generator = SeededGenerator(41)
    let padding = String(repeating: "-", count: 20_000)
    for _ in 0..<600 {
      let text = Self.word(Int.random(in: 0...12, using: &generator), ["a", "b", "é"], &generator)
      var pattern = ""
      for _ in 0..<Int.random(in: 0...8, using: &generator) {
        pattern += ["a", "b", "é", "_", "%", "\\a", "\\_", "\\%"].randomElement(using: &generator) ?? ""
      }
      let expected = Self.matches(text.unicodeScalars.map { $0 }[...], pattern.unicodeScalars.map { $0 }[...])
      #expect(try LongValue.call("~~", [.text(text), .text(pattern)]).boolean == expected, "\(text) like \(pattern)")
      let long: [Datum] = [.text(padding + text + padding + text), .text(padding + pattern + padding + pattern)]
      if !pattern.contains("%") {
        #expect(try LongValue.call("~~", long).boolean == expected, "long \(text) like \(pattern)")
      }
      let inside: [Datum] = [.text(padding + text + padding), .text("%" + pattern + "%")]
      let contained = Self.matches(
        ("-" + text + "-").unicodeScalars.map { $0 }[...], ("%" + pattern + "%").unicodeScalars.map { $0 }[...])
      // A run of _ can reach into the padding only as far as the short text goes.
      if pattern.unicodeScalars.count(where: { $0 == "_" }) <= 1 {
        #expect(try LongValue.call("~~", inside).boolean == contained, "\(text) inside like %\(pattern)%")
      }
    }
  }

  private static func matches(_ text: ArraySlice<Unicode.Scalar>, _ pattern: ArraySlice<Unicode.Scalar>) -> Bool {
    guard let first = pattern.first else { return text.isEmpty }
    switch first {
    case "%":
      return (text.startIndex...text.endIndex).contains { matches(text[$0...], pattern.dropFirst()) }
    case "_": return !text.isEmpty && matches(text.dropFirst(), pattern.dropFirst())
    case "\\": return text.first == pattern.dropFirst().first && matches(text.dropFirst(), pattern.dropFirst(2))
    default: return text.first == first && matches(text.dropFirst(), pattern.dropFirst())
    }
  }

  @Test func longPatternsKeepTheErrorOfALoneEscape() {
    let text = String(repeating: "a", count: 40_000)
    let pattern = text + "\\"
    #expect(
      LongValue.failure { _ = try LongValue.call("~~", [.text(text + "b"), .text(pattern)]) }
        == "22025 LIKE pattern must not end with escape character")
    #expect(LongValue.failure { _ = try LongValue.call("~~", [.text("b" + text), .text(pattern)]) } == nil)
  }
}
