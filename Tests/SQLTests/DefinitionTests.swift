import RoostRelational
import RoostSQL
import RoostStore
import Testing

/// DDL: what it makes, what it refuses, and that it is transactional.
@Suite struct DefinitionTests {
  @Test func createAndDrop() async throws {
    let session = TestSession()
    #expect(try await session.tag("CREATE TABLE a (x int PRIMARY KEY)") == "CREATE TABLE")
    #expect(await session.error("CREATE TABLE a (y int)")?.message == "relation \"a\" already exists")
    try await session.run("CREATE TABLE IF NOT EXISTS a (y int)")
    #expect(session.session.takeNotices().map(\.message) == ["relation \"a\" already exists, skipping"])
    try await session.run("CREATE TABLE b (x int REFERENCES a)")
    let error = await session.error("DROP TABLE a")
    #expect(error?.code == "2BP01")
    #expect(error?.detail == "constraint b_x_fkey on table b depends on table a")
    #expect(try await session.tag("DROP TABLE a CASCADE") == "DROP TABLE")
    #expect(session.session.takeNotices().map(\.message) == ["drop cascades to constraint b_x_fkey on table b"])
    try await session.run("INSERT INTO b VALUES (5)")
    try await session.run("DROP TABLE IF EXISTS nope, b")
    #expect(session.session.takeNotices().map(\.message) == ["table \"nope\" does not exist, skipping"])
    #expect(await session.error("DROP TABLE b")?.message == "table \"b\" does not exist")
  }

  @Test func droppedRowsDoNotComeBack() async throws {
    let store = MemoryBackend()
    let session = TestSession(store: store)
    try await session.run("CREATE TABLE a (x int PRIMARY KEY, y int UNIQUE); INSERT INTO a VALUES (1, 1), (2, 2)")
    try await session.run("TRUNCATE a")
    #expect(try await session.rows("SELECT * FROM a") == [])
    try await session.run("INSERT INTO a VALUES (1, 1)")
    try await session.run("DROP TABLE a")
    try await session.run("CREATE TABLE a (x int PRIMARY KEY, y int UNIQUE)")
    #expect(try await session.rows("SELECT * FROM a") == [])
    // What is left in the store is the catalogue and nothing else.
    let transaction = try await store.begin()
    let keys = try await transaction.scan(KeyRange(Key([0]), Key([255]))).next(100).map(\.key.bytes)
    #expect(keys.allSatisfy { $0[2...5] == [0, 0, 0, 0] })
  }

  @Test func definitionsRollBack() async throws {
    let session = TestSession()
    try await session.run("BEGIN")
    try await session.run("CREATE TABLE a (x int)")
    try await session.run("INSERT INTO a VALUES (1)")
    #expect(try await session.rows("SELECT * FROM a") == ["1"])
    try await session.run("ROLLBACK")
    #expect(await session.error("SELECT * FROM a")?.code == "42P01")
    try await session.run("BEGIN; CREATE TABLE a (y text)")
    #expect(await session.error("SELECT x FROM a")?.code == "42703")
    try await session.run("ROLLBACK")
    #expect(await session.error("SELECT * FROM a")?.code == "42P01")
  }

  @Test func alterColumns() async throws {
    let session = TestSession()
    try await session.run("CREATE TABLE a (x int PRIMARY KEY, y text); INSERT INTO a VALUES (1, 'p'), (2, NULL)")
    try await session.run("ALTER TABLE a ADD COLUMN z numeric(4,1) DEFAULT 2.25, ADD w int")
    #expect(try await session.rows("SELECT * FROM a ORDER BY x") == ["1|p|2.3|", "2||2.3|"])
    #expect(await session.error("ALTER TABLE a ADD q int NOT NULL")?.code == "23502")
    #expect(await session.error("ALTER TABLE a ALTER y SET NOT NULL")?.code == "23502")
    try await session.run(
      "ALTER TABLE a DROP COLUMN y; ALTER TABLE a RENAME z TO y; ALTER TABLE a ALTER w SET DEFAULT 9")
    try await session.run("INSERT INTO a (x) VALUES (3)")
    #expect(try await session.rows("SELECT * FROM a ORDER BY x") == ["1|2.3|", "2|2.3|", "3|2.3|9"])
    // A column added again under an old name does not see the old values.
    try await session.run("ALTER TABLE a DROP COLUMN y; ALTER TABLE a ADD COLUMN y text")
    #expect(try await session.rows("SELECT y FROM a WHERE y IS NOT NULL") == [])
    try await session.run("ALTER TABLE a RENAME TO b")
    #expect(try await session.rows("SELECT count(*) FROM b") == ["3"])
    #expect(await session.error("ALTER TABLE b DROP COLUMN x")?.code == "0A000")
    #expect(await session.error("ALTER TABLE b DROP COLUMN nope")?.code == "42703")
  }

