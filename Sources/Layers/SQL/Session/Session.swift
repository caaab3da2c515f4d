import RoostPlatform
public import RoostRelational
import RoostStore

/// One client's session: settings, the open transaction, and the way of a statement from text to rows.
///
/// ```
/// parse ─▶ prepare ─▶ bind ─▶ execute … ─▶ sync
///                                  └─ error ─▶ fail ─▶ sync
/// ```
/// A transaction begins in the store with the first statement that reads or writes. Without BEGIN it is implicit:
/// `sync` commits it, and when it conflicts with another one, runs its statements again as long as the client has seen
/// no rows.
///
/// Used by one task at a time, but for what concerns cancelling.
public final class Session: @unchecked Sendable {  // guarded by the task that serves the client
  let database: Database
  public let user: String
  public let databaseName: String
  let number: UInt64

  var settings: Settings
  /// The reported settings as the client knows them.
  private var toldSettings: Settings
  var transaction: OpenTransaction?
  /// Whether the open block has failed.
  var isFailed = false
  var notices: [SQLNotice] = []
  let cancellation = CancellationFlag()
  /// When the running statement began, if it has a time limit; in nanoseconds of the node's clock.
  var statementStart: Int64 = 0
  /// What statements do when an evaluation turns out to be long: made once, for closures cost.
  private(set) var onLongEvaluation: (() throws(SQLError) -> Void)?
  /// How often the running statement's evaluations were found to be long.
  var looks = 0
  /// So many times an evaluation may go on on the loop: a millisecond or so.
  private static let looksOnLoop = 4
  private var parsed: PlanCache<[ParsedStatement]>
  private var compiled: PlanCache<CompiledStatement>
  /// What both of them have drawn.
  private var planMemory: MemoryReservation
  /// SQL's own PREPARE.
  var named: NamedStatements
  var random: SessionRandom
  /// The newest of the session's own commits: what it has to see again.
  var lastCommit = Timestamp.zero
  /// Whether nothing but ``sync()`` follows the statement that is executed next, and its tag is told only then. A server that
  /// knows says so: then a change can do with one round to the leader, and be run again without the client noticing.
  public var commitComesNext = false
  var firstViews = FirstViews()
  /// Definition statements run so far.
  var localDefinitions: UInt64 = 0

  /// Notices a client doesn't fetch are dropped beyond this number.
  static let maximumNotices = 1_000

  /// `parameters` are the settings of the start-up message; ones that Roost doesn't know or support are passed over.
  public init(database: Database, user: String, databaseName: String, parameters: [String: String]) {
    self.database = database
    self.user = user
    self.databaseName = databaseName
    number = database.nextSessionNumber()
    parsed = PlanCache(capacity: database.options.planCacheEntries)
    compiled = PlanCache(capacity: database.options.planCacheEntries)
    planMemory = MemoryReservation(database.options.memory?.plans)
    named = NamedStatements(database.options.memory?.messages)
    random = SessionRandom(seed: database.options.randomSeed?() ?? number)
    var settings = Settings()
    settings.fix("session_authorization", user)
    for (name, value) in parameters.sorted(by: { $0.key < $1.key }) { try? settings.set(name, [value]) }
    settings.markStart()
    self.settings = settings
    toldSettings = settings
  }

  /// Where the session stands; what ReadyForQuery says.
  public var status: TransactionStatus {
    guard let transaction, !transaction.isImplicit else { return .idle }
    return isFailed ? .failed : .inTransaction
  }

  /// A setting as ParameterStatus reports it: server_version, client_encoding, DateStyle, TimeZone, integer_datetimes,
  /// standard_conforming_strings, …; nil when there is none of that name.
  public func parameterStatus(_ name: String) -> String? { settings.value(name) }

  /// Reported settings that changed since the last call, by name.
  public func takeChangedParameters() -> [String: String] {
    defer { toldSettings = settings }
    return Settings.reportedChanges(from: toldSettings, to: settings)
  }

