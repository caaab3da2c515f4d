import RoostRelational
import RoostSQL
import Testing

/// Settings, prepared statements, portals, plans.
@Suite struct SessionTests {
  @Test func settings() async throws {
    let session = TestSession()
    #expect(try await session.rows("SHOW server_version") == ["15.0"])
    #expect(
      try await session.run("SHOW datestyle") == [Outcome(tag: "SHOW", rows: ["ISO, MDY"], columns: ["DateStyle"])])
    #expect(try await session.tag("SET statement_timeout = '2min'") == "SET")
    #expect(try await session.rows("SHOW statement_timeout") == ["2min"])
    try await session.run("SET application_name TO 'x y'; SET TIME ZONE '+02:00'")
    #expect(session.session.takeChangedParameters() == ["application_name": "x y", "TimeZone": "<+02>-02"])
    #expect(session.session.takeChangedParameters() == [:])
    #expect(try await session.rows("SELECT timestamptz '2020-01-01 00:00:00+00'") == ["2020-01-01 00:00:00+00"])
    #expect(try await session.rows("SELECT (timestamptz '2020-01-01 00:00:00+00')::text") == ["2020-01-01 02:00:00+02"])
    #expect(try await session.tag("RESET ALL") == "RESET")
    #expect(try await session.rows("SHOW timezone") == ["UTC"])
    #expect(try await session.rows("SHOW roost.node_id") == ["node1"])
    #expect(try await session.rows("SELECT current_setting('search_path')") == ["\"$user\", public"])
    try await session.run(
      "SET my.thing = 5; SET extra_float_digits = 3; SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE"
    )
    #expect(try await session.rows("SHOW my.thing") == ["5"])
  }

  @Test(arguments: [
    ("SET nope = 1", "42704"), ("SHOW nope", "42704"), ("SET statement_timeout = 'x'", "22023"),
    ("SET client_encoding = 'LATIN1'", "22023"),
    ("SET check_function_bodies = 7", "22023"), ("SET server_version = '9'", "55P02"),
    ("SET roost.read_level = 'odd'", "22023"), ("SET default_transaction_isolation = 'nonsense'", "22023"),
    ("SET transaction_isolation = 'nonsense'", "22023"),
    ("SET extra_float_digits = 99", "22023"), ("SHOW roost.nope", "42704"), ("SET TIME ZONE 'Mars/Olympus'", "22023"),
  ])
  func refusesSettings(_ text: String, _ code: String) async { #expect(await TestSession().error(text)?.code == code) }

  @Test func settingsFollowTheTransaction() async throws {
    let session = TestSession()
    try await session.run("BEGIN; SET application_name = 'a'")
    try await session.run("ROLLBACK")
    #expect(try await session.rows("SHOW application_name") == [""])
    try await session.run("BEGIN; SET LOCAL application_name = 'b'")
    #expect(try await session.rows("SHOW application_name") == ["b"])
    try await session.run("COMMIT")
    #expect(try await session.rows("SHOW application_name") == [""])
  }

  @Test func parametersAreInferredAndChecked() async throws {
    let session = TestSession()
    try await session.run("CREATE TABLE t (a int PRIMARY KEY, b text, c numeric(5,1))")
    let running = session.session
    let insert = try await running.prepare(running.parse("INSERT INTO t VALUES ($1, $2, $3)")[0])
    #expect(
      insert.parameterTypes.map(\.oid) == [23, 25, 1700] || insert.parameterTypes.map(\.oid) == [23, 1043, 1700])
    #expect(insert.columns == nil)
    try await running.sync()
    #expect(
      try await session.prepared("INSERT INTO t VALUES ($1, $2, $3)", [.integer(1), .text("x"), .numeric(Numeric(2))])
        .tag == "INSERT 0 1")
    #expect(try await session.prepared("SELECT b, c FROM t WHERE a = $1", [.integer(1)]).rows == ["x|2.0"])
    #expect(try await session.prepared("SELECT b FROM t WHERE a = $1", [.bigint(1)], types: [20]).rows == ["x"])
    #expect(try await session.prepared("SELECT $1::int + $2", [.integer(1), .integer(2)]).rows == ["3"])
    await #expect(throws: SQLError.self) { try await session.prepared("SELECT $1::int", []) }
    await #expect(throws: SQLError.self) { try await session.prepared("SELECT $2::int", [.integer(1), .integer(1)]) }
  }

  @Test func plansFollowDefinitions() async throws {
    let session = TestSession()
    try await session.run("CREATE TABLE t (a int PRIMARY KEY, b text); INSERT INTO t VALUES (1, 'x')")
    let running = session.session
    let narrow = try await running.prepare(running.parse("SELECT b FROM t WHERE a = 1")[0])
    let star = try await running.prepare(running.parse("SELECT * FROM t")[0])
    try await running.sync()
    try await TestSession(session).run("ALTER TABLE t ADD COLUMN c int; CREATE INDEX ON t (b)")
    func rows(_ statement: PreparedStatement) async throws(SQLError) -> [String] {
      var result: [String] = []
      let portal = try await running.bind(statement)
      _ = try await running.execute(portal) { result += $0.map(TestSession.text) }
      try await running.sync()
      return result
    }
    #expect(try await rows(narrow) == ["x"])
    do throws(SQLError) {
      _ = try await rows(star)
      Issue.record("the row type changed unnoticed")
    } catch {
      #expect(error.code == "0A000")
      #expect(error.message == "cached plan must not change result type")
      await running.fail()
    }
    #expect(try await session.rows("SELECT * FROM t") == ["1|x|"])
  }

  @Test func portalsSuspendAndGoOn() async throws {
    let session = TestSession()
    let running = session.session
    let statement = try await running.prepare(running.parse("SELECT x FROM generate_series(1, 1000) x")[0])
    let first = try await running.bind(statement)
    let second = try await running.bind(statement)
    var seen: [String] = []
    #expect(try await running.execute(first, maxRows: 2) { seen += $0.map(TestSession.text) } == .suspended)
    #expect(try await running.execute(second, maxRows: 1) { seen += $0.map(TestSession.text) } == .suspended)
    #expect(try await running.execute(first, maxRows: 2) { seen += $0.map(TestSession.text) } == .suspended)
    #expect(seen == ["1", "2", "1", "3", "4"])
    #expect(try await running.execute(first) { _ in } == .completed(tag: "SELECT 996"))
    try await running.sync()
    do throws(SQLError) {
      _ = try await running.execute(second) { _ in }
      Issue.record("a portal outlived its transaction")
    } catch {
      #expect(error.code == "34000")
    }
  }

  @Test func namedStatements() async throws {
    let session = TestSession()
    #expect(try await session.tag("PREPARE p (int) AS SELECT $1 + 1 AS n") == "PREPARE")
    #expect(try await session.run("EXECUTE p (4)") == [Outcome(tag: "SELECT 1", rows: ["5"], columns: ["n"])])
    #expect(await session.error("EXECUTE p")?.code == "42601")
    #expect(await session.error("EXECUTE q")?.code == "26000")
    try await session.run("DEALLOCATE p")
    #expect(await session.error("EXECUTE p (1)")?.code == "26000")
  }

  @Test func emptyAndUnsupported() async throws {
    let session = TestSession()
    #expect(try await session.run("") == [Outcome()])
    #expect(await session.error("COPY t FROM stdin")?.code == "0A000")
    #expect(await session.error("GRANT ALL ON t TO u")?.message == "GRANT is not supported")
    #expect(try await session.rows("SELECT current_database(), current_user, current_schema") == ["roost|roost|public"])
  }

  @Test(arguments: [
    ("SELECT * FROM t WHERE a = 1", ["Key Lookup using t_pkey on t", "  Index Cond: (a = …)"]),
    (
      "SELECT * FROM t WHERE a IN (1, 2) AND b > 0",
      ["Key Lookup using t_pkey on t", "  Index Cond: (a in 2 values)", "  Filter"]
    ),
    ("SELECT * FROM t WHERE a > 1 AND a <= 5", ["Index Scan using t_pkey on t", "  Index Cond: (a > … AND a <= …)"]),
    ("SELECT * FROM t WHERE b = 1", ["Index Scan using t_b_c_idx on t", "  Index Cond: (b = …)"]),
    (
      "SELECT * FROM t WHERE b = 1 AND c >= 2", ["Index Scan using t_b_c_idx on t", "  Index Cond: (b = … AND c >= …)"]
    ),
    ("SELECT * FROM t WHERE c = 1", ["Seq Scan on t", "  Filter"]),
    ("SELECT a FROM t ORDER BY a DESC LIMIT 3", ["Limit", "  ->  Index Scan Backward using t_pkey on t"]),
    ("SELECT c FROM t ORDER BY c LIMIT 3", ["Top-N Sort", "  Sort Key: 1", "  ->  Seq Scan on t"]),
    (
      "SELECT * FROM t JOIN u ON u.t = t.a WHERE u.id = 5",
      [
        "Lookup Join", "  ->  Key Lookup using u_pkey on u", "        Index Cond: (id = …)",
        "  ->  Key Lookup using t_pkey on t", "        Index Cond: (a = …)",
      ]
    ),
    ("SELECT * FROM t JOIN u ON u.t = t.a", ["Hash Join", "  ->  Seq Scan on t", "  ->  Seq Scan on u"]),
    ("SELECT count(*) FROM t GROUP BY b", ["HashAggregate", "  ->  Seq Scan on t"]),
    (
      "DELETE FROM t WHERE a = 1", ["Delete on t", "  ->  Key Lookup using t_pkey on t", "        Index Cond: (a = …)"]
    ),
  ])
  func plans(_ query: String, _ lines: [String]) async throws {
    let session = TestSession()
    try await session.run(
      "CREATE TABLE t (a int PRIMARY KEY, b int, c int); CREATE INDEX ON t (b, c); CREATE TABLE u (id int PRIMARY KEY, t int)"
    )
    #expect(try await session.rows("EXPLAIN " + query) == lines)
  }

  /// Every access path gives the rows that a full scan gives.
  @Test func accessPathsAgreeWithScans() async throws {
    let session = TestSession()
    try await session.run(
      """
      CREATE TABLE k (a smallint, b varchar(5), n numeric, PRIMARY KEY (a, b));
      CREATE INDEX ON k (n, b);
      CREATE TABLE s (a smallint, b varchar(5), n numeric);
      INSERT INTO k SELECT x % 7, 'v' || x, CASE WHEN x % 5 = 0 THEN NULL ELSE x % 4 END FROM generate_series(1, 200) x;
      INSERT INTO s SELECT * FROM k
      """)
    for condition in [
      "a = 3", "a = 3 AND b = 'v3'", "a IN (1, 1, 6)", "a > 4", "a >= 4 AND a < 6", "a = 99999", "a < 0", "n = 2",
      "n = 2.0 AND b > 'v5'",
      "n IS NULL", "n > 1", "n <= 1", "b = 'v8'", "a = 2 AND b IN ('v2', 'v9', 'zz')", "a = NULL",
      "a BETWEEN 2 AND 3 AND n = 1", "3 = a", "5 < a",
    ] {
      for order in ["a, b", "a DESC, b DESC", "n, b", "n DESC, b DESC"] {
        let query = { (table: String) in "SELECT * FROM \(table) WHERE \(condition) ORDER BY \(order), a, b" }
        let limited = { (table: String) in "SELECT a, b FROM \(table) WHERE \(condition) ORDER BY \(order) LIMIT 3" }
        #expect(try await session.rows(query("k")) == session.rows(query("s")), "\(condition) by \(order)")
        #expect(try await session.rows(limited("k")) == session.rows(limited("s")), "\(condition) by \(order)")
      }
    }
  }

  @Test(arguments: [
    "work_mem = '1GB'", "enable_seqscan = off", "jit = on", "backslash_quote = on", "lc_time = 'de_DE'",
  ])
  func settingsWithoutEffectAreRefused(text: String) async {
    let session = TestSession()
    let error = await session.error("SET \(text)")
    #expect(error?.code == "22023")
    #expect(error?.hint?.contains("has no effect") == true, "\(error?.hint ?? "none")")
  }

  @Test(arguments: [
    "jit = off", "jit = false", "work_mem = '64MB'", "transaction_isolation = 'READ COMMITTED'",
    "default_transaction_isolation = 'read committed'", "synchronous_commit = on", "lc_messages = 'C'",
    "row_security = off",
    "default_tablespace = ''", "check_function_bodies = false", "extra_float_digits = 3",
    "client_min_messages = warning",
  ])
  func whatDriversAndDumpsSendIsTaken(text: String) async throws {
    try await TestSession().run("SET \(text)")
  }
}
