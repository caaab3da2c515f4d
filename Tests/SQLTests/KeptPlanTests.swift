import RoostRelational
import RoostSQL
import RoostStore
import Synchronization
import Testing

/// Plans that are kept for when their text comes again.
@Suite struct KeptPlanTests {
  /// A clock that a test sets, in microseconds.
  private final class Clock: Sendable {
    let now = Atomic<Int64>(800_000_000_000_000)
  }

  @Test("a value that was read by the session's zone is read again in another one")
  func zones() async throws {
    let session = TestSession()
    let text = "SELECT extract(epoch FROM timestamptz '2026-01-01 00:00')::int"
    #expect(try await session.rows(text) == ["1767225600"])
    try await session.run("SET TIME ZONE '+02:00'")
    #expect(try await session.rows(text) == ["1767218400"])
    try await session.run("SET TIME ZONE 'UTC'")
    #expect(try await session.rows(text) == ["1767225600"])
  }

  @Test("'now' is the time of its transaction, each time")
  func clock() async throws {
    let clock = Clock()
    let database = Database(
      store: MemoryBackend(),
      options: DatabaseOptions(
        monotonicNanoseconds: { 0 }, wallClock: { clock.now.load(ordering: .relaxed) }, nodeSetting: { _ in nil }))
    let session = TestSession(database)
    for text in ["SELECT timestamptz 'now' = now()", "SELECT date 'today' = current_date"] {
      #expect(try await session.rows(text) == ["t"])
      clock.now.add(2 * 86_400_000_000, ordering: .relaxed)
      #expect(try await session.rows(text) == ["t"], "\(text)")
    }
  }
}