  /// Notices since the last call, oldest first; those below `client_min_messages` are left out.
  public func takeNotices() -> [SQLNotice] {
    if notices.isEmpty { return [] }
    defer { notices = [] }
    switch settings.value("client_min_messages") {
    case "warning": return notices.filter { $0.severity != "NOTICE" && $0.severity != "INFO" }
    case "error": return []
    default: return notices
    }
  }

  func notify(_ notice: SQLNotice) { if notices.count < Session.maximumNotices { notices.append(notice) } }

  /// Makes the statement that runs fail with 57014; without one, nothing. From any thread.
  public func cancel(_ reason: CancellationFlag.Reason = .request) { cancellation.cancel(reason) }

  // MARK: Serving a client

  /// Where the session's statements compute, when they may leave the loop it is served on. A session with a placement
  /// is also told by its server when a cancellation is over, with ``forgetCancellation()``: it holds from the arrival
  /// of a message to the end of its statement, parsing and planning included.
  public var placement: (any StatementPlacement)? {
    didSet {
      onLongEvaluation = { [unowned self] () throws(SQLError) in
        looks += 1
        if looks > Session.looksOnLoop, let placement, placement.isOnLoop { throw StatementContext.departure }
      }
    }
  }

  /// Whether a cancellation has come that was not forgotten since. From any thread.
  public var isCancelled: Bool { cancellation.isCancelled }

  /// A cancellation that has come so far concerns nothing that is to come.
  public func forgetCancellation() { cancellation.reset() }

  /// The time limit of a statement; nil is none.
  public var statementTimeout: Duration? {
    settings.statementTimeout > 0 ? .nanoseconds(settings.statementTimeout) : nil
  }

  /// How long the session may wait for its client in its present state, and the error that ends it then.
  public var idleLimit: (time: Duration, error: SQLError)? {
    if transaction != nil, settings.idleInTransactionTimeout > 0 {
      return (
        .nanoseconds(settings.idleInTransactionTimeout),
        SQLError("25P03", "terminating connection due to idle-in-transaction timeout")
      )
    }
    guard transaction == nil, settings.idleTimeout > 0 else { return nil }
    return (
      .nanoseconds(settings.idleTimeout), SQLError("57P05", "terminating connection due to idle-session timeout")
    )
  }

  // MARK: Stages

  /// Splits and parses the text of a simple query or of a Parse message. An empty text gives one empty statement.
  ///
  /// - Parameter admit: Told, again and again, how many bytes the statements are estimated to take once they are parsed
  ///   and planned; what it throws ends the parsing. nil for texts that are short enough.
  public func parse(
    _ text: String, admit: ((Int) throws(SQLError) -> Void)? = nil
  ) throws(SQLError) -> [ParsedStatement] {
    if let known = parsed.value(text) { return known }
    if placement == nil { cancellation.reset() }
    let statements = try Parser.parse(
      text, maximumBytes: database.options.maximumStatementBytes, EvaluationPace(cancellation: cancellation),
      admit: admit)
    // What they share with their plans is counted there.
    let size = statements.reduce(text.utf8.count) { $0 + $1.estimatedSize / 2 }
    if parsed.takes(text), coverPlans(and: size) { parsed.store(statements, for: text, bytes: size) }
    return statements
  }

  /// Analyses and plans one statement. `parameterTypes`: OIDs the client gave, 0 or missing to infer.
  ///
  /// - Parameter runsAtOnce: Whether the client is told nothing of it before it has run, as in a simple query. Then a change
  ///   is planned without a look at the store, by the definitions that this node knows; it is planned again if it finds
  ///   others when it runs.
  public func prepare(
    _ statement: ParsedStatement, parameterTypes: [UInt32] = [], runsAtOnce: Bool = false
  ) async throws(SQLError) -> PreparedStatement {
    do throws(SQLError) {
      try checkNotFailed(statement.syntax)
      if statement.syntax.readsStore { try await confirmView() }
      let compiled = try await compile(statement, parameterTypes, runsAtOnce: runsAtOnce)
      return PreparedStatement(
        parameterTypes: compiled.parameterTypes, columns: compiled.columns, compiled: compiled)
    } catch {
      throw error.located(in: statement.source)
    }
  }

