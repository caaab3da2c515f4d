import Foundation
import RoostRelational
import Testing

@testable import RoostSQL

/// The parser: what it accepts, what it refuses and where, and that no text exhausts it.
@Suite struct ParserTests {
  static func parse(_ text: String) throws(SQLError) -> [ParsedStatement] {
    try Parser.parse(text, maximumBytes: 16 << 20)
  }

  @Test(arguments: [
    "SELECT", "SELECT 1;", "SELECT 1 AS one, 'x' two, \"Quoted\" FROM t", "SELECT * FROM a, b WHERE a.x = b.y",
    "SELECT t.* FROM s.t AS t (a, b)", "SELECT a FROM t JOIN u USING (x) LEFT JOIN v ON v.y = t.y CROSS JOIN w",
    "SELECT a FROM t NATURAL JOIN u", "SELECT a FROM (t JOIN u ON true) JOIN v ON true",
    "SELECT a FROM t JOIN u JOIN v ON 1 = 1 ON 2 = 2", "SELECT count(*), sum(DISTINCT x) FILTER (WHERE x > 0) FROM t",
    "SELECT a FROM t GROUP BY 1, a + 1 HAVING count(*) > 2 ORDER BY 1 DESC NULLS LAST, b LIMIT 5 OFFSET 2",
    "SELECT a FROM t FETCH FIRST 3 ROWS ONLY", "SELECT a FROM t LIMIT ALL FOR UPDATE",
    "(SELECT 1) UNION ALL (SELECT 2) ORDER BY 1", "SELECT 1 UNION SELECT 2 INTERSECT SELECT 3 EXCEPT SELECT 4",
    "VALUES (1, 'a'), (2, 'b')", "WITH a AS (SELECT 1), b (x) AS (SELECT 2) SELECT * FROM a, b",
    "SELECT x BETWEEN 1 AND 2 AND y NOT BETWEEN SYMMETRIC 3 AND 4",
    "SELECT x IN (1, 2), y NOT IN (SELECT z FROM t), EXISTS (SELECT 1)",
    "SELECT x LIKE 'a%' ESCAPE '!', y NOT ILIKE 'b', x = ANY (SELECT 1), x <> ALL (ARRAY[1, 2])",
    "SELECT CASE WHEN a THEN b ELSE c END, CASE x WHEN 1 THEN 2 END", "SELECT CAST(a AS numeric(10, 2)), a::int::text",
    "SELECT DATE '1998-05-01', INTERVAL '1 day', INTERVAL '3' DAY, timestamp with time zone '2020-01-01'",
    "SELECT extract(year FROM d), substring(s FROM 2 FOR 3), substring(s, 2), position('a' IN b), trim(both 'x' FROM y)",
    "SELECT overlay(a placing b from 2 for 3), trim(leading from x), trim(x)",
    "SELECT -x, +y, - 1, NOT a, a IS NOT NULL",
    "SELECT a IS TRUE, a IS NOT UNKNOWN, a IS DISTINCT FROM b, a ISNULL", "SELECT $1, $2::int",
    "SELECT E'a\\nb', $$x$$, $t$y$t$",
    "SELECT 'a'\n'b'", "SELECT 1 /* a /* nested */ b */ + 2 -- end", "SELECT x AT TIME ZONE 'UTC'",
    "SELECT (1, 2) = (3, 4)",
    "SELECT row_number() OVER (PARTITION BY a ORDER BY b ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM t",
    "CREATE TABLE t (a int PRIMARY KEY, b character varying(15) NOT NULL DEFAULT 'x', CHECK (a > 0), UNIQUE (b))",
    "CREATE TABLE IF NOT EXISTS t (a double precision, b timestamp with time zone, c int REFERENCES u ON DELETE CASCADE)",
    "CREATE TABLE t (a int, CONSTRAINT c FOREIGN KEY (a) REFERENCES u (b) ON UPDATE SET NULL)",
    "ALTER TABLE ONLY t ADD CONSTRAINT pk PRIMARY KEY (a, b)",
    "ALTER TABLE t ADD COLUMN x int, DROP COLUMN IF EXISTS y CASCADE",
    "ALTER TABLE t RENAME a TO b", "DROP TABLE IF EXISTS a, b CASCADE",
    "CREATE UNIQUE INDEX i ON t USING btree (a, b DESC)",
    "TRUNCATE TABLE t, u", "INSERT INTO t VALUES (1, DEFAULT), (2, 'x') RETURNING *, a + 1 AS b",
    "INSERT INTO t (a, b) SELECT a, b FROM u", "INSERT INTO t (a) (SELECT 1)", "INSERT INTO t DEFAULT VALUES",
    "INSERT INTO t VALUES (1) ON CONFLICT (a) DO UPDATE SET b = excluded.b WHERE t.a > 1",
    "UPDATE t SET a = 1, (b, c) = (2, 3) FROM u WHERE t.x = u.x RETURNING t.*", "DELETE FROM t USING u WHERE t.a = u.a",
    "BEGIN ISOLATION LEVEL SERIALIZABLE, READ ONLY", "START TRANSACTION", "COMMIT WORK", "ROLLBACK AND NO CHAIN",
    "SET search_path TO a, b", "SET TIME ZONE 'UTC'", "SET LOCAL statement_timeout = 5", "SHOW roost.peer_address",
    "SHOW TIME ZONE", "RESET ALL", "EXPLAIN (ANALYZE, COSTS OFF) SELECT 1", "DISCARD ALL",
    "PREPARE p (int) AS SELECT $1",
    "EXECUTE p (1)", "DEALLOCATE ALL", "COPY t FROM stdin", "", " -- nothing\n", ";;",
  ])
  func accepts(_ text: String) throws { _ = try Self.parse(text) }