  @Test func constraintsAreValidatedWhenAdded() async throws {
    let session = TestSession()
    try await session.run("CREATE TABLE a (x int, y int); INSERT INTO a VALUES (1, 1), (1, 2), (NULL, 3)")
    var error = await session.error("ALTER TABLE a ADD CONSTRAINT pk PRIMARY KEY (x)")
    #expect(error?.code == "23505" || error?.code == "23502")
    error = await session.error("ALTER TABLE a ADD CONSTRAINT u UNIQUE (x)")
    #expect(error?.message == "could not create unique index \"u\"")
    #expect(error?.detail == "Key (x)=(1) is duplicated.")
    error = await session.error("ALTER TABLE a ADD CONSTRAINT c CHECK (y < 3)")
    #expect(error?.message == "check constraint \"c\" of relation \"a\" is violated by some row")
    try await session.run("DELETE FROM a WHERE y > 1; ALTER TABLE a ADD CONSTRAINT pk PRIMARY KEY (x)")
    #expect(await session.error("INSERT INTO a VALUES (1)")?.constraint == "pk")
    #expect(await session.error("INSERT INTO a VALUES (NULL)")?.code == "23502")
    #expect(await session.error("ALTER TABLE a ADD PRIMARY KEY (y)")?.code == "42P16")
    try await session.run("CREATE TABLE b (x int); INSERT INTO b VALUES (1), (2)")
    error = await session.error("ALTER TABLE ONLY b ADD CONSTRAINT fk FOREIGN KEY (x) REFERENCES a")
    #expect(error?.code == "23503")
    #expect(error?.detail == "Key (x)=(2) is not present in table \"a\".")
    try await session.run("DELETE FROM b WHERE x = 2; ALTER TABLE b ADD CONSTRAINT fk FOREIGN KEY (x) REFERENCES a")
    #expect(await session.error("DELETE FROM a")?.code == "23503")
    #expect(await session.error("ALTER TABLE a DROP CONSTRAINT pk")?.code == "2BP01")
    try await session.run("ALTER TABLE b DROP CONSTRAINT fk; ALTER TABLE a DROP CONSTRAINT pk; DELETE FROM a")
    #expect(await session.error("CREATE TABLE d (x int REFERENCES b)")?.code == "42704")
    #expect(await session.error("CREATE TABLE d (x int REFERENCES b (x))")?.code == "42830")
  }

