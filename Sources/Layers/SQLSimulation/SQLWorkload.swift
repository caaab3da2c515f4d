import RoostBase
public import RoostClusterSimulation
import RoostPlatform
import RoostSQL
import RoostSimulation
public import RoostStore

/// SQL sessions on simulated nodes, of clients that go to another node when theirs is gone, or for no reason, and never ask
/// again for what may have happened.
///
/// | what is done | what must hold |
/// |---|---|
/// | rows are inserted into a table without a key | one that was acknowledged is there once, one of which nobody knows at most once |
/// | transactions read and change counters and accounts, insert and delete rows with keys, in single statements and in blocks | they are strictly serializable (``AccountsModel``) |
///
/// Unchecked sendable: guarded by the world's thread.
public final class SQLWorkload: NodeWorkload, @unchecked Sendable {
  private enum Fate { case certain, unknown, refused }

  /// What layers keep in the nodes' stores for it.
  public static let keySpaces: [KeySpaceDeclaration] = [Database.keySpace]

  private static let counterCount = 3
  private static let accountCount = 4
  private static let balance = 100
  private static let claimCount = 3
  private static let clientCount = 3

  private let stage: NodeStage
  private var cluster: NodeCluster { stage.cluster }
  private var world: World { stage.world }
  private var generator: SeededGenerator
  private let model = AccountsModel(
    counters: counterCount, accounts: accountCount, balance: balance, claims: claimCount)
  private var history = History<AccountsModel.Input, [Int]>()
  private var inserted: [Int: Fate] = [:]
  private var nextRow = 1
  /// What was last seen in each counter, for updates that expect it.
  private var seen = [Int](repeating: 0, count: counterCount)
  private var isSetUp = false
  private var isRunning = true
  /// Machines through which the end was looked at.
  private var judged = 0

  public private(set) var violations: [String] = []
  /// Rows whose insertion was acknowledged.
  public private(set) var inserts = 0
  /// Transactions on counters and accounts that were acknowledged, by kind.
  public private(set) var changes = 0
  public private(set) var blocks = 0
  public private(set) var reads = 0
  public var acknowledged: Int { inserts + changes + blocks }

  public init(_ stage: NodeStage) {
    self.stage = stage
    generator = SeededGenerator(seed: stage.world.seed ^ 0x5351_4C21)
  }

  public func start() {
    for client in 0..<SQLWorkload.clientCount { SQLClient(self, client, cluster, generator.split()).run() }
  }

  public func stop() { isRunning = false }

  private func violated(_ what: String) {
    violations.append("\(world.now.nanoseconds / 1_000_000) ms: SQL: \(what)")
  }

  // MARK: What clients do

  /// One transaction on a session.
  fileprivate func step(_ session: SimulatedSession, of client: Int) async {
    guard isSetUp else { return await setUp(session) }
    let counter = generator.below(SQLWorkload.counterCount)
    switch generator.below(13) {
    case 0..<2: await insert(session)
    case 2..<4: await run(.increment(counter: counter), on: session, of: client)
    case 4:
      let input =
        generator.chance(0.5)
        ? AccountsModel.Input.read(counter: counter)
        : .compareAndSet(counter: counter, expected: seen[counter], value: seen[counter] + generator.below(3))
      await run(input, on: session, of: client)
    case 5: await run(.copy(from: counter, to: other(than: counter, SQLWorkload.counterCount)), on: session, of: client)
    case 6..<8:
      let from = generator.below(SQLWorkload.accountCount)
      let to = other(than: from, SQLWorkload.accountCount)
      await run(.transfer(from: from, to: to, amount: 1 + generator.below(9)), on: session, of: client)
    case 8: await run(.readAccounts, on: session, of: client)
    case 9..<11: await run(.claim(generator.below(SQLWorkload.claimCount)), on: session, of: client)
    case 11: await run(.release(generator.below(SQLWorkload.claimCount)), on: session, of: client)
    default: await run(.readBoth(counter: counter), on: session, of: client)
    }
  }

