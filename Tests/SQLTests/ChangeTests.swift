import RoostRelational
import RoostSQL
import RoostStore
import Testing

/// INSERT, UPDATE, DELETE and the constraints they must keep.
@Suite struct ChangeTests {
  static func sample() async throws -> TestSession {
    let session = TestSession()
    try await session.run(
      """
      CREATE TABLE p (id int PRIMARY KEY, code text UNIQUE, n int DEFAULT 7 CHECK (n > 0));
      CREATE TABLE c (id serial PRIMARY KEY, p int REFERENCES p, note varchar(5) NOT NULL);
      CREATE TABLE heap (a int, b text);
      INSERT INTO p VALUES (1, 'a', 1), (2, 'b', 2), (3, NULL, 3);
      INSERT INTO c (p, note) VALUES (1, 'x'), (NULL, 'y');
      INSERT INTO heap VALUES (1, 'one'), (1, 'uno'), (2, NULL);
      """)
    return session
  }

  @Test func insertForms() async throws {
    let session = try await Self.sample()
    #expect(try await session.tag("INSERT INTO p (id) VALUES (10), (11)") == "INSERT 0 2")
    #expect(try await session.rows("SELECT * FROM p WHERE id > 9 ORDER BY 1") == ["10||7", "11||7"])
    #expect(try await session.rows("INSERT INTO p VALUES (12, 'z', DEFAULT) RETURNING n, id + 1, *") == ["7|13|12|z|7"])
    #expect(try await session.tag("INSERT INTO heap SELECT id, code FROM p WHERE id < 3") == "INSERT 0 2")
    #expect(try await session.tag("INSERT INTO heap DEFAULT VALUES") == "INSERT 0 1")
    #expect(try await session.rows("SELECT count(*) FROM heap") == ["6"])
    #expect(try await session.tag("INSERT INTO heap VALUES ((SELECT max(id) FROM p), 'sub')") == "INSERT 0 1")
    #expect(try await session.rows("SELECT a FROM heap WHERE b = 'sub'") == ["12"])
    #expect(try await session.rows("INSERT INTO c (note) VALUES ('q') RETURNING id") == ["3"])
    // A statement does not see its own rows.
    #expect(try await session.tag("INSERT INTO heap SELECT * FROM heap") == "INSERT 0 7")
  }

