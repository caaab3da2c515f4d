import NIOCore
import RoostPlatform
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The threads that long statements run on, so that they hold up neither the loops of other sessions nor one another.
///
/// A job runs until its task suspends. Statements give way every few milliseconds, and then those that wait get their
/// turn, in order. What computes within one evaluation can't give way, so threads are started as they are needed, up
/// to a limit, and the system shares the processors among them. They have a lower priority than the loops.
final class StatementWorkers: Sendable {
  /// Enough for many statements that can't give way; more of them wait for a thread.
  static let defaultLimit = 64
  /// The steps by which a worker's priority is below that of the loops (`nice`).
  private static let courtesy: CInt = 5

  private struct State {
    var waiting = CircularBuffer<SessionJob>()
    var idle: [ThreadWorker] = []
    var threadCount = 0
    var isClosed = false
  }

  private enum Step {
    case wake(ThreadWorker)
    case start
    /// A busy worker will come to it.
    case wait
    case refuse
  }

  private let limit: Int
  /// Starts a thread; nil when the system refuses one.
  private let makeWorker: @Sendable () -> ThreadWorker?
  private let state = Mutex(State())

  init(
    limit: Int = StatementWorkers.defaultLimit, makeWorker: @escaping @Sendable () -> ThreadWorker? = { ThreadWorker() }
  ) {
    self.limit = limit
    self.makeWorker = makeWorker
  }

  /// Threads started so far.
  var threadCount: Int { state.withLock { $0.threadCount } }

  /// Runs a job on some worker, or on its loop when the system gives no thread at all; false after ``close()``.
  func run(_ job: SessionJob) -> Bool {
    let step = state.withLock { state -> Step in
      if state.isClosed { return .refuse }
      state.waiting.append(job)
      if let worker = state.idle.popLast() { return .wake(worker) }
      guard state.threadCount < limit else { return .wait }
      state.threadCount += 1
      return .start
    }
    switch step {
    case .wake(let worker):
      worker.submit { self.work(worker) }
      return true
    case .start:
      start()
      return true
    case .wait: return true
    case .refuse: return false
    }
  }

  private func start() {
    if let worker = makeWorker() {
      worker.submit {
        Self.lowerPriority()
        self.work(worker)
      }
      return
    }
    // Threads that were started come to what waits. Where there are none, nobody would: not even to the jobs of those
    // who relied on a thread that somebody else was about to start. All of them go to their loops.
    let stranded = state.withLock { state -> CircularBuffer<SessionJob> in
      state.threadCount -= 1
      guard state.threadCount == 0 else { return [] }
      defer { state.waiting = [] }
      return state.waiting
    }
    for job in stranded { job.runOnLoop() }
  }

  /// Runs what waits; on a worker's thread.
  private func work(_ worker: ThreadWorker) {
    while let job = state.withLock({ state -> SessionJob? in
      if let job = state.waiting.popFirst() { return job }
      if !state.isClosed { state.idle.append(worker) }
      return nil
    }) {
      job.run()
    }
  }

  /// Takes no more jobs and ends the threads, each when it is done with its job.
  func close() {
    let idle = state.withLock { state in
      state.isClosed = true
      defer { state.idle = [] }
      return state.idle
    }
    _ = idle
  }

  private static func lowerPriority() {
    // Elsewhere a process has one priority for all its threads.
    #if os(Linux)
      _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, courtesy)
    #endif
  }
}