  private func other(than place: Int, _ count: Int) -> Int { (place + 1 + generator.below(count - 1)) % count }

  fileprivate var goesOn: Bool { isRunning }

  private func setUp(_ session: SimulatedSession) async {
    // Whoever comes second finds what is there already; which part was done first does not matter.
    _ = await session.run("CREATE TABLE log (row int)")
    _ = await session.run("CREATE TABLE claims (id int PRIMARY KEY)")
    _ = await session.run("CREATE TABLE counters (id int PRIMARY KEY, n int)")
    _ = await session.run("CREATE TABLE accounts (id int PRIMARY KEY, n int)")
    for id in 0..<SQLWorkload.counterCount { _ = await session.run("INSERT INTO counters VALUES (\(id), 0)") }
    for id in 0..<SQLWorkload.accountCount {
      _ = await session.run("INSERT INTO accounts VALUES (\(id), \(SQLWorkload.balance))")
    }
    let counters = await session.run("SELECT count(*) FROM counters").rows?.first
    let accounts = await session.run("SELECT count(*) FROM accounts").rows?.first
    guard await session.run("SELECT count(*) FROM claims").rows != nil else { return }
    if counters == "\(SQLWorkload.counterCount)", accounts == "\(SQLWorkload.accountCount)" { isSetUp = true }
  }

  private func insert(_ session: SimulatedSession) async {
    let row = nextRow
    nextRow += 1
    inserted[row] = .unknown
    switch await session.run("INSERT INTO log VALUES (\(row))") {
    case .done:
      inserted[row] = .certain
      inserts += 1
    case .refused, .duplicate: inserted[row] = .refused
    case .unknown: break
    }
  }

  /// Returns whether there was an answer.
  @discardableResult
  private func run(_ input: AccountsModel.Input, on session: SimulatedSession, of client: Int) async -> Bool {
    let operation = history.invoke(process: client, input, at: world.now.nanoseconds)
    session.operation = operation
    defer { session.operation = nil }
    let outcome: TransactionOutcome
    switch input {
    case .increment(let counter):
      outcome = await session.run("UPDATE counters SET n = n + 1 WHERE id = \(counter) RETURNING n")
    case .read(let counter): outcome = await session.run("SELECT n FROM counters WHERE id = \(counter)")
    case .compareAndSet(let counter, let expected, let value):
      outcome = await session.run("UPDATE counters SET n = \(value) WHERE id = \(counter) AND n = \(expected)")
    case .copy(let from, let to): outcome = await copy(from, to, session)
    case .transfer(let from, let to, let amount):
      outcome = await session.run(
        "SELECT n FROM accounts WHERE id = \(from)", "UPDATE accounts SET n = n - \(amount) WHERE id = \(from)",
        "UPDATE accounts SET n = n + \(amount) WHERE id = \(to)")
    case .readAccounts: outcome = await session.run("SELECT n FROM accounts ORDER BY id")
    case .readBoth(let counter):
      outcome = await session.run(
        "SELECT n FROM counters WHERE id = \(counter)", "SELECT n FROM accounts ORDER BY id")
    case .claim(let key): outcome = await session.run("INSERT INTO claims VALUES (\(key))")
    case .release(let key): outcome = await session.run("DELETE FROM claims WHERE id = \(key)")
    }
    guard session.operation != nil else { return false }
    switch outcome {
    case .done(let rows):
      let numbers = rows.compactMap { Int($0) }
      history.ok(operation, numbers, at: world.now.nanoseconds)
      count(input, numbers)
      return true
    case .duplicate:
      history.ok(operation, [0], at: world.now.nanoseconds)
      return true
    case .refused: history.fail(operation, at: world.now.nanoseconds)
    case .unknown: history.info(operation, at: world.now.nanoseconds)
    }
    return false
  }

