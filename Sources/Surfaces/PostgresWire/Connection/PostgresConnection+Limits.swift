import RoostPlatform
import RoostRaft
import RoostRelational
import RoostSQL

/// The limits in time of a session: of its statements, and of its waiting for the client.
extension PostgresConnection {
  /// From now on the statement in hand has its time limit, if there is one. A limit that runs already goes on.
  func startStatementTimer() {
    guard statementTimer == nil, let limit = session?.statementTimeout else { return }
    statementTimer = loop.schedule(at: loop.now + limit) { [weak self] in self?.statementTimedOut() }
  }

  /// The statement is done.
  func stopStatementTimer() {
    guard let timer = statementTimer else { return }
    statementTimer = nil
    timer.cancel()
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
    wakeWriter(SQLError(reason))
  }

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
