import RoostCluster
import RoostPlatform
import RoostRaft
import RoostRelational
import RoostSQL
import RoostSimulation
import RoostStore

@testable import RoostClusterSimulation

/// SQL sessions on simulated nodes: inserts, increments, transfers in blocks, and reads of them, by clients that go to
/// another node when theirs is gone, and never ask again for what may have happened.
///
/// | what is done | what must hold |
/// |---|---|
/// | a row is inserted into a table without a key | if it was acknowledged it is there once; if nobody knows, at most once |
/// | a counter is incremented | it shows no fewer than were acknowledged and no more than were asked for |
/// | an amount goes from one account to another in a block | every sum of the accounts is the same |
/// | a counter is read | at least what was acknowledged, or shown to somebody, before the read began |
///
/// Unchecked sendable: guarded by the world's thread.
final class SQLWorkload: @unchecked Sendable {
  struct Counter {
    var acknowledged = 0
    var attempted = 0
    /// What a read has shown, at most.
    var shown = 0
  }

  fileprivate enum Fate { case certain, unknown, refused }

  private let stage: NodeStage
  private var cluster: NodeCluster { stage.cluster }
  private var world: World { stage.world }
  fileprivate var generator: SeededGenerator
  private(set) var violations: [String] = []
  private var counters = [Counter](repeating: Counter(), count: SQLWorkload.counterCount)
  private var inserted: [Int: Fate] = [:]
  private var nextRow = 1
  /// What was acknowledged.
  private(set) var inserts = 0
  private(set) var increments = 0
  private(set) var blocks = 0
  private var isSetUp = false
  /// Machines through which the end was looked at.
  private var judged = 0
  var isRunning = true

  static let counterCount = 3
  static let accountCount = 4
  static let total = accountCount * 100
  private static let clientCount = 3
  /// After so long without an answer a client takes its node for dead.
  fileprivate static let patience = Duration.seconds(4)

  init(_ stage: NodeStage) {
    self.stage = stage
    generator = SeededGenerator(seed: stage.world.seed ^ 0x5351_4C21)
  }

  func start() { for _ in 0..<SQLWorkload.clientCount { SQLClient(self, stage).run() } }

  fileprivate func violated(_ what: String) {
    violations.append("\(world.now.nanoseconds / 1_000_000) ms: \(what)")
  }

  // MARK: What clients do

  fileprivate func step(_ session: SimulatedSession) async {
    guard isSetUp else { return await setUp(session) }
    switch generator.below(10) {
    case 0..<3: await insert(session)
    case 3..<5: await increment(session)
    case 5..<7: await transfer(session)
    case 7: _ = await readSum(session)
    default: await readCounter(session)
    }
  }

  private func setUp(_ session: SimulatedSession) async {
    // Whoever comes second finds what is there already; which part was done first does not matter.
    _ = await session.run("CREATE TABLE log (row int)")
    _ = await session.run("CREATE TABLE counters (id int PRIMARY KEY, n int)")
    _ = await session.run("CREATE TABLE accounts (id int PRIMARY KEY, n int)")
    for id in 0..<SQLWorkload.counterCount { _ = await session.run("INSERT INTO counters VALUES (\(id), 0)") }
    for id in 0..<SQLWorkload.accountCount { _ = await session.run("INSERT INTO accounts VALUES (\(id), 100)") }
    let counters = await session.run("SELECT count(*) FROM counters").rows?.first
    let accounts = await session.run("SELECT count(*), sum(n) FROM accounts").rows?.first
    if counters == "\(SQLWorkload.counterCount)", accounts == "\(SQLWorkload.accountCount)|\(SQLWorkload.total)" {
      isSetUp = true
    }
  }

  private func insert(_ session: SimulatedSession) async {
    let row = nextRow
    nextRow += 1
    inserted[row] = .unknown
    switch await session.run("INSERT INTO log VALUES (\(row))") {
    case .done:
      inserted[row] = .certain
      inserts += 1
    case .refused: inserted[row] = .refused
    case .unknown: break
    }
  }

  private func increment(_ session: SimulatedSession) async {
    let id = generator.below(SQLWorkload.counterCount)
    counters[id].attempted += 1
    switch await session.run("UPDATE counters SET n = n + 1 WHERE id = \(id)") {
    case .done:
      counters[id].acknowledged += 1
      increments += 1
    case .refused: counters[id].attempted -= 1
    case .unknown: break
    }
  }

  private func readCounter(_ session: SimulatedSession) async {
    let id = generator.below(SQLWorkload.counterCount)
    let floor = max(counters[id].acknowledged, counters[id].shown)
    guard let text = await session.run("SELECT n FROM counters WHERE id = \(id)").rows?.first, let found = Int(text)
    else { return }
    if found < floor || found > counters[id].attempted {
      violated("counter \(id) shows \(found), where \(floor) to \(counters[id].attempted) may be seen")
    }
    counters[id].shown = max(counters[id].shown, found)
  }

  private func transfer(_ session: SimulatedSession) async {
    let from = generator.below(SQLWorkload.accountCount)
    let to = (from + 1 + generator.below(SQLWorkload.accountCount - 1)) % SQLWorkload.accountCount
    let amount = 1 + generator.below(9)
    for statement in [
      "BEGIN", "SELECT n FROM accounts WHERE id = \(from)", "UPDATE accounts SET n = n - \(amount) WHERE id = \(from)",
      "UPDATE accounts SET n = n + \(amount) WHERE id = \(to)", "COMMIT",
    ] {
      guard case .done = await session.run(statement) else {
        _ = await session.run("ROLLBACK")
        return
      }
    }
    blocks += 1
  }