  /// Reads, and then writes what it made of that: its second statement needs the answer of the first.
  private func copy(_ from: Int, _ to: Int, _ session: SimulatedSession) async -> TransactionOutcome {
    await session.block { run in
      guard case .done(let rows) = await run("SELECT n FROM counters WHERE id = \(from)"),
        let seen = rows.first.flatMap({ Int($0) }),
        case .done = await run("UPDATE counters SET n = \(seen + 1) WHERE id = \(to)")
      else { return nil }
      return rows
    }
  }

  /// The node of a session has ended. A block of which the commit was not asked for will not happen.
  fileprivate func sessionEnded(_ session: SimulatedSession) {
    guard let operation = session.operation, !session.process.isAlive, !session.mayHappen else { return }
    session.operation = nil
    history.fail(operation, at: world.now.nanoseconds)
  }

  private func count(_ input: AccountsModel.Input, _ numbers: [Int]) {
    switch input {
    case .increment(let counter), .read(let counter), .readBoth(let counter): seen[counter] = numbers.first ?? 0
    default: break
    }
    switch input {
    case .increment, .compareAndSet, .claim, .release: changes += 1
    case .copy, .transfer: blocks += 1
    case .read, .readAccounts, .readBoth: reads += 1
    }
  }

  // MARK: The end

  public func judge() {
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
    switch LinearizabilityChecker(model).check(history) {
    case .linearizable: break
    case .violation: violated("no order of \(history.operations.count) transactions explains what was read")
    case .unknown: violated("\(history.operations.count) transactions are too many to be judged")
    }
  }

  private func judge(_ session: SimulatedSession) async {
    // It may be that nobody came to it before.
    for _ in 0..<3 where !isSetUp { await setUp(session) }
    guard isSetUp else { return violated("nobody could set the tables up") }
    await judgeRows(session)
    var answers = await run(.readAccounts, on: session, of: SQLWorkload.clientCount)
    for counter in 0..<SQLWorkload.counterCount {
      answers = await run(.read(counter: counter), on: session, of: SQLWorkload.clientCount) && answers
    }
    if !answers { violated("machine \(session.machine) can't read the counters and accounts in the end") }
  }

  private func judgeRows(_ session: SimulatedSession) async {
    guard let rows = await session.run("SELECT row, count(*) FROM log GROUP BY row").rows else {
      return violated("machine \(session.machine) can't read the rows in the end")
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
  }
}

/// A client: one transaction after the other, at one node, until that is gone.
///
/// Unchecked sendable: guarded by the world's thread.
private final class SQLClient: @unchecked Sendable {
  private let workload: SQLWorkload
  private let number: Int
  private let cluster: NodeCluster
  private var generator: SeededGenerator
  private var session: SimulatedSession?
  private var isBusy = false
  private var began = Instant.origin

  private static let pause: ClosedRange<Duration> = .milliseconds(5)...(.milliseconds(60))
  /// After so long without an answer it takes its node for dead.
  private static let patience = Duration.seconds(4)

  init(_ workload: SQLWorkload, _ number: Int, _ cluster: NodeCluster, _ generator: SeededGenerator) {
    self.workload = workload
    self.number = number
    self.cluster = cluster
    self.generator = generator
  }

  func run() {
    cluster.world.after(generator.duration(SQLClient.pause)) { [self] in
      guard workload.goesOn else { return }
      look()
      run()
    }
  }

  private func look() {
    if let session, !session.process.isAlive || isBusy && began + SQLClient.patience < cluster.world.now {
      workload.sessionEnded(session)
      self.session = nil
      isBusy = false
    }
    guard !isBusy else { return }
    // Now and then to another node, as a pool would.
    if session == nil || generator.chance(0.05) {
      session = generator.pick(cluster.machines).flatMap { SimulatedSession(on: $0, of: cluster) }
    }
    guard let session else { return }
    isBusy = true
    began = cluster.world.now
    Task(executorPreference: session.executor) { [self] in
      await workload.step(session, of: number)
      if self.session === session { isBusy = false }
    }
  }
}
