import RoostRelational
import RoostSQL
import RoostStore

/// Everything a statement told the client.
struct Outcome: Equatable {
  var tag = ""
  /// Rows as `psql -A -t` prints them.
  var rows: [String] = []
  var columns: [String] = []
}

/// A session over an embedded store, and the shape of what psql would print.
final class TestSession: @unchecked Sendable {  // used by one task at a time, but for cancelling
  let database: Database
  let session: Session

  init(store: any TransactionBackend = MemoryBackend()) {
    database = Database(
      store: store,
      options: DatabaseOptions(
        monotonicNanoseconds: { 0 }, wallClock: { 800_000_000_000_000 },
        nodeSetting: { $0 == "roost.node_id" ? "node1" : nil }))
    session = Session(database: database, user: "roost", databaseName: "roost", parameters: [:])
  }

  init(_ database: Database) {
    self.database = database
    session = Session(database: database, user: "roost", databaseName: "roost", parameters: [:])
  }

  /// Another session on the same database.
  init(_ other: TestSession) {
    database = other.database
    session = Session(database: database, user: "roost", databaseName: "roost", parameters: [:])
  }

  static func text(_ row: [Datum]) -> String {
    row.map { value in
      if case .boolean(let flag) = value { return flag ? "t" : "f" }
      return value.isNull ? "" : value.text()
    }.joined(separator: "|")
  }

  /// Runs all statements of a text as one simple query; the outcome of each.
  @discardableResult
  func run(_ text: String) async throws(SQLError) -> [Outcome] {
    var outcomes: [Outcome] = []
    do throws(SQLError) {
      let statements = try session.parse(text)
      for (number, statement) in statements.enumerated() {
        session.commitComesNext = number == statements.count - 1
        let prepared = try await session.prepare(statement, runsAtOnce: true)
        var outcome = Outcome(columns: prepared.columns?.map(\.name) ?? [])
        let portal = try await session.bind(prepared)
        let end = try await session.execute(portal) { rows in outcome.rows += rows.map(Self.text) }
        if case .completed(let tag) = end { outcome.tag = tag }
        outcomes.append(outcome)
      }
      if let tag = try await session.sync(), !outcomes.isEmpty { outcomes[outcomes.count - 1].tag = tag }
    } catch {
      await session.fail()
      throw error
    }
    return outcomes
  }

  /// The rows of the last statement.
  func rows(_ text: String) async throws(SQLError) -> [String] { try await run(text).last?.rows ?? [] }

  /// The tag of the last statement.
  func tag(_ text: String) async throws(SQLError) -> String { try await run(text).last?.tag ?? "" }

  /// The error a text ends in.
  func error(_ text: String) async -> SQLError? {
    do throws(SQLError) {
      try await run(text)
      return nil
    } catch {
      return error
    }
  }

  /// One prepared statement with parameters.
  func prepared(_ text: String, _ parameters: [Datum], types: [UInt32] = []) async throws(SQLError) -> Outcome {
    do throws(SQLError) {
      guard let statement = try session.parse(text).first else { return Outcome() }
      let prepared = try await session.prepare(statement, parameterTypes: types)
      let portal = try await session.bind(prepared, parameters: parameters)
      var outcome = Outcome(columns: prepared.columns?.map(\.name) ?? [])
      let end = try await session.execute(portal) { rows in outcome.rows += rows.map(Self.text) }
      if case .completed(let tag) = end { outcome.tag = tag }
      try await session.sync()
      return outcome
    } catch {
      await session.fail()
      throw error
    }
  }
}
