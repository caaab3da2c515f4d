import Foundation

/// A data-driven text: directives with the output that is expected of them.
///
/// ```
/// # comment
/// command key=value key=(a,b)
/// input
/// ----
/// expected output, up to a blank line (or between a pair of doubled ---- lines)
/// ```
struct DataDrivenScript {
  struct Argument {
    var key: String
    var values: [String]
  }

  struct Directive {
    var line: Int
    var command: String
    var arguments: [Argument]
    var input: [String]
    var expected: [String]

    func values(_ key: String) -> [String]? { arguments.first { $0.key == key }?.values }
    func flag(_ key: String) -> Bool { values(key)?.first == "true" }
    /// Arguments without values that are numbers.
    var numbers: [UInt64] { arguments.filter { $0.values.isEmpty }.compactMap { UInt64($0.key) } }
  }

  var name: String
  var directives: [Directive] = []

  init(file: URL) throws {
    let text = String(decoding: try Data(contentsOf: file), as: UTF8.self)
    self.init(name: file.lastPathComponent, text: text)
  }

  init(name: String, text: String) {
    self.name = name
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)[...]
    var number = 0
    func isBlank(_ line: String) -> Bool { line.allSatisfy(\.isWhitespace) }
    func take() -> String? {
      number += 1
      return lines.popFirst()
    }
    while let line = take() {
      if isBlank(line) || line.hasPrefix("#") { continue }
      var head = line
      let start = number
      while head.hasSuffix("\\"), let more = take() { head = head.dropLast() + " " + more }
      var words = Self.words(head)[...]
      guard let command = words.popFirst() else { continue }
      var directive = Directive(
        line: start, command: command, arguments: words.map(Self.argument), input: [], expected: [])
      while let input = take(), input != "----" { directive.input.append(input) }
      if lines.first == "----" {
        _ = take()
        while let output = take() {
          if output == "----", lines.first == "----" {
            _ = take()
            break
          }
          directive.expected.append(output)
        }
      } else {
        while let output = take(), !isBlank(output) { directive.expected.append(output) }
      }
      directives.append(directive)
    }
  }

  /// Splits at spaces outside of parentheses.
  private static func words(_ line: String) -> [String] {
    var words: [String] = []
    var word = ""
    var depth = 0
    for character in line {
      if character == "(" { depth += 1 }
      if character == ")" { depth -= 1 }
      if character == " ", depth == 0 {
        if !word.isEmpty { words.append(word) }
        word = ""
      } else {
        word.append(character)
      }
    }
    if !word.isEmpty { words.append(word) }
    return words
  }

  private static func argument(_ word: String) -> Argument {
    guard let equals = word.firstIndex(of: "=") else { return Argument(key: word, values: []) }
    var value = String(word[word.index(after: equals)...])
    if value.hasPrefix("("), value.hasSuffix(")") { value = String(value.dropFirst().dropLast()) }
    let values = value.split(whereSeparator: { $0 == "," || $0 == " " }).map(String.init)
    return Argument(key: String(word[..<equals]), values: values)
  }
}

/// Where vectors that others wrote lie; they are no part of the project.
enum VectorFolder {
  static func scripts(_ folder: String) -> [URL] {
    guard let base else { return [] }
    return scripts(in: base.appendingPathComponent("raft").appendingPathComponent(folder))
  }

  static func scripts(in folder: URL) -> [URL] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.filter { $0.hasSuffix(".txt") }.sorted().map { folder.appendingPathComponent($0) }
  }

  /// Scripts of the project's own.
  static var ownScripts: URL {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Scripts")
  }

  private static var base: URL? {
    if let path = ProcessInfo.processInfo.environment["ROOST_VECTORS"] { return URL(fileURLWithPath: path) }
    // …/Tests/RaftTests/Vectors/this file
    let root = (0..<4).reduce(#filePath) { path, _ in (path as NSString).deletingLastPathComponent }
    let path = root + "/../shared/vectors"
    return FileManager.default.fileExists(atPath: path) ? URL(fileURLWithPath: path) : nil
  }
}
