import RoostBase
import RoostClusterSimulation
import RoostPlatform
import RoostRelational
import RoostSQL
import RoostSimulation
import RoostStore

/// What became of a transaction.
enum TransactionOutcome {
  /// It is done, and gave these rows, with bars between their values; or how many rows it changed, if it gave none.
  case done([String])
  /// It certainly did nothing.
  case refused
  /// It did nothing, because a row with the same key was there.
  case duplicate
  case unknown

  var rows: [String]? { if case .done(let rows) = self { rows } else { nil } }
}

/// A session on the node that runs on a machine now.
///
/// Unchecked sendable: guarded by the world's thread.
final class SimulatedSession: @unchecked Sendable {
  let machine: NodeID
  let process: SimulatedProcess
  let executor: LoopTaskExecutor
  private let session: Session
  /// The transaction in hand, in the history of all.
  var operation: History<AccountsModel.Input, [Int]>.OperationID?
  /// Whether the transaction in hand has got so far that it may happen whatever becomes of the session.
  private(set) var mayHappen = false
  /// What the last statement was answered with.
  private var tag = ""

  init?(on machine: NodeID, of cluster: NodeCluster) {
    guard let (process, host) = cluster.host(on: machine) else { return nil }
    self.machine = machine
    self.process = process
    let loop = process.loops[0]
    executor = LoopTaskExecutor(loop)
    let store = ClusterBackend(host: host, group: GroupDescriptor.data.id, owner: Database.keySpace)
    let options = DatabaseOptions(
      monotonicNanoseconds: { loop.now.nanoseconds }, wallClock: { loop.now.nanoseconds / 1000 },
      storeTimeLimit: .seconds(3))
    session = Session(
      database: Database(store: store, options: options), user: "roost", databaseName: "roost", parameters: [:])
  }

  /// Runs one statement, or a block of several.
  func run(_ statements: String...) async -> TransactionOutcome {
    if statements.count == 1 {
      mayHappen = true
      let outcome = await run(statement: statements[0])
      guard case .done(let rows) = outcome, rows.isEmpty, let count = tag.split(separator: " ").last else {
        return outcome
      }
      return .done([String(count)])
    }
    return await block { run in
      var rows: [String] = []
      for statement in statements {
        guard case .done(let found) = await run(statement) else { return nil }
        rows += found
      }
      return rows
    }
  }

  /// Runs a block. `body` gives the rows that were read in it, or nil if it can't be committed.
  func block(
    _ body: (_ run: (String) async -> TransactionOutcome) async -> [String]?
  ) async -> TransactionOutcome {
    mayHappen = false
    guard case .done = await run(statement: "BEGIN"), let rows = await body({ await run(statement: $0) }) else {
      _ = await run(statement: "ROLLBACK")
      // Nobody has asked for its commit.
      return .refused
    }
    mayHappen = true
    let outcome = await run(statement: "COMMIT")
    if case .done = outcome { return .done(rows) }
    return outcome
  }

  private func run(statement text: String) async -> TransactionOutcome {
    var rows: [String] = []
    do throws(SQLError) {
      for statement in try session.parse(text) {
        session.commitComesNext = true
        let portal = try await session.bind(try await session.prepare(statement, runsAtOnce: true))
        let outcome = try await session.execute(portal) { batch in
          rows += batch.map { $0.map { $0.isNull ? "" : $0.text() }.joined(separator: "|") }
        }
        if case .completed(let tag) = outcome { self.tag = tag }
        if let another = try await session.sync() { tag = another }
      }
      return .done(rows)
    } catch {
      await session.fail()
      // Every other error says that nothing was written.
      switch error.code {
      case "40003": return .unknown
      case "23505": return .duplicate
      default: return .refused
      }
    }
  }
}