  @Test(arguments: [
    ("SELECT * FORM t", "syntax error at or near \"FORM\"", 10), ("SELECT 1 +", "syntax error at end of input", 11),
    ("SELEC 1", "syntax error at or near \"SELEC\"", 1), ("SELECT 'é', FROM", "syntax error at or near \"FROM\"", 13),
    ("SELECT 'abc", "unterminated quoted string at or near \"'abc\"", 8),
    ("SELECT \"abc", "unterminated quoted identifier at or near \"\"abc\"", 8),
    ("SELECT /* abc", "unterminated /* comment at or near \"/* abc\"", 8),
    ("SELECT \"\"", "zero-length delimited identifier at or near \"\"\"\"", 8),
    ("SELECT 1a", "trailing junk after numeric literal at or near \"1a\"", 8),
    ("SELECT a < b < c", "syntax error at or near \"<\"", 14),
    ("CREATE TABLE t (a int", "syntax error at end of input", 22),
    ("INSERT INTO t (1)", "syntax error at or near \"1\"", 16), ("SELECT 1 2", "syntax error at or near \"2\"", 10),
  ])
  func refuses(_ text: String, _ message: String, _ position: Int) {
    let error = #expect(throws: SQLError.self) { _ = try Self.parse(text) }
    #expect(error?.code == "42601")
    #expect(error?.message == message)
    #expect(error?.position == position)
  }

  @Test func splitsStatements() throws {
    #expect(try Self.parse("SELECT 1; SELECT ';'; ;SELECT 2").count == 3)
    #expect(try Self.parse(" ").map(\.isEmpty) == [true])
  }

  @Test func precedence() throws {
    let shape = { (text: String) throws -> String in
      var description = "\(try Parser.expression(text))"
      description.replace("RoostSQL.SyntaxExpression.", with: "")
      description.replace(/RoostSQL.SourceOffset\(bytes: -?\d+\)/, with: "@")
      return description
    }
    #expect(try shape("1 + 2 * 3") == shape("1 + (2 * 3)"))
    #expect(try shape("1 - 2 - 3") == shape("(1 - 2) - 3"))
    #expect(try shape("NOT a = b AND c OR d") == shape("((NOT (a = b)) AND c) OR d"))
    #expect(try shape("a || b = c") == shape("(a || b) = c"))
    #expect(try shape("-a::int") == shape("-(a::int)"))
    #expect(try shape("a = b IS NULL") == shape("(a = b) IS NULL"))
    #expect(try shape("a LIKE b || c") == shape("a LIKE (b || c)"))
    #expect(try shape("2 ^ 3 ^ 2") == shape("(2 ^ 3) ^ 2"))
  }

  /// Runs `body` on a thread with the smallest stack that sessions are expected to run on.
  static func onSmallStack(_ body: @escaping @Sendable () -> Void) {
    let done = DispatchSemaphore(value: 0)
    let thread = Thread {
      body()
      done.signal()
    }
    thread.stackSize = 512 << 10
    thread.start()
    done.wait()
  }

  @Test(arguments: [
    String(repeating: "(", count: 100_000) + "1" + String(repeating: ")", count: 100_000),
    String(repeating: "- ", count: 100_000) + "1", String(repeating: "NOT ", count: 100_000) + "true",
    String(repeating: "(SELECT ", count: 50_000) + "1", String(repeating: "CASE WHEN ", count: 50_000),
    "1" + String(repeating: " + 1", count: 100_000), "f" + String(repeating: "(f", count: 50_000),
  ])
  func refusesDeepNesting(_ expression: String) {
    Self.onSmallStack {
      let error = #expect(throws: SQLError.self) { _ = try Self.parse("SELECT " + expression) }
      #expect(error?.code == "54001")
    }
  }

  @Test func acceptsReasonableNesting() {
    Self.onSmallStack {
      let nested = String(repeating: "(", count: 40) + "1" + String(repeating: ")", count: 40)
      #expect(throws: Never.self) { _ = try Self.parse("SELECT \(nested)") }
    }
  }

  @Test(arguments: [
    "a = 1" + String(repeating: " OR a = 1", count: 100_000), "true" + String(repeating: " AND true", count: 100_000),
    "a" + String(repeating: " || a", count: 100_000), "a IN (1" + String(repeating: ", 1", count: 100_000) + ")",
  ])
  func acceptsLongChains(_ expression: String) throws {
    Self.onSmallStack { #expect(throws: Never.self) { _ = try Self.parse("SELECT " + expression) } }
  }

  @Test func refusesOverlongText() {
    let error = #expect(throws: SQLError.self) {
      _ = try Parser.parse("SELECT '" + String(repeating: "x", count: 2_000) + "'", maximumBytes: 1_000)
    }
    #expect(error?.code == "54000")
  }

  /// Random sequences of tokens: errors are fine, traps are not.
  @Test func survivesTokenSoup() {
    let words = [
      "SELECT", "FROM", "WHERE", "(", ")", ",", "a", "1", "'x'", "AND", "OR", "NOT", "IN", "=", "<", "JOIN", "ON", "AS",
      "*", ".", "CASE", "WHEN", "END", "::", "int", "$1", "UNION", "VALUES", "INSERT", "INTO", "-", "BETWEEN", "LIKE",
      "EXISTS", "ORDER", "BY", "GROUP", "\"q\"", "[", "]", "interval", "date", "trim", "extract", ";", "OVER", "é",
      "\\",
    ]
    var state: UInt64 = 42
    var failures = 0
    for _ in 0..<3_000 {
      var text = ""
      for _ in 0..<20 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        text += words[Int(state >> 33) % words.count] + " "
      }
      do { _ = try Self.parse(text) } catch { failures += 1 }
    }
    #expect(failures > 0)
  }
}