  /// Binds parameters, already decoded as `parameterTypes` say, to a portal.
  public func bind(_ statement: PreparedStatement, parameters: [Datum] = []) async throws(SQLError) -> Portal {
    guard parameters.count == statement.compiled.parameterTypes.count else {
      throw SQLError(
        "08P01",
        "bind message supplies \(parameters.count) parameters, but the prepared statement requires \(statement.compiled.parameterTypes.count)"
      )
    }
    try checkNotFailed(statement.compiled.source.syntax)
    return Portal(compiled: statement.compiled, parameters: parameters)
  }

  /// Pulls at most `maxRows` rows (0 = all), in batches handed to `emit`. An error that `emit` throws ends the
  /// statement.
  public func execute(
    _ portal: Portal, maxRows: Int = 0, emit: ([[Datum]]) async throws -> Void
  ) async throws(SQLError) -> PortalOutcome {
    let statement = portal.compiled.source
    if case .empty = statement.syntax { return .empty }
    do throws(SQLError) {
      try checkNotFailed(statement.syntax)
      if placement == nil { cancellation.reset() }
      looks = 0
      if settings.statementTimeout > 0 { statementStart = database.options.monotonicNanoseconds() }
      if !portal.hasStarted, statement.syntax.readsStore { try await confirmView() }
      return try await run(portal, maxRows: max(0, maxRows), emit: emit)
    } catch {
      await portal.release()
      throw error.located(in: statement.source)
    }
  }

  /// The end of an extended-protocol batch (Sync) or of a simple query: commits the implicit transaction, if there is
  /// one.
  ///
  /// - Returns: what to tell the client of the last statement instead of its tag, if that was run again.
  @discardableResult
  public func sync() async throws(SQLError) -> String? {
    guard let open = transaction, open.isImplicit else { return nil }
    return try await commitImplicit(open)
  }

  /// After an error, before anything else: fails the open transaction block, or rolls the implicit transaction back.
  public func fail() async {
    guard let open = transaction else { return }
    open.store?.rollback()
    if open.isImplicit {
      settings = open.settings
      transaction = nil
    } else {
      isFailed = true
    }
  }

  /// Forgets a portal; what it holds is released.
  public func close(_ portal: Portal) {
    portal.rows = nil
    portal.statement = nil
    portal.waiting = []
    portal.isDone = true
  }

  /// Some milliseconds' work to let go of.
  static let muchBytes = 1 << 20

  /// Whether its end may take long: for the plans that it keeps.
  public var holdsMuch: Bool { named.bytes + parsed.bytes + compiled.bytes >= Session.muchBytes }

  /// The connection is closed: rolls back what is open.
  public func end() async {
    transaction?.store?.rollback()
    transaction = nil
    isFailed = false
    named.removeAll()
    parsed.removeAll()
    forgetPlans()
  }

  // MARK: Plans

  /// The plan that was made for a text last.
  func knownPlan(_ key: String) -> CompiledStatement? { compiled.value(key) }

  /// Keeps a plan for when its text comes again, if there is room for it.
  func keepPlan(_ plan: CompiledStatement, _ key: String) {
    let size = plan.source.estimatedSize
    if compiled.takes(key), coverPlans(and: size) { compiled.store(plan, for: key, bytes: size) }
  }

  func forgetPlans() {
    compiled.removeAll()
    _ = coverPlans(and: 0)
  }

  private func coverPlans(and more: Int) -> Bool { planMemory.cover(parsed.bytes + compiled.bytes + more) }

  private func checkNotFailed(_ statement: SyntaxStatement) throws(SQLError) {
    guard isFailed else { return }
    switch statement {
    case .empty: return
    case .transaction(let control) where control.endsBlock: return
    default:
      throw SQLError(
        "25P02", "current transaction is aborted, commands ignored until end of transaction block")
    }
  }
}

/// `random()` of one session: xorshift*, seeded by the node.
struct SessionRandom {
  private var state: UInt64

  init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

  mutating func next() -> UInt64 {
    state ^= state >> 12
    state ^= state << 25
    state ^= state >> 27
    return state &* 0x2545_F491_4F6C_DD1D
  }
}
