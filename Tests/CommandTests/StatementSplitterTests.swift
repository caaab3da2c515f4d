import Testing

@testable import RoostCommand

@Suite("SQL text is cut at the semicolons that end statements")
struct StatementSplitterTests {
  /// The statements of a text, fed in pieces of `size` bytes: where the cuts fall must not matter.
  private func split(_ text: String, pieces size: Int = 1 << 16) -> [String] {
    var splitter = StatementSplitter()
    var statements: [String] = []
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      statements += splitter.feed(rest.prefix(size)).map(\.text)
      rest = rest.dropFirst(size)
    }
    if let last = splitter.finish() { statements.append(last.text) }
    return statements
  }

  @Test(arguments: [
    ("SELECT 1; SELECT 2", ["SELECT 1", "SELECT 2"]),
    ("", []), (" ; ;; \n", []), ("-- nothing\n/* here */;", []),
    ("SELECT ';';SELECT 2", ["SELECT ';'", "SELECT 2"]),
    ("SELECT 'it''s; so';x", ["SELECT 'it''s; so'", "x"]),
    (#"SELECT '\';x"#, [#"SELECT '\'"#, "x"]),
    (#"SELECT E'\';';x"#, [#"SELECT E'\';'"#, "x"]),
    (#"SELECT e'a''\';';x"#, [#"SELECT e'a''\';'"#, "x"]),
    (#"SELECT type'\';x"#, [#"SELECT type'\'"#, "x"]),
    (#"SELECT "a;""b";x"#, [#"SELECT "a;""b""#, "x"]),
    ("SELECT 1 -- a; b\n+ 2;x", ["SELECT 1 -- a; b\n+ 2", "x"]),
    ("SELECT /* a; /* b; */ c; */ 1;x", ["SELECT /* a; /* b; */ c; */ 1", "x"]),
    ("SELECT 1 /*/ ; */;x", ["SELECT 1 /*/ ; */", "x"]),
    ("SELECT 1 /**/;x", ["SELECT 1 /**/", "x"]),
    ("SELECT 1 /* a *//* ; */;x", ["SELECT 1 /* a *//* ; */", "x"]),
    ("SELECT $$a;b$$;x", ["SELECT $$a;b$$", "x"]),
    ("SELECT $t$a;$$;b$t$;x", ["SELECT $t$a;$$;b$t$", "x"]),
    ("SELECT $1;x", ["SELECT $1", "x"]),
    ("SELECT a$b;x$y", ["SELECT a$b", "x$y"]),
    ("SELECT 6 / 2 - 1;x", ["SELECT 6 / 2 - 1", "x"]),
    ("-5;x", ["-5", "x"]),
    ("SELECT 'Möwe; Étoile';x", ["SELECT 'Möwe; Étoile'", "x"]),
  ])
  func statements(text: String, expected: [String]) {
    #expect(split(text) == expected)
    for size in 1...5 { #expect(split(text, pieces: size) == expected) }
  }

  @Test func linesCountFromWhereTheStatementBegins() {
    var splitter = StatementSplitter()
    let statements = splitter.feed(Array("-- first\n\nSELECT\n1;\nSELECT '\n\n';\n  x;".utf8))
    #expect(statements.map(\.line) == [3, 5, 8])
  }

  @Test func tellsWhetherAStatementIsOpen() {
    var splitter = StatementSplitter()
    #expect(!splitter.isInside)
    _ = splitter.feed(Array("SELECT".utf8))
    #expect(splitter.isInside)
    _ = splitter.feed(Array(" 1;\n".utf8))
    #expect(!splitter.isInside)
    _ = splitter.feed(Array("/* ".utf8))
    #expect(splitter.isInside)
  }
}
