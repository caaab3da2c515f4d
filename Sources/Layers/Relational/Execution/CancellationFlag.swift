import Synchronization

/// Ends a statement from outside: by request, because its time is over, or because nobody will read its answer.
public final class CancellationFlag: Sendable {
  public enum Reason: UInt8, Sendable {
    case request = 1
    case timeout
    /// The client has hung up.
    case disconnect
    /// The node ends.
    case shutdown

    /// What the statement fails with.
    public var error: SQLError {
      switch self {
      case .request: SQLError("57014", "canceling statement due to user request")
      case .timeout: SQLError("57014", "canceling statement due to statement timeout")
      case .disconnect: SQLError("57014", "canceling statement because its client has hung up")
      case .shutdown: SQLError("57P01", "terminating connection due to administrator command")
      }
    }
  }

  private struct Waiter {
    var wake: (@Sendable () -> Void)?
    /// Waits begun so far.
    var number: UInt64 = 0
  }

  private let state = Atomic<UInt8>(0)
  /// Who waits for something and wants to be woken.
  private let waiter = Mutex(Waiter())

  public init() {}

  /// Makes the statement fail at its next checkpoint; from any thread. The owner of the deadline calls it with
  /// `.timeout` from a timer of its loop.
  public func cancel(_ reason: Reason = .request) {
    state.store(reason.rawValue, ordering: .sequentiallyConsistent)
    waiter.withLock { $0.wake }?()
  }

  /// Has `wake` called by the next cancellation, at once if there was one; nil takes that back. `wake` may be called
  /// once more just after that.
  public func onCancel(_ wake: (@Sendable () -> Void)?) {
    waiter.withLock { waiter in
      waiter.wake = wake
      if wake != nil { waiter.number += 1 }
    }
    if state.load(ordering: .sequentiallyConsistent) != 0 { wake?() }
  }

  /// The number of the wait that is going on; nil if the statement waits for nothing. From any thread.
  public var wait: UInt64? { waiter.withLock { $0.wake == nil ? nil : $0.number } }

  /// Cancels the statement if it is still in that wait. From any thread.
  public func cancel(wait number: UInt64, _ reason: Reason) {
    let wake = waiter.withLock { waiter -> (@Sendable () -> Void)? in
      guard waiter.number == number, let wake = waiter.wake else { return nil }
      state.store(reason.rawValue, ordering: .sequentiallyConsistent)
      return wake
    }
    wake?()
  }

  /// Forgets an earlier request: a new statement starts.
  public func reset() { state.store(0, ordering: .relaxed) }

  public var isCancelled: Bool { state.load(ordering: .relaxed) != 0 }

  /// Why the statement has to end; nil if it may go on.
  public var reason: Reason? { Reason(rawValue: state.load(ordering: .relaxed)) }

  public func check() throws(SQLError) {
    guard isCancelled else { return }
    throw (reason ?? .request).error
  }
}
