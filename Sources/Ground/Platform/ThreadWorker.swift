#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A blocking worker on a thread of its own: production's log thread.
///
/// The thread sleeps on a condition while nothing waits, and takes everything that waits at once, so that a busy worker
/// is woken by nobody.
public final class ThreadWorker: BlockingWorker {
  private let queue: WorkQueue
  private let thread: PosixThread

  /// Starts the thread; nil if the system refuses one.
  public init?() {
    let queue = WorkQueue()
    guard let thread = PosixThread({ queue.run() }) else { return nil }
    self.queue = queue
    self.thread = thread
  }

  deinit { queue.close() }

  /// Queues `work`; dropped if the worker was shut down.
  public func submit(_ work: @escaping @Sendable () -> Void) { queue.append(work) }

  /// Runs what was submitted so far and ends the thread; waits for that. Not to be called by the worker's own work.
  public func shutdown() {
    queue.close()
    thread.join()
  }
}

/// The waiting work of one thread.
///
/// Sendable: `mutex` guards `waiting` and `isClosed`.
private final class WorkQueue: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var waiting: [@Sendable () -> Void] = []
  private var isClosed = false

  init() {
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(condition, nil)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  func append(_ work: @escaping @Sendable () -> Void) {
    pthread_mutex_lock(mutex)
    let wakes = waiting.isEmpty && !isClosed
    if !isClosed { waiting.append(work) }
    pthread_mutex_unlock(mutex)
    if wakes { pthread_cond_signal(condition) }
  }

  func close() {
    pthread_mutex_lock(mutex)
    isClosed = true
    pthread_mutex_unlock(mutex)
    pthread_cond_signal(condition)
  }

  /// Everything that waits, once something does; nil when closed and empty.
  func take() -> [@Sendable () -> Void]? {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while waiting.isEmpty {
      if isClosed { return nil }
      pthread_cond_wait(condition, mutex)
    }
    let taken = waiting
    waiting = []
    return taken
  }

  func run() {
    while let taken = take() {
      for work in taken { work() }
    }
  }
}
