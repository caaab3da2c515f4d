import Testing

@testable import RoostCommand

@Suite("JSON with places")
struct JSONReaderTests {
  private func content(_ text: String) throws -> JSONValue.Content { try JSONReader.read(text.utf8).content }

  @Test func valuesAreRead() throws {
    #expect(try content(" null ") == .null)
    #expect(try content("true") == .bool(true))
    #expect(try content("-12") == .integer(-12))
    #expect(try content("0") == .integer(0))
    #expect(try content("1.5e3") == .number(1500))
    #expect(try content("9223372036854775808") == .number(9_223_372_036_854_775_808))
    #expect(try content(#""a\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00ü""#) == .string("a\"\\/\u{8}\u{C}\n\r\té😀ü"))
    #expect(try content("[]") == .array([]))
    #expect(try content("{}") == .object([]))
  }

  @Test func everyValueKnowsItsPlace() throws {
    guard case .object(let members) = try content("{\n  \"a\": [1,\n    2],\n  \"ü\": \"x\"}") else {
      Issue.record("no object")
      return
    }
    #expect(members.map(\.position) == [JSONPosition(line: 2, column: 3), JSONPosition(line: 4, column: 3)])
    guard case .array(let elements) = members[0].value.content else {
      Issue.record("no array")
      return
    }
    #expect(elements.map(\.position) == [JSONPosition(line: 2, column: 9), JSONPosition(line: 3, column: 5)])
    #expect(members[1].value.position == JSONPosition(line: 4, column: 8))
  }

  @Test(arguments: [
    ("", 1, 1, "ends"), ("{", 1, 2, "key"), ("{\"a\": 1,}", 1, 9, "comma"), ("[1,\n]", 2, 1, "comma"),
    ("{\"a\" 1}", 1, 6, "colon"), ("{\"a\": 1 \"b\": 2}", 1, 9, "comma"), ("{'a': 1}", 1, 2, "double quotes"),
    ("[yes]", 1, 2, "yes"), ("[01]", 1, 2, "01"), ("[1.]", 1, 2, "1."), ("[.5]", 1, 2, "'.'"), ("[-]", 1, 2, "-"),
    ("\"a", 1, 1, "no end"), ("\"a\nb\"", 1, 3, "line end"), (#""\x""#, 1, 3, "escape"),
    (#""\u12g4""#, 1, 6, "hexadecimal"), (#""\ud800""#, 1, 8, "half"), ("1 2", 1, 3, "after the end"),
    ("{\"a\": 1,\n \"a\": 2}", 2, 2, "twice"), ("// c", 1, 1, "comments"), ("[1e999]", 1, 2, "fits"),
  ])
  func mistakesAreToldWithLineAndColumn(text: String, line: Int, column: Int, reason: String) throws {
    let error = try #require(throws: JSONError.self) { try JSONReader.read(text.utf8) }
    #expect(error.position == JSONPosition(line: line, column: column), "\(error)")
    #expect(error.reason.contains(reason), "\(error)")
  }

  @Test func nestingIsBounded() {
    let deep = String(repeating: "[", count: 100_000)
    #expect(throws: JSONError.self) { try JSONReader.read(deep.utf8) }
    let allowed = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
    #expect(throws: Never.self) { try JSONReader.read(allowed.utf8) }
  }

  @Test func bytesThatAreNoTextAreRefused() {
    #expect(throws: JSONError.self) { try JSONReader.read([0x22, 0xFF, 0x22]) }
  }
}