  @Test("of many rows the first that is wrong decides, whatever is wrong with it", arguments: [false, true])
  func firstWrongRow(isRemote: Bool) async throws {
    let session = TestSession(store: MemoryBackend(isRemote: isRemote))
    try await session.run("CREATE TABLE t (a int PRIMARY KEY, b int UNIQUE, c int NOT NULL)")
    func insert(_ change: (Int) -> (a: Int, b: Int, c: String)?) async -> String? {
      let rows = (1...200).map { number in change(number) ?? (number, number, "0") }
      let values = rows.map { "(\($0.a), \($0.b), \($0.c))" }.joined(separator: ", ")
      return await session.error("INSERT INTO t VALUES \(values)")?.detail
    }
    #expect(
      await insert { $0 == 70 ? (3, 70, "0") : $0 == 80 ? (80, 80, "NULL") : nil } == "Key (a)=(3) already exists.")
    #expect(
      await insert { $0 == 70 ? (70, 3, "0") : $0 == 60 ? (60, 60, "NULL") : nil }
        == "Failing row contains (60, 60, null).")
    #expect(
      await insert { $0 == 10 ? (10, 3, "0") : $0 == 11 ? (11, 11, "NULL") : nil } == "Key (b)=(3) already exists.")
    #expect(await insert { _ in nil } == nil)
    #expect(await insert { $0 == 150 ? nil : (1000 + $0, 1000 + $0, "0") } == "Key (a)=(150) already exists.")
    #expect(try await session.rows("SELECT count(*), sum(b) FROM t") == ["200|20100"])
  }

  @Test("rows that a list of keys or an index finds come in order, however many", arguments: [false, true])
  func batchesOfRows(isRemote: Bool) async throws {
    let session = TestSession(store: MemoryBackend(isRemote: isRemote))
    try await session.run("CREATE TABLE t (a int PRIMARY KEY, b int UNIQUE, c int); CREATE INDEX ON t (c)")
    try await session.run("INSERT INTO t SELECT n, 5000 - n, n % 3 FROM generate_series(1, 2000) AS s(n)")
    let list = stride(from: 2, through: 4000, by: 4).map(String.init).joined(separator: ", ")
    let expected = (1...500).map { String(4 * $0 - 2) }
    #expect(try await session.rows("SELECT a FROM t WHERE a IN (\(list)) ORDER BY a") == expected)
    let ends = (1...2000).filter { (5000 - $0) % 4 == 2 && 5000 - $0 <= 4000 }.reversed().map(String.init)
    #expect(try await session.rows("SELECT a FROM t WHERE b IN (\(list)) ORDER BY b") == Array(ends))
    #expect(
      try await session.rows("SELECT count(*), min(a), max(a), sum(a) FROM t WHERE c = 1") == ["667|1|1999|667000"])
    #expect(try await session.rows("SELECT a FROM t WHERE b > 4990 ORDER BY b LIMIT 3") == ["9", "8", "7"])
  }

  @Test(
    arguments: [
      (
        "INSERT INTO p VALUES (1)", "23505", "duplicate key value violates unique constraint \"p_pkey\"",
        "Key (id)=(1) already exists."
      ),
      (
        "INSERT INTO p VALUES (9, 'a')", "23505", "duplicate key value violates unique constraint \"p_code_key\"",
        "Key (code)=(a) already exists."
      ),
      (
        "INSERT INTO p VALUES (NULL)", "23502",
        "null value in column \"id\" of relation \"p\" violates not-null constraint",
        "Failing row contains (null, null, 7)."
      ),
      (
        "INSERT INTO p VALUES (9, 'q', 0)", "23514",
        "new row for relation \"p\" violates check constraint \"p_n_check\"", "Failing row contains (9, q, 0)."
      ),
      (
        "INSERT INTO c (p, note) VALUES (99, 'x')", "23503",
        "insert or update on table \"c\" violates foreign key constraint \"c_p_fkey\"",
        "Key (p)=(99) is not present in table \"p\"."
      ),
      (
        "UPDATE c SET p = 99", "23503", "insert or update on table \"c\" violates foreign key constraint \"c_p_fkey\"",
        "Key (p)=(99) is not present in table \"p\"."
      ),
      (
        "DELETE FROM p WHERE id = 1", "23503",
        "update or delete on table \"p\" violates foreign key constraint \"c_p_fkey\" on table \"c\"",
        "Key (id)=(1) is still referenced from table \"c\"."
      ),
      (
        "UPDATE p SET id = 50 WHERE id = 1", "23503",
        "update or delete on table \"p\" violates foreign key constraint \"c_p_fkey\" on table \"c\"",
        "Key (id)=(1) is still referenced from table \"c\"."
      ),
      (
        "UPDATE p SET id = 2 WHERE id = 3", "23505", "duplicate key value violates unique constraint \"p_pkey\"",
        "Key (id)=(2) already exists."
      ),
      (
        "UPDATE p SET n = -n", "23514", "new row for relation \"p\" violates check constraint \"p_n_check\"",
        "Failing row contains (1, a, -1)."
      ),
      ("INSERT INTO c (note) VALUES ('toolong')", "22001", "value too long for type character varying(5)", nil),
      ("INSERT INTO p VALUES ('x')", "22P02", "invalid input syntax for type integer: \"x\"", nil),
      (
        "INSERT INTO p VALUES (true)", "42804", "column \"id\" is of type integer but expression is of type boolean",
        nil
      ),
      ("INSERT INTO p VALUES (9999999999)", "22003", "integer out of range", nil),
      ("INSERT INTO p VALUES (1, 'x', 3, 4)", "42601", "INSERT has more expressions than target columns", nil),
      ("INSERT INTO p (id, code) VALUES (1)", "42601", "INSERT has more target columns than expressions", nil),
      ("INSERT INTO p (nope) VALUES (1)", "42703", "column \"nope\" of relation \"p\" does not exist", nil),
      ("UPDATE p SET n = 1, n = 2", "42601", "multiple assignments to same column \"n\"", nil),
      ("UPDATE p SET n = count(*)", "42803", "aggregate functions are not allowed in UPDATE", nil),
    ] as [(String, String, String, String?)])
  func constraintsHold(_ text: String, _ code: String, _ message: String, _ detail: String?) async throws {
    let session = try await Self.sample()
    let before = try await session.rows("SELECT * FROM p ORDER BY id")
    let error = await session.error(text)
    #expect(error?.code == code)
    #expect(error?.message == message)
    #expect(error?.detail == detail)
    #expect(try await session.rows("SELECT * FROM p ORDER BY id") == before)
  }

  @Test func updateAndDelete() async throws {
    let session = try await Self.sample()
    #expect(try await session.tag("UPDATE heap SET b = b || '!' WHERE a = 1") == "UPDATE 2")
    #expect(try await session.rows("SELECT b FROM heap ORDER BY b") == ["one!", "uno!", ""])
    #expect(
      try await session.rows("UPDATE p SET (n, code) = (n + 1, upper(code)) WHERE id < 3 RETURNING id, n, code") == [
        "1|2|A", "2|3|B",
      ])
    #expect(try await session.rows("SELECT id FROM p WHERE code = 'A'") == ["1"])
    #expect(try await session.rows("SELECT id FROM p WHERE code = 'a'") == [])
    // Keys may move between rows of one statement.
    #expect(try await session.tag("UPDATE p SET id = id + 1 WHERE id > 1") == "UPDATE 2")
    #expect(try await session.rows("SELECT id FROM p ORDER BY 1") == ["1", "3", "4"])
    #expect(
      try await session.rows("UPDATE c SET note = p.code FROM p WHERE p.id = c.p RETURNING c.id, note, p.n") == [
        "1|A|2"
      ])
    #expect(try await session.tag("DELETE FROM c USING p WHERE p.id = c.p AND p.code = 'A'") == "DELETE 1")
    #expect(try await session.rows("DELETE FROM p WHERE id = 1 RETURNING *") == ["1|A|2"])
    #expect(try await session.tag("DELETE FROM heap") == "DELETE 3")
    #expect(try await session.rows("SELECT count(*) FROM heap") == ["0"])
    #expect(try await session.tag("UPDATE p SET n = (SELECT count(*) FROM c)") == "UPDATE 2")
    #expect(try await session.rows("SELECT DISTINCT n FROM p") == ["1"])
  }

  @Test func conflictClauses() async throws {
    let session = try await Self.sample()
    #expect(try await session.tag("INSERT INTO p VALUES (1, 'q'), (20, 'r') ON CONFLICT DO NOTHING") == "INSERT 0 1")
    #expect(try await session.tag("INSERT INTO p VALUES (21, 'a') ON CONFLICT (code) DO NOTHING") == "INSERT 0 0")
    #expect(
      try await session.rows(
        "INSERT INTO p VALUES (1, 'new', 5) ON CONFLICT (id) DO UPDATE SET code = excluded.code, n = p.n + excluded.n RETURNING *"
      )
        == ["1|new|6"])
    #expect(
      try await session.tag("INSERT INTO p VALUES (1, 'w') ON CONFLICT (id) DO UPDATE SET code = 'v' WHERE p.n > 100")
        == "INSERT 0 0")
    #expect(
      await session.error("INSERT INTO p VALUES (30), (30) ON CONFLICT (id) DO UPDATE SET n = 1")?.code == "21000")
    #expect(await session.error("INSERT INTO p VALUES (1) ON CONFLICT (n) DO NOTHING")?.code == "42P10")
  }

  @Test func uniqueKeysAllowManyNulls() async throws {
    let session = try await Self.sample()
    #expect(try await session.tag("INSERT INTO p VALUES (40), (41)") == "INSERT 0 2")
    #expect(try await session.rows("SELECT count(*) FROM p WHERE code IS NULL") == ["3"])
  }

  @Test func selfReferencesMayComeInOneStatement() async throws {
    let session = TestSession()
    try await session.run("CREATE TABLE t (id int PRIMARY KEY, up int REFERENCES t)")
    #expect(try await session.tag("INSERT INTO t VALUES (1, 2), (2, 1)") == "INSERT 0 2")
    #expect(await session.error("DELETE FROM t WHERE id = 1")?.code == "23503")
    #expect(try await session.tag("DELETE FROM t") == "DELETE 2")
  }
}
