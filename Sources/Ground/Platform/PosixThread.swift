#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A thread of the system that runs one closure.
///
/// Sendable: `mutex` guards `isJoined`; the thread's id never changes.
final class PosixThread: @unchecked Sendable {
  private let thread: pthread_t
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private var isJoined = false

  /// What the thread is given: closures don't pass through C.
  private final class Body: Sendable {
    let run: @Sendable () -> Void

    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  #if canImport(Darwin)
    private static func enter(_ context: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
      Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run()
      return nil
    }
  #else
    private static func enter(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
      if let context { Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run() }
      return nil
    }
  #endif

  /// Starts the thread; nil if the system refuses one.
  init?(_ body: @escaping @Sendable () -> Void) {
    #if canImport(Darwin)
      var thread: pthread_t?
    #else
      var thread = pthread_t()
    #endif
    let context = Unmanaged.passRetained(Body(body))
    let status = pthread_create(&thread, nil, { PosixThread.enter($0) }, context.toOpaque())
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

  /// Waits until the closure has returned. Not to be called by the thread itself.
  func join() {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    guard !isJoined else { return }
    isJoined = true
    pthread_join(thread, nil)
  }
}
