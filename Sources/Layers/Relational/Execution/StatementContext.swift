/// What one execution of a statement shares over all its operators: parameters, clock readings, settings, limits, and
/// the pace of its evaluation.
public final class StatementContext: EvaluationPace, @unchecked Sendable {
  // A statement runs in one task; only `cancellation` is shared with other threads, and it is atomic.

  /// Values of $1, $2, ….
  public var parameters: [Datum]
  /// Microseconds since 2000-01-01 UTC at the start of the transaction (`now()`) and of the statement.
  public var transactionTime: Int64
  public var statementTime: Int64
  /// Reads the clock for `clock_timestamp()`.
  public var clock: @Sendable () -> Int64
  public var timeZone: TimeZoneOffset
  public var sessionUser: String
  public var currentUser: String
  public var databaseName: String
  public var schemaName: String
  public var serverVersion: String
  /// A seeded source for `random()`.
  public var random: @Sendable () -> UInt64
  public let budget: MemoryBudget
  /// The session, for functions that the SQL layer adds.
  public var session: AnyObject?

  public init(
    parameters: [Datum] = [], transactionTime: Int64 = 0, statementTime: Int64 = 0,
    clock: @escaping @Sendable () -> Int64 = { 0 }, timeZone: TimeZoneOffset = .utc,
    sessionUser: String = "roost", currentUser: String = "roost", databaseName: String = "roost",
    schemaName: String = "public", serverVersion: String = "PostgreSQL 15.0 (Roost)",
    random: @escaping @Sendable () -> UInt64 = { 0 }, budget: MemoryBudget = MemoryBudget(),
    cancellation: CancellationFlag = CancellationFlag(), session: AnyObject? = nil, workLimit: Int = .max
  ) {
    self.parameters = parameters
    self.transactionTime = transactionTime
    self.statementTime = statementTime
    self.clock = clock
    self.timeZone = timeZone
    self.sessionUser = sessionUser
    self.currentUser = currentUser
    self.databaseName = databaseName
    self.schemaName = schemaName
    self.serverVersion = serverVersion
    self.random = random
    self.budget = budget
    self.session = session
    super.init(cancellation: cancellation, workLimit: workLimit)
  }

  /// The loop that the statement was begun on, if it can leave it. All that evaluates then catches ``departure``.
  public var placement: (any StatementPlacement)?

  private var batchesSinceYield = 0
  /// When the statement last began to compute without giving way, by `monotonicClock`.
  private var stretchStart: Int64?
  /// How long it has computed on the loop before that, in nanoseconds.
  private var loopTime: Int64 = 0

  /// Batches a statement handles before it lets other work of its loop run.
  private static let batchesPerTurn = 8
  /// How long a statement computes before it gives way, on the loop and away from it.
  private static let loopTurn: Int64 = 1_000_000
  private static let workerTurn: Int64 = 4_000_000
  /// How long a statement may compute on the loop in all before it leaves it.
  private static let loopShare: Int64 = 2_000_000

  /// Called by every operator for each batch it makes: fails when the statement was cancelled, and gives the loop to
  /// others from time to time or leaves it.
  public func checkpoint() async throws(SQLError) {
    batchesSinceYield += 1
    budget.settle()
    guard let monotonicClock else {
      try cancellation.check()
      if batchesSinceYield >= Self.batchesPerTurn { try await giveWay() }
      return
    }
    let now = monotonicClock()
    if let deadline, now > deadline { cancellation.cancel(.timeout) }
    try cancellation.check()
    let stretch = now - (stretchStart ?? now)
    if stretchStart == nil { stretchStart = now }
    if let placement, placement.isOnLoop {
      if loopTime + stretch >= Self.loopShare {
        await leaveLoop(placement)
        try cancellation.check()
      } else if stretch >= Self.loopTurn || batchesSinceYield >= Self.batchesPerTurn {
        loopTime += stretch
        try await giveWay()
      }
    } else if stretch >= Self.workerTurn || (placement == nil && batchesSinceYield >= Self.batchesPerTurn) {
      try await giveWay()
    }
  }

  /// The client asks for more rows, perhaps long after it got the last: they have a time limit of their own, and nothing
  /// was computed meanwhile.
  public func goOn(until deadline: Int64?) {
    self.deadline = deadline
    stretchStart = nil
  }

  override func admitLarge(_ bytes: Int) throws(SQLError) {
    try super.admitLarge(bytes)
    try budget.build(bytes)
  }

  private func giveWay() async throws(SQLError) {
    batchesSinceYield = 0
    await Task.yield()
    stretchStart = monotonicClock?()
    try cancellation.check()
  }

  func leaveLoop(_ placement: any StatementPlacement) async {
    await placement.leaveLoop()
    batchesSinceYield = 0
    stretchStart = monotonicClock?()
  }
}

extension StatementContext {
  /// Rows up to this size are not looked at.
  private static let ordinaryRow = 1 << 20

  /// Fails with 53200 when a row that is being built is larger than all that a statement may hold.
  public func checkRow(_ bytes: Int) throws(SQLError) {
    if bytes <= Self.ordinaryRow { return }
    try budget.take(bytes)
    budget.release(bytes)
  }
}

/// A time zone as a fixed distance from UTC.
public struct TimeZoneOffset: Hashable, Sendable {
  /// The name SHOW prints: "UTC", "+02:00".
  public var name: String
  /// Seconds east of UTC.
  public var seconds: Int32

  public init(name: String, seconds: Int32) {
    self.name = name
    self.seconds = seconds
  }

  public static let utc = TimeZoneOffset(name: "UTC", seconds: 0)
}
