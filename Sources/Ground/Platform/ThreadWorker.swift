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
  private let thread: WorkerThread

  /// Starts the thread; nil if the system refuses one.
  public init?() {
    queue = WorkQueue()
    guard let thread = WorkerThread(queue) else { return nil }
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

#if canImport(Darwin)
  private func runWorkQueue(_ context: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
    Unmanaged<WorkQueue>.fromOpaque(context).takeRetainedValue().run()
    return nil
  }
#else
  private func runWorkQueue(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    if let context { Unmanaged<WorkQueue>.fromOpaque(context).takeRetainedValue().run() }
    return nil
  }
#endif

/// A POSIX thread that runs a queue until it is closed.
///
/// Sendable: `mutex` guards `isJoined`; the thread's id never changes.
private final class WorkerThread: @unchecked Sendable {
  private let thread: pthread_t
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private var isJoined = false

  init?(_ queue: WorkQueue) {
    #if canImport(Darwin)
      var thread: pthread_t?
    #else
      var thread = pthread_t()
    #endif
    let context = Unmanaged.passRetained(queue)
    let status = pthread_create(&thread, nil, runWorkQueue, context.toOpaque())
    guard status == 0 else {
      context.release()
      mutex.deallocate()
      return nil
    }
    #if canImport(Darwin)
      guard let thread else { return nil }
    #endif
    self.thread = thread
    pthread_mutex_init(mutex, nil)
  }

  deinit {
    if !isJoined { pthread_detach(thread) }
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
  }

  func join() {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    guard !isJoined else { return }
    isJoined = true
    pthread_join(thread, nil)
  }
}