  /// Returns whether there was an answer.
  private func readSum(_ session: SimulatedSession) async -> Bool {
    guard let text = await session.run("SELECT sum(n) FROM accounts").rows?.first else { return false }
    if text != "\(SQLWorkload.total)" { violated("the accounts hold \(text) together, not \(SQLWorkload.total)") }
    return true
  }

  // MARK: The end

  /// Looks at everything through every node, once all is well.
  func judge() {
    guard isSetUp else { return violated("nobody could set the tables up") }
    for machine in cluster.machines {
      guard let session = SimulatedSession(on: machine, of: cluster) else {
        violated("machine \(machine) has no node in the end")
        continue
      }
      let before = judged
      Task(executorPreference: session.executor) { [self] in
        await judge(session)
        judged += 1
      }
      if !world.run(limit: .seconds(20), until: { judged > before }) {
        violated("machine \(machine) does not answer in the end")
      }
    }
  }

  private func judge(_ session: SimulatedSession) async {
    guard let rows = await session.run("SELECT row, count(*) FROM log GROUP BY row").rows else {
      return violated("\(session.machine) can't read the log in the end")
    }
    var found: [Int: Int] = [:]
    for row in rows {
      let fields = row.split(separator: "|").compactMap { Int($0) }
      if fields.count == 2 { found[fields[0]] = fields[1] }
    }
    for row in found.keys.sorted() where inserted[row] == nil {
      violated("row \(row) is there, and nobody inserted it")
    }
    for (row, fate) in inserted.sorted(by: { $0.key < $1.key }) {
      let count = found[row] ?? 0
      switch fate {
      case .certain where count != 1: violated("row \(row) was acknowledged and is there \(count) times")
      case .unknown where count > 1: violated("row \(row) is there \(count) times")
      case .refused where count > 0: violated("row \(row) was refused and is there")
      default: break
      }
    }
    for id in 0..<SQLWorkload.counterCount { await readFinally(session, id) }
    guard await readSum(session) else { return violated("\(session.machine) can't read the accounts in the end") }
  }

  private func readFinally(_ session: SimulatedSession, _ id: Int) async {
    guard let text = await session.run("SELECT n FROM counters WHERE id = \(id)").rows?.first, let found = Int(text)
    else { return violated("\(session.machine) can't read counter \(id) in the end") }
    let counter = counters[id]
    if found < max(counter.acknowledged, counter.shown) || found > counter.attempted {
      violated(
        "counter \(id) is \(found) in the end, of \(counter.acknowledged) acknowledged, \(counter.attempted) asked for")
    }
  }

}

/// What became of a statement.
private enum StatementOutcome {
  case done([String])
  /// It certainly did nothing.
  case refused
  case unknown

  var rows: [String]? { if case .done(let rows) = self { rows } else { nil } }
}

/// A session on the node that runs on a machine now.
///
/// Unchecked sendable: guarded by the world's thread.
private final class SimulatedSession: @unchecked Sendable {
  let machine: NodeID
  let process: SimulatedProcess
  let executor: LoopTaskExecutor
  private let session: Session

  init?(on machine: NodeID, of cluster: NodeCluster) {
    guard let incarnation = cluster.running[machine], let node = incarnation.node else { return nil }
    self.machine = machine
    process = incarnation.process
    let loop = process.loops[0]
    executor = LoopTaskExecutor(loop)
    let store = ClusterBackend(host: node.host, group: GroupDescriptor.data.id, owner: Database.keySpace)
    let options = DatabaseOptions(
      monotonicNanoseconds: { loop.now.nanoseconds }, wallClock: { loop.now.nanoseconds / 1000 },
      storeTimeLimit: .seconds(3))
    session = Session(
      database: Database(store: store, options: options), user: "roost", databaseName: "roost", parameters: [:])
  }

  func run(_ text: String) async -> StatementOutcome {
    var rows: [String] = []
    do throws(SQLError) {
      for statement in try session.parse(text) {
        session.commitComesNext = true
        let portal = try await session.bind(try await session.prepare(statement))
        _ = try await session.execute(portal) { batch in
          rows += batch.map { $0.map { $0.isNull ? "" : $0.text() }.joined(separator: "|") }
        }
      }
      _ = try await session.sync()
      return .done(rows)
    } catch {
      await session.fail()
      // Serialization failures, and errors of the statement itself.
      return error.code == "40001" || error.code.hasPrefix("42") || error.code.hasPrefix("23") ? .refused : .unknown
    }
  }
}

/// A client: one statement after the other, at one node, until that is gone.
///
/// Unchecked sendable: guarded by the world's thread.
private final class SQLClient: @unchecked Sendable {
  private let workload: SQLWorkload
  private let stage: NodeStage
  private var session: SimulatedSession?
  private var isBusy = false
  private var began = Instant.origin

  init(_ workload: SQLWorkload, _ stage: NodeStage) {
    self.workload = workload
    self.stage = stage
  }

  func run() {
    stage.world.after(workload.generator.duration(.milliseconds(5)...(.milliseconds(60)))) { [self] in
      guard workload.isRunning else { return }
      look()
      run()
    }
  }

  private func look() {
    if let session, !session.process.isAlive || isBusy && began + SQLWorkload.patience < stage.world.now {
      self.session = nil
      isBusy = false
    }
    guard !isBusy else { return }
    // Now and then to another node, as a pool would.
    if session == nil || workload.generator.chance(0.05) {
      session = workload.generator.pick(stage.cluster.machines).flatMap { SimulatedSession(on: $0, of: stage.cluster) }
    }
    guard let session else { return }
    isBusy = true
    began = stage.world.now
    Task(executorPreference: session.executor) { [self] in
      await workload.step(session)
      if self.session === session { isBusy = false }
    }
  }
}
