import RoostBase
import RoostPlatform
import RoostRelational
import RoostSQL

/// The limits in time of a session: of its statements, and of its waiting for the client.
extension PostgresConnection {
  /// From now on the statement in hand has its time limit, if there is one. A limit that runs already goes on.
  func startStatementTimer() {
    guard statementTimer == nil, let limit = session?.statementTimeout else { return }
    limitStatement(from: loop.now, limit)
  }

  /// An extended batch ends: its commit has what is left of the time of its last statement.
  func resumeStatementTimer() {
    guard statementTimer == nil, let limit = session?.statementTimeout else { return }
    limitStatement(from: loop.now + (.zero - statementTime), limit)
  }

  private func limitStatement(from start: Instant, _ limit: Duration) {
    statementStart = start
    statementTimer = loop.schedule(at: start + limit) { [weak self] in self?.statementTimedOut() }
  }

  /// The statement is done.
  func stopStatementTimer() {
    guard let timer = statementTimer else { return }
    statementTimer = nil
    timer.cancel()
    statementTime = loop.now - statementStart
    // It may have come too late to end the statement, and must not end the next one.
    if pendingCancel == .timeout {
      pendingCancel = nil
      session?.forgetCancellation()
    }
  }

  private func statementTimedOut() {
    guard case .session = phase, statementTimer != nil, reader == nil else { return }
    session?.cancel(.timeout)
    interrupt(.timeout)
  }

  /// Ends the statement in hand, or the next one; also while it waits for a client that doesn't read.
  func interrupt(_ reason: CancellationFlag.Reason) {
    pendingCancel = reason
    wakeWriter(reason.error)
  }

  /// The node ends, and the statement in hand may be waiting for the store. Mostly it has its answer in no time. If it
  /// has not, it waits for a majority, and is not given the rest of the grace.
  func endStoreWaitSoon() {
    loop.schedule(at: loop.now + Self.storeWaitBegun) { [weak self] in
      guard let self, let session, let wait = session.storeWait else { return }
      loop.schedule(at: loop.now + Self.storeWaitLimit) { session.cancel(storeWait: wait, .shutdown) }
    }
  }

  /// After the shutdown began.
  private static let storeWaitBegun = Duration.milliseconds(50)
  /// After that.
  private static let storeWaitLimit = Duration.milliseconds(100)

  /// The session begins to wait for its client.
  func startIdleTimer() {
    guard let limit = session?.idleLimit else { return }
    idleTimer = loop.schedule(at: loop.now + limit.time) { [weak self] in
      guard let self, idleTimer != nil, reader != nil else { return }
      end(.idle(limit.error))
    }
  }

  func stopIdleTimer() {
    guard let timer = idleTimer else { return }
    idleTimer = nil
    timer.cancel()
  }

  func stopTimers() {
    idleTimer?.cancel()
    statementTimer?.cancel()
    idleTimer = nil
    statementTimer = nil
  }
}
