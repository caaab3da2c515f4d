import RoostRelational
import RoostSQL
import RoostStore
import Synchronization
import Testing

/// Windows against the joins that define them.
@Suite struct WindowFrameTests {
  private func filled() async throws -> TestSession {
    let session = TestSession()
    try await session.run("CREATE TABLE w (id int PRIMARY KEY, g int, v int, t text)")
    try await session.run(
      "INSERT INTO w SELECT i, i % 3, (i * 7919) % 23, 't' || (i * 31) % 17 FROM generate_series(1, 120) i")
    return session
  }

  @Test(arguments: [
    ("ROWS BETWEEN 3 PRECEDING AND 2 FOLLOWING", "b.id BETWEEN a.id - 3 AND a.id + 2"),
    ("ROWS BETWEEN 5 PRECEDING AND 2 PRECEDING", "b.id BETWEEN a.id - 5 AND a.id - 2"),
    ("ROWS BETWEEN 4 FOLLOWING AND 9 FOLLOWING", "b.id BETWEEN a.id + 4 AND a.id + 9"),
    ("ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING", "b.id >= a.id"),
    ("ROWS BETWEEN UNBOUNDED PRECEDING AND 1 FOLLOWING", "b.id <= a.id + 1"),
    ("ROWS BETWEEN 2 PRECEDING AND 4 PRECEDING", "false"),
    ("RANGE BETWEEN CURRENT ROW AND CURRENT ROW", "b.id = a.id"),
  ])
  func framesAreWhatTheySay(_ frame: String, _ condition: String) async throws {
    let session = try await filled()
    for aggregate in ["count(*)", "sum(v)", "min(v)", "max(t)", "avg(v)", "bit_or(v)"] {
      let column = aggregate == "count(*)" ? "count(b.id)" : aggregate.replacing("(", with: "(b.")
      let windowed = try await session.rows(
        "SELECT id, \(aggregate) OVER (ORDER BY id \(frame)) FROM w ORDER BY id")
      let joined = try await session.rows(
        "SELECT a.id, \(column) FROM w a LEFT JOIN w b ON \(condition) GROUP BY a.id ORDER BY a.id")
      #expect(windowed == joined, "\(aggregate) over \(frame)")
    }
  }

  @Test func peersShareTheirFrame() async throws {
    let session = try await filled()
    let windowed = try await session.rows("SELECT id, sum(id) OVER (PARTITION BY g ORDER BY v) FROM w ORDER BY id")
    let joined = try await session.rows(
      "SELECT a.id, sum(b.id) FROM w a JOIN w b ON a.g = b.g AND b.v <= a.v GROUP BY a.id ORDER BY a.id")
    #expect(windowed == joined)
    let ranks = try await session.rows(
      "SELECT v, rank() OVER w, dense_rank() OVER w, cume_dist() OVER w FROM w WHERE id <= 6 WINDOW w AS (ORDER BY g)")
    #expect(
      ranks.map { $0.split(separator: "|").dropFirst().joined(separator: "|") } == [
        "1|1|0.3333333333333333", "1|1|0.3333333333333333", "3|2|0.6666666666666666", "3|2|0.6666666666666666",
        "5|3|1", "5|3|1",
      ])
  }

  @Test func windowExpressionsMayHoldSubqueries() async throws {
    let session = try await filled()
    let rows = try await session.rows(
      "SELECT sum((SELECT count(*) FROM w b WHERE b.id < a.id)) OVER (ORDER BY id) FROM w a WHERE id <= 3 ORDER BY id")
    #expect(rows == ["0", "1", "3"])
  }
}

/// Which statements leave the loop of their session.
@Suite struct PlacementTests {
  final class Place: StatementPlacement {
    private let away = Atomic(false)
    let departures = Atomic(0)
    var isOnLoop: Bool { !away.load(ordering: .relaxed) }

    func leaveLoop() async {
      if away.exchange(true, ordering: .relaxed) { return }
      departures.wrappingAdd(1, ordering: .relaxed)
    }

