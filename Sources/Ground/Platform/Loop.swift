public import RoostBase

/// One serial executor with a clock: the seam between node code and whatever drives it.
///
/// Production wraps a SwiftNIO event loop, simulation a seeded queue in virtual time. State that belongs to a loop is
/// touched only from work the loop runs; that is what makes `@unchecked Sendable` types bound to a loop safe.
public protocol Loop: AnyObject, Sendable {
  /// Monotonic time of this node. The same for every loop of a node.
  var now: Instant { get }
  /// Whether the caller runs on this loop.
  var isCurrent: Bool { get }
  /// Runs `work` on this loop, after everything that is already due; from any thread. Work handed over from one
  /// place keeps its order.
  func execute(_ work: @escaping @Sendable () -> Void)
  /// Runs `work` on this loop at `deadline` or soon after, unless cancelled; from any thread.
  @discardableResult
  func schedule(at deadline: Instant, _ work: @escaping @Sendable () -> Void) -> any LoopTimer
}

/// A scheduled piece of work.
public protocol LoopTimer: AnyObject, Sendable {
  /// Prevents the work from running, if it has not begun. Call it on the loop.
  func cancel()
}

extension Loop {
  @inlinable
  public func preconditionCurrent(file: StaticString = #fileID, line: UInt = #line) {
    precondition(isCurrent, "called off its loop", file: file, line: line)
  }
}

extension Loop {
  /// Waits for what `work` answers, which runs on this loop and answers once, then or later.
  ///
  /// On a loop that has ended nothing is run and nothing answers. The task stays suspended then, as do all tasks of a process
  /// that is gone; that is why the continuation is not a checked one.
  @inlinable
  public func answer<Value: Sendable>(
    of work: @escaping @Sendable (_ answer: @escaping @Sendable (Value) -> Void) -> Void
  ) async -> Value {
    await withUnsafeContinuation { continuation in
      execute { work { continuation.resume(returning: $0) } }
    }
  }

  /// Waits so long on this loop's clock.
  @inlinable
  public func rest(for duration: Duration) async {
    await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
      schedule(at: now + duration) { continuation.resume() }
    }
  }
}

/// Runs the jobs of tasks on a loop, so that a session wakes no other thread and simulation decides every order.
public final class LoopTaskExecutor: TaskExecutor {
  public let loop: any Loop

  public init(_ loop: any Loop) { self.loop = loop }

  public func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    let executor = asUnownedTaskExecutor()
    loop.execute { job.runSynchronously(on: executor) }
  }
}