  @Test func indexesServeAndGo() async throws {
    let session = TestSession()
    try await session.run(
      "CREATE TABLE a (x int, y text); INSERT INTO a SELECT n, 'v' || n FROM generate_series(1, 300) n")
    #expect(try await session.tag("CREATE INDEX ON a (y)") == "CREATE INDEX")
    #expect(
      try await session.rows("EXPLAIN SELECT * FROM a WHERE y = 'v7'") == [
        "Index Scan using a_y_idx on a", "  Index Cond: (y = …)",
      ])
    #expect(try await session.rows("SELECT x FROM a WHERE y = 'v7'") == ["7"])
    try await session.run("UPDATE a SET y = 'w' WHERE x = 7")
    #expect(try await session.rows("SELECT x FROM a WHERE y = 'v7'") == [])
    #expect(try await session.rows("SELECT x FROM a WHERE y = 'w'") == ["7"])
    #expect(await session.error("CREATE INDEX a_y_idx ON a (x)")?.code == "42P07")
    try await session.run("DROP INDEX a_y_idx")
    #expect(try await session.rows("EXPLAIN SELECT * FROM a WHERE y = 'v7'")[0] == "Seq Scan on a")
    #expect(await session.error("CREATE UNIQUE INDEX ON a (x); INSERT INTO a VALUES (7)")?.code == "23505")
  }

  @Test(arguments: [
    ("CREATE TABLE t (a int, a text)", "42701"), ("CREATE TABLE t (a nope)", "42704"),
    ("CREATE TABLE t (a int DEFAULT 'x')", "22P02"),
    ("CREATE TABLE t (a int DEFAULT b)", "0A000"), ("CREATE TABLE t (a int CHECK (b > 1))", "42703"),
    ("CREATE TABLE t (a int CHECK (count(*) > 1))", "42803"), ("CREATE TABLE t (PRIMARY KEY (a))", "42703"),
    ("CREATE TABLE t (a int PRIMARY KEY, b int PRIMARY KEY)", "42P16"),
    ("CREATE TABLE t (a int REFERENCES nope)", "42P01"),
    ("CREATE TABLE t (a varchar(0))", "22023"), ("CREATE TABLE t (a numeric(2000))", "22023"),
    ("CREATE TABLE s.t (a int)", "3F000"),
    ("ALTER TABLE nope ADD a int", "42P01"), ("CREATE VIEW v AS SELECT 1", "0A000"), ("DROP INDEX nope", "42704"),
    ("CREATE INDEX ON nope (a)", "42P01"), ("TRUNCATE nope", "42P01"),
    ("CREATE TABLE t (a int DEFAULT (SELECT 1))", "0A000"),
  ])
  func refuses(_ text: String, _ code: String) async {
    #expect(await TestSession().error(text)?.code == code)
  }

  @Test(arguments: [
    ("sharding = 'hash', nonsense = 1", "unrecognized parameter \"nonsense\""), ("nonsense", "\"nonsense\""),
    ("sharding = 'hash'", "parameter \"sharding\" has no effect in this version: tables lie in one partition"),
    ("shards = 16", "\"shards\" has no effect"), ("replication_factor = 5", "every node has all tables"),
    ("mode = 'semi-synchronous'", "\"mode\""), ("fillfactor = 70", "\"fillfactor\" has no effect"),
    ("toast.autovacuum_enabled = off", "\"autovacuum_enabled\""), ("oids = true", "\"oids\""),
  ])
  func optionsWithoutEffectAreRefused(options: String, message: String) async throws {
    let session = TestSession()
    let error = await session.error("CREATE TABLE a (x int PRIMARY KEY) WITH (\(options))")
    #expect(error?.code == "22023")
    #expect(error?.message.contains(message) == true, "\(error?.message ?? "none")")
    try await session.run("CREATE TABLE b (x int PRIMARY KEY)")
    #expect(await session.error("CREATE INDEX ON b (x) WITH (\(options))")?.code == "22023")
    #expect(await session.error("SELECT * FROM a")?.code == "42P01", "nothing was made")
  }

  @Test func whatSaysNothingNewIsTaken() async throws {
    let session = TestSession()
    try await session.run("CREATE TABLE a (x int PRIMARY KEY) WITH (oids = false) TABLESPACE pg_default")
    try await session.run("CREATE TABLE b (x int PRIMARY KEY) WITHOUT OIDS")
    #expect(await session.error("CREATE TABLE c (x int) TABLESPACE fast")?.code == "42704")
    #expect(await session.error("CREATE TABLE c (x int) WITH ()")?.code == "42601")
    #expect(await session.error("CREATE TABLE c (x int) WITH (sharding = )")?.code == "42601")
    let identity = "GENERATED ALWAYS AS IDENTITY (START WITH 100)"
    #expect(await session.error("CREATE TABLE c (x int \(identity))")?.code == "0A000")
  }
}