    func returnToLoop() { away.store(false, ordering: .relaxed) }
  }

  final class Clock: Sendable {
    let nanoseconds = Atomic<Int64>(0)
  }

  private func served() -> (TestSession, Place) {
    let clock = Clock()
    // A look at the clock takes 50 µs.
    let database = Database(
      store: MemoryBackend(),
      options: DatabaseOptions(
        monotonicNanoseconds: { clock.nanoseconds.wrappingAdd(50_000, ordering: .relaxed).newValue },
        wallClock: { 800_000_000_000_000 }))
    let session = TestSession(database)
    let place = Place()
    session.session.placement = place
    return (session, place)
  }

  @Test func reachesOnlyWhatComputesForLong() async throws {
    let (session, place) = served()
    try await session.run("CREATE TABLE s (id int PRIMARY KEY, v text)")
    #expect(place.departures.load(ordering: .relaxed) == 1, "definitions leave at once")
    place.returnToLoop()
    for number in 1...20 {
      try await session.run("INSERT INTO s VALUES (\(number), 'x')")
      try await session.run("UPDATE s SET v = v || 'y' WHERE id = \(number)")
      #expect(try await session.rows("SELECT v FROM s WHERE id = \(number)") == ["xy"])
    }
    #expect(try await session.rows("SELECT count(*) FROM s") == ["20"])
    #expect(place.departures.load(ordering: .relaxed) == 1, "short statements stay")
    #expect(try await session.rows("SELECT count(*) FROM generate_series(1, 100000) x") == ["100000"])
    #expect(place.departures.load(ordering: .relaxed) == 2)
    place.returnToLoop()
    #expect(try await session.rows("SELECT sum(a.id * b.id) FROM s a, s b, s c, s d") == ["17640000"])
    #expect(place.departures.load(ordering: .relaxed) == 3)
  }

  @Test func cancellationReachesParsingAndPlanning() async throws {
    let (session, _) = served()
    let text = "VALUES " + (0..<20_000).map { "(\($0))" }.joined(separator: ",")
    let statement = try session.session.parse(text)[0]
    session.session.cancel()
    await #expect(throws: SQLError.self) { _ = try await session.session.prepare(statement) }
    #expect(throws: SQLError.self) { _ = try session.session.parse(text + " ") }
    session.session.forgetCancellation()
    _ = try await session.session.prepare(statement)
  }

  @Test func longPlanningLeavesTheLoop() async throws {
    let (session, place) = served()
    let text = "VALUES " + (0..<20_000).map { "(\($0))" }.joined(separator: ",")
    _ = try await session.session.prepare(session.session.parse(text)[0])
    #expect(place.departures.load(ordering: .relaxed) == 1)
  }
}

/// What has no effect is not accepted as if it had.
@Suite struct InertSettingTests {
  @Test(arguments: [
    "SET lock_timeout = '1s'", "SET work_mem = '1GB'", "SET enable_seqscan = off", "SET jit = on",
    "SET default_tablespace = 'fast'", "CREATE TABLE t (a int) WITH (sharding = 'hash', nonsense = 1)",
    "CREATE TABLE t (a int) WITH (fillfactor = 70)",
  ])
  func isRefused(_ text: String) async throws {
    let error = await TestSession().error(text)
    #expect(error?.code == "22023")
    #expect(error?.hint?.isEmpty == false)
  }

  @Test(arguments: [
    "SET lock_timeout = 0", "SET lock_timeout = '0'", "SET enable_seqscan = true", "SET jit = off",
    "SET default_tablespace = ''", "SET default_table_access_method = heap", "RESET work_mem",
    "CREATE TABLE t (a int) WITH (oids = false)", "SET synchronous_commit = off",
  ])
  func whatDriversAndDumpsSayIsAccepted(_ text: String) async throws {
    #expect(await TestSession().error(text) == nil)
  }
}
